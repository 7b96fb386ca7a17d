"""The folders of one run of the cluster: its state, and its logs."""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from e2e.cluster import paths

# About a megabyte each; the suites alone make a dozen.
_RUNS_KEPT = 100


@dataclass(frozen=True)
class Layout:
    """Where one run keeps what.

    Args:
        state: gone after `down`.
        logs: one file a component; kept after `down`.
    """

    state: Path
    logs: Path

    def pod_logs(self, node: str) -> Path:
        """Return the folder of the logs of a node's pods."""
        return self.logs / "pods" / node


def runs() -> list[Path]:
    """Return the log folders of all kept runs, the newest last."""
    return sorted(path for path in _folder().glob("cluster-*") if path.is_dir())


def current() -> Layout:
    """Return the layout of the run whose state is on disk; without one, the logs are those of the last run."""
    link = paths.STATE / "logs"
    if link.is_symlink():
        return Layout(paths.STATE, link.resolve())
    return Layout(paths.STATE, runs()[-1] if runs() else _folder() / "none")


def start() -> Layout:
    """Begin a new run: make its folders, and drop the logs of the oldest."""
    made = Layout(paths.STATE, _folder() / time.strftime("cluster-%Y%m%d-%H%M%S", time.gmtime()))
    made.state.mkdir(parents=True, exist_ok=True, mode=0o700)
    made.logs.mkdir(parents=True, exist_ok=True)
    (made.state / "logs").symlink_to(made.logs)
    for old in runs()[:-_RUNS_KEPT]:
        shutil.rmtree(old)
    return made


def _folder() -> Path:
    return paths.cache() / "logs"
