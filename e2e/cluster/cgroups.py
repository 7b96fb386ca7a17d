"""One control group a node, so that everything a node runs can be counted, and ended, as one.

Works with cgroup v2 and with v1, where every controller has a tree of its own and a process must be moved into each.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path

from e2e.cluster import process
from e2e.cluster.errors import ClusterError

_ROOT = Path("/sys/fs/cgroup")
_DAEMONS = "daemons"


def unified() -> bool:
    """Say whether this machine has cgroup v2 alone."""
    return (_ROOT / "cgroup.controllers").exists()


def available() -> bool:
    """Say whether control groups are mounted where they are expected."""
    return unified() or (_ROOT / "pids").is_dir()


def trees() -> list[Path]:
    """Return the roots of the hierarchies that a node needs a group in."""
    if unified():
        return [_ROOT]
    return [path for path in _ROOT.iterdir() if path.is_dir() and not path.is_symlink() and path.name != "unified"]


def name_of(node: str) -> str:
    """Return the name of a node's group."""
    return f"kernel-ferry-{node}"


def create(node: str) -> None:
    """Make a node's group, and below it the one for its daemons; the kubelet makes those of its pods beside it."""
    for tree in trees():
        group = tree / name_of(node)
        if unified():
            _delegate(tree)
        group.mkdir(exist_ok=True)
        if unified():
            _delegate(group)
        daemons = group / _DAEMONS
        daemons.mkdir(exist_ok=True)
        if tree.name == "cpuset":
            # An empty v1 cpuset accepts no process.
            for each, parent in ((group, tree), (daemons, group)):
                for knob in ("cpuset.cpus", "cpuset.mems"):
                    (each / knob).write_text((parent / knob).read_text())


def enter(node: str) -> tuple[str, ...]:
    """Return words that, put before a program's own, run it and its children in the group of a node's daemons."""
    moves = (f"echo $$ > {tree / name_of(node) / _DAEMONS / 'cgroup.procs'}" for tree in trees())
    return ("sh", "-c", f'set -e; {"; ".join(moves)}; exec "$@"', "enter")


def pids(node: str) -> list[int]:
    """Return every process of a node: daemons, shims and containers."""
    found: set[int] = set()
    for tree in trees():
        # Not Path.rglob: a pod's group can go while the tree is walked.
        for group, _, _ in os.walk(tree / name_of(node)):
            with suppress(OSError):
                found.update(int(line) for line in Path(group, "cgroup.procs").read_text().split())
    return sorted(found)


def pod_pids(node: str) -> list[int]:
    """Return the processes of a node's pods."""
    daemons = {
        int(pid) for tree in trees() for pid in (tree / name_of(node) / _DAEMONS / "cgroup.procs").read_text().split()
    }
    return [pid for pid in pids(node) if pid not in daemons]


def remove(node: str) -> None:
    """End every process of a node at once, as a power cut would, and remove its groups."""
    # Repeated: a process that was forking while it was killed may leave a child.
    while left := pids(node):
        _thaw(node)
        process.end(left)
    for tree in trees():
        top = tree / name_of(node)
        for group, _, _ in os.walk(top, topdown=False):
            _rmdir(Path(group))


def leftovers() -> list[Path]:
    """Return the groups of nodes that exist."""
    return [path for tree in trees() for path in tree.glob(name_of("node-*"))]


def _thaw(node: str) -> None:
    """Let go of what is frozen in a node: under cgroup v1 a frozen process cannot even be killed."""
    for group, _, _ in os.walk(_ROOT / "freezer" / name_of(node)):
        with suppress(OSError):
            Path(group, "freezer.state").write_text("THAWED")


def _delegate(group: Path) -> None:
    """Let children of a v2 group have every controller that the group has."""
    controllers = (group / "cgroup.controllers").read_text().split()
    for controller in controllers:
        with suppress(OSError):  # some cannot be handed on (a threaded domain); the kubelet names what it misses
            (group / "cgroup.subtree_control").write_text(f"+{controller}")


def _rmdir(group: Path) -> None:
    """Remove an empty group; the kernel lets go of dead members a moment after their end."""
    for _ in range(100):
        with suppress(OSError):
            group.rmdir()
        if not group.exists():
            return
        time.sleep(0.02)
    msg = f"the control group {group} cannot be removed; `cat {group}/cgroup.procs` shows who is in it"
    raise ClusterError(msg)
