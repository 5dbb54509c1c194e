"""The reference case, and the two that every ratio is of: the official bindings, and Resources.

The case: four resources, two of them pairs, eight entries on the wire. Warm is one declaration, again and again. Cold
is a declaration none of whose values is in any cache: all quantities whole (`cpu=("1234m", "2468m"), mem="1234Mi", …`),
or, apart, with fractions (`cpu=("1.234", "2.468"), mem="1234.5Mi", …`).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from resourceidl.v1 import resources_pb2 as pb
from resources_py import Resources

CPU, GPU, MEMORY, EPHEMERAL_STORAGE = 1, 2, 3, 5


class Case(NamedTuple):
    """One declaration."""

    cpu: tuple[str, str]
    mem: str
    gpu: str
    disk: tuple[str, str]


WARM = Case(("500m", "2"), "1Gi", "1", ("10Gi", "20Gi"))


def whole(number: int) -> Case:
    return Case((f"{number}m", f"{2 * number}m"), f"{number}Mi", str(number), (f"{number}Gi", f"{2 * number}Gi"))


def fractions(number: int) -> Case:
    cpu = (f"{number // 1000}.{number % 1000:03}", f"{number // 500}.{number * 2 % 1000:03}")
    return Case(cpu, f"{number}.5Mi", str(number), (f"{number}.25Gi", f"{2 * number}.5Gi"))


def numbers() -> Iterator[int]:
    """Give the numbers of cold cases: from one core and a GiB to a hundred of each, and again.

    By the time that a number comes again, its values have long been out of every cache: the largest holds 8192.
    """
    return itertools.cycle(range(1000, 100_000))


COLD: dict[str, Callable[[int], Case]] = {"cold": whole, "cold, fractions": fractions}


def official_message(case: Case, entry: Any = pb.Resources.ResourceEntry, message: Any = pb.Resources) -> Any:
    (cpu, most_cpu), mem, gpu, (disk, most_disk) = case
    return message(
        requests=[
            entry(name=CPU, value=cpu),
            entry(name=MEMORY, value=mem),
            entry(name=GPU, value=gpu),
            entry(name=EPHEMERAL_STORAGE, value=disk),
        ],
        limits=[
            entry(name=CPU, value=most_cpu),
            entry(name=MEMORY, value=mem),
            entry(name=GPU, value=gpu),
            entry(name=EPHEMERAL_STORAGE, value=most_disk),
        ],
    )


def encode_official(case: Case) -> bytes:
    data: bytes = official_message(case).SerializeToString()
    return data


def read_fields(message: Any) -> object:
    return [(e.name, e.value) for e in message.requests], [(e.name, e.value) for e in message.limits]


def ours(case: Case) -> Resources:
    return Resources(cpu=case[0], mem=case[1], gpu=case[2], ephemeral_storage=case[3])
