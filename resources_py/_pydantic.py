"""`Resources` as the type of a pydantic field. Imported only when pydantic asks for it."""

import re
from contextlib import suppress
from typing import Any, Final, cast

from pydantic_core import InitErrorDetails, PydanticCustomError, ValidationError, core_schema

from resources_py._amounts import RESOURCES
from resources_py._errors import ResourcesError, Violation

_SIDE: Final = re.compile(rf"({'|'.join(resource.parameter for resource in RESOURCES)})\[([01])\]")


def schema_of(cls: Any) -> core_schema.CoreSchema:
    """Return a schema that validates an instance or what `from_dict` accepts, and dumps what `to_dict` returns."""

    def validate(value: Any) -> Any:
        if isinstance(value, cls):
            return value
        try:
            return cls.from_dict(value)
        except ResourcesError as error:
            details = [_detail(violation, value) for violation in error.violations]
            raise ValidationError.from_exception_data(cls.__name__, details) from error

    # A typed dict, and not any dict, so that `exclude_none` and its like act on what is dumped.
    plain = core_schema.typed_dict_field(core_schema.any_schema(), required=False)
    dumped = core_schema.typed_dict_schema(dict.fromkeys(cls.__dataclass_fields__, plain), total=False)
    return core_schema.no_info_plain_validator_function(
        validate,
        ref=f"{cls.__module__}.{cls.__qualname__}:{id(cls)}",
        serialization=core_schema.plain_serializer_function_ser_schema(cls.to_dict, return_schema=dumped),
    )


def _detail(violation: Violation, value: Any) -> InitErrorDetails:
    """Convert a violation to pydantic's: ``cpu[1]`` is at ``('cpu', 1)``."""
    location: tuple[str | int, ...] = (violation.field,) if violation.field else ()
    if side := _SIDE.fullmatch(violation.field):
        location = side[1], int(side[2])
    with suppress(LookupError, TypeError):  # as deep as there is something
        for part in location:
            value = value[part]
    error = PydanticCustomError(
        cast("Any", violation.reason.lower()),  # it wants a literal
        "{description}",
        {"reason": violation.reason, "description": violation.description},
    )
    return InitErrorDetails(type=error, loc=location, input=value)
