"""The history as it stands in a checkpoint's manifest: plain types, versioned, read strictly.

A history that is slightly wrong leads to a restore that is slightly wrong. So whatever does not fit is refused, with a
sentence that says where; keys that a newer minor version has added are ignored, as the wire contract asks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from kernelferry.api import SchemaVersion, check_readable
from kernelferry.state.effects import NO_EFFECTS, Effects
from kernelferry.state.history import CellExecution, HistoryGraph

CURRENT = SchemaVersion(1, 0)
"""The version of this part of the manifest that is written."""


class MalformedHistory(ValueError):  # noqa: N818 - what is malformed is the data
    """What should be a history is none; the message says where."""


def to_json(history: HistoryGraph) -> dict[str, Any]:
    """Write a history in plain types; names and sources that occur often are written once."""
    names, sources = _Table(), _Table()
    cells = [_write_cell(cell, names, sources) for cell in history.cells]
    return {"version": str(CURRENT), "names": names.entries, "sources": sources.entries, "cells": cells}


def from_json(written: Any) -> HistoryGraph:
    """Read what `to_json` wrote.

    Raises:
        SchemaTooNew: a newer release wrote it, in a way that this one cannot read.
        MalformedHistory: it is no history.
    """
    try:
        check_readable(SchemaVersion.parse(_get(written, "version", str)))
        names, sources = _texts(written, "names"), _texts(written, "sources")
        history = HistoryGraph()
        for index, cell in enumerate(_get(written, "cells", list)):
            with _place(index):
                history.append(_read_cell(index, cell, names, sources))
    except MalformedHistory:
        raise
    except ValueError as exc:
        msg = f"the history cannot be read: {exc}"
        raise MalformedHistory(msg) from exc
    return history


class _Table:
    """Texts, each written once and then called by its number."""

    def __init__(self) -> None:
        self.entries: list[str] = []
        self._places: dict[str, int] = {}

    def place(self, text: str) -> int:
        place = self._places.setdefault(text, len(self.entries))
        if place == len(self.entries):
            self.entries.append(text)
        return place


def _write_cell(cell: CellExecution, names: _Table, sources: _Table) -> dict[str, Any]:
    written: dict[str, Any] = {
        "count": cell.execution_count,
        "source": None if cell.source is None else sources.place(cell.source),
        "seconds": cell.seconds,
        "success": cell.success,
    }
    for key in ("reads", "writes", "deletes"):
        if found := getattr(cell, key):
            written[key] = [names.place(name) for name in found]
    if cell.opaque:
        written["opaque"] = list(cell.opaque)
        written["checked"] = cell.checked
    if cell.effects != NO_EFFECTS:
        written["effects"] = cell.effects.to_json()
    return written


def _read_cell(index: int, written: Any, names: list[str], sources: list[str]) -> CellExecution:
    source = _get(written, "source", int, none=True)
    return CellExecution(
        index=index,
        execution_count=_get(written, "count", int, none=True),
        source=None if source is None else _entry(sources, source),
        seconds=_get(written, "seconds", float),
        success=_get(written, "success", bool),
        reads=_names(written, "reads", names),
        writes=_names(written, "writes", names),
        deletes=_names(written, "deletes", names),
        opaque=tuple(_texts(written, "opaque", missing=True)),
        checked=_get(written, "checked", bool) if "checked" in written else False,
        effects=Effects.from_json(written["effects"]) if "effects" in written else NO_EFFECTS,
    )


def _get(written: Any, key: str, kind: type, *, none: bool = False) -> Any:
    if not isinstance(written, Mapping):
        msg = f"there should be an object, not {written!r:.60}"
        raise MalformedHistory(msg)
    value = written.get(key)
    if none and value is None and key in written:
        return None
    # A whole number of seconds may have lost its fraction on the way; True is an int to Python but not to us.
    if type(value) is int and kind is float:
        return float(value)
    if type(value) is not kind:
        msg = f"{key!r} should be of type {kind.__name__}, not {value!r:.60}"
        raise MalformedHistory(msg)
    return value


def _texts(written: Any, key: str, *, missing: bool = False) -> list[str]:
    if missing and key not in written:
        return []
    texts: list[str] = _get(written, key, list)
    if not all(isinstance(text, str) for text in texts):
        msg = f"{key!r} should hold texts only"
        raise MalformedHistory(msg)
    return texts


def _names(written: Mapping[str, Any], key: str, names: list[str]) -> tuple[str, ...]:
    places: list[Any] = _get(written, key, list) if key in written else []
    return tuple(_entry(names, place) for place in places)


def _entry(table: list[str], place: Any) -> str:
    if type(place) is not int or not 0 <= place < len(table):
        msg = f"there is no entry {place!r:.60} in a table of {len(table)}"
        raise MalformedHistory(msg)
    return table[place]


@contextmanager
def _place(index: int) -> Iterator[None]:
    try:
        yield
    except ValueError as exc:
        msg = f"cell {index} of the history cannot be read: {exc}"
        raise MalformedHistory(msg) from exc
