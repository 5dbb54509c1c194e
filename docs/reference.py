"""Write reference.md from the docstrings: python docs/reference.py. With --check, say whether it is what they give."""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import resources_py
import resources_py.service

PAGE = Path(__file__).resolve().parent / "reference.md"
HEAD = """\
# Reference

Every public name, from the docstrings. `python docs/reference.py` writes this page, and a test compares.

```pycon
>>> from resources_py import *
>>> from resources_py.service import *

```

"""
# What mashumaro writes into the class, without a docstring.
MASHUMARO = """\
#### Resources.to_dict, from_dict, to_json

`to_dict(dialect=None)`, `from_dict(d, dialect=None)`, `to_json(encoder=json.dumps, **to_dict_kwargs)`

mashumaro's. A dict has all four keys, None included, values as written, pairs as lists. `from_dict` raises and warns as
the constructor does, and refuses a key that it does not know.

```pycon
>>> Resources(cpu=("500m", 2)).to_dict()
{'cpu': ['500m', 2], 'mem': None, 'gpu': None, 'ephemeral_storage': None}

```

"""


def written() -> str:
    """Give the whole page."""
    parts = [HEAD]
    for module in (resources_py, resources_py.service):
        parts.append(f"## {module.__name__}\n\n")
        if module is not resources_py:
            parts.append(f"{text(module)}\n\n")
        for name in module.__all__:
            parts.append("".join(entry(module, name)))
    return "".join(parts).rstrip("\n") + "\n"


def entry(module: ModuleType, name: str) -> Iterator[str]:
    """Give one name's section, and those of its members."""
    thing = getattr(module, name)
    if not callable(thing) or not hasattr(thing, "__module__") or thing.__module__ != module.__name__:
        yield f"### {name}\n\n{alias(name)}\n\n"
        return
    yield f"### {name}\n\n"
    if inspect.isclass(thing):
        if issubclass(thing, BaseException):
            yield f"A `{thing.__mro__[1].__name__}`.\n\n"
        elif arguments := signature(thing):
            yield f"`{name}{arguments}`\n\n"
        yield f"{text(thing)}\n\n"
        for member, value in vars(thing).items():
            found = vars(thing)[member]
            if member.startswith("_") and member != "__bytes__":
                continue
            function = getattr(found, "__func__", found)
            if inspect.isfunction(function) and text(function):
                yield f"#### {name}.{member}\n\n`{member}{signature(getattr(thing, member))}`\n\n{text(function)}\n\n"
            elif isinstance(value, property) and text(value):
                yield f"#### {name}.{member}\n\n{text(value)}\n\n"
        if thing is resources_py.Resources:
            yield MASHUMARO
    else:
        yield f"`{name}{signature(thing)}`\n\n{text(thing)}\n\n"


def signature(thing: Any) -> str:
    """Give the parameters, without the annotations' modules and without `self`."""
    try:
        found = inspect.signature(thing)
    except ValueError:
        return ""
    parameters = [
        p.replace(annotation=inspect.Parameter.empty)
        for p in found.parameters.values()
        if p.name not in ("self", "unknown")
    ]
    shown = str(found.replace(parameters=parameters, return_annotation=inspect.Signature.empty))
    return re.sub(r"<class '([\w.]+)'>", r"\1", shown)


def text(thing: Any) -> str:
    """Give the docstring as Markdown: references as code, examples in fences."""
    out: list[str] = []
    indent = 0  # of the example under way
    fenced = False
    for line in (inspect.getdoc(thing) or "").splitlines():
        if not fenced and line.lstrip().startswith(">>> "):
            out.append("```pycon")
            fenced, indent = True, len(line) - len(line.lstrip())
        elif fenced and not line.strip():
            out += ["", "```"]
            fenced = False
        if fenced:
            line = line[indent:].removesuffix("  # doctest: +ELLIPSIS")
        else:
            line = re.sub(r":(?:class|meth|attr|func|data|mod|exc):`[~.]?([^`]+)`", r"`\1`", line).replace("``", "`")
            line = line.removesuffix("::") + ":" if line.endswith("::") else line
        out.append(line)
    if fenced:
        out += ["", "```"]
    return "\n".join(out)


def alias(name: str) -> str:
    """Give the docstring that stands below an alias in its module."""
    for module in sys.modules.copy().values():
        if getattr(module, "__name__", "").startswith("resources_py."):
            try:
                source = inspect.getsource(module)
            except (OSError, TypeError):
                continue
            if found := re.search(rf'^{name}: TypeAlias = [^\n]*\n"""(.*?)"""', source, re.M | re.S):
                return re.sub(r":data:`([^`]+)`", r"`\1`", found[1])
    raise LookupError(name)


if __name__ == "__main__":
    if "--check" in sys.argv[1:]:
        sys.exit(PAGE.read_text("utf-8") != written() and "docs/reference.md is not what the docstrings give")
    PAGE.write_text(written(), "utf-8")
