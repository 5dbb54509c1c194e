"""Memory of every reader grows at most linearly with every shape of input. `make growth` measures time as well."""

from __future__ import annotations

import gc
import warnings
from collections.abc import Iterator

import growth
import pytest
from readers import READERS, Reader
from shapes import SHAPES, Shape


@pytest.fixture(autouse=True, scope="module")
def frozen() -> Iterator[None]:
    """The harness collects garbage often: leave out what was there before."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


PAIRS = list(growth.pairs())


def test_every_reader_has_shapes() -> None:
    assert {reader.kind for reader in READERS} == {shape.kind for shape in SHAPES}
    assert len(PAIRS) >= 80


@pytest.mark.parametrize(
    ("reader", "shape"), PAIRS, ids=[f"{reader.kind}-{reader.name}-{shape.name}" for reader, shape in PAIRS]
)
def test_memory(reader: Reader, shape: Shape) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        costs = [float(growth.peak_bytes(reader, shape, size)) for size in growth.sizes(200)]
    assert not growth.grows_faster(costs, growth.FLOOR_BYTES), costs


def test_the_harness_detects_quadratic_memory() -> None:
    """Otherwise its silence proves nothing."""
    quadratic = Reader("value", "quadratic", lambda text: [text[n:] for n in range(len(text))])
    digits = next(shape for shape in SHAPES if shape.name == "digits")
    costs = [float(growth.peak_bytes(quadratic, digits, size)) for size in growth.sizes(200)]
    assert growth.grows_faster(costs, growth.FLOOR_BYTES)
    linear = Reader("value", "linear", lambda text: [text[:1] + "x" for _ in text])
    costs = [float(growth.peak_bytes(linear, digits, size)) for size in growth.sizes(200)]
    assert not growth.grows_faster(costs, growth.FLOOR_BYTES)


def test_the_harness_detects_quadratic_time() -> None:
    assert growth.grows_faster([0.01, 0.16, 2.56], growth.FLOOR_SECONDS)
    assert not growth.grows_faster([0.01, 0.05, 0.2], growth.FLOOR_SECONDS)
