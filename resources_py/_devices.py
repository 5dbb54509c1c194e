"""A device and its count in one text, as flyte and SkyPilot write them."""

import re
from typing import Final, NamedTuple

from resources_py._amounts import GPU, Problem, parse_amount
from resources_py._errors import ResourcesError, ResourcesTypeError, Violation, quoted, with_type
from resources_py._extended import ExtendedResources
from resources_py._quantity import NANOS_PER_UNIT
from resources_py._reasons import Reason

_DEVICE: Final = re.compile(r"([^:]+)(?::([^:]+))?")


class AcceleratorCount(NamedTuple):
    """What a text such as ``"A100:8"`` means.

    Attributes:
        gpu: The count, for the parameter `gpu` of Resources.
        extended: The accelerator.
    """

    gpu: int
    extended: ExtendedResources


def parse_accelerator(text: str) -> AcceleratorCount:
    """Parse a device and a count, as flyte 2 and SkyPilot write them.

    Args:
        text: ``"A100:8"``, or ``"A100"`` for one.

    Returns:
        The count, and an ExtendedResources with the accelerator.

    Raises:
        ResourcesError: `text` has no device, or its count is not a whole number of at least 1.

    Example:
        >>> from resources_py import ContainerResources, Resources
        >>> gpu, extended = parse_accelerator("A100:8")
        >>> ContainerResources(Resources(cpu=8, gpu=gpu), extended)
        ContainerResources(resources=Resources(cpu=8, gpu=8), extended=ExtendedResources(accelerator='A100'))
    """
    if not isinstance(text, str):
        described = f"{with_type(text)}: write a string, such as 'A100:8'"
        raise ResourcesTypeError([Violation("", Reason.WRONG_TYPE, described)])
    parts = _DEVICE.fullmatch(text)
    if parts is None or not parts[1].strip():
        described = f"{quoted(text)} is not a device and a count: write one such as 'A100:8'"
        raise ResourcesError([Violation("", Reason.INVALID_NAME, described)])
    amount = parse_amount(GPU, parts[2] or "1")
    if isinstance(amount, Problem):
        raise ResourcesError([amount.at("")])
    if amount[0] == 0:
        raise ResourcesError(
            [Violation("", Reason.COUNT_REQUIRED, f"{quoted(text)} has a count of 0: write 1 or more")]
        )
    return AcceleratorCount(amount[0] // NANOS_PER_UNIT, ExtendedResources(parts[1]))


parse_accelerator.__module__ = "resources_py"  # tracebacks and pickles show the name that people import
