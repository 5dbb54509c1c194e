"""Turn comments of .proto files and of Go code into Markdown."""

import re
import textwrap

_CODE = "    "
_NUMBER = re.compile(r"\d+\. ")


def to_markdown(comment: str) -> str:
    """Return a comment as Markdown: paragraphs, headings, lists, tables, and what is indented as literal text."""
    return "\n\n".join(_convert(block) for block in re.split(r"\n(?:[ \t]*\n)+", comment.strip("\n")))


def _convert(block: str) -> str:
    if not block.startswith((" ", "\t")):
        return f"**{block[2:]}**" if block.startswith("# ") else _escape(block)
    lines = textwrap.dedent(block).splitlines()
    if all("|" in line for line in lines):
        return _table(lines)
    if block.startswith(("\t", _CODE)):
        return "\n".join(["```text", *lines, "```"])
    if not _NUMBER.match(lines[0]):  # a line at the margin begins an item, a deeper one continues it
        lines = [line if line.startswith(" ") else f"- {line}" for line in lines]
    return _escape("\n".join(lines))


def _table(lines: list[str]) -> str:
    """Join the lines of each row: where one of the first two cells is empty, the line continues a row."""
    rows: list[list[str]] = []
    for line in lines:
        cells = [cell.strip() for cell in line.split("|")]
        if all(set(cell) == {"-"} for cell in cells):
            cells = ["---"] * len(cells)
        if all(cells[:2]):
            rows.append([_escape(cell) for cell in cells])
        else:
            rows[-1] = [f"{above} {_escape(cell)}".strip() for above, cell in zip(rows[-1], cells, strict=True)]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _escape(text: str) -> str:
    """Keep characters that Markdown would take for markup, outside of code."""
    parts = re.split(r"(`[^`]*`)", text)
    return "".join(part if part.startswith("`") else re.sub(r"([*_<\[\\])", r"\\\1", part) for part in parts)
