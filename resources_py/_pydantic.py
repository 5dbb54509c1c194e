"""`Resources` and `Quantity` as types of pydantic fields. Imported only when pydantic asks for it."""

import re
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final, cast

from pydantic_core import InitErrorDetails, PydanticCustomError, ValidationError, core_schema

from resources_py._amounts import RESOURCES
from resources_py._errors import ResourcesError, Violation
from resources_py._quantity import MAX_QUANTITY_CHARACTERS
from resources_py._quantity._type import Quantity

_SIDE: Final = re.compile(rf"({'|'.join(resource.parameter for resource in RESOURCES)})\[([01])\]")


def schema_of(cls: Any) -> core_schema.CoreSchema:
    """Return a schema that validates an instance or what `from_dict` accepts, and dumps what `to_dict` returns."""

    def validate(value: Any) -> Any:
        return value if isinstance(value, cls) else _convert(cls.__name__, cls.from_dict, value)

    # A typed dict, and not any dict, so that `exclude_none` and its like act on what is dumped.
    plain = core_schema.typed_dict_field(core_schema.any_schema(), required=False)
    dumped = core_schema.typed_dict_schema(dict.fromkeys(cls.__dataclass_fields__, plain), total=False)
    return core_schema.no_info_plain_validator_function(
        validate,
        ref=f"{cls.__module__}.{cls.__qualname__}:{id(cls)}",
        serialization=core_schema.plain_serializer_function_ser_schema(cls.to_dict, return_schema=dumped),
    )


def schema_of_quantity() -> core_schema.CoreSchema:
    """Return a schema that validates what `Quantity` accepts, and dumps a text."""
    return core_schema.no_info_plain_validator_function(
        lambda value: _convert("Quantity", Quantity, value),
        json_schema_input_schema=core_schema.union_schema(
            [core_schema.str_schema(max_length=MAX_QUANTITY_CHARACTERS), core_schema.float_schema()]
        ),
        serialization=core_schema.plain_serializer_function_ser_schema(
            lambda quantity: quantity._serialize(), return_schema=core_schema.str_schema(), when_used="json"
        ),
    )


def _convert(title: str, convert: Callable[[Any], Any], value: Any) -> Any:
    try:
        return convert(value)
    except ResourcesError as error:
        details = [_detail(violation, value) for violation in error.violations]
        raise ValidationError.from_exception_data(title, details) from error


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
