"""The reasons that errors and warnings carry. They are the same in every language."""

from typing import Final


class Reason:
    """Reasons, as :attr:`Violation.reason` and :attr:`ResourcesWarning.reason` hold them.

    Example:
        >>> from resources_py import Reason, Resources, ResourcesError
        >>> try:
        ...     Resources(cpu=(2, 1))
        ... except ResourcesError as error:
        ...     print(error.violations[0].reason == Reason.REQUEST_ABOVE_LIMIT)
        True
    """

    # Errors, of any source. The comments of the schema are their specification.
    TOO_MANY_ENTRIES: Final = "TOO_MANY_ENTRIES"
    UNSUPPORTED_NAME: Final = "UNSUPPORTED_NAME"
    DUPLICATE_NAME: Final = "DUPLICATE_NAME"
    INVALID_QUANTITY: Final = "INVALID_QUANTITY"
    OUT_OF_RANGE: Final = "OUT_OF_RANGE"
    NEGATIVE: Final = "NEGATIVE"
    NOT_WHOLE: Final = "NOT_WHOLE"
    REQUEST_ABOVE_LIMIT: Final = "REQUEST_ABOVE_LIMIT"
    REQUEST_NOT_EQUAL_LIMIT: Final = "REQUEST_NOT_EQUAL_LIMIT"
    LIMIT_REQUIRED: Final = "LIMIT_REQUIRED"
    # Errors of accelerators, shared memory, named resources and claims. The first two may concern any text.
    INVALID_NAME: Final = "INVALID_NAME"
    INVALID_PATH: Final = "INVALID_PATH"
    COUNT_REQUIRED: Final = "COUNT_REQUIRED"  # also a warning: only Kubernetes rejects it
    CPU_OR_MEMORY_REQUIRED: Final = "CPU_OR_MEMORY_REQUIRED"
    # Errors of Python values and of texts.
    WRONG_TYPE: Final = "WRONG_TYPE"
    WRONG_LENGTH: Final = "WRONG_LENGTH"
    UNKNOWN_KEY: Final = "UNKNOWN_KEY"
    UNDECODABLE: Final = "UNDECODABLE"
    # Stands for violations that a gRPC status has no room for.
    TRUNCATED: Final = "TRUNCATED"
    # Errors that only the command line reports.
    UNREADABLE: Final = "UNREADABLE"
    REQUIRED: Final = "REQUIRED"
    NOT_ALLOWED: Final = "NOT_ALLOWED"
    NOT_POSITIVE: Final = "NOT_POSITIVE"
    UNSUPPORTED_VALUE: Final = "UNSUPPORTED_VALUE"
    UNKNOWN_CLAIM: Final = "UNKNOWN_CLAIM"
    OUT_OF_ORDER: Final = "OUT_OF_ORDER"
    POD_TOTAL_EXCEEDED: Final = "POD_TOTAL_EXCEEDED"
    # Warnings, first to last: of several that apply to one value, the first is given.
    GPU_OVERCOMMITTED: Final = "GPU_OVERCOMMITTED"
    GPU_LIMIT_MISSING: Final = "GPU_LIMIT_MISSING"
    NO_DIGITS: Final = "NO_DIGITS"
    BINARY_SUFFIX: Final = "BINARY_SUFFIX"
    FRACTIONAL_BYTES: Final = "FRACTIONAL_BYTES"
    TINY_MEMORY: Final = "TINY_MEMORY"
    HUGE_CPU: Final = "HUGE_CPU"
    HUGE_GPU: Final = "HUGE_GPU"
    FINER_THAN_MILLI: Final = "FINER_THAN_MILLI"
    UNKNOWN_DEVICE: Final = "UNKNOWN_DEVICE"
    UNKNOWN_PARTITION: Final = "UNKNOWN_PARTITION"
    # Warnings that only the command line reports.
    NOT_DECIMAL: Final = "NOT_DECIMAL"
    NO_VALUE: Final = "NO_VALUE"
    DUPLICATE_KEY: Final = "DUPLICATE_KEY"


# What each means, and what to do: the first sentence stands on its own.
HELP: Final[dict[str, str]] = {
    Reason.TOO_MANY_ENTRIES: "The list has too many entries. Write at most 16, each name once.",
    Reason.UNSUPPORTED_NAME: "The name of the resource is not supported. Use CPU, GPU, MEMORY or EPHEMERAL_STORAGE.",
    Reason.DUPLICATE_NAME: "The list has this name twice. Keep one of the entries.",
    Reason.INVALID_QUANTITY: "The value is not a quantity. Write a number, with one of the suffixes n, u, m, k, M, G, "
    "T, P, E, Ki, Mi, Gi, Ti, Pi and Ei if need be, in at most 64 bytes: 0.5, 500m or 1Gi.",
    Reason.OUT_OF_RANGE: "The value is too large to be carried exactly. Write one below 2^63.",
    Reason.NEGATIVE: "The value is below zero. Write 0 or more.",
    Reason.NOT_WHOLE: "The value must be a whole number. Devices cannot be divided, and huge pages come whole.",
    Reason.REQUEST_ABOVE_LIMIT: "The request is above the limit. Raise the limit or lower the request.",
    Reason.REQUEST_NOT_EQUAL_LIMIT: "The request differs from the limit. Kubernetes does not overcommit this resource: "
    "write the same value for both.",
    Reason.LIMIT_REQUIRED: "The request has no limit. Kubernetes does not overcommit this resource: write the same "
    "value as the limit.",
    Reason.INVALID_NAME: "The name of a device, a volume or a claim is not valid. Write a shorter or simpler one.",
    Reason.INVALID_PATH: "The mount path is not valid. Write one that starts with a slash and has no colon.",
    Reason.COUNT_REQUIRED: "There is an accelerator and no count of it. Write how many, as gpu.",
    Reason.TRUNCATED: "There are more problems than fit into an answer. Mend these, and send it again.",
    Reason.WRONG_TYPE: "The value has the wrong type. Write a string or a number where a quantity belongs.",
    Reason.WRONG_LENGTH: "The pair does not have two values. Write request and limit; null is one that is not set.",
    Reason.UNKNOWN_KEY: "The key is unknown here. It may be misspelled, or belong elsewhere.",
    Reason.UNDECODABLE: "The text cannot be decoded. It may be truncated, of another format, or have a key twice.",
    Reason.UNREADABLE: "The file or document cannot be read. Nothing in it was checked.",
    Reason.CPU_OR_MEMORY_REQUIRED: "Huge pages need cpu or memory beside them. Request one of the two as well.",
    Reason.REQUIRED: "Something is missing that Kubernetes requires. Write it, or remove what needs it.",
    Reason.NOT_ALLOWED: "This cannot be set here. Kubernetes rejects it: remove it.",
    Reason.NOT_POSITIVE: "The value must be above zero. Write more than 0.",
    Reason.UNSUPPORTED_VALUE: "Kubernetes does not support this value here. Write one that it supports.",
    Reason.UNKNOWN_CLAIM: "The claim is not one of the pod's resourceClaims. Add it there, or correct its name.",
    Reason.OUT_OF_ORDER: "The values of a LimitRange are out of order. Let min, defaultRequest, default, max rise.",
    Reason.POD_TOTAL_EXCEEDED: "The containers need more than the pod's own resources. Raise those, or lower these.",
    Reason.GPU_OVERCOMMITTED: "The GPU request is below its limit. Kubernetes rejects it: write one number for both.",
    Reason.GPU_LIMIT_MISSING: "The GPU request has no limit. Kubernetes rejects it: write the number as limit too.",
    Reason.NO_DIGITS: "The value has no digits and reads as 0. Write the number, or 0.",
    Reason.BINARY_SUFFIX: "The suffix is a unit of memory. Write a number of cores or devices.",
    Reason.FRACTIONAL_BYTES: "The value has a fraction of a byte. The suffix m is a thousandth: M or Mi may be meant.",
    Reason.TINY_MEMORY: "The memory is less than 1 MiB. The unit may be missing, or one step too small.",
    Reason.HUGE_CPU: "The value is more than 256 cores. The suffix m may be missing.",
    Reason.HUGE_GPU: "The value is more than 64 devices in one container. A suffix may be wrong.",
    Reason.FINER_THAN_MILLI: "The value is finer than a thousandth. Kubernetes rounds it up.",
    Reason.UNKNOWN_DEVICE: "The device is not in the catalogue. It may be misspelled, or end with a count, as A100:8.",
    Reason.UNKNOWN_PARTITION: "The catalogue does not have this partition of the device. It may be misspelled, or new.",
    Reason.NOT_DECIMAL: "The number does not mean what it looks like. YAML reads 010 as 8: write 8, or quote it.",
    Reason.NO_VALUE: "The key has no value. Write a quantity, or remove the key.",
    Reason.DUPLICATE_KEY: "The key is written twice. The last one counts, and strict readers reject it.",
}
