"""What is declared: README's example, and declarations drawn from a seeded distribution.

The distribution follows what manifests and task decorators hold, and knows nothing of the code that reads it. A
value is text or a number; it has 1 to 12 digits and any suffix, an exponent, or a fraction; it stands alone or in a
pair whose request is at most its limit. No value raises a warning, which would cost more than everything else.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator
from decimal import Decimal
from fractions import Fraction
from itertools import islice
from typing import NamedTuple

Value = str | int | float
Pair = tuple[Value | None, Value | None]


class Declaration(NamedTuple):
    """The arguments of `Resources`, in its order."""

    cpu: Value | Pair | None = None
    mem: Value | Pair | None = None
    gpu: Value | Pair | None = None
    ephemeral_storage: Value | Pair | None = None


Entry = tuple[int, str]  # name and value of an entry on the wire
Message = tuple[list[Entry], list[Entry]]  # requests, limits
NUMBERS = (1, 3, 2, 5)  # of ResourceName, in the order of a declaration

README = Declaration(cpu=("500m", 2), mem="1Gi", gpu=1)
BATCH = 200
# Cold: every declaration is new. Warm: a working set of 200 declarations, each of which was declared before: a hit rate
# of 100 %. README: the example again and again.
STATES = ("cold", "warm", "README")


def entries(declaration: Declaration) -> Message:
    """Return what a program without our package writes by hand: every value as text, nothing checked."""
    requests, limits = [], []
    for number, value in zip(NUMBERS, declaration, strict=True):
        request, limit = value if isinstance(value, tuple) else (value, value)
        if request is not None:
            requests.append((number, str(request)))
        if limit is not None:
            limits.append((number, str(limit)))
    return requests, limits


def batches(state: str) -> Iterator[list[Declaration]]:
    """Yield batches of declarations without end; no cold one comes twice in a process."""
    same = [README] * BATCH if state == "README" else list(islice(distribution(seed=2), BATCH))
    while True:
        yield list(islice(_FRESH, BATCH)) if state == "cold" else same


# ---- the distribution

TEN = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
TWO = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}
UNITS = {suffix: Fraction(10) ** power for suffix, power in TEN.items()} | {s: Fraction(2**p) for s, p in TWO.items()}

# How often each suffix is drawn; "e" stands for a decimal exponent.
CPU_SUFFIXES = {"": 40, "m": 40, "u": 5, "n": 5, "e": 5, "k": 0}
BYTES_SUFFIXES = {"Gi": 32, "Mi": 28, "Ki": 5, "Ti": 4, "G": 6, "M": 6, "k": 4, "T": 2, "": 10, "e": 3}
STORAGE_SUFFIXES = BYTES_SUFFIXES | {"P": 1, "E": 1, "Pi": 1, "Ei": 1}
CPU_RANGE = (Fraction(1, 1000), Fraction(256))  # in cores, from a thousandth, which is the step too
BYTES_RANGE = (Fraction(2**20), Fraction(2**42))
MOST_DIGITS = 12


def distribution(seed: int, *, distinct: bool = True) -> Iterator[Declaration]:
    """Draw declarations without end. Distinct ones are remembered: 100 bytes each."""
    draw = _Draw(seed)
    seen: set[int] = set()
    while True:
        declaration = draw.declaration()
        key = hash(repr(declaration))  # 1 and 1.0 are equal, and not the same
        if not distinct:
            yield declaration
        elif key not in seen:
            seen.add(key)
            yield declaration


class _Draw:
    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def _chance(self, probability: float) -> bool:
        return self._random.random() < probability

    def declaration(self) -> Declaration:
        return Declaration(
            self._of(self._cpu) if self._chance(0.95) else None,
            self._of(lambda: self._bytes(BYTES_SUFFIXES)) if self._chance(0.95) else None,
            self._gpu() if self._chance(0.35) else None,
            self._of(lambda: self._bytes(STORAGE_SUFFIXES)) if self._chance(0.5) else None,
        )

    def _of(self, value: Callable[[], Value]) -> Value | Pair:
        """Draw a single value (three of five) or a pair, of which one in ten has one side only."""
        first = value()
        if self._chance(0.6):
            return first
        if self._chance(0.1):
            return (first, None) if self._chance(0.5) else (None, first)
        second = value()
        return (first, second) if amount(first) <= amount(second) else (second, first)

    def _gpu(self) -> Value | Pair:
        """Draw a count up to 64; Kubernetes rejects a request that differs from its limit."""
        count = int(2 ** self._random.uniform(0, 6))
        value: Value = self._random.choice((count, str(count)))
        if self._chance(0.8):
            return value
        return self._random.choice(((value, value), (value, count), (None, value)))

    def _cpu(self) -> Value:
        suffix = self._suffix(CPU_SUFFIXES)
        thousandths = math.ceil(self._log_uniform(*CPU_RANGE) * 1000)
        if suffix == "m":
            return f"{thousandths}m"
        if suffix in ("u", "n"):
            return f"{thousandths}{'000' if suffix == 'u' else '000000'}{suffix}"
        if suffix == "e":
            return f"{thousandths}e-3"
        cores = round(thousandths / 1000, self._random.choice((0, 0, 1, 2, 3))) or 1
        number = int(cores) if cores == int(cores) else cores
        return number if self._chance(0.5) else str(number)

    def _bytes(self, suffixes: dict[str, int]) -> Value:
        suffix = self._suffix(suffixes)
        if suffix == "e":
            return f"{math.ceil(self._log_uniform(1049, 10**6))}e{self._random.choice((3, 6))}"
        unit = UNITS[suffix]
        low, high = max(BYTES_RANGE[0] / unit, Fraction(1)), min(BYTES_RANGE[1] / unit, Fraction(10**MOST_DIGITS - 1))
        number = math.ceil(self._log_uniform(low, max(high, Fraction(6))))
        if unit == 1:
            return number if self._chance(0.5) else str(number)
        # A fraction of a unit that is a whole number of bytes.
        digits = self._random.choice(("5", "25", "75", "125")) if suffix in TWO else str(self._random.randint(1, 999))
        return f"{number}.{digits}{suffix}" if number < 10**9 and self._chance(0.15) else f"{number}{suffix}"

    def _suffix(self, weights: dict[str, int]) -> str:
        return self._random.choices(list(weights), list(weights.values()))[0]

    def _log_uniform(self, low: float | Fraction, high: float | Fraction) -> float:
        """Draw a number whose count of digits, not whose value, is spread evenly."""
        return float(low * (float(high) / float(low)) ** self._random.random())


def amount(value: Value) -> Fraction:
    """Return what a value stands for, exactly."""
    text = str(value)
    for suffix, unit in UNITS.items():
        if suffix and text.endswith(suffix):
            return Fraction(text.removesuffix(suffix)) * unit
    return Fraction(Decimal(text))


_FRESH = distribution(seed=1)
