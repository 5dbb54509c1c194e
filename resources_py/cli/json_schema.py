"""The JSON Schema of the constructor's dict, as a document of its own."""

from __future__ import annotations

from typing import Any

from resources_py._json_schema import SCHEMA


def json_schema() -> dict[str, Any]:
    """Return the schema, draft 2020-12."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **SCHEMA,
        "description": "What a container needs, as the constructor of resources_py.Resources takes it. "
        "Text is a Kubernetes quantity: 500m, 1.5, 1Gi, 1e3.",
        "examples": [{"cpu": ["500m", 2], "mem": "1Gi", "gpu": 1}, {"cpu": 0.5, "ephemeral_storage": "10Gi"}],
    }
