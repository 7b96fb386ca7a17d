"""What the operating system says about a folder, in words for the person whose notebook it is."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from kernelferry.api.errors import NotInStore, StoreError, StoreFull

_FULL = {errno.ENOSPC, errno.EDQUOT}

# By error: what is the matter with the folder, and what to do about it.
_KNOWN = {
    errno.ENOENT: ("There is no folder {folder}.", "Look whether its disk is mounted, or name a folder that is there."),
    errno.ENOTDIR: ("{folder} is a file or lies below one.", "Name a folder."),
    errno.EEXIST: ("{folder} is a file and not a folder.", "Name a folder."),
    errno.EROFS: ("{folder} is on a file system that can only be read.", "Name a folder that can be written."),
    errno.EACCES: ("This process may not {verb} in {folder}.", "Name another folder, or ask its owner for permission."),
    errno.EPERM: ("This process may not {verb} in {folder}.", "Name another folder, or ask its owner for permission."),
    errno.EIO: ("The disk of {folder} reports an error.", "Use another disk, and have this one looked at."),
    errno.ESTALE: ("The folder {folder} has gone from its server.", "Look whether it is still mounted."),
    errno.EMFILE: (
        "This process has too many open files.",
        "Close some, or restart the kernel after saving elsewhere.",
    ),
    errno.ENAMETOOLONG: ("The name of {folder} is too long for its file system.", "Name another folder."),
}
_UNKNOWN = ("{folder} cannot be used: {text}.", "Name another folder.")


@dataclass(frozen=True)
class Doing:
    """What is being done to a folder, and what becomes of the user's state where that fails."""

    verb: str
    state: str


READING = Doing("read", "Nothing of it was loaded; the session is as it was.")
WRITING = Doing("write", "The checkpoint was not completed; the session and earlier checkpoints are as they were.")
REMOVING = Doing("remove anything", "What was to be removed is still there; the session is as it was.")


@contextmanager
def explained(folder: Path, doing: Doing, *, key: str = "") -> Iterator[None]:
    """Translate errors of the operating system.

    Args:
        folder: that of the store.
        doing: what the code in this block does.
        key: the value it does that to; that it is not there is then an error of its own.
    """
    try:
        yield
    except OSError as exc:
        raise explain(exc, folder, doing, key=key) from exc


def explain(exc: OSError, folder: Path, doing: Doing, *, key: str = "") -> StoreError:
    """The error to raise in place of one of the operating system."""
    if exc.errno in _FULL:
        return StoreFull(
            problem=f"There is no room left in {folder}.",
            state=doing.state,
            remedy="Remove what is no longer needed, such as older checkpoints, or save to another folder.",
        )
    if exc.errno == errno.ENOENT and key and doing is READING and folder.is_dir():
        return NotInStore(
            problem=f"There is no {key} in {folder}.",
            state=doing.state,
            remedy="Look whether it was removed, or never written.",
        )
    if exc.errno == errno.ENOENT and folder.is_dir():
        return StoreError(
            problem=f"A file vanished in {folder} while it was in use.",
            state=doing.state,
            remedy="Find out what else removes files there, and try again.",
        )
    problem, remedy = _KNOWN.get(exc.errno or 0, _UNKNOWN)
    text = exc.strerror or str(exc)
    return StoreError(
        problem=problem.format(folder=folder, verb=doing.verb, text=text), state=doing.state, remedy=remedy
    )
