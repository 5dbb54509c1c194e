"""Write reference.md from the docstrings. With --check, only compare the two."""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import resources_py
import resources_py.grpc
import resources_py.kubernetes
import resources_py.service

PAGE = Path(__file__).resolve().parent / "reference.md"
HEAD = """\
# Reference

This page documents every public name. `python docs/reference.py` generates it from the docstrings.

```pycon
>>> from resources_py import *
>>> from resources_py.grpc import *
>>> from resources_py.kubernetes import *
>>> from resources_py.service import *

```

"""
# mashumaro adds these methods to the class, without docstrings.
MASHUMARO = """\
#### Resources.to_dict, from_dict, to_json

`to_dict(dialect=None)`, `from_dict(d, dialect=None)`, `to_json(encoder=json.dumps, **to_dict_kwargs)`

These methods come from mashumaro. The dict has all four keys, including those whose value is None. Values are as you
wrote them, pairs as lists. `from_dict` raises and warns like the constructor, and rejects unknown keys.

```pycon
>>> Resources(cpu=("500m", 2)).to_dict()
{'cpu': ['500m', 2], 'mem': None, 'gpu': None, 'ephemeral_storage': None}

```

"""
# Sections of Google-style docstrings; those with a list of names; the start of such a name.
_SECTION = re.compile(r"(Args|Attributes|Raises|Returns|Yields|Examples?):")
_LISTS = ("Args", "Attributes", "Raises")
_ITEM = re.compile(r"([*\w.]+)(?: \([^)]*\))?: ")
_ROLE = re.compile(r":(?:class|meth|attr|func|data|mod|exc):`[~.]?([^`]+)`")


def render_page() -> str:
    """Render the whole page."""
    parts = [HEAD]
    for module in (resources_py, resources_py.kubernetes, resources_py.grpc, resources_py.service):
        parts.append(f"## {module.__name__}\n\n")
        if module is not resources_py:
            parts.append(f"{to_markdown(module)}\n\n")
        for name in module.__all__:
            parts += render_entry(module, name)
    return "".join(parts).rstrip("\n") + "\n"


def render_entry(module: ModuleType, name: str) -> Iterator[str]:
    """Yield the section of one name, then those of its members."""
    thing = getattr(module, name)
    yield f"### {name}\n\n"
    if not callable(thing) or getattr(thing, "__module__", "") != module.__name__:
        yield f"{alias_docstring(name)}\n\n"
    elif not inspect.isclass(thing):
        yield f"`{name}{render_signature(thing)}`\n\n{to_markdown(thing)}\n\n"
    else:
        if issubclass(thing, BaseException):
            yield f"Base class: `{thing.__mro__[1].__name__}`\n\n"
        elif (arguments := render_signature(thing)) != "()":
            yield f"`{name}{arguments}`\n\n"
        yield f"{to_markdown(thing)}\n\n"
        for member, value in own_members(thing).items():
            if not member.startswith("_") or member == "__bytes__":
                yield from render_member(thing, member, getattr(value, "__func__", value))
        if thing is resources_py.Resources:
            yield MASHUMARO


PUBLIC = {
    name
    for module in (resources_py, resources_py.kubernetes, resources_py.grpc, resources_py.service)
    for name in module.__all__
}


def own_members(thing: type) -> dict[str, Any]:
    """Return the members of a class, and after them those of its bases in this package that are not public."""
    members = dict(vars(thing))
    for base in thing.__mro__[1:]:
        if base.__module__.startswith("resources_py.") and base.__name__ not in PUBLIC:
            for name, value in vars(base).items():
                members.setdefault(name, value)
    return members


def render_member(owner: type, member: str, value: Any) -> Iterator[str]:
    """Yield the section of a method or property, if it has a docstring."""
    heading = f"#### {owner.__name__}.{member}\n\n"
    if inspect.isfunction(value) and inspect.getdoc(value):
        arguments = render_signature(getattr(owner, member))
        yield f"{heading}`{member}{arguments}`\n\n{to_markdown(value)}\n\n"
    elif isinstance(value, property) and inspect.getdoc(value):
        yield f"{heading}{to_markdown(value)}\n\n"


def render_signature(thing: Any) -> str:
    """Render the parameters without annotations and without `self`."""
    try:
        found = inspect.signature(thing)
    except ValueError:
        return ""
    parameters = [
        parameter.replace(annotation=inspect.Parameter.empty)
        for parameter in found.parameters.values()
        if parameter.name not in ("self", "unknown")
    ]
    shown = str(found.replace(parameters=parameters, return_annotation=inspect.Signature.empty))
    return re.sub(r"<class '([\w.]+)'>", r"\1", shown)


def to_markdown(thing: Any) -> str:
    """Convert a docstring to Markdown: sections, references, and examples in fences."""
    out: list[str] = []
    indent: int | None = None  # of the example that this line belongs to
    for line in render_sections((inspect.getdoc(thing) or "").splitlines()):
        if indent is None and line.lstrip().startswith(">>> "):
            out.append("```pycon")
            indent = len(line) - len(line.lstrip())
        elif indent is not None and not line.strip():
            out += ["", "```"]
            indent = None
        if indent is not None:
            out.append(line[indent:].removesuffix("  # doctest: +ELLIPSIS"))
        else:
            line = _ROLE.sub(r"`\1`", line).replace("``", "`")
            out.append(line.removesuffix("::") + ":" if line.endswith("::") else line)
    if indent is not None:
        out += ["", "```"]
    return "\n".join(out)


def render_sections(lines: list[str]) -> Iterator[str]:
    """Turn the headings of Google-style sections into bold text, and their names into list items."""
    section = ""
    for line in lines:
        if heading := _SECTION.fullmatch(line):
            section = heading[1]
            if not section.startswith("Example"):
                yield from (f"**{section}:**", "")
            continue
        if line and not line.startswith(" "):
            section = ""
        if section:
            line = line.removeprefix("    ")
            if section in _LISTS and (item := _ITEM.match(line)):
                line = f"- `{item[1]}`: {line[item.end() :]}"
            elif section in _LISTS and line:
                line = f"  {line.lstrip()}"
        yield line


def alias_docstring(name: str) -> str:
    """Find the docstring below an alias in the source of its module."""
    for module in sys.modules.copy().values():
        if getattr(module, "__name__", "").startswith("resources_py."):
            try:
                source = inspect.getsource(module)
            except (OSError, TypeError):
                continue
            if found := re.search(rf'^{name}: (?:TypeAlias|Final) = [^\n]*\n"""(.*?)"""', source, re.M | re.S):
                return _ROLE.sub(r"`\1`", found[1])
    raise LookupError(name)


if __name__ == "__main__":
    page = render_page()
    if "--check" not in sys.argv[1:]:
        PAGE.write_text(page, "utf-8")
    elif PAGE.read_text("utf-8") != page:
        sys.exit("docs/reference.md does not match the docstrings")
