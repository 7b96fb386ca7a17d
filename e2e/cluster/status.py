"""What runs: a table for people."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from e2e.cluster import controlplane, network, store
from e2e.cluster.cluster import Cluster

_MIB = 2**20


def status(cluster: Cluster) -> str:
    """Return a table of components (state, pid, resident memory) and nodes.

    Raises:
        ClusterError: no cluster is up.
    """
    spec = cluster.spec
    ready = cluster.kubectl.ready_nodes()
    names = [*controlplane.NAMES, store.COMPONENT]
    for node in cluster.nodes():
        names += node.component_names()
    rows = [_row(name, cluster.processes.pid(name)) for name in names]
    total = sum(_resident(pid) for name in names if (pid := cluster.processes.pid(name)))
    lines = [
        f"{'component':<26}{'state':<9}{'pid':>8}{'MiB':>7}",
        *rows,
        f"{'all of them':<43}{total / _MIB:>7.0f}",
        "",
    ]
    for member in spec.nodes:
        cable = "plugged" if network.has_carrier(member.name) else "pulled"
        kind = "Ready" if member.name in ready else "NotReady"
        lines.append(f"{member.name}  {kind:<9}{member.address:<12} pods {member.pod_subnet}  cable {cable}")
    access = cluster.store.access()
    lines.append(f"store   {spec.store.value} at http://{access.endpoint}, bucket {access.bucket}")
    lines.append(f"logs    {cluster.layout.logs}")
    lines.append(f"try     export KUBECONFIG={cluster.kubeconfig}")
    return "\n".join(lines)


def _row(name: str, pid: int | None) -> str:
    if pid is None:
        return f"{name:<26}{'stopped':<9}"
    return f"{name:<26}{'running':<9}{pid:>8}{_resident(pid) / _MIB:>7.0f}"


def _resident(pid: int) -> int:
    """Return a process's resident memory in bytes."""
    with suppress(FileNotFoundError, ProcessLookupError):  # it may end while we look
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
    return 0
