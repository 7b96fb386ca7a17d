"""The hook sees what matters while a window is open, and costs nothing otherwise."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from kernelferry.kernel import audit
from kernelferry.kernel.audit import Window


@pytest.fixture
def window() -> Any:
    audit.install()
    found = Window(globals(), {})
    audit.open_window(found)
    yield found
    audit.close()


def test_nothing_is_seen_once_the_window_is_closed(window: Window, tmp_path: Path) -> None:
    audit.close()
    window.seen = audit.Seen()
    (tmp_path / "f").write_text("1")
    assert window.seen == audit.Seen()


def test_threads_that_ran_before_are_not_the_cell_s(tmp_path: Path) -> None:
    begin, done = threading.Event(), threading.Event()

    def write() -> None:
        begin.wait()
        (tmp_path / "theirs").write_text("1")
        done.set()

    thread = threading.Thread(target=write)
    thread.start()
    assert thread.ident is not None
    window = Window(globals(), {thread.ident: thread})
    audit.install()
    audit.open_window(window)
    begin.set()
    done.wait()
    thread.join()  # its number may be given to the next
    own = threading.Thread(target=(tmp_path / "ours").write_text, args=("1",))
    own.start()
    own.join()
    audit.close()
    assert [Path(path).name for path in window.seen.written] == ["ours"]


def test_what_cannot_be_read_is_named_and_raises_nothing(window: Window) -> None:
    sys.audit("os.remove")
    assert list(window.seen.other) == ["os.remove (it could not be read: IndexError)"]


def test_paths_relative_to_an_open_folder_are_resolved(window: Window, tmp_path: Path) -> None:
    (tmp_path / "f").touch()
    folder = os.open(tmp_path, os.O_RDONLY)
    os.remove("f", dir_fd=folder)
    os.close(folder)
    assert str(tmp_path / "f") in window.seen.written


def test_installing_twice_adds_one_hook() -> None:
    script = (
        "import sys\nfrom kernelferry.kernel import audit\naudit.install()\naudit.install()\n"
        "calls = []\nclass W:\n    def see(self, event, args):\n        calls.append(event)\n"
        "audit.open_window(W())\nsys.audit('os.remove', 'x')\naudit.close()\nprint(len(calls))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": ":".join(sys.path)},
    )
    assert done.stdout.strip() == "1"


@pytest.mark.usefixtures("window")
def test_a_child_process_is_not_watched() -> None:
    pid = os.fork()
    if pid == 0:
        os._exit(0 if audit._window is None else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
