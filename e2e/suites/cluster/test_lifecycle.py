"""From `up` to `down`: idempotent, healing, and without a trace."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from e2e.cluster import binaries, faults, layout, leftovers, paths, store
from e2e.cluster.cluster import Cluster, wait_for
from e2e.cluster.errors import ClusterError, ComponentError
from e2e.cluster.shell import run
from e2e.cluster.spec import make_spec
from e2e.support.pods import make_pod
from e2e.support.target import Target

pytestmark = pytest.mark.own_cluster
_WARM_S = 60.0


@pytest.fixture
def torn(cluster: Cluster) -> Iterator[Cluster]:
    """Lend the cluster to a test that takes it apart; it is as it was again afterwards."""
    before = cluster.spec
    yield cluster
    if Cluster().exists and Cluster().spec != before:
        Cluster().down()
    Cluster().up(before)


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


def test_up_heals_a_pulled_cable_and_a_slowed_store(cluster: Cluster) -> None:
    faults.partition(cluster, "node-b")
    faults.slow_store(cluster, "8mbit")
    Cluster().up()
    _assert_whole(cluster)
    assert "tbf" not in run(["tc", "qdisc", "show", "dev", "kferry-store"])


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


@pytest.mark.parametrize("announced", ["control plane", "store", "node-a", "node-b", "nodes Ready"])
def test_up_goes_on_where_a_killed_up_was(announced: str, torn: Cluster) -> None:
    torn.down()
    _kill_when("up", f"… {announced}")
    Cluster().up()
    _assert_whole(Cluster())


def test_up_after_a_killed_down_starts_afresh(torn: Cluster) -> None:
    uid = _cluster_uid(torn)
    _kill_when("down", "… taking the cluster down")
    Cluster().down()
    assert leftovers.find() == []
    Cluster().up()
    assert _cluster_uid(Cluster()) != uid


@pytest.mark.parametrize("lost", ["spec.json", "processes", ""])
def test_up_heals_a_cluster_that_lost_part_of_its_state(lost: str, torn: Cluster) -> None:
    path = torn.layout.state / lost
    if path.is_file():
        path.unlink()
    else:
        shutil.rmtree(path)
    torn.up()
    _assert_whole(torn)
    assert len(_pids(torn)) == len(set(_pids(torn).values()))


def test_up_after_everything_was_killed_gives_a_whole_cluster(torn: Cluster, target: Target, namespace: str) -> None:
    make_pod(target, namespace, "doomed", node=target.nodes[0]).wait_ready()
    for pid in _pids(torn).values():
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
    Cluster().up()
    assert all(_pids(Cluster()).values())
    assert make_pod(target, namespace, "next", node=target.nodes[0]).wait_ready().run("echo", "up").strip() == "up"


def test_down_leaves_nothing_and_a_warm_up_takes_less_than_a_minute(torn: Cluster) -> None:
    torn.down()
    before = _machine()
    torn.up()
    kubectl = torn.kubectl
    kubectl(
        "run", "pod", "--image=localhost/kernel-ferry/base:dev", "--image-pull-policy=Never", "--port=80", "--expose"
    )
    kubectl("wait", "--for=condition=Ready", "pod/pod", "--timeout=60s")
    logs = torn.layout.logs
    started = time.monotonic()
    torn.down()
    assert leftovers.find() == []
    assert _machine() == before
    torn.up()
    assert time.monotonic() - started < _WARM_S
    assert (logs / "kube-apiserver.log").stat().st_size > 0, "the logs of the former run are kept"
    assert list((logs / "pods").rglob("*.log")), "those of its pods too"
    assert logs in layout.runs()


def test_down_without_a_cluster_is_no_error(torn: Cluster) -> None:
    torn.down()
    Cluster().down()
    assert leftovers.find() == []


def test_nodes_labels_taints_and_store_are_as_asked_for(torn: Cluster) -> None:
    torn.down()
    options = ["--nodes=4", "--label=node-b:pool=spot", "--taint=node-c:reserved=yes:NoSchedule", "--store=versitygw"]
    assert _command("up", *options) == ""
    nodes = {node["metadata"]["name"]: node for node in torn.kubectl.json("get", "nodes")["items"]}
    assert sorted(nodes) == ["node-a", "node-b", "node-c", "node-d"]
    assert nodes["node-b"]["metadata"]["labels"]["pool"] == "spot"
    assert nodes["node-c"]["spec"]["taints"] == [{"key": "reserved", "value": "yes", "effect": "NoSchedule"}]
    store.check(torn.store.access())
    assert "versitygw at http://10.77.0.5:9000" in _command("status")


@pytest.mark.parametrize(("tool", "question"), [("helm", "version"), ("kwok", "--version"), ("kubectl", "version")])
def test_the_tools_of_later_suites_answer(tool: str, question: str, cluster: Cluster) -> None:
    env = {**os.environ, "KUBECONFIG": str(cluster.kubeconfig)}
    assert binaries.PROGRAMS[tool].version in run([binaries.path_of(tool), question], env=env)


def _names(cluster: Cluster) -> list[str]:
    return [node.name for node in cluster.spec.nodes]


def _assert_whole(cluster: Cluster) -> None:
    """See every component run and every node Ready; on a busy machine one that just came may be late once more."""
    assert all(_pids(cluster).values())
    wait_for(lambda: set(_names(cluster)) == cluster.kubectl.ready_nodes(), "every node Ready", timeout=30.0)


def _kill_when(command: str, announced: str) -> None:
    """Run a command of the tool and kill it as soon as it announces a step."""
    argv = [sys.executable, "-m", "e2e.cluster", command]
    with subprocess.Popen(argv, cwd=paths.REPOSITORY, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if line.startswith(announced):
                process.kill()
                return
        pytest.fail(f"`{command}` never announced {announced!r}")


def _command(*words: str) -> str:
    return run([sys.executable, "-m", "e2e.cluster", *words], cwd=paths.REPOSITORY)


def _cluster_uid(cluster: Cluster) -> str:
    return str(cluster.kubectl.json("get", "namespace", "kube-system")["metadata"]["uid"])


def _machine() -> dict[str, list[str]]:
    """Take stock of the machine, by other means than the tool's own."""
    listed = [line.split() for line in run(["ps", "-eo", "stat=,comm="]).splitlines()]
    ours = {
        "etcd",
        "kube-apiserver",
        "kubelet",
        "kube-proxy",
        "containerd",
        "containerd-shim",
        "minio",
        "coredns",
        "runc",
    }
    return {
        "mounts": sorted(line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()),
        "links": sorted(line.split(":")[1] for line in run(["ip", "-o", "link"]).splitlines()),
        "routes": sorted(run(["ip", "route"]).splitlines()),
        "namespaces": sorted(run(["ip", "netns", "list"]).splitlines()),
        "groups": sorted(str(path) for path in Path("/sys/fs/cgroup").glob("*/*") if path.is_dir()),
        "forwarding": [Path("/proc/sys/net/ipv4/ip_forward").read_text()],
        "processes": sorted(words[1] for words in listed if words[1] in ours and "Z" not in words[0]),
        "folders": sorted(str(path) for parent in ("/var/lib", "/run", "/etc") for path in Path(parent).iterdir()),
    }
