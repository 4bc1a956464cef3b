"""What an operation takes: parameters by name, checked and turned into values before anything is done.

A specification is a kind of text below, a tuple of allowed words, a list with one specification for each of its
members, or a dict of names. A name that ends with ! must be there.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, TypeAlias

from .records import Thing
from .refused import malformed

Spec: TypeAlias = "str | tuple[str, ...] | list[Spec] | dict[str, Spec]"

TEXT, WHOLE, FLAG, DECIMAL, MAP, SPAN, UP_TO = "text", "whole", "flag", "decimal", "map", "span", "up_to"
_SPAN = frozenset({"gt", "gte", "lt", "lte"})


def checked(spec: Mapping[str, Spec], given: Thing, within: str = "") -> Thing:
    """The parameters as values. Raises RefusedError for one that is unknown, missing or of another kind."""
    names = {name.rstrip("!"): inner for name, inner in spec.items()}
    for name in given:
        if name not in names:
            path = f"{within}[{name}]" if within else name
            raise malformed(f"Received unknown parameter: {path}", path, "parameter_unknown")
    for name in spec:
        if name.endswith("!") and given.get(name[:-1], "") == "":
            path = f"{within}[{name[:-1]}]" if within else name[:-1]
            raise malformed(f"Missing required param: {path}.", path, "parameter_missing")
    return {
        name: _value(names[name], value, f"{within}[{name}]" if within else name) for name, value in given.items()
    }


def _value(spec: Spec, value: Any, path: str) -> Any:
    if isinstance(spec, dict):
        if not isinstance(value, dict):
            raise malformed("Invalid object", path)
        return checked(spec, value, path)
    if isinstance(spec, list):
        if not isinstance(value, list):
            raise malformed("Invalid array", path)
        return [_value(spec[0], each, f"{path}[{place}]") for place, each in enumerate(value)]
    if isinstance(spec, tuple):
        if value not in spec:
            raise malformed(f"Invalid {path}: must be one of {', '.join(spec)}", path)
        return value
    return _KINDS[spec](value, path)


def _text(value: Any, path: str) -> str:
    if not isinstance(value, str):
        raise malformed(f"Invalid string: {value}", path)
    return value


def _whole(value: Any, path: str) -> int:
    try:
        return int(_text(value, path))
    except ValueError:
        raise malformed(f"Invalid integer: {value}", path, "parameter_invalid_integer") from None


def _flag(value: Any, path: str) -> bool:
    if value not in ("true", "false"):
        raise malformed(f"Invalid boolean: {value}", path)
    return bool(value == "true")


def _decimal(value: Any, path: str) -> Decimal:
    try:
        found = Decimal(_text(value, path))
    except InvalidOperation:
        raise malformed(f"Invalid decimal: {value}", path) from None
    if not found.is_finite():
        raise malformed(f"Invalid decimal: {value}", path)
    return found


def _map(value: Any, path: str) -> dict[str, str]:
    if value == "":
        return {}
    pairs = value.items() if isinstance(value, dict) else ()
    if not isinstance(value, dict) or not all(isinstance(each, str) for _, each in pairs):
        raise malformed("Invalid object: values must be strings", path)
    return value


def _span(value: Any, path: str) -> dict[str, int]:
    if isinstance(value, str):
        return {"gte": _whole(value, path), "lte": _whole(value, path)}
    if not isinstance(value, dict) or set(value) - _SPAN:
        raise malformed("Invalid range", path)
    return {name: _whole(each, f"{path}[{name}]") for name, each in value.items()}


def _up_to(value: Any, path: str) -> int | None:
    return None if value == "inf" else _whole(value, path)


_KINDS: dict[str, Callable[[Any, str], Any]] = {
    TEXT: _text, WHOLE: _whole, FLAG: _flag, DECIMAL: _decimal, MAP: _map, SPAN: _span, UP_TO: _up_to,
}  # fmt: skip
