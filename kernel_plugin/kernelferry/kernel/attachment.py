"""What is there from the start of a session: the tracker, and how shell and process were before it.

All else is imported when the user first asks for something: a kernel's start should not wait for it.
"""

from __future__ import annotations

from typing import Any

from kernelferry.kernel.namespace import Shell, user_names
from kernelferry.kernel.shell_state import Baseline
from kernelferry.kernel.tracker import Tracker
from kernelferry.objects import process
from kernelferry.objects.open_files import open_for_writing

_ATTRIBUTE = "_kernelferry"


class Attachment:
    """Our hold on a shell.

    Args:
        shell: the kernel's shell.

    Attributes:
        tracker: watches its cells.
        files_before: what was open for writing before the session, such as the shell's own history.
        shell_before: what it had before the session.
        process_before: what the process was before the session; None if that had begun by then.
        engine: the engine, once somebody has asked for it.
    """

    def __init__(self, shell: Shell) -> None:
        self.shell = shell
        self.shell_before = Baseline(shell)
        self.process_before = None if user_names(shell) else process.baselines()
        self.files_before = _files()
        self.tracker = Tracker(shell)
        self.engine: Any = None


def _files() -> frozenset[tuple[int, int]]:
    try:
        return open_for_writing()
    except OSError:
        return frozenset()


def attached(shell: Shell) -> Attachment:
    """Return our hold on a shell; there is one."""
    found: Attachment | None = getattr(shell, _ATTRIBUTE, None)
    if found is None:
        found = Attachment(shell)
        object.__setattr__(shell, _ATTRIBUTE, found)
    return found
