"""The formats in which resources are read and written: a module for each family, and one registry."""

import os
from typing import Final

from resources_py.cli.formats.base import Format
from resources_py.cli.formats.declarations import JSON, JSONL, YAML
from resources_py.cli.formats.kubernetes import KUBERNETES, KUBERNETES_JSON, MANIFEST
from resources_py.cli.formats.protobuf import CONTAINER, RESOURCES

__all__ = ["FORMATS", "FORMATS_OF", "Format", "format_of_suffix"]

# In the order of the help.
FORMATS: Final[dict[str, Format]] = {
    format_.name: format_
    for format_ in (
        *(JSON, JSONL, YAML),
        *(KUBERNETES, KUBERNETES_JSON, MANIFEST),
        *RESOURCES,
    )
}
# By the message that the message formats are of.
FORMATS_OF: Final = {"resources": FORMATS, "container": FORMATS | {format_.name: format_ for format_ in CONTAINER}}


def format_of_suffix(path: str) -> Format | None:
    """Return the format of a file, if its name tells."""
    suffix = os.path.splitext(path.removesuffix(".gz"))[1].lower()
    return next((each for each in FORMATS.values() if suffix in each.suffixes), None)
