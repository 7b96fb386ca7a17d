"""How things are named in sentences for people."""

from __future__ import annotations

from collections.abc import Iterable

_LONGEST = 200


def why(error: BaseException) -> str:
    """What went wrong, in one line of bearable length."""
    text = " ".join(str(error).split())
    if len(text) > _LONGEST:
        text = text[: _LONGEST - 1] + "…"
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def listed(names: Iterable[str], at_most: int = 12) -> str:
    """Names in a row, the first ones if there are many."""
    known = list(names)
    if len(known) <= at_most:
        return ", ".join(known)
    return f"{', '.join(known[:at_most])} and {len(known) - at_most} more"


def kind(thing: object) -> str:
    """What a thing is, without asking it: its own `__repr__` is foreign code and may show secrets."""
    name = getattr(thing, "__qualname__", None)
    return f"{type(thing).__name__} {name}" if isinstance(name, str) else f"object of class {type(thing).__qualname__}"
