"""From `up` to `down`: idempotent, healing, and without a trace."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from e2e.cluster import binaries, faults, layout, paths
from e2e.cluster.cluster import Cluster
from e2e.cluster.errors import ClusterError, ComponentError
from e2e.cluster.shell import run
from e2e.cluster.spec import make_spec
from e2e.support.pods import make_pod
from e2e.support.target import Target

pytestmark = pytest.mark.own_cluster
_WARM_S = 60.0


@pytest.fixture
def torn(cluster: Cluster) -> Iterator[Cluster]:
    """Lend the cluster to a test that takes it apart; it is the default one again afterwards."""
    yield cluster
    if Cluster().exists and Cluster().spec != make_spec():
        Cluster().down()
    Cluster().up()


def _pids(cluster: Cluster) -> dict[str, int | None]:
    return {name: cluster.processes.pid(name) for name in cluster.processes.names()}


def test_a_second_up_changes_nothing(cluster: Cluster) -> None:
    before = _pids(cluster)
    assert all(before.values())
    Cluster().up()
    assert _pids(cluster) == before


def test_up_with_other_settings_is_refused_and_changes_nothing(cluster: Cluster) -> None:
    before = _pids(cluster)
    with pytest.raises(ClusterError, match="other settings"):
        Cluster().up(make_spec(nodes=3))
    assert _pids(cluster) == before


@pytest.mark.parametrize("component", ["etcd", "kube-apiserver", "kubelet-node-a", "containerd-node-b", "store"])
def test_up_starts_a_killed_component_again_and_pods_run_on(
    component: str, cluster: Cluster, target: Target, namespace: str
) -> None:
    pods = [make_pod(target, namespace, f"on-{node}", node=node).wait_ready() for node in target.nodes[:2]]
    before = _pids(cluster)
    killed = faults.kill(cluster, component)
    assert cluster.processes.pid(component) is None
    Cluster().up()
    after = _pids(cluster)
    assert after[component] not in (None, killed)
    assert {k: v for k, v in after.items() if k != component} == {k: v for k, v in before.items() if k != component}
    for pod in pods:
        assert pod.wait_ready().read()["status"]["containerStatuses"][0]["restartCount"] == 0


def test_killing_what_does_not_run_is_refused_with_its_log(cluster: Cluster) -> None:
    with pytest.raises(ComponentError, match="kube-nonsense: does not run"):
        faults.kill(cluster, "kube-nonsense")


def test_a_component_that_does_not_start_is_named_with_the_tail_of_its_log(torn: Cluster) -> None:
    faults.kill(torn, "kube-apiserver")
    key = torn.pki.key("service-accounts")
    kept = key.read_bytes()
    key.write_text("no key at all")
    try:
        with pytest.raises(ComponentError) as failed:
            Cluster().up()
    finally:
        key.write_bytes(kept)
    assert failed.value.component == "kube-apiserver"
    assert "ended instead of getting ready" in str(failed.value)
    assert "service-accounts.key" in str(failed.value), "the log's own words"


def test_up_after_a_killed_up_gives_a_whole_cluster(torn: Cluster) -> None:
    torn.down()
    # Cut off later and later in the start; after each the next one goes on from what it finds.
    for seconds in (2.0, 4.5, 7.0):
        process = subprocess.Popen([sys.executable, "-m", "e2e.cluster", "up"], cwd=paths.REPOSITORY)
        time.sleep(seconds)
        process.kill()
        process.wait()
    Cluster().up()
    assert set(_names(Cluster())) == Cluster().kubectl.ready_nodes()
    assert all(_pids(Cluster()).values())


def test_up_after_everything_was_killed_gives_a_whole_cluster(torn: Cluster, target: Target, namespace: str) -> None:
    make_pod(target, namespace, "doomed", node=target.nodes[0]).wait_ready()
    for pid in _pids(torn).values():
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
    Cluster().up()
    assert all(_pids(Cluster()).values())
    assert make_pod(target, namespace, "next", node=target.nodes[0]).wait_ready().run("echo", "up").strip() == "up"


def test_down_leaves_nothing_and_a_warm_up_takes_less_than_a_minute(
    torn: Cluster, target: Target, namespace: str
) -> None:
    make_pod(target, namespace, "running", node=target.nodes[0]).wait_ready()
    logs = torn.layout.logs
    started = time.monotonic()
    Cluster().down()
    assert Cluster().leftovers() == []
    assert not paths.STATE.exists()
    Cluster().up()
    assert time.monotonic() - started < _WARM_S
    assert (logs / "kube-apiserver.log").stat().st_size > 0, "the logs of the former run are kept"
    assert logs in layout.runs()


def test_down_without_a_cluster_is_no_error(torn: Cluster) -> None:
    torn.down()
    Cluster().down()
    assert Cluster().leftovers() == []


def test_nodes_labels_and_taints_are_as_asked_for(torn: Cluster) -> None:
    torn.down()
    wanted = make_spec(nodes=3, labels=["node-b:pool=spot"], taints=["node-c:reserved=yes:NoSchedule"])
    Cluster().up(wanted)
    nodes = {node["metadata"]["name"]: node for node in Cluster().kubectl.json("get", "nodes")["items"]}
    assert sorted(nodes) == ["node-a", "node-b", "node-c"]
    assert nodes["node-b"]["metadata"]["labels"]["pool"] == "spot"
    assert nodes["node-c"]["spec"]["taints"] == [{"key": "reserved", "value": "yes", "effect": "NoSchedule"}]


@pytest.mark.parametrize(("tool", "question"), [("helm", "version"), ("kwok", "--version"), ("kubectl", "version")])
def test_the_tools_of_later_suites_answer(tool: str, question: str, cluster: Cluster) -> None:
    env = {**os.environ, "KUBECONFIG": str(cluster.kubeconfig)}
    assert binaries.PROGRAMS[tool].version in run([binaries.path_of(tool), question], env=env)


def _names(cluster: Cluster) -> list[str]:
    return [node.name for node in cluster.spec.nodes]
