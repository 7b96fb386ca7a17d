"""What can go wrong, in words for the person whose notebook it is.

    FerryError
    ├── SchemaTooNew             written by a newer release than this one can read
    ├── PackageMissing           readable only with a package that is not installed here
    ├── CheckpointNotFound       there is no such checkpoint at this place
    ├── CheckpointDamaged        a part of a checkpoint is missing, cut short or altered
    └── StoreError               the place where checkpoints are kept does not do what it was asked
        ├── NotInStore           it holds no such value
        └── StoreFull            it has no room left

Somebody who reads an error of ours has an hour of work in a kernel and wants to know three things: what happened, what
became of that work, and what to do now. So every error is made of those three sentences, and the constructor asks for
each of them. A leaf exists where a caller decides by it, not for each thing that can fail.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class FerryError(Exception):
    """Root of the errors that are meant to be read by users.

    Args:
        problem: one sentence that says what happened.
        state: one sentence that says what became of the user's state.
        remedy: one sentence that says what the user can do.

    Example:
        try:
            kernelferry.load(source)
        except kernelferry.api.FerryError as exc:
            print(exc.remedy)
    """

    def __init__(self, *, problem: str, state: str, remedy: str) -> None:
        super().__init__(f"{problem} {state} {remedy}")
        self.problem = problem
        self.state = state
        self.remedy = remedy

    @property
    def reason(self) -> str:
        """The error in one CamelCase word, as conditions and Events in Kubernetes want it."""
        return type(self).__name__

    def __reduce__(self) -> tuple[Callable[..., FerryError], tuple[Any, ...], dict[str, Any]]:
        # The default calls the class with positional arguments. An error that cannot be unpickled does worse than fail:
        # it breaks the pool or pipe that carries it, and its text is lost.
        # The dictionary is the state that comes after: it carries the notes, and what a leaf may add.
        return _rebuild, (type(self), self.problem, self.state, self.remedy), self.__dict__


class SchemaTooNew(FerryError):  # noqa: N818 - what is too new is the data, and the name is a condition's reason
    """A newer release has written this, in a major version of the wire contract that this one does not know."""


class PackageMissing(FerryError):  # noqa: N818 - as above; so are the next ones
    """Where this was written there was a package, for digests or compression, that is not installed here."""


class CheckpointNotFound(FerryError):  # noqa: N818
    """Nothing at this place is a checkpoint, or none is the one that was asked for."""


class CheckpointDamaged(FerryError):  # noqa: N818
    """What is there is not what was written: a part of it is missing, cut short or altered."""


class StoreError(FerryError):
    """The place where checkpoints are kept is absent, forbidden, read-only, out of reach or broken."""


class NotInStore(StoreError):  # noqa: N818
    """The place is well, but does not hold the value that was asked for."""


class StoreFull(StoreError):  # noqa: N818
    """There is no room left, or a quota is used up: older checkpoints may be removed to make some."""


def _rebuild(kind: type[FerryError], problem: str, state: str, remedy: str) -> FerryError:
    return kind(problem=problem, state=state, remedy=remedy)
