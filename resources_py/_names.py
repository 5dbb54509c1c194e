"""The name that a misspelled one is closest to."""

from collections.abc import Collection
from typing import Final

MAX_SUGGESTIONS: Final = 16  # in one mapping: each takes time

# Names for the same thing, here, in Kubernetes and elsewhere. No edit distance finds them.
_SYNONYMS: Final = (
    {"cpu", "cores", "vcpu"},
    {"mem", "memory", "ram"},
    {"gpu", "nvidia.com/gpu", "accelerator", "accelerators"},
    {"ephemeral_storage", "ephemeral-storage", "ephemeralstorage", "ephemeral", "storage", "disk"},
)


def did_you_mean(name: object, known: Collection[str]) -> str:
    """Return "did you mean …?", or nothing if no known name is close.

    >>> did_you_mean("memory", ("cpu", "mem")), did_you_mean("Limit", ("requests", "limits"))
    ('did you mean mem?', 'did you mean limits?')
    >>> did_you_mean("color", ("cpu", "mem"))
    ''
    """
    if not isinstance(name, str) or len(name) > 64:
        return ""
    lowered = name.lower()
    synonyms = next((group for group in _SYNONYMS if lowered in group), set())
    # The cluster's name for its GPUs may be another one: amd.com/gpu.
    nearest = next((each for each in known if each in synonyms or each.rpartition("/")[2] in synonyms), None)
    if nearest is None:
        from difflib import get_close_matches  # imported late, because it is slow to import

        nearest = next(iter(get_close_matches(lowered, known, n=1, cutoff=0.6)), None)
    return f"did you mean {nearest}?" if nearest else ""
