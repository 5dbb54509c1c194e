"""``resources-py schema``: the JSON Schema of the constructor's dict."""

from __future__ import annotations

import json

import click

from resources_py.cli.json_schema import json_schema
from resources_py.cli.options import example


@click.command(
    short_help="Print the JSON Schema of the constructor's dict.",
    epilog=example("schema > resources.schema.json")
    + "\n\n\b\nFor an editor to check a YAML file, begin the file with\n"
    "  # yaml-language-server: $schema=resources.schema.json",
)
def command() -> int:
    """Print the JSON Schema of the constructor's dict, for editors and CI.

    Draft 2020-12. A schema cannot express three rules: a request is not above its limit, a GPU count written as text is
    whole, and an amount written as text is within 2^63-1.
    """
    print(json.dumps(json_schema(), indent=2))
    return 0
