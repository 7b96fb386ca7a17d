"""From what the user writes to a place where checkpoints are kept."""

from __future__ import annotations

import os
from pathlib import Path

from kernelferry.api import FerryError
from kernelferry.checkpoint import Store
from kernelferry.stores import DirectoryStore

_UNCHANGED = "Nothing was written or loaded."


def open_target(target: str | os.PathLike[str], *, create: bool) -> Store:
    """Open the store that a path or an address names.

    Args:
        target: a folder; `~` is expanded.
        create: whether to make it where it is not there.

    Raises:
        FerryError: it cannot be opened.
    """
    text = os.fspath(target).strip().strip("\"'")
    if not text:
        raise FerryError(
            problem="No place was named.", state=_UNCHANGED, remedy="Name a folder: %ferry save my-session."
        )
    if "://" in text:
        raise FerryError(
            problem=f"This release keeps checkpoints in folders, and cannot open {text}.",
            state=_UNCHANGED,
            remedy="Name a folder.",
        )
    return DirectoryStore(Path(text).expanduser().absolute(), create=create)
