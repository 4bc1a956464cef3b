"""Parameters as Stripe writes them in forms: items[0][price]=..., expand[]=..., metadata[team]=..."""

import re
from collections.abc import Iterable
from typing import Any

from .records import Thing
from .refused import malformed

_NAME = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")
_PART = re.compile(r"\[([^\[\]]*)\]")


def read(pairs: Iterable[tuple[str, str]]) -> Thing:
    """The pairs of a form, nested as their names say; numbered parts become lists."""
    found: Thing = {}
    for name, value in pairs:
        shape = _NAME.fullmatch(name)
        if shape is None:
            raise malformed(f"Invalid parameter name: {name}", name)
        _put(found, [shape[1], *_PART.findall(shape[2])], value)
    return {name: _lists(value) for name, value in found.items()}


def _put(into: Thing, parts: list[str], value: str) -> None:
    for part in parts[:-1]:
        into = into.setdefault(part or str(len(into)), {})
        if not isinstance(into, dict):
            raise malformed("Invalid parameters", parts[0])
    into[parts[-1] or str(len(into))] = value


def _lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    inner = {name: _lists(each) for name, each in value.items()}
    if inner and all(name.isdecimal() for name in inner):
        return [inner[name] for name in sorted(inner, key=int)]
    return inner
