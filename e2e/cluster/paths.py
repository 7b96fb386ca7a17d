"""Where the cluster keeps things.

Three kinds of place, with three lifetimes:

* the *cache* (`~/.cache/kernel-ferry`, or below `XDG_CACHE_HOME`) outlives the cluster: built binaries, image
  archives, the nodes' image stores. Keyed by version; deleting it costs only time.
* the *state* (`/var/lib/kernel-ferry-cluster`) lives from `up` to `down`: keys, etcd's data, the store's objects,
  volumes.
* the *logs*, one folder a start, below the cache: `down` keeps them, the oldest are dropped.

A cluster takes fixed addresses and names on its machine, so there is one state folder a machine, whichever clone
asks.
"""

from __future__ import annotations

import os
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
STATE = Path("/var/lib/kernel-ferry-cluster")


def cache() -> Path:
    """Return the project's folder in the user's cache."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "kernel-ferry"


def scratch() -> Path:
    """Return the folder for what lives for one command; what a killed one left in it goes with the cluster."""
    return cache() / "scratch"
