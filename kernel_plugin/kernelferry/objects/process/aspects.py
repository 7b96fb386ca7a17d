"""What a part of the process's state has to be able to do, and what it says about it.

An *aspect* is one kind of state that a session has besides its variables. Three rules hold for all of them:

* What is captured is plain: numbers, texts and containers of them, nothing whose loading would import anything. Where a
  setting points to a function or another object, a reference stands in its place (see `references`).
* Only what differs travels: from the baseline, which is taken when the extension is loaded, or, for a library, from its
  own defaults. Where the baseline is not known (the extension was loaded in the middle of a session) it is None, and
  an aspect then takes what it can without guessing.
* Restoring is idempotent, and never undoes more than the session itself had undone: what the new process has of its own
  stays.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from kernelferry.objects.process.references import Objects


@dataclass(frozen=True)
class Captured:
    """What was found of one aspect.

    Args:
        data: what `restore` needs, plain; None if there is nothing to put back.
        detail: what moves, in a few words. It names things and never holds their values, which may be secret.
        left: one sentence for each thing that cannot move.
        objects: the user's objects that `data` points to and that no name leads to. They are not plain: whoever writes
            this down pickles them with all other objects, and puts back those that load. What is missing is reported.
    """

    data: object = None
    detail: str = ""
    left: tuple[str, ...] = ()
    objects: Mapping[str, object] = field(default_factory=dict)

    def outcome(self) -> Outcome:
        """What can be said of it before it is restored anywhere."""
        return conclude(self, ())


@dataclass(frozen=True)
class Outcome:
    """What became of one aspect: `stored`, or `skipped` if any of it could not move; `reason` says what, and why."""

    outcome: Literal["stored", "skipped"]
    reason: str = ""
    detail: str = ""


class Aspect(Protocol):
    """One kind of state that a process has."""

    @property
    def name(self) -> str:
        """Its name in reports."""
        ...

    @property
    def early(self) -> bool:
        """Whether variables may depend on it when they are loaded or computed again."""
        ...

    def loaded(self) -> bool:
        """Whether this process has it at all. Asking never imports anything."""
        ...

    def baseline(self) -> object:
        """What a later `capture` is to compare with. It never leaves this process."""
        ...

    def capture(self, start: Any, objects: Objects) -> Captured | None:  # whatever `baseline` returned
        """Look, and change nothing. None: nothing differs from the start."""
        ...

    def restore(self, data: Any, objects: Objects) -> list[str]:  # whatever `capture` found
        """Put it back; one sentence for each thing that could not be."""
        ...


def conclude(captured: Captured, failures: tuple[str, ...]) -> Outcome:
    """Say in one word, and one reason, what became of an aspect.

    Args:
        captured: what was found in the old process.
        failures: what could not be put back in the new one.
    """
    sentences = [*captured.left, *failures]
    if not sentences:
        return Outcome("stored", detail=captured.detail)
    return Outcome("skipped", reason=" ".join(sentences), detail=captured.detail)
