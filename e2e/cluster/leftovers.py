"""What a cluster leaves on its machine, recorded or not: found, and cleared away."""

from __future__ import annotations

import shutil
from pathlib import Path

from e2e.cluster import cgroups, network, paths, process


def find() -> list[str]:
    """Return everything of a cluster that this machine still carries; empty after `down`."""
    mounts = [line.split()[1] for line in Path("/proc/self/mounts").read_text().splitlines()]
    found = [f"process {pid}" for pid in process.marked()]
    found += [f"mount {mount}" for mount in mounts if mount.startswith(str(paths.STATE))]
    found += [f"network {name}" for name in network.leftovers()]
    found += [f"cgroup {group}" for group in cgroups.leftovers()]
    found += [f"folder {path}" for path in (paths.STATE,) if path.exists()]
    return found


def clear() -> None:
    """End and remove everything.

    Raises:
        ClusterError: a process does not end.
    """
    # Its spec is what makes a cluster one. Without it, whatever a kill leaves from here on is only cleared away.
    (paths.STATE / "spec.json").unlink(missing_ok=True)
    for group in cgroups.leftovers():
        cgroups.remove(group.name.removeprefix(cgroups.name_of("")))
    process.end(process.marked())
    network.remove_all()
    if paths.STATE.exists():
        shutil.rmtree(paths.STATE)
    shutil.rmtree(paths.scratch(), ignore_errors=True)
