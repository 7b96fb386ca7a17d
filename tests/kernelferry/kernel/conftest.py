"""A shell in this process, and a tracker that watches it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from kernelferry.kernel.tracker import Tracker
from kernelferry.state.history import CellExecution


class Session:
    """Runs cells, and shows what was recorded of them."""

    def __init__(self, shell: Any) -> None:
        self.shell = shell
        self.tracker = Tracker(shell)
        self.tracker.start()

    def run(self, *cells: str) -> CellExecution:
        """Run cells; the record of the last."""
        for cell in cells:
            self.shell.run_cell(cell, store_history=True)
        return self.tracker.history[len(self.tracker.history) - 1]

    def last(self) -> CellExecution:
        """The last record."""
        return self.tracker.history[len(self.tracker.history) - 1]


def make_shell() -> Any:
    """A shell that leaves nothing on the disk, and shows nothing in colours."""
    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.colors = "nocolor"
    return InteractiveShell(config=config)  # type: ignore[no-untyped-call]  # IPython's own types have gaps


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    main = sys.modules["__main__"]
    shell = make_shell()
    yield shell
    shell.restore_sys_module_state()
    sys.modules["__main__"] = main
    shell.builtin_trap.deactivate()


@pytest.fixture
def session(shell: Any) -> Iterator[Session]:
    session = Session(shell)
    yield session
    session.tracker.stop()
