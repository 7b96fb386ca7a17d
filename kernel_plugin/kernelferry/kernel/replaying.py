"""Running a cell again, unseen: its output has been seen already."""

from __future__ import annotations

import gc
import os
import pickle
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from kernelferry.kernel.namespace import Shell
from kernelferry.objects.process import Captured, restore_all
from kernelferry.state.history import CellExecution


def replay(shell: Shell, cell: CellExecution, randomness: Mapping[str, bytes]) -> str:
    """Run a cell again, with the random generators as they were; say what was different, if anything was.

    Args:
        shell: where.
        cell: which.
        randomness: the generators' states before it, if it drew from them.
    """
    folder = cell.effects.folder
    if folder and not os.path.isdir(folder):  # noqa: PTH112 - a name is all that is known of it
        return f"the folder {folder} is not here"
    if randomness:
        restore_all({name: Captured(pickle.loads(state)) for name, state in randomness.items()})  # noqa: S301 - checked
    with _unseen(shell), _in_folder(folder):
        result = shell.run_cell(cell.source, store_history=False, silent=False)
    if result.success == cell.success:
        return ""
    error = result.error_before_exec or result.error_in_exec
    if error is None:
        return "it failed then, and did not now"
    return f"{type(error).__name__}: {error}"


@contextmanager
def _in_folder(folder: str) -> Iterator[None]:
    """Be in a folder, if one is named, for as long as it takes: a cell has opened files by relative paths there."""
    before = os.getcwd()  # noqa: PTH109 - `Path.cwd` says the same
    if folder:
        os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def adopt_instances(replayed: Any, stored: Any) -> None:
    """Give the instances of a class that a replay has defined anew to the stored one, of which others are instances.

    Args:
        replayed: what a name is bound to by a replay.
        stored: what it will be bound to.
    """
    if not (isinstance(replayed, type) and isinstance(stored, type)) or replayed is stored:
        return
    if (replayed.__module__, replayed.__qualname__) != (stored.__module__, stored.__qualname__):
        return
    for instance in gc.get_referrers(replayed):
        if type(instance) is replayed:
            # Where their memory is laid out in another way, it is another class after all.
            with suppress(TypeError):
                instance.__class__ = stored


@contextmanager
def _unseen(shell: Shell) -> Iterator[None]:
    """Catch what is printed and displayed, tracebacks too, and leave `_` and `Out` alone."""
    from IPython.utils.capture import capture_output  # noqa: PLC0415 - only where something is replayed

    hook = shell.displayhook
    shown: Any = (hook._, hook.__, hook.___)
    traceback = shell.showtraceback
    shell.showtraceback = lambda *_args, **_more: None
    try:
        with capture_output():
            yield
    finally:
        shell.showtraceback = traceback
        hook._, hook.__, hook.___ = shown
