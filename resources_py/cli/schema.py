"""``resources-py schema``: the JSON Schema of the constructor's dict."""

from __future__ import annotations

import json

import click

from resources_py.cli._options import example


@click.command(
    short_help="Print the JSON Schema of the constructor's dict.",
    epilog=example("schema > resources.schema.json")
    + "\n\n\b\nAn editor checks a YAML file against it that begins with\n"
    "  # yaml-language-server: $schema=resources.schema.json",
)
def command() -> int:
    """Print the JSON Schema of the constructor's dict, for editors and CI.

    Draft 2020-12. What a schema cannot say is not in it: that a request is no more than its limit, that a count of
    GPUs written as text is whole, and that a text's amount is within 2^63-1.
    """
    from resources_py.cli._json_schema import json_schema

    print(json.dumps(json_schema(), indent=2))
    return 0
