"""What an admin does with pods and nodes: exec, logs, port-forward, drain, uncordon."""

from __future__ import annotations

from e2e.cluster.cluster import wait_for
from e2e.support.pods import make_pod
from e2e.support.target import Target


def test_exec_runs_a_program_and_passes_its_input_and_output(target: Target, namespace: str) -> None:
    pod = make_pod(target, namespace, "echo").wait_ready()
    answer = target.kubectl("exec", "--stdin", "echo", f"--namespace={namespace}", "--", "cat", stdin="there and back")
    assert answer == "there and back"
    assert pod.run("id", "-u").strip() == "0"


def test_logs_show_what_a_container_prints(target: Target, namespace: str) -> None:
    command = ("sh", "-c", "echo a line; sleep infinity")
    make_pod(target, namespace, "talker", command=command).wait_ready()
    logs = ("logs", "talker", f"--namespace={namespace}")
    wait_for(lambda: target.kubectl(*logs) == "a line\n", "the line in the log", timeout=20.0)


def test_drain_empties_a_node_and_uncordon_opens_it_again(target: Target, namespace: str) -> None:
    node = target.nodes[0]
    pod = make_pod(target, namespace, "evictee", node=node).wait_ready()
    only_ours = (f"--pod-selector=app={pod.name}", "--force", "--timeout=60s")
    target.kubectl("drain", node, "--ignore-daemonsets", *only_ours)
    try:
        gone = ("get", "pod", pod.name, f"--namespace={namespace}")
        assert not target.kubectl.succeeds(*gone)
        waiting = make_pod(target, namespace, "waiting", node=node)
        wait_for(lambda: _unschedulable(waiting.read()), "a pod for the drained node to be held back", timeout=30.0)
    finally:
        target.kubectl("uncordon", node)
    assert waiting.wait_ready().read()["spec"]["nodeName"] == node


def _unschedulable(pod: dict[str, dict[str, list[dict[str, str]]]]) -> bool:
    return any(condition.get("reason") == "Unschedulable" for condition in pod["status"].get("conditions", []))
