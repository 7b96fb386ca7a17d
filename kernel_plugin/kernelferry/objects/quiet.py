"""Keeping warnings away that foreign code gives while we call it: it is not the user who does."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast


@contextmanager
def quiet() -> Iterator[None]:
    """Ignore all warnings, and leave what others change in the filters meanwhile: an import may add some of its own."""
    filters = cast("list[Any]", warnings.filters)
    filters.insert(0, ("ignore", None, Warning, None, 0))
    try:
        yield
    finally:
        filters.remove(("ignore", None, Warning, None, 0))
