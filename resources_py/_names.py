"""The name that a misspelled one is closest to."""

from collections.abc import Iterable
from typing import Final

MAX_SUGGESTIONS: Final = 16  # in one mapping: each takes time

# Habits from other systems, which no edit distance finds.
_HABITS: Final = {
    "memory": "mem",
    "ram": "mem",
    "cores": "cpu",
    "vcpu": "cpu",
    "accelerator": "gpu",
    "accelerators": "gpu",
    "nvidia.com/gpu": "gpu",
    "disk": "ephemeral_storage",
    "ephemeral": "ephemeral_storage",
    "ephemeral-storage": "ephemeral_storage",
    "ephemeralstorage": "ephemeral_storage",
    "storage": "ephemeral_storage",
}


def did_you_mean(name: object, known: Iterable[str]) -> str:
    """Return "did you mean …?", or nothing if no known name is close.

    >>> did_you_mean("memory", ("cpu", "mem")), did_you_mean("Limit", ("requests", "limits"))
    ('did you mean mem?', 'did you mean limits?')
    >>> did_you_mean("color", ("cpu", "mem"))
    ''
    """
    if not isinstance(name, str) or len(name) > 64:
        return ""
    known = tuple(known)
    lowered = name.lower()
    nearest = _HABITS.get(lowered)
    if nearest not in known:
        from difflib import get_close_matches  # imported late, because it is slow to import

        nearest = next(iter(get_close_matches(lowered, known, n=1, cutoff=0.6)), None)
    return f"did you mean {nearest}?" if nearest else ""
