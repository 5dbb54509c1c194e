"""Plain values that keep what only the text knows."""

from typing import Any


class MisreadInt(int):
    """An int that is not the number it looks like: YAML's ``010`` is 8."""

    written: str

    def __new__(cls, value: int, written: str) -> "MisreadInt":
        """Make the int `value`, which is written as `written`."""
        misread = super().__new__(cls, value)
        misread.written = written
        return misread


class DuplicateDict(dict[str, Any]):
    """A mapping in which keys are written twice. The last of them counts."""

    __slots__ = ("duplicates",)

    duplicates: list[str]  # each key that equals an earlier one
