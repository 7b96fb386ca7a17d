"""Faults a person or a suite can inject, each with the command that takes it back."""

from __future__ import annotations

from e2e.cluster import network
from e2e.cluster.cluster import Cluster


def stop_node(cluster: Cluster, name: str) -> None:
    """Cut a node's power: daemons, containers and mounts end at once. `Cluster.start_node` takes it back."""
    cluster.node(name).power_off()


def partition(cluster: Cluster, name: str) -> None:
    """Pull a node's cable: its processes run on, but reach nothing and are not reached."""
    network.set_carrier(cluster.node(name).name, up=False)


def heal(cluster: Cluster, name: str) -> None:
    """Plug a node's cable in again."""
    network.set_carrier(cluster.node(name).name, up=True)


def kill(cluster: Cluster, component: str) -> int:
    """Kill a component (SIGKILL), and return the pid it had. `Cluster.up` starts it again."""
    return cluster.processes.kill(component)


def stop_store(cluster: Cluster) -> None:
    """Stop the store. `Cluster.start_store` takes it back; the objects stay."""
    cluster.store.stop()


def slow_store(cluster: Cluster, rate: str | None) -> None:
    """Limit the store's bandwidth in both directions.

    Args:
        cluster: the cluster.
        rate: as `tc` spells it, such as `8mbit`; None lifts the limit.
    """
    del cluster  # one store a machine; asked for so that every fault is called alike
    network.set_rate(network.STORE, rate)
