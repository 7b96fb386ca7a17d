"""What all reducers share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Reducer = Callable[[Any], Any]
"""From an object to what `__reduce__` would return for it; NotImplemented leaves it to pickle."""


class CannotStore(Exception):  # noqa: N818 - a reason, caught where the component is given up
    """An object that cannot be stored; the message says which and why, for the user's report."""


class KnownToFail(CannotStore):
    """It took the process down, or too long: nobody is to try again."""


def refuse(reason: str) -> Reducer:
    """Refuse all objects of a type, for a reason."""

    def reduce(_: Any) -> Any:
        raise CannotStore(reason)

    return reduce
