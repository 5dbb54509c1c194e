"""Turn comments of .proto files and of Go code into Markdown."""

import re
import textwrap

_COLUMN = re.compile(r"\s*\|\s*")
_RULE = re.compile(r"[-|\s]+")
_ITEM = re.compile(r"\d+\. ")


def to_markdown(comment: str) -> str:
    """Return a comment as Markdown: paragraphs, headings, lists, tables, and what is indented as literal text."""
    return "\n\n".join(_convert(block) for block in re.split(r"\n(?:[ \t]*\n)+", comment.strip("\n")))


def _convert(block: str) -> str:
    lines = textwrap.dedent(block).splitlines()
    if not block.startswith((" ", "\t")):
        return f"**{block[2:]}**" if block.startswith("# ") else _escape(block)
    if all("|" in line for line in lines):
        return _table(lines)
    if _ITEM.match(lines[0]):
        return _escape("\n".join(lines))
    return "\n".join(["```text", *lines, "```"])


def _table(lines: list[str]) -> str:
    """Join the lines of each row: the first cell of a line that continues a row is empty."""
    rows: list[list[str]] = []
    for line in lines:
        if _RULE.fullmatch(line) and "-" in line:
            continue
        cells = [cell.strip() for cell in _COLUMN.split(line.strip())] if line.strip()[0] != "|" else None
        if cells is None:
            for index, cell in enumerate(_COLUMN.split(line.strip())):
                rows[-1][index] = f"{rows[-1][index]} {cell}".strip()
        else:
            rows.append(cells)
    rule = ["---"] * len(rows[0])
    return "\n".join("| " + " | ".join(_escape(cell) for cell in row) + " |" for row in [rows[0], rule, *rows[1:]])


def _escape(text: str) -> str:
    """Keep characters that Markdown would take for markup, outside of code."""
    parts = re.split(r"(`[^`]*`)", text)
    return "".join(part if part.startswith("`") else re.sub(r"([*_<\[\\])", r"\\\1", part) for part in parts)
