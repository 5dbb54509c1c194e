"""``resources-py schema``: the JSON Schema of a constructor's dict."""

import json
from typing import Any, Final

import click

from resources_py._json_schema import SCHEMA
from resources_py.cli.options import example

JSON_SCHEMA: Final[dict[str, Any]] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    **SCHEMA,
    "description": "What a container needs, as the constructor of resources_py.Resources takes it. "
    "Text is a Kubernetes quantity: 500m, 1.5, 1Gi, 1e3.",
    "examples": [{"cpu": ["500m", 2], "mem": "1Gi", "gpu": 1}, {"cpu": 0.5, "ephemeral_storage": "10Gi"}],
}


def container_schema() -> dict[str, Any]:
    """Return the schema of a ContainerResources."""
    from resources_py._container_schema import schema_of

    return {
        "$schema": JSON_SCHEMA["$schema"],
        **schema_of("ContainerResources", "ContainerResources"),
        "description": "Everything that a container asks for, as the constructor of resources_py.ContainerResources "
        "takes it.",
        "examples": [
            {"resources": {"cpu": 8, "mem": "64Gi", "gpu": 8}, "extended": {"accelerator": "A100"}},
            {"resources": {"cpu": 1}, "named": {"rdma/hca": 1, "hugepages-2Mi": "4Mi"}, "claims": ["net"]},
        ],
    }


@click.command(
    short_help="Print the JSON Schema of a constructor's dict.",
    epilog=example("schema > resources.schema.json") + "\n\n\b\nTo have an editor check a YAML file, begin it with\n"
    "  # yaml-language-server: $schema=resources.schema.json",
)
@click.option("--container", is_flag=True, help="Print the schema of ContainerResources instead of Resources.")
def command(container: bool) -> int:
    """Print the JSON Schema of the constructor's dict, for editors and CI.

    Draft 2020-12. A schema cannot express three rules: a request is not above its limit, a GPU count written as text is
    whole, and an amount written as text is within 2^63-1. With --container, it also cannot express which names are
    valid, which resources must be whole, and which cannot be overcommitted.
    """
    print(json.dumps(container_schema() if container else JSON_SCHEMA, indent=2))
    return 0
