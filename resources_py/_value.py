"""What the values beside Resources share: they are immutable, valid, and equal by meaning."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import FrozenInstanceError
from typing import TYPE_CHECKING, Any, ClassVar, Final, NamedTuple, NoReturn, Self, TypeVar

from mashumaro import field_options
from mashumaro.config import ADD_DIALECT_SUPPORT, BaseConfig
from mashumaro.mixins.json import DataClassJSONMixin

from resources_py import _wire
from resources_py._amounts import Problem
from resources_py._errors import ResourcesTypeError, ResourcesWarning, Violation, quoted, raise_all, with_type
from resources_py._json import decode_json
from resources_py._names import MAX_SUGGESTIONS
from resources_py._parameters import unknown_key
from resources_py._reasons import Reason
from resources_py._warnings import warn_caller

_V = TypeVar("_V", bound="DeclaredValue")

# Nested values are dicts in a dict; the constructor accepts them.
AS_WRITTEN: Final = field_options(
    serialize=lambda value: value.to_dict() if hasattr(value, "to_dict") else value,
    deserialize=lambda value: value,
)


class Content(NamedTuple):
    """What a value holds: its attributes as written, and the message that they mean."""

    attributes: dict[str, Any]
    message: Any


class DeclaredValue(DataClassJSONMixin):
    """The methods of an immutable value that a protobuf message carries.

    A subclass is a frozen dataclass without a generated constructor. Its message is kept as bytes, so that what was
    read is written again unchanged.
    """

    __slots__ = ("_wire",)

    class Config(BaseConfig):
        """mashumaro's settings: `to_dict` and the rest accept a dialect."""

        code_generation_options = [ADD_DIALECT_SUPPORT]  # type: ignore[list-item]  # noqa: RUF012

    if TYPE_CHECKING:  # mashumaro would take annotations for fields
        _wire: bytes
        _message_type: ClassVar[Any]
        __dataclass_fields__: ClassVar[dict[str, Any]]

        @classmethod
        def _declare(cls, given: dict[str, Any], violations: list[Violation]) -> Content: ...
        @classmethod
        def _check(cls, message: Any, *, for_kubernetes: bool) -> list[Violation]: ...
        @classmethod
        def _read(cls, message: Any) -> Content: ...
        def _find_warnings(self) -> list[tuple[str, Problem]]: ...
        def _meaning(self) -> object: ...

    # ---- construction

    def _init(self, given: dict[str, Any], unknown: Mapping[str, object]) -> None:
        """Set what the parameters mean, and warn; raise everything that is wrong."""
        violations: list[Violation] = []
        content = self._declare(given, violations)
        violations += _unknown(unknown, type(self))
        raise_all(violations, (Reason.WRONG_TYPE, Reason.UNKNOWN_KEY) if unknown else (Reason.WRONG_TYPE,))
        _fill(self, content)
        warn_caller(self._find_own_warnings())

    def _find_own_warnings(self) -> list[tuple[str, Problem]]:
        """Return the warnings that no part has raised by itself."""
        return self._find_warnings()

    def __post_init__(self) -> None:
        """Validate in a subclass that is a dataclass: its own constructor only sets the fields."""
        self._init({name: getattr(self, name) for name in parameters(type(self))}, {})

    @classmethod
    def _from_message(cls, message: Any) -> Self:
        """Build, without a warning, from a message that is valid."""
        return cls._from_content(cls._read(message))

    @classmethod
    def _build(cls, given: dict[str, Any], violations: list[Violation]) -> Self:
        """Build without a warning. Ignore the result if there are violations."""
        return cls._from_content(cls._declare(given, violations))

    @classmethod
    def _from_content(cls, content: Content) -> Self:
        self = object.__new__(cls)
        _fill(self, content)
        return self

    def _message(self) -> Any:
        return self._message_type.FromString(self._wire)

    @property
    def warnings(self) -> tuple[ResourcesWarning, ...]:
        """A warning for each value that is legal but probably a mistake."""
        return tuple(ResourcesWarning(field, *problem) for field, problem in self._find_warnings())

    # ---- dict and JSON: mashumaro's methods, where they differ from its defaults

    @classmethod
    def __pre_deserialize__(cls, d: dict[Any, Any]) -> dict[Any, Any]:
        """Reject keys and values together, before mashumaro looks at them."""
        if not isinstance(d, Mapping):
            described = f"{quoted(d)} is not a mapping"
            raise ResourcesTypeError([Violation("", Reason.WRONG_TYPE, described)])
        known = {key: value for key, value in d.items() if isinstance(key, str) and key in parameters(cls)}
        unknown = {key: value for key, value in d.items() if not (isinstance(key, str) and key in known)}
        if unknown:
            violations: list[Violation] = []
            cls._declare(known, violations)
            raise_all(violations + _unknown(unknown, cls))
        return known

    @classmethod
    def from_json(
        cls, data: str | bytes | bytearray, decoder: Callable[[Any], Any] | None = None, **from_dict_kwargs: Any
    ) -> Self:
        """Read what `to_json` wrote.

        Args:
            data: JSON.
            decoder: Takes `data` and returns the dict. The default rejects duplicate keys, NaN and Infinity.
            **from_dict_kwargs: Arguments of `from_dict`.

        Raises:
            ResourcesError: As the constructor; with reason UNDECODABLE, `data` is not JSON.
        """
        return cls.from_dict(decode_json(data) if decoder is None else decoder(data), **from_dict_kwargs)

    # ---- protobuf

    def __bytes__(self) -> bytes:
        """Return the bytes of the message."""
        return self._wire

    @classmethod
    def from_bytes(cls, data: bytes | bytearray | memoryview, *, kubernetes: bool = False) -> Self:
        """Read the bytes of the message, which are treated as untrusted.

        Args:
            data: The bytes.
            kubernetes: Also reject what only a Pod cannot have.

        Raises:
            ResourcesError: With all violations. The comments of the schema are the specification.
            ResourcesTypeError: `data` is not bytes.
        """
        if not isinstance(data, (bytes, bytearray, memoryview)):
            described = f"{with_type(data)}: pass bytes"
            raise ResourcesTypeError([Violation("", Reason.WRONG_TYPE, described)])
        message = _wire.decode(bytes(memoryview(data)), cls._message_type)
        raise_all(cls._check(message, for_kubernetes=kubernetes))
        message.DiscardUnknownFields()
        return cls._from_message(message)

    def to_proto(self, message_type: Any = None) -> Any:
        """Convert to a protobuf message.

        Args:
            message_type: A class that reads these bytes, such as betterproto's or flyteidl2's. Our official message if
                omitted.

        Raises:
            ResourcesTypeError: `message_type` is not a message class.
        """
        return _wire.convert_to_message(self._message_type if message_type is None else message_type, self._wire)

    @classmethod
    def from_proto(cls, message: object, *, kubernetes: bool = False) -> Self:
        """Read a message of any binding whose bytes are those of ours.

        Args:
            message: The message.
            kubernetes: As in :meth:`from_bytes`.

        Raises:
            ResourcesError: As :meth:`from_bytes`.
            ResourcesTypeError: `message` is not a protobuf message.
        """
        return cls.from_bytes(_wire.convert_to_bytes(message), kubernetes=kubernetes)

    # ---- pydantic

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        """Return the schema of a pydantic field of this type."""
        from resources_py import _pydantic

        return _pydantic.schema_of(cls)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: Any, handler: Any) -> dict[str, Any]:
        """Return the JSON Schema of what `from_dict` accepts."""
        from resources_py._container_schema import schema_of

        return schema_of(cls._message_type.DESCRIPTOR.name, cls.__name__)

    # ---- a value

    def __eq__(self, other: object) -> bool:
        """Compare by meaning, however the values were written."""
        if not (isinstance(other, DeclaredValue) and self._message_type is other._message_type):
            return NotImplemented
        return self._wire == other._wire or self._meaning() == other._meaning()

    def __hash__(self) -> int:
        """Hash by meaning, as `==` compares."""
        return hash(repr(self._meaning()))

    def __repr__(self) -> str:
        """Return the call that makes this again, without what is not set."""
        values = (
            (name, getattr(self, name), self.__dataclass_fields__[name].default) for name in parameters(type(self))
        )
        shown = (f"{name}={value!r}" for name, value, default in values if value != default and value not in (None, {}))
        return f"{type(self).__name__}({', '.join(shown)})"

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle and copy what was written, without warning again."""
        attributes = {name: getattr(self, name) for name in parameters(type(self))}
        return _restore, (type(self), attributes, self._wire)


def immutable(cls: type[_V]) -> type[_V]:
    """Reject assignment to any attribute: what dataclasses generate fails with a TypeError in a class with slots.

    The signature becomes that of the parameters alone, and the module the one that people import.
    """

    def reject(self: _V, name: str, *_: object) -> NoReturn:
        advice = f": use dataclasses.replace(…, {name}=…)" if name in parameters(cls) else ""
        raise FrozenInstanceError(f"cannot change {name!r} of an immutable {cls.__name__}{advice}")

    cls.__module__ = "resources_py"  # in tracebacks and pickles
    cls.__setattr__ = cls.__delattr__ = reject  # type: ignore[assignment]
    # help() and editors show no `**unknown`: a keyword that is not a parameter is an error, which names what was meant.
    shown = [each for each in inspect.signature(cls).parameters.values() if each.kind is not each.VAR_KEYWORD]
    cls.__signature__ = inspect.Signature(shown)  # type: ignore[attr-defined]
    return cls


def parameters(cls: type[DeclaredValue]) -> list[str]:
    """Return the names of the parameters, which are those of the attributes."""
    return list(cls.__dataclass_fields__)


def _unknown(given: Mapping[Any, object], cls: type[DeclaredValue]) -> list[Violation]:
    known = parameters(cls)
    return [unknown_key(key, suggest=i < MAX_SUGGESTIONS, known=known) for i, key in enumerate(given)]


_set_wire: Final = vars(DeclaredValue)["_wire"].__set__


def _fill(self: DeclaredValue, content: Content) -> None:
    for name, value in content.attributes.items():
        object.__setattr__(self, name, value)
    _set_wire(self, content.message.SerializeToString(deterministic=True))


def _restore(cls: type[DeclaredValue], attributes: dict[str, Any], wire: bytes) -> DeclaredValue:
    """Build from values that are valid, without a warning."""
    self = object.__new__(cls)
    for name, value in attributes.items():
        object.__setattr__(self, name, value)
    _set_wire(self, wire)
    return self
