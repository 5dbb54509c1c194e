"""The constructor: accepted values, attributes, requests and limits, errors and warnings."""

from __future__ import annotations

import copy
import dataclasses
import enum
import inspect
import pickle
import pydoc
import re
import warnings
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from resources_py import Quantity, Resources, ResourcesError, ResourcesTypeError, ResourcesWarning, Violation


class Tier(enum.StrEnum):
    SMALL = "500m"


class Count(enum.IntEnum):
    TWO = 2


def entries(resources: Resources) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    message = resources.to_proto()
    names = message.ResourceName.Name
    return (
        [(names(entry.name), entry.value) for entry in message.requests],
        [(names(entry.name), entry.value) for entry in message.limits],
    )


@pytest.mark.filterwarnings("ignore::resources_py.ResourcesWarning")  # three are under 1 MiB; the warnings have a test
@pytest.mark.parametrize(
    ("documented", "requests", "limits"),
    [
        (
            lambda: Resources(cpu="1", mem="2048"),
            [("CPU", "1"), ("MEMORY", "2048")],
            [("CPU", "1"), ("MEMORY", "2048")],
        ),
        (
            lambda: Resources(cpu="100m", mem="2Gi"),
            [("CPU", "100m"), ("MEMORY", "2Gi")],
            [("CPU", "100m"), ("MEMORY", "2Gi")],
        ),
        (
            lambda: Resources(cpu=0.5, mem=1024),
            [("CPU", "500m"), ("MEMORY", "1024")],
            [("CPU", "500m"), ("MEMORY", "1024")],
        ),
        (lambda: Resources(ephemeral_storage="1Gi"), [("EPHEMERAL_STORAGE", "1Gi")], [("EPHEMERAL_STORAGE", "1Gi")]),
        (
            lambda: Resources(cpu=("1", "2"), mem=1024),
            [("CPU", "1"), ("MEMORY", "1024")],
            [("CPU", "2"), ("MEMORY", "1024")],
        ),
    ],
    ids=["cpu-mem-strings", "milli-gibi", "numbers", "ephemeral", "pair"],
)
def test_flytekits_documented_examples(
    documented: Callable[[], Resources], requests: list[tuple[str, str]], limits: list[tuple[str, str]]
) -> None:
    """They survive construction, serialization and the wire."""
    resources = documented()
    assert entries(resources) == (requests, limits)
    assert Resources.from_dict(resources.to_dict()) == resources
    assert Resources.from_json(resources.to_json()) == resources
    assert Resources.from_bytes(bytes(resources)) == resources
    assert Resources.from_proto(resources.to_proto()) == resources
    assert Resources.from_kubernetes(resources.to_kubernetes()) == resources


def test_positional_order() -> None:
    assert Resources(1, "1Gi", 2, "3Gi") == Resources(cpu=1, mem="1Gi", gpu=2, ephemeral_storage="3Gi")


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (0.5, 0.5),
        (2, 2),
        ("1.50", "1.50"),
        (("500m", 2), ("500m", 2)),
        (["500m", 2], ("500m", 2)),
        (("500m", None), ("500m", None)),
        ((None, 0.25), (None, 0.25)),
        (Decimal("0.10"), "0.10"),
        (Quantity("1500m"), "1500m"),
        (Quantity("0.5"), "500m"),
        ((Decimal(1), Quantity("2")), ("1", "2")),
        (np.int64(3), 3),
        (np.uint8(3), 3),
        (np.float64(0.5), 0.5),
        (np.str_("500m"), "500m"),
        (Tier.SMALL, "500m"),
        (Count.TWO, 2),
    ],
    ids=repr,
)
def test_attributes_keep_the_values_as_written(given: Any, kept: object) -> None:
    cpu = Resources(cpu=given).cpu
    assert cpu == kept
    parts = zip(cpu, kept, strict=True) if isinstance(kept, tuple) else [(cpu, kept)]  # type: ignore[arg-type]
    for part, expected in parts:
        assert type(part) is type(expected)


def test_requests_and_limits() -> None:
    resources = Resources(cpu=(None, 2), mem=("1Gi", None), ephemeral_storage=3)
    assert list(resources.requests.items()) == [("mem", Quantity("1Gi")), ("ephemeral_storage", Quantity(3))]
    assert list(resources.limits.items()) == [("cpu", Quantity(2)), ("ephemeral_storage", Quantity(3))]
    with pytest.raises(TypeError):
        resources.requests["cpu"] = Quantity(1)  # type: ignore[index]


def test_empty() -> None:
    assert bytes(Resources()) == b""
    assert Resources.from_bytes(b"") == Resources()
    assert (dict(Resources().requests), Resources().to_kubernetes()) == ({}, {})
    assert repr(Resources()) == "Resources()"


# Values in one group are equal; values of different groups are not.
MEANINGS = [
    [Resources()],
    [Resources(cpu=1), Resources(cpu="1"), Resources(cpu=1.0), Resources(cpu=(1, "1000m")), Resources(cpu="1000000u")],
    [Resources(cpu=(1, None))],
    [Resources(cpu=(None, 1))],
    [Resources(cpu=(1, 2)), Resources(cpu=["1", "2000m"])],
    [Resources(cpu="0")],
    [Resources(mem="1Gi"), Resources(mem="1024Mi"), Resources(mem=2**30), Resources(mem=("1Gi", "1048576Ki"))],
    [Resources(ephemeral_storage="1Gi")],
    [Resources(gpu=1)],
]


@pytest.mark.parametrize("left", range(len(MEANINGS)))
@pytest.mark.parametrize("right", range(len(MEANINGS)))
def test_equality_and_hash_are_by_meaning(left: int, right: int) -> None:
    for one in MEANINGS[left]:
        for other in MEANINGS[right]:
            assert (one == other) is (left == right)
            assert (one != other) is (left != right)
            if left == right:
                assert hash(one) == hash(other)


def test_equality_with_something_else() -> None:
    assert Resources() != {}
    assert Resources().__eq__({}) is NotImplemented


def test_immutable() -> None:
    resources = Resources(cpu=1)
    with pytest.raises(dataclasses.FrozenInstanceError):
        resources.cpu = 2  # type: ignore[misc]
    with pytest.raises(dataclasses.FrozenInstanceError):
        del resources.cpu  # type: ignore[misc]
    with pytest.raises((AttributeError, TypeError)):
        resources.colour = "red"  # type: ignore[attr-defined]
    assert not hasattr(resources, "__dict__")


@pytest.mark.parametrize("resources", [group[-1] for group in MEANINGS], ids=repr)
@pytest.mark.parametrize(
    "again",
    [
        *(lambda r, p=protocol: pickle.loads(pickle.dumps(r, p)) for protocol in range(pickle.HIGHEST_PROTOCOL + 1)),
        copy.copy,
        copy.deepcopy,
        dataclasses.replace,
        lambda r: eval(repr(r)),
    ],
)
def test_made_again(resources: Resources, again: Callable[[Resources], Resources]) -> None:
    made = again(resources)
    assert made == resources
    assert dataclasses.astuple(made) == dataclasses.astuple(resources)


def test_replace_validates() -> None:
    with pytest.raises(ResourcesError, match="did you mean 1G or 1Gi"):
        dataclasses.replace(Resources(cpu=1), mem="1Gb")


def test_unpickling_and_copying_do_not_warn() -> None:
    with pytest.warns(ResourcesWarning):
        odd = Resources(mem=1024)
    assert pickle.loads(pickle.dumps(odd)) == copy.deepcopy(odd) == odd


def violations(make: Callable[[], object], error: type[ResourcesError] = ResourcesError) -> tuple[Violation, ...]:
    with pytest.raises(ResourcesError) as caught:
        make()
    assert type(caught.value) is error
    assert all(0 < len(v.description.encode()) <= 120 for v in caught.value.violations)
    assert all(v.field in str(caught.value) for v in caught.value.violations)
    return caught.value.violations


@pytest.mark.parametrize(
    ("arguments", "field", "reason", "says"),
    [
        (
            {"mem": "123Mb"},
            "mem",
            "INVALID_QUANTITY",
            "'123Mb' is not a quantity: did you mean 123M or 123Mi?",
        ),
        ({"mem": ("1Gi", "2GB")}, "mem[1]", "INVALID_QUANTITY", "did you mean 2G or 2Gi?"),
        ({"cpu": ["one", 2]}, "cpu[0]", "INVALID_QUANTITY", "'one' is not a quantity"),
        ({"cpu": ""}, "cpu", "INVALID_QUANTITY", "''"),
        ({"cpu": float("nan")}, "cpu", "INVALID_QUANTITY", "nan"),
        ({"cpu": Decimal("Infinity")}, "cpu", "INVALID_QUANTITY", "must be finite"),
        ({"cpu": "0" * 65}, "cpu", "INVALID_QUANTITY", "longer than 64 bytes"),
        ({"cpu": "1" + "\N{DEGREE SIGN}" * 32}, "cpu", "INVALID_QUANTITY", "longer than 64 bytes"),
        ({"mem": "1e1000"}, "mem", "OUT_OF_RANGE", "'1e1000'"),
        ({"mem": 2**63}, "mem", "OUT_OF_RANGE", "is too large: the maximum is just under 8Ei"),
        ({"mem": "8Ei"}, "mem", "OUT_OF_RANGE", "'8Ei' is too large: the maximum is just under 8Ei"),
        ({"mem": Quantity("8Ei")}, "mem", "OUT_OF_RANGE", "is too large"),
        ({"mem": 10**4000}, "mem", "OUT_OF_RANGE", "is too large"),
        ({"cpu": -(2**63)}, "cpu", "OUT_OF_RANGE", "is out of range: write 0 or more"),
        ({"cpu": -1}, "cpu", "NEGATIVE", "-1 is below zero"),
        ({"cpu": "-0.0000000001"}, "cpu", "NEGATIVE", "below zero"),
        ({"gpu": "500m"}, "gpu", "NOT_WHOLE", "write 1"),
        ({"gpu": "0.9999"}, "gpu", "NOT_WHOLE", "write 1"),
        ({"cpu": (2, 1)}, "cpu[0]", "REQUEST_ABOVE_LIMIT", "request 2 is above limit 1"),
        ({"gpu": (2, 1)}, "gpu[0]", "REQUEST_ABOVE_LIMIT", "request 2 is above limit 1"),
        ({"cpu": ("2m", "1.0001u")}, "cpu[0]", "REQUEST_ABOVE_LIMIT", "above limit"),
        ({"cpu": (None, None)}, "cpu", "WRONG_LENGTH", "(None, None) sets nothing"),
        ({"cpu": ()}, "cpu", "WRONG_LENGTH", "expected one value or two, not 0"),
        ({"cpu": ("1",)}, "cpu", "WRONG_LENGTH", "expected one value or two, not 1"),
        ({"mem": ["1Gi"] * 3}, "mem", "WRONG_LENGTH", "expected one value or two, not 3"),
    ],
    ids=lambda value: repr(value)[:40] if isinstance(value, dict) else "",
)
def test_wrong_values(arguments: dict[str, Any], field: str, reason: str, says: str) -> None:
    (violation,) = violations(lambda: Resources(**arguments))
    assert (violation.field, violation.reason) == (field, reason)
    assert says in violation.description


@pytest.mark.parametrize(
    ("arguments", "field", "says"),
    [
        ({"cpu": True}, "cpu", "True is a bool: write a string, an int, a float or a Decimal, such as '500m'"),
        ({"cpu": np.True_}, "cpu", "bool"),
        ({"gpu": False}, "gpu", "False is a bool: write a string or an int, such as 1"),
        ({"gpu": 1.0}, "gpu", "1.0 is a float"),
        ({"mem": 0.5}, "mem", "0.5 is a float"),
        ({"mem": Decimal(1)}, "mem", "Decimal"),
        ({"mem": b"1Gi"}, "mem", "b'1Gi': bytes are not accepted"),
        ({"mem": {"request": 1}}, "mem", "dict"),
        ({"cpu": (1, True)}, "cpu[1]", "bool"),
        ({"cpu": (1, (1, 2))}, "cpu[1]", "tuple"),
        ({"cpu": np.float32(0.5)}, "cpu", "float32"),
        ({"cpu": np.array([1, 2])}, "cpu", "ndarray"),
        ({"ephemeral_storage": ("1Gi", 1.5)}, "ephemeral_storage[1]", "float"),
    ],
    ids=lambda value: repr(value)[:40] if isinstance(value, dict) else "",
)
def test_wrong_types(arguments: dict[str, Any], field: str, says: str) -> None:
    (violation,) = violations(lambda: Resources(**arguments), ResourcesTypeError)
    assert (violation.field, violation.reason) == (field, "WRONG_TYPE")
    assert says in violation.description
    with pytest.raises(TypeError):  # ResourcesTypeError is a TypeError
        Resources(**arguments)


def test_floats_are_only_for_cpu_even_with_warm_caches() -> None:
    """1 == 1.0, so a cache that only compares would confuse them."""
    assert Resources(gpu=1) == Resources(gpu=(1, 1))
    violations(lambda: Resources(gpu=1.0), ResourcesTypeError)  # type: ignore[arg-type]
    violations(lambda: Resources(gpu=(1, 1.0)), ResourcesTypeError)  # type: ignore[arg-type]
    violations(lambda: Resources(gpu=True), ResourcesTypeError)
    assert Resources(cpu=1).cpu is not True
    assert type(Resources(cpu=(1.0, 1)).cpu[0]) is float  # type: ignore[index]
    assert type(Resources(cpu=(1, 1)).cpu[0]) is int  # type: ignore[index]


def test_everything_wrong_at_once_in_order() -> None:
    found = violations(lambda: Resources(cpu=(True, "x"), mem=(2, 1), gpu="1.5", ephemeral_storage=("-1", 0.5)))  # type: ignore[arg-type]
    assert [(v.field, v.reason) for v in found] == [
        ("cpu[0]", "WRONG_TYPE"),
        ("cpu[1]", "INVALID_QUANTITY"),
        ("mem[0]", "REQUEST_ABOVE_LIMIT"),
        ("gpu", "NOT_WHOLE"),
        ("ephemeral_storage[0]", "NEGATIVE"),
        ("ephemeral_storage[1]", "WRONG_TYPE"),
    ]


def test_all_wrong_types_is_a_type_error() -> None:
    found = violations(lambda: Resources(cpu=True, gpu=0.5), ResourcesTypeError)  # type: ignore[arg-type]
    assert [v.field for v in found] == ["cpu", "gpu"]


def test_misspelt_keyword() -> None:
    """A TypeError, as for any unknown keyword, that suggests the right one and reports the other problems too."""
    found = violations(lambda: Resources(memory="1Gi", gpu=0.5), ResourcesTypeError)  # type: ignore[arg-type]
    assert [(v.field, v.reason) for v in found] == [("gpu", "WRONG_TYPE"), ("memory", "UNKNOWN_KEY")]
    assert found[1].description == "unknown key 'memory': did you mean mem?"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"gpu": "A100"}, "gpu: 'A100' is not a count: gpu takes a whole number of devices, such as 1"),
        ({"requests": {}}, "unknown key 'requests': from_requests_and_limits takes requests and limits"),
        ({"cpu": {"request": 1, "limit": 2}}, "write the pair (1, 2)"),
        ({"cpu": {"requests": "500m"}}, "write the pair ('500m', None)"),
        ({"cpu": "2,4"}, """cpu: '2,4' is not a quantity: did you mean 2.4, or the pair ("2", "4")?"""),
        ({"mem": "1Gi, 2Gi"}, """'1Gi, 2Gi' is not a quantity: did you mean the pair ("1Gi", "2Gi")?"""),
        ({"cpu": [[1, 2]]}, "cpu: expected one value or two, not 1: write one, or the pair (request, limit)"),
        ({"cpu": "100%"}, "cpu: '100%' is not a quantity: write 1"),
        ({"cpu": "50 %"}, "cpu: '50 %' is not a quantity: write 0.5"),
        ({"cpu": "1/2"}, "cpu: '1/2' is not a quantity: write 0.5"),
        ({"cpu": float("nan")}, "cpu: nan is not a quantity: cpu must be finite"),
        ({"cpu": Decimal("-Infinity")}, "cpu must be finite"),
        ({"cpu": "\u00b2"}, "cpu: '\u00b2' is not a quantity"),
        ({"cpu": "5\u00b5"}, "cpu: '5\u00b5' is not a quantity: did you mean 5u?"),
        ({"mem": b"1"}, "mem: b'1': bytes are not accepted: write a string, such as '1Gi'"),
        ({"cpu": (2, 1), "mem": "1Gb"}, "lower the request\nmem: '1Gb' is not a quantity: did you mean 1G or 1Gi?"),
    ],
    ids=lambda value: repr(value)[:40] if isinstance(value, dict) else "",
)
def test_messages(arguments: dict[str, Any], expected: str) -> None:
    with pytest.raises(ResourcesError, match=re.escape(expected)) as caught:
        Resources(**arguments)
    assert not re.search(r"\((format|suffix|numeric|range)\)", str(caught.value))


@pytest.mark.parametrize(
    ("mapping", "expected"),
    [
        (
            {"requests": {"cpu": 1}},
            "requests: unknown key 'requests': from_requests_and_limits takes requests and limits",
        ),
        ({"limits": {"cpu": 1}}, "from_kubernetes a stanza"),
        ({"resources": {}}, "resources: unknown key 'resources': pass the stanza under it to from_kubernetes"),
    ],
)
def test_from_dict_names_the_method_that_reads_a_mapping(mapping: dict[str, Any], expected: str) -> None:
    with pytest.raises(ResourcesError, match=re.escape(expected)):
        Resources.from_dict(mapping)


def test_assignment_says_what_to_use_instead() -> None:
    resources = Resources(cpu=1)
    with pytest.raises(dataclasses.FrozenInstanceError, match=r"use dataclasses\.replace\(resources, cpu=…\)"):
        resources.cpu = 2  # type: ignore[misc]
    with pytest.raises(dataclasses.FrozenInstanceError, match="cannot change 'other'"):
        resources.other = 2  # type: ignore[attr-defined]
    with pytest.raises(dataclasses.FrozenInstanceError):
        del resources.cpu
    assert resources == Resources(cpu=1)


def test_signature_shows_the_types() -> None:
    signature = inspect.signature(Resources)
    assert list(signature.parameters) == ["cpu", "mem", "gpu", "ephemeral_storage"]
    assert signature.parameters["cpu"].annotation == "CpuValue"
    assert {signature.parameters[name].annotation for name in ("mem", "gpu", "ephemeral_storage")} == {"ResourceValue"}
    assert "cpu: 'CpuValue' = None" in pydoc.render_doc(Resources, renderer=pydoc.plaintext)


def test_error_can_be_pickled_and_read() -> None:
    with pytest.raises(ResourcesError) as caught:
        Resources(mem="1Gb", gpu="0.5")
    again = pickle.loads(pickle.dumps(caught.value))
    assert again.violations == caught.value.violations
    assert str(again) == str(caught.value)


def test_hostile_values_are_shown_escaped_and_cut() -> None:
    class Odd:
        def __repr__(self) -> str:
            raise RuntimeError

    for value in ("\x1b[31m" * 100_000, "\N{PILE OF POO}" * 60, Odd(), [1] * 100_000, "\ud800"):
        (violation,) = violations_of_any(lambda value=value: Resources(mem=value))
        assert len(violation.description.encode()) <= 120
        assert violation.description.isprintable()


def violations_of_any(make: Callable[[], object]) -> tuple[Violation, ...]:
    with pytest.raises(ResourcesError) as caught:
        make()
    assert all(len(v.description.encode()) <= 120 for v in caught.value.violations)
    return caught.value.violations


# ---- warnings


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"mem": "100m"}, [("mem", "FRACTIONAL_BYTES")]),
        ({"mem": "1073741824500m"}, [("mem", "FRACTIONAL_BYTES")]),
        ({"ephemeral_storage": ("0.5", 1)}, [("ephemeral_storage[0]", "FRACTIONAL_BYTES")]),
        ({"mem": 1024}, [("mem", "TINY_MEMORY")]),
        ({"mem": (1024, "1Gi")}, [("mem[0]", "TINY_MEMORY")]),
        ({"mem": 2**20 - 1}, [("mem", "TINY_MEMORY")]),
        ({"mem": 2**20}, []),
        ({"mem": 0}, []),
        ({"ephemeral_storage": 1024}, []),
        ({"cpu": "1Ki"}, [("cpu", "BINARY_SUFFIX")]),
        ({"gpu": "1Ki"}, [("gpu", "BINARY_SUFFIX")]),
        ({"cpu": "1500u"}, [("cpu", "FINER_THAN_MILLI")]),
        ({"cpu": 0.0001}, [("cpu", "FINER_THAN_MILLI")]),
        ({"cpu": 0.1 + 0.2}, [("cpu", "FINER_THAN_MILLI")]),
        ({"cpu": "1m"}, []),
        ({"mem": "Gi"}, [("mem", "NO_DIGITS")]),
        ({"cpu": ("e3", 1)}, [("cpu[0]", "NO_DIGITS")]),
        ({"cpu": "+"}, [("cpu", "NO_DIGITS")]),
        ({"cpu": "Ki"}, [("cpu", "NO_DIGITS")]),
        ({"cpu": 500}, [("cpu", "HUGE_CPU")]),
        ({"cpu": (256, "257")}, [("cpu[1]", "HUGE_CPU")]),
        ({"gpu": 64}, []),
        ({"gpu": 65}, [("gpu", "HUGE_GPU")]),
        ({"gpu": (1, 2)}, [("gpu[0]", "GPU_OVERCOMMITTED")]),
        ({"gpu": (1, None)}, [("gpu[0]", "GPU_LIMIT_MISSING")]),
        ({"gpu": (None, 1)}, []),
        ({"gpu": ("1", "1Ki")}, [("gpu[0]", "GPU_OVERCOMMITTED"), ("gpu[1]", "BINARY_SUFFIX")]),
    ],
    ids=repr,
)
def test_warnings(arguments: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        resources = Resources(**arguments)
    heard = [warning.message for warning in caught]
    assert [(w.field, w.reason) for w in heard] == expected  # type: ignore[union-attr]
    assert [(w.field, w.reason, w.description) for w in resources.warnings] == [
        (w.field, w.reason, w.description)  # type: ignore[union-attr]
        for w in heard
    ]
    assert {warning.filename for warning in caught} <= {__file__}


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Resources(mem="100m"), "m is a thousandth, so 100m is 0.1 byte: did you mean 100M or 100Mi?"),
        (lambda: Resources(mem=1024), "1024 is less than 1 MiB: is the unit missing, as in 1024Mi?"),
        (lambda: Resources(mem="1M"), "1M is 1,000,000 bytes, below 1 MiB: did you mean 1G or 1Gi?"),
        (lambda: Resources(mem="512Ki"), "512Ki is 524,288 bytes, below 1 MiB: did you mean 512M or 512Mi?"),
        (lambda: Resources(mem="1e3"), "'1e3' is less than 1 MiB: is the unit missing, as in 1000Mi?"),
        (lambda: Resources(mem="1.5"), "'1.5' is 1.5 bytes, and bytes are whole: did you mean 2?"),
        (lambda: Resources(cpu="1Gi"), "Gi is a unit of memory: write cores, such as 1 or 500m"),
        (lambda: Resources(gpu="1Ki"), "Ki is a unit of memory: write a number of devices, such as 1"),
        (lambda: Resources(cpu=500), "500 cores: did you mean 500m?"),
        (lambda: Resources(cpu="500M"), "500,000,000 cores: did you mean 500m?"),
        (lambda: Resources(gpu="1k"), "1,000 devices in one container: did you mean 1?"),
        (lambda: Resources(gpu=100), "100 devices in one container: more than 64 are unusual"),
        (lambda: Resources(cpu="1500u"), "'1500u' is finer than 1m: Kubernetes rounds it up to 2m"),
        (lambda: Resources(mem="Gi"), "'Gi' has no digits and reads as 0"),
        (lambda: Resources(gpu=(1, 2)), "GPU request 1 must equal limit 2"),
        (lambda: Resources(gpu=(1, None)), "a GPU request needs a limit: write 1 as the limit too"),
    ],
)
def test_warnings_suggest_a_fix(make: Callable[[], Resources], says: str) -> None:
    with pytest.warns(ResourcesWarning) as caught:
        make()
    assert says in str(caught[0].message)
    assert all(len(warning.message.description.encode()) <= 120 for warning in caught)  # type: ignore[union-attr]


def test_warnings_point_at_the_callers_line() -> None:
    lines: list[tuple[str, int]] = []
    makers: list[Callable[[], Resources]] = [
        lambda: Resources(mem=1024),
        lambda: Resources.from_requests_and_limits(requests={"mem": 1024}),
        lambda: Resources.from_dict({"mem": 1024}),
        lambda: Resources.from_json('{"mem": 1024}'),
        lambda: dataclasses.replace(Resources(), mem=1024),
    ]
    for make in makers:
        with pytest.warns(ResourcesWarning) as caught:
            make()
        lines.append((caught[0].filename, caught[0].lineno - make.__code__.co_firstlineno))
    assert lines == [(__file__, 0)] * len(makers)


def test_reading_the_wire_or_a_stanza_is_silent() -> None:
    with pytest.warns(ResourcesWarning):
        odd = Resources(mem="100m", cpu="1u", gpu=(1, None))
    assert Resources.from_bytes(bytes(odd)) == odd
    assert Resources.from_proto(odd.to_proto()) == odd
    stanza = Resources.from_kubernetes({"requests": {"memory": "100m"}})
    assert [warning.reason for warning in stanza.warnings] == ["FRACTIONAL_BYTES"]


# ---- two arguments


def test_from_requests_and_limits() -> None:
    made = Resources.from_requests_and_limits
    assert made() == made({}, {}) == made(None, None) == Resources()
    assert made({"cpu": 1}) == Resources(cpu=(1, None))
    assert made(limits={"mem": "1Gi"}) == Resources(mem=(None, "1Gi"))
    assert made({"cpu": "500m", "gpu": 1}, {"cpu": 2, "gpu": 1}) == Resources(cpu=("500m", 2), gpu=1)
    assert made(Resources(cpu="500m"), Resources(cpu=2, mem="1Gi")) == Resources(cpu=("500m", 2), mem=(None, "1Gi"))
    assert made({"cpu": None}, Resources()) == Resources()


def test_from_requests_and_limits_says_everything() -> None:
    found = violations(
        lambda: Resources.from_requests_and_limits(
            {"cpu": (1, 2), "memory": "1Gi"}, Resources(cpu=1, mem=("1Gi", "2Gi"))
        )
    )
    assert [(v.field, v.reason) for v in found] == [
        ("cpu[0]", "WRONG_TYPE"),
        ("mem[1]", "WRONG_TYPE"),
        ('requests["memory"]', "UNKNOWN_KEY"),
    ]
    found = violations(lambda: Resources.from_requests_and_limits(requests="1"), ResourcesTypeError)  # type: ignore[arg-type]
    assert [(v.field, v.reason) for v in found] == [("requests", "WRONG_TYPE")]
