"""Nodes: they are there, carry pods, and come back from a power cut and a pulled cable."""

from __future__ import annotations

import time

import pytest

from e2e.cluster import faults
from e2e.cluster.cluster import Cluster, wait_for
from e2e.support.pods import make_pod
from e2e.support.target import Target

_NOT_READY_S = 20.0


def test_two_nodes_or_more_are_ready(target: Target) -> None:
    assert len(target.nodes) >= 2
    assert set(target.nodes) <= target.kubectl.ready_nodes()


def test_every_node_runs_a_pod(target: Target, namespace: str) -> None:
    pods = [make_pod(target, namespace, f"on-{node}", node=node) for node in target.nodes[:2]]
    for pod, node in zip(pods, target.nodes, strict=False):
        assert pod.wait_ready().read()["spec"]["nodeName"] == node
        assert pod.run("cat", "/etc/hostname").strip() == pod.name


@pytest.mark.own_cluster
def test_kubelets_are_of_the_version_that_was_pinned(cluster: Cluster) -> None:
    versions = {node["status"]["nodeInfo"]["kubeletVersion"] for node in cluster.kubectl.json("get", "nodes")["items"]}
    assert len(versions) == 1
    assert versions.pop().startswith("v1.36.")


@pytest.mark.own_cluster
def test_a_stopped_node_goes_not_ready_within_20_s_and_comes_back(
    cluster: Cluster, target: Target, namespace: str
) -> None:
    node, other = target.nodes[1], target.nodes[0]
    pod = make_pod(target, namespace, "survivor", node=node).wait_ready()
    faults.stop_node(cluster, node)
    stopped = time.monotonic()
    wait_for(lambda: node not in cluster.kubectl.ready_nodes(), f"{node} NotReady", timeout=_NOT_READY_S)
    # Longer than the grace period: the loss of one node must not shake the others.
    while time.monotonic() - stopped < _NOT_READY_S:
        assert other in cluster.kubectl.ready_nodes()
        time.sleep(1.0)
    cluster.start_node(node)
    wait_for(lambda: _restarts(pod.read()) == 1, "the pod's container to be started again", timeout=60.0)
    assert pod.wait_ready().run("echo", "back").strip() == "back"


@pytest.mark.own_cluster
def test_a_partitioned_node_goes_not_ready_runs_on_and_heals(cluster: Cluster, target: Target, namespace: str) -> None:
    node = target.nodes[1]
    pod = make_pod(target, namespace, "islander", node=node).wait_ready()
    faults.partition(cluster, node)
    wait_for(lambda: node not in cluster.kubectl.ready_nodes(), f"{node} NotReady", timeout=_NOT_READY_S)
    faults.heal(cluster, node)
    wait_for(lambda: node in cluster.kubectl.ready_nodes(), f"{node} Ready", timeout=60.0)
    assert pod.wait_ready().run("echo", "reached").strip() == "reached"
    assert _restarts(pod.read()) == 0, "a partition is no power cut: the pod ran on"


def _restarts(pod: dict[str, dict[str, list[dict[str, int]]]]) -> int:
    return pod["status"]["containerStatuses"][0]["restartCount"]
