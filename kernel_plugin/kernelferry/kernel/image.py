"""A session as it is at one moment: everything that a save needs, taken in the thread that runs cells.

After this the session may go on: a forked child has all of it in its memory as it was.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kernelferry.api import Environment
from kernelferry.kernel import shell_state
from kernelferry.kernel.attachment import Attachment
from kernelferry.kernel.environment import environment
from kernelferry.kernel.fixtures import containers, fixtures, of_process
from kernelferry.kernel.identities import identities
from kernelferry.kernel.namespace import user_names
from kernelferry.objects import process
from kernelferry.objects.open_files import flush_open_files
from kernelferry.objects.pickling import Anchor
from kernelferry.state.history import HistoryGraph

Randomness = Mapping[int, Mapping[str, bytes]]


@dataclass(frozen=True)
class Image:
    """A session at one moment.

    Args:
        namespace: the session's, with all that is in it.
        names: the user's variables.
        outputs: `Out`.
        history: what has run; complete for every one of the names.
        randomness: for each cell that drew random numbers, the generators' states before it.
        process: the process's own state.
        shell: the shell's, in plain types.
        extra: objects that the shell holds for the user.
        environment: where it lives.
        fixtures: the kernel's own objects.
        containers: the plain ones that the process has once.
        known: the identities of all that belongs to the process and not to the session.
    """

    namespace: dict[str, Any]
    names: Mapping[str, Any]
    outputs: Mapping[int, Any]
    history: HistoryGraph
    randomness: Randomness
    process: Mapping[str, process.Captured]
    shell: Mapping[str, Any]
    extra: Mapping[str, Any]
    environment: Environment
    fixtures: Mapping[str, Any]
    containers: Mapping[str, Any]
    known: frozenset[int]

    def roots(self) -> dict[str, Any]:
        """Return all that is to be pickled, by key: variables, outputs, and what process and shell hold."""
        once = {id(thing): Anchor(name) for name, thing in self.containers.items()}
        found = {f"={name}": once.get(id(value), value) for name, value in self.names.items()}
        found.update({f"={output_name(number)}": value for number, value in self.outputs.items()})
        for aspect, captured in self.process.items():
            found.update({f"=process:{aspect}:{key}": value for key, value in captured.objects.items()})
        found.update({f"=shell:{key}": value for key, value in self.extra.items()})
        return found


def output_name(number: int) -> str:
    """Return the name under which an output is reported."""
    return f"Out[{number}]"


def take(before: Attachment, history: HistoryGraph, randomness: Randomness, *, running: bool) -> Image:
    """Look at a session, and change nothing.

    Args:
        before: our hold on its shell, with what shell and process were before the session.
        history: complete, see `Image`.
        randomness: likewise.
        running: whether a cell is running, which then has the current number.
    """
    shell = before.shell
    flush_open_files(before.files_before)
    count = shell.execution_count + (1 if running else 0)
    names, outputs = user_names(shell), shell_state.outputs(shell)
    by_identity = {id(value): name for name, value in names.items() if type(value) not in {int, float, str, bool}}
    same = {str(number): by_identity[id(value)] for number, value in outputs.items() if id(value) in by_identity}
    return Image(  # noqa: S604 - a shell of IPython, not of the system
        namespace=shell.user_ns,
        names=names,
        outputs=outputs,
        history=history,
        randomness=randomness,
        process=process.capture_all(before.process_before),
        shell={
            **shell_state.capture(shell, before.shell_before, next_count=count),
            "same_as": same,
            **identities(names),
        },
        extra=shell_state.objects(shell, before.shell_before),
        environment=environment(),
        fixtures=fixtures(shell),
        containers=containers(shell),
        known=of_process(shell),
    )


def polite_to_forks() -> str:
    """Say which loaded library would hang in a forked child; empty if none would."""
    for name, why in _NOT_FORKABLE.items():
        if name in sys.modules:
            return f"{name} {why}"
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_initialized():
        return "torch has begun to use a GPU"
    return ""


_NOT_FORKABLE = {"polars": "has threads of its own that a forked child lacks", "jax": "forbids to fork"}
