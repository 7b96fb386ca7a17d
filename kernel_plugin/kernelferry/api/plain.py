"""Frozen dataclasses to JSON and back, strictly.

What arrives was written by another release, or altered by somebody. Hence nothing is converted, guessed or left out in
silence: a field of the wrong type is an error that names the field. Unknown fields are ignored, since a newer minor
version may add some; absent ones take the default of the dataclass, where it has one.

Understood are `str`, `int`, `float`, `bool`, literals, `X | None`, `tuple[X, ...]`, `Mapping[str, X]`, dataclasses of
those, and `object` for JSON that is somebody else's. Not meant for anything that needs more than that.
"""

from __future__ import annotations

import dataclasses
import json
import math
import typing
from collections.abc import Mapping
from functools import cache
from types import UnionType
from typing import Any, Literal, TypeVar, Union

T = TypeVar("T")


def dumps(value: object) -> str:
    """Write in the one spelling that digests are made of: sorted, without blanks, in ASCII.

    ASCII, because names and environments may hold half characters (surrogates), which no encoding can write.

    Raises:
        ValueError: something in it is no JSON; the text names where.
    """
    try:
        text = json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False, default=_fields)
    except (ValueError, TypeError):
        text = ""
    # What the encoder takes and we do not (keys that are no texts), or the other way round, is looked at in Python:
    # that takes ten times as long, and knows where it stands.
    if not text or not _has_text_keys(value):
        text = json.dumps(_plain(value, ""), sort_keys=True, separators=(",", ":"))
    return text


def loads(text: str | bytes) -> Any:
    """Read JSON; unlike `json.loads` no `NaN` or `Infinity`, which other readers refuse.

    Raises:
        ValueError: this is not JSON.
    """
    try:
        return json.loads(text, parse_constant=_no_constant)
    except RecursionError:
        msg = "nested too deeply"
        raise ValueError(msg) from None


def decode(kind: type[T], data: object, path: str = "") -> T:
    """Make a value of a type from what `loads` returned.

    Raises:
        ValueError: a field is absent or wrong; the text names it.
    """
    return typing.cast("T", _decode(kind, data, path))


def _no_constant(name: str) -> float:
    msg = f"{name} is not JSON"
    raise ValueError(msg)


def _wrong(path: str, wanted: str, found: object) -> ValueError:
    shown = repr(found)
    return ValueError(
        f"{path or 'the whole'}: expected {wanted}, found {shown if len(shown) <= 60 else shown[:57] + '…'}"
    )


# --- to JSON ----------------------------------------------------------------------------------------------------------


def _fields(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    kind: Any = type(value)
    if not hasattr(kind, "__dataclass_fields__"):
        raise TypeError
    return {name: getattr(value, name) for name in _fields_of(kind)}


def _has_text_keys(value: object) -> bool:
    """Whether all keys of all mappings are texts: the encoder would turn numbers into them."""
    pending = [value]
    while pending:
        part = pending.pop()
        if isinstance(part, Mapping):
            if not all(type(key) is str for key in part):
                return False
            pending.extend(each for each in part.values() if type(each) not in _LEAVES)
        elif isinstance(part, (tuple, list)):
            pending.extend(each for each in part if type(each) not in _LEAVES)
        elif dataclasses.is_dataclass(part):
            fields: Any = type(part)
            pending.extend(getattr(part, name) for name in _fields_of(fields))
    return True


_LEAVES = frozenset({str, int, float, bool, type(None)})


def _plain(value: object, path: str) -> object:
    if value is None or isinstance(value, (str, bool, int)):  # first: a manifest has tens of thousands of them
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            raise _wrong(path, "a finite number", value)
        return value
    if dataclasses.is_dataclass(value):
        kind: Any = type(value)
        return {name: _plain(getattr(value, name), _at(path, name)) for name in _fields_of(kind)}
    if isinstance(value, Mapping):
        return {_key(key, path): _plain(item, _at(path, key)) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return [_plain(item, f"{path}[{index}]") for index, item in enumerate(value)]
    raise _wrong(path, "a value that JSON has", value)


def _key(key: object, path: str) -> str:
    if not isinstance(key, str):
        raise _wrong(path, "text as key", key)
    return key


def _at(path: str, name: object) -> str:
    return f"{path}.{name}" if path else str(name)


# --- from JSON --------------------------------------------------------------------------------------------------------


def _decode(kind: Any, data: object, path: str) -> object:
    if dataclasses.is_dataclass(kind):
        return _decode_dataclass(kind, data, path)
    origin = typing.get_origin(kind)
    if origin is not None:
        return _decode_generic(kind, origin, data, path)
    if kind is object:
        return data
    return _decode_scalar(kind, data, path)


def _decode_scalar(kind: Any, data: object, path: str) -> object:
    if kind is float and isinstance(data, int) and not isinstance(data, bool):
        return float(data)
    # In Python a bool is an int; in JSON it is not.
    if not isinstance(data, kind) or (kind is int and isinstance(data, bool)):
        raise _wrong(path, {str: "text", int: "a whole number", float: "a number"}.get(kind, kind.__name__), data)
    return data


def _decode_generic(kind: Any, origin: Any, data: object, path: str) -> object:
    arguments = typing.get_args(kind)
    if origin in (Union, UnionType):  # only ever with None
        (inner,) = (argument for argument in arguments if argument is not type(None))
        return None if data is None else _decode(inner, data, path)
    if origin is Literal:
        if data not in arguments:
            raise _wrong(path, " or ".join(map(repr, arguments)), data)
        return data
    if origin is tuple:
        if not isinstance(data, list):
            raise _wrong(path, "a list", data)
        return tuple(_decode(arguments[0], item, f"{path}[{index}]") for index, item in enumerate(data))
    if not isinstance(data, dict):
        raise _wrong(path, "an object", data)
    return {key: _decode(arguments[1], item, _at(path, key)) for key, item in data.items()}


def _decode_dataclass(kind: Any, data: object, path: str) -> object:
    if not isinstance(data, dict):
        raise _wrong(path, "an object", data)
    found = {}
    for name, (hint, required) in _fields_of(kind).items():
        if name in data:
            found[name] = _decode(hint, data[name], _at(path, name))
        elif required:
            msg = f"{_at(path, name)}: is absent"
            raise ValueError(msg)
    try:
        return kind(**found)
    except ValueError as exc:  # its own checks know what is wrong, but not where it stands
        msg = f"{path or 'the whole'}: {exc}"
        raise ValueError(msg) from None


@cache  # resolving the annotations costs more than all the rest
def _fields_of(kind: Any) -> dict[str, tuple[Any, bool]]:
    hints = typing.get_type_hints(kind)
    absent = dataclasses.MISSING
    return {
        f.name: (hints[f.name], f.default is absent and f.default_factory is absent) for f in dataclasses.fields(kind)
    }
