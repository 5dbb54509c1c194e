"""Caches, hashes and keys: what one caller passes changes nothing for another."""

from __future__ import annotations

import abc
import contextlib
import dataclasses
import itertools
import pickle
import subprocess
import sys
import warnings
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Protocol

import numpy as np
import pytest

from resourceidl.v1 import resources_pb2 as pb
from resources_py import Quantity, Resources, ResourcesError, ResourcesTypeError, ResourcesWarning

# ---- caches


class EqualsAny(type):
    """A class that claims to be any other."""

    def __eq__(cls, other: object) -> bool:
        return True

    def __hash__(cls) -> int:
        return hash(float)


def hostile(base: type, metaclass: type, value: Any, victim: Any) -> Any:
    """Return an instance of a subclass of `base` that holds `value` and claims to equal `victim`."""
    members = {
        "__hash__": lambda self: hash(victim),
        "__eq__": lambda self, other: True,
        "__bytes__": lambda self: self,
        "__str__": lambda self: "7",
        "__index__": lambda self: 7,
        "__float__": lambda self: 7.0,
    }
    return metaclass("Hostile", (base,), members)(value)


@pytest.mark.parametrize("metaclass", [type, EqualsAny])
@pytest.mark.parametrize("base", [Decimal, float, str, int])
@pytest.mark.parametrize("sides", [lambda value: value, lambda value: (value, None)], ids=["both", "request"])
def test_a_class_that_equals_any_value_does_not_reach_the_cache(base: type, metaclass: type, sides: Any) -> None:
    for victim in (0.875, 13, "813m"):
        if base in (int, float) and isinstance(victim, str):
            continue
        Resources(cpu=sides(hostile(base, metaclass, base(7), victim)))
        assert Resources(cpu=sides(victim)).cpu == sides(victim)
        assert bytes(Resources(cpu=sides(victim))) == bytes(Resources(cpu=sides(str(victim))))


def test_bytes_that_equal_any_do_not_reach_the_cache() -> None:
    poison, sent = bytes(Resources(cpu="7")), bytes(Resources(cpu="814m"))
    Resources.from_bytes(hostile(bytes, type, poison, sent))
    assert Resources.from_bytes(sent) == Resources(cpu="814m")

    class Message:
        def SerializeToString(self) -> bytes:  # noqa: N802
            return hostile(bytes, type, poison, bytes(Resources(cpu="815m")))  # type: ignore[no-any-return]

    Resources.from_proto(Message())
    assert Resources.from_bytes(bytes(Resources(cpu="815m"))) == Resources(cpu="815m")


def test_a_flag_that_equals_false_does_not_reach_the_cache() -> None:
    class Flag:
        def __hash__(self) -> int:
            return hash(True)

        def __eq__(self, other: object) -> bool:
            return True

        def __bool__(self) -> bool:
            return False

    sent = pb.Resources(requests=[pb.Resources.ResourceEntry(name=pb.Resources.GPU, value="3")]).SerializeToString()
    Resources.from_bytes(sent, kubernetes=Flag())  # type: ignore[arg-type]
    with pytest.raises(ResourcesError, match="needs a limit"):
        Resources.from_bytes(sent, kubernetes=True)


@pytest.mark.parametrize("first", [0.0, -0.0])
@pytest.mark.parametrize("second", [0.0, -0.0])
def test_minus_zero_is_zero(first: float, second: float) -> None:
    """The two are equal and have one place in the cache, so neither may be kept with its sign."""
    for cpu in (first, second, (first, second), (first, 0.5), [second, None], np.float64(first)):
        resources = Resources(cpu=cpu)  # type: ignore[arg-type]
        for read in (
            resources,
            pickle.loads(pickle.dumps(resources)),
            Resources.from_dict(resources.to_dict()),
            Resources.from_json(resources.to_json()),
        ):
            assert "-" not in repr(read) + read.to_json()
            assert bytes(read) == bytes(resources)


class Doubled(Resources):
    """Its constructor has other parameters."""

    def __init__(self, cores: int, *, name: str) -> None:
        super().__init__(cpu=2 * cores)


def test_a_subclass_has_a_constructor_of_its_own() -> None:
    assert [Doubled(cores, name="a").cpu for cores in (1, 2)] == [2, 4]
    assert (Named(1, "1Gi", None, None, "a").name, Named(cpu=1, name="b").name) == ("a", "b")
    assert type(Plain(cpu=3)) is Plain
    assert type(Resources(cpu=3)) is Resources
    with pytest.raises(TypeError):
        Doubled(1)  # type: ignore[call-arg]


def test_a_subclass_may_be_abstract_or_a_protocol() -> None:
    class Sized(Protocol):
        def size(self) -> str: ...

    class Measured(Resources, Sized, abc.ABC):
        @abc.abstractmethod
        def size(self) -> str: ...

    class Small(Measured):
        def size(self) -> str:
            return "small"

    assert (Small(cpu=1).size(), Small(cpu=1)) == ("small", Resources(cpu=1))
    with pytest.raises(TypeError, match="abstract"):
        Measured(cpu=1)  # type: ignore[abstract]


# ---- the cache of declarations


@pytest.mark.parametrize(("first", "second"), [*itertools.permutations([1, 1.0, True, np.int64(1), Decimal(1)], 2)])
def test_equal_numbers_of_other_types_are_not_mistaken(first: Any, second: Any) -> None:
    for sides in (
        lambda value: value,
        lambda value: (value, 2),
        lambda value: (0, value),
        lambda value: (value, value),
    ):
        with contextlib.suppress(ResourcesError):
            Resources(cpu=sides(first))
        if second is True:
            with pytest.raises(ResourcesError, match="True is a bool"):
                Resources(cpu=sides(second))
        else:
            plain = {Decimal: str, np.int64: int}.get(type(second), type(second))(second)
            assert repr(Resources(cpu=sides(second)).cpu) == repr(sides(plain))


def test_an_ellipsis_is_not_a_value() -> None:
    for pair in ((1, ...), [1, ...], ...):
        with pytest.raises(ResourcesTypeError, match="Ellipsis"):
            Resources(cpu=pair)  # type: ignore[arg-type]


@pytest.mark.parametrize("wrong", [True, [1], (1, 2, 3), (2, 1), "1Mb"])
def test_an_error_has_no_other_error_before_it(wrong: Any) -> None:
    with pytest.raises(ResourcesError) as caught:
        Resources(mem=wrong)
    assert caught.value.__context__ is None


def test_a_cached_declaration_warns_at_each_line() -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        for _ in range(2):
            Resources(mem="823m")
        Resources(mem="823m")
    assert len({warning.lineno for warning in caught}) == len(caught) == 2


# ---- hashes

MODULUS = sys.hash_info.modulus  # Python's hash of an int is its remainder


def test_quantities_that_an_attacker_chose_do_not_collide() -> None:
    chosen = [Quantity(f"{n * MODULUS + 5}n") for n in range(1, 2001)]
    assert len({hash(quantity) for quantity in chosen}) > 1990


def test_resources_that_an_attacker_chose_do_not_collide() -> None:
    chosen = [Resources.from_kubernetes({"requests": {"memory": f"{n * MODULUS}n"}}) for n in range(1, 2001)]
    assert len({hash(resources) for resources in chosen}) > 1990


def test_hashes_are_salted() -> None:
    """So that no values can be chosen that collide, of whatever size."""
    program = "from resources_py import *; print(hash(Quantity('5')), hash(Resources(cpu=5)))"
    command = [sys.executable, "-c", program]
    found = {
        subprocess.run(command, env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True).stdout
        for seed in ("1", "2", "3")
    }
    assert len(found) == 3


def test_equal_quantities_have_equal_hashes() -> None:
    for group in (
        ("1", "1000m", "1e0", "0.001k", "1000000000n"),
        ("1Ki", "1024", "1.024k"),
        ("0", "-0", "0Ki", "0e5"),
        ("-1Ki", "-1024"),
        ("8Ei", "9223372036854775807"),  # Go caps the first
        ("1e300", "1000e297"),
    ):
        assert len({Quantity(text) for text in group}) == 1


def test_hashing_does_not_need_decimal_digits() -> None:
    """Python can be set to refuse to print more than 640."""
    program = "import sys; sys.set_int_max_str_digits(640); from resources_py import *; hash(Quantity('1e999'))"
    subprocess.run([sys.executable, "-c", program], check=True)


# ---- keys


@pytest.mark.parametrize(
    ("key", "field"),
    [(1, "1"), (None, "None"), (b"cpu", "b'cpu'"), (("cpu",), "('cpu')"), ("CPU", "CPU"), ("a\nb", r"a\nb"), ("", "")],
)
def test_fields_of_unknown_keys(key: Any, field: str) -> None:
    """Only text stands in quotes: `requests[1]` is not `requests["1"]`."""
    with pytest.raises(ResourcesError) as caught:
        Resources.from_dict({key: 1})
    assert [v.field for v in caught.value.violations] == [field]
    with pytest.raises(ResourcesError) as caught:
        Resources.from_requests_and_limits({key: 1}, {key: 1})
    within = f'"{field}"' if isinstance(key, str) else field
    assert [v.field for v in caught.value.violations] == [f"requests[{within}]", f"limits[{within}]"]


def test_bytes_are_never_compared_with_text() -> None:
    """`python -bb` makes that an error. A key of bytes hashes as the text does, so a lookup compares them."""
    program = """
from resources_py import *
for make in (
    lambda: Resources(cpu=b"1"),
    lambda: Resources(cpu=(b"1", bytearray(b"1"))),
    lambda: Resources(cpu={b"request": 1, b"limit": 2}),
    lambda: Resources.from_dict({b"cpu": 1, "mem": 1}),
    lambda: Resources.from_requests_and_limits({b"cpu": 1}, {b"mem": 1}),
    lambda: Resources.from_dict(b"x"),
    lambda: Resources.from_json(b"x"),
    lambda: Resources.from_bytes(b"x"),
    lambda: Resources.from_bytes("x"),
    lambda: Resources.from_proto(b"x"),
    lambda: Resources().to_proto(b"x"),
    lambda: Quantity(b"1"),
):
    Resources(cpu="1"), Quantity("1"), Resources.from_bytes(b"")
    try:
        make()
    except ResourcesError:
        continue
    raise SystemExit("accepted")
Resources(cpu="1", mem="1Gi"), Resources.from_dict({"cpu": 1}), Resources.from_json(b'{"cpu": 1}')
assert Resources.from_bytes(bytes(Resources(cpu=1))) == Resources(cpu=1) != b"" and Quantity("1") != b"1"
"""
    subprocess.run([sys.executable, "-bb", "-c", program], check=True, timeout=120)


def test_arrays_are_not_compared() -> None:
    """An array's `==` is an array, which has no truth value."""
    array = np.array([1, 2])
    for requests, limits, fields in (
        (array, None, ["requests"]),
        (None, array, ["limits"]),
        ({"cpu": array}, {"cpu": array}, ["cpu[0]", "cpu[1]"]),
        ({"gpu": array}, None, ["gpu[0]"]),
    ):
        with pytest.raises(ResourcesTypeError) as caught:
            Resources.from_requests_and_limits(requests, limits)  # type: ignore[arg-type]
        assert [violation.field for violation in caught.value.violations] == fields
    assert Resources.from_requests_and_limits({"cpu": np.int64(1)}) == Resources(cpu=(1, None))


# ---- subclasses


@dataclasses.dataclass(frozen=True)
class Named(Resources):
    name: str = ""


@dataclasses.dataclass(frozen=True, slots=True, eq=False, repr=False)
class Slotted(Resources):
    pass


class Plain(Resources):
    pass


@pytest.mark.parametrize("make", [Named, Slotted, Plain])
def test_subclasses_validate(make: Callable[..., Resources]) -> None:
    """The constructor that dataclasses generates only sets the fields."""
    with pytest.raises(ResourcesError) as caught:
        make(cpu="much", mem=-1)
    assert [violation.field for violation in caught.value.violations] == ["cpu", "mem"]
    with pytest.raises(TypeError):
        make(memory="1Gi")
    resources = make(cpu=["500m", Decimal(2)], mem=np.int64(2**30))
    assert (resources.cpu, resources.mem, type(resources.mem)) == (("500m", "2"), 2**30, int)
    assert bytes(resources) == bytes(Resources(cpu=("500m", 2), mem=2**30))


@pytest.mark.parametrize("make", [Named, Slotted, Plain])
def test_subclasses_warn_at_the_callers_line(make: Callable[..., Resources]) -> None:
    with pytest.warns(ResourcesWarning) as caught:
        make(mem="100m")
    line = test_subclasses_warn_at_the_callers_line.__code__.co_firstlineno + 3
    assert [(warning.filename, warning.lineno) for warning in caught] == [(__file__, line)]
