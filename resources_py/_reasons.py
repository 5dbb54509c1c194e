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
    # Errors that only the command line reports.
    UNREADABLE: Final = "UNREADABLE"
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
