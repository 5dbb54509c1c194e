"""Round trips, as properties: every declaration survives every form."""

from __future__ import annotations

import warnings
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resourceidl_betterproto.resourceidl.v1 import Resources as BetterprotoResources
from resources_py import Quantity, Resources

pytestmark = pytest.mark.filterwarnings("ignore::resources_py.ResourcesWarning")

MAX_VALUE = 2**63 - 1


def texts(suffixes: list[str], largest: int) -> st.SearchStrategy[str]:
    """Texts of quantities within range, with any sign, zeros, digits, fraction and suffix."""
    number = st.one_of(
        st.integers(0, largest).map(str),
        st.decimals(0, largest, places=3, allow_nan=False).map("{:f}".format),
        st.decimals(0, 9, places=12, allow_nan=False).map("{:f}".format),
    )
    return st.builds(lambda sign, zeros, n, suffix: f"{sign}{zeros}{n}{suffix}", st.sampled_from(["", "+"]), st.sampled_from(["", "0"]), number, st.sampled_from(suffixes))  # fmt: skip


cpu_texts = texts(["", "m", "u", "n", "k", "e2", "E-3", "Ki"], 10**6)
byte_texts = texts(["", "m", "k", "M", "G", "Ki", "Mi", "Gi", "e3"], 10**6)
whole_texts = st.integers(0, 10**6).flatmap(
    lambda n: st.sampled_from([f"{n}", f"{n}000m", f"{n}k", f"{n}Ki", f"{n}e3"])
)

cpu_values = st.one_of(
    cpu_texts,
    st.integers(0, MAX_VALUE),
    st.floats(0, 1e6),
    st.decimals(0, 10**6, places=4).map(Decimal),
    cpu_texts.map(Quantity),
)
byte_values = st.one_of(byte_texts, st.integers(0, MAX_VALUE), byte_texts.map(Quantity))
gpu_values = st.one_of(whole_texts, st.integers(0, 10**6), whole_texts.map(Quantity))


def parameter(values: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    def in_order(pair: tuple[object, object]) -> tuple[object, object]:
        return tuple(sorted(pair, key=Quantity))  # type: ignore[arg-type, return-value]

    pairs = st.tuples(values, values).map(in_order)
    half = st.one_of(st.tuples(values, st.none()), st.tuples(st.none(), values))
    return st.one_of(st.none(), values, pairs, pairs.map(list), half)


def resources(gpu: st.SearchStrategy[object]) -> st.SearchStrategy[Resources]:
    def build(*values: object) -> Resources:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return Resources(*values)  # type: ignore[arg-type]

    return st.builds(build, parameter(cpu_values), parameter(byte_values), gpu, parameter(byte_values))


declared = resources(parameter(gpu_values))
# Kubernetes accepts a GPU request that equals its limit, or a limit alone.
accepted = resources(st.one_of(st.none(), gpu_values, gpu_values.map(lambda v: (None, v))))


@given(declared)
def test_every_step_and_back(r: Resources) -> None:
    """Constructor -> dict -> JSON -> bytes -> message, and back again."""
    from_dict = Resources.from_dict(r.to_dict())
    from_json = Resources.from_json(from_dict.to_json())
    from_bytes = Resources.from_bytes(bytes(from_json))
    from_proto = Resources.from_proto(from_bytes.to_proto())
    assert from_dict == from_json == from_bytes == from_proto == r
    assert len({r, from_dict, from_json, from_bytes, from_proto}) == 1
    assert from_dict.to_dict() == from_json.to_dict() == r.to_dict()


@given(declared)
def test_reencoding_changes_no_byte(r: Resources) -> None:
    data = bytes(r)
    assert bytes(Resources.from_bytes(data)) == data
    assert bytes(Resources.from_proto(r.to_proto(BetterprotoResources))) == data


@given(declared)
def test_repr_evaluates_back(r: Resources) -> None:
    again = eval(repr(r))
    assert (again, again.to_dict()) == (r, r.to_dict())


@given(declared)
def test_requests_and_limits_match_the_wire(r: Resources) -> None:
    """The wire has exactly the entries of `requests` and `limits`."""
    message = r.to_proto()
    numbers = {"cpu": 1, "mem": 3, "gpu": 2, "ephemeral_storage": 5}
    for meant, sent in ((r.requests, message.requests), (r.limits, message.limits)):
        assert [(numbers[name], quantity) for name, quantity in meant.items()] == [
            (entry.name, Quantity(entry.value)) for entry in sent
        ]


@given(accepted)
def test_kubernetes_and_back(r: Resources) -> None:
    stanza = r.to_kubernetes()
    assert Resources.from_kubernetes(stanza) == r
    assert Resources.from_kubernetes(stanza).to_kubernetes() == stanza


@given(declared)
def test_from_requests_and_limits_of_both_sides(r: Resources) -> None:
    assert Resources.from_requests_and_limits(r.requests, r.limits) == r
