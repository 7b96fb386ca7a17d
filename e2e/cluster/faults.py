"""Faults a person or a suite can inject; `Cluster.up` mends them all, and some have an opposite of their own."""

from __future__ import annotations

from e2e.cluster import network
from e2e.cluster.cluster import Cluster
from e2e.cluster.errors import ClusterError
from e2e.cluster.lock import changing


def stop_node(cluster: Cluster, name: str) -> None:
    """Cut a node's power: daemons, containers and mounts end at once. `Cluster.start_node` takes it back."""
    node = cluster.node(name)
    with changing():
        node.power_off()


def partition(cluster: Cluster, name: str) -> None:
    """Pull a node's cable: its processes run on, but reach nothing and are not reached."""
    _plug(cluster, name, up=False)


def heal(cluster: Cluster, name: str) -> None:
    """Plug a node's cable in again."""
    _plug(cluster, name, up=True)


def kill(cluster: Cluster, component: str) -> int:
    """Kill a component (SIGKILL), and return the pid it had."""
    cluster.require()
    with changing():
        return cluster.processes.kill(component)


def stop_store(cluster: Cluster) -> None:
    """Stop the store. `Cluster.start_store` takes it back; the objects stay."""
    cluster.require()
    with changing():
        cluster.store.stop()


def slow_store(cluster: Cluster, rate: str | None) -> None:
    """Limit the store's bandwidth in both directions.

    Args:
        cluster: the cluster.
        rate: as `tc` spells it, such as `8mbit`; None lifts the limit.
    """
    cluster.require()
    with changing():
        network.set_rate(network.STORE, rate)


def _plug(cluster: Cluster, name: str, *, up: bool) -> None:
    node = cluster.node(name)
    with changing():
        if not node.is_on:
            msg = f"{name} is off: it has no cable; `start-node {name}` powers it on"
            raise ClusterError(msg)
        network.set_carrier(name, up=up)
