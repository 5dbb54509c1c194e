"""Names and amounts of resources, valid and nearly valid, as they may stand in a manifest."""

from __future__ import annotations

import random
import re
from typing import Any, Final

from differential_resolve import Texts

COMPUTE: Final = ("cpu", "memory", "ephemeral-storage")
EXTENDED: Final = ("nvidia.com/gpu", "amd.com/gpu", "example.com/Dongle_1.x")
# Not hugepages-1e20: Kubernetes 1.37.2 divides by zero there.
HUGE_PAGES: Final = ("hugepages-2Mi", "hugepages-1Gi", "hugepages-64Ki", "hugepages-3")
STRANGE_NAMES: Final = (
    *(
        "CPU",
        "cpus",
        "mem",
        "gpu",
        "storage",
        "pods",
        "requests.cpu",
        "limits.memory",
        "requests.storage",
        "",
        " ",
        "a b",
    ),
    *("hugepages-", "hugepages-x", "hugepages-1m", "hugepages--2Mi", "hugepages-0.5", "hugepages-2mi", "hugepages"),
    *("a/b/c", "/x", "x/", "x/y", "UPPER.com/x", "x.com/-y", "x.com/y-", "_.com/x", "x..com/y", "x.com/é", "x.com/y "),
    *(
        "kubernetes.io/x",
        "foo.kubernetes.io/bar",
        "kubernetes.iox/y",
        "requests.nvidia.com/gpu",
        "cpu/",
        "attachable-volumes-x",
    ),
    *(
        f"{'a' * 63}.com/x",
        f"x.com/{'a' * 63}",
        f"x.com/{'a' * 64}",
        f"{'a.' * 126}a/x",
        f"{'a.' * 122}a/x",
        f"{'a.' * 121}aa/x",
    ),
)
OTHER_VALUES: Final = (None, True, False, [], {}, ["1"], {"value": "1"})
_CHAOS: Final = (0.0, 0.02, 0.1, 0.1, 0.3, 0.7)
NUMBERS: Final = (
    *(0, 1, 2, 3, -1, 10, 100, 1000, 1024, 9223372036854775, 9223372036854776, 2**53, 2**63 - 1, 2**63, 2**64, 10**30),
    *(
        0.5,
        0.1,
        1.5,
        0.0,
        -0.0,
        -0.5,
        1.0,
        0.001,
        0.0001,
        1e-9,
        1e-10,
        1e3,
        1e16,
        1e18,
        9.3e18,
        1e22,
        1e100,
        1e300,
        1e-300,
    ),
)
# The API server compares after rounding up to a thousandth.
SUB_MILLI: Final = ("1n", "1u", "999u", "0.0005", "1.5m", "1999999n", "999999.9u", "1", "1000000001n", "1.9999", "2")
# For an exponent of five digits or more, Go computes the power of ten: that takes minutes.
_LARGE_EXPONENT: Final = re.compile(r"[eE][+-]?0*[1-9][0-9]{3,}")


class Values:
    """Generate names and amounts."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._texts = Texts(rng)
        self.chaos = 0.0  # how probable it is that a value is not an ordinary one

    def choose_chaos(self) -> None:
        """Choose how probable it is in the next object that a value is not an ordinary one."""
        self.chaos = self._rng.choice(_CHAOS)

    def name(self, *known: str) -> str:
        rng = self._rng
        if rng.random() < self.chaos / 3:
            return rng.choice(STRANGE_NAMES)
        return rng.choice(known)

    def amount(self, name: str) -> Any:
        """Return an amount of a resource: usually one that is valid."""
        rng = self._rng
        if rng.random() < self.chaos:
            return self._strange()
        if name.startswith("hugepages-"):
            return rng.choice(("2Mi", "4Mi", "1Gi", "2Gi", "0", "1073741824", 2097152))
        if "/" in name:
            return rng.choice(("0", "1", "1", "2", "8", 1, 4, "1k"))
        if name == "cpu":
            return rng.choice(("0", "1", "2", "100m", "250m", "500m", "1500m", "0.5", 1, 0.25, "1e0", "2.50"))
        return rng.choice(("0", "64Mi", "128Mi", "1Gi", "1.5Gi", "512M", "2G", "1e9", 268435456, "1Ti"))

    def near(self, amount: Any) -> Any:
        """Return an amount that is close to another: equal, one step above or below."""
        rng = self._rng
        if rng.random() > self.chaos or not isinstance(amount, str | int) or isinstance(amount, bool):
            return amount
        if amount in SUB_MILLI or rng.random() < 0.3:
            return rng.choice(SUB_MILLI)
        return self._checked(self._texts.near(str(amount)))

    def _strange(self) -> Any:
        rng = self._rng
        chance = rng.random()
        if chance < 0.05:
            return rng.choice(OTHER_VALUES)
        if chance < 0.2:
            return rng.choice(NUMBERS)
        if chance < 0.3:
            return rng.choice(SUB_MILLI)
        text = self._texts.any()
        if chance < 0.35:
            text = rng.choice((" ", "  ", "\t", "\n", "")) + text + rng.choice((" ", "", "\n", "\u00a0"))
        return self._checked(text)

    def _checked(self, text: str) -> str:
        # A surrogate cannot be written as UTF-8, and a large exponent must not be.
        return "1" if _LARGE_EXPONENT.search(text) else text
