"""What can go wrong with the cluster tool.

    ClusterError                 root: one sentence a person can act on
    ├── PreflightError           the machine cannot carry a cluster; nothing was changed
    ├── BuildError               a binary or an image could not be built
    ├── CommandError             an external program failed; carries its output
    └── ComponentError           a component did not start or become ready; carries the tail of its log

The command line prints the message and exits 1; a traceback from this package is a defect.
"""

from __future__ import annotations


class ClusterError(Exception):
    """Root of this package's errors; its text is written for the person at the terminal."""


class PreflightError(ClusterError):
    """The machine lacks something. Raised before anything was changed."""


class BuildError(ClusterError):
    """A binary or an image could not be built."""


class CommandError(ClusterError):
    """An external program ended with a non-zero status."""

    def __init__(self, command: str, status: int, output: str) -> None:
        self.command = command
        self.status = status
        self.output = output
        super().__init__(f"`{command}` ended with status {status}:\n{output.strip() or '(no output)'}")


class ComponentError(ClusterError):
    """A component did not become ready; the message ends with the tail of its log."""

    def __init__(self, component: str, reason: str, log_path: str, tail: str) -> None:
        self.component = component
        super().__init__(f"{component}: {reason}. The end of {log_path}:\n{tail.rstrip() or '(the log is empty)'}")
