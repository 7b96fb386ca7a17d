"""`make demo`: a notebook on a real two-node cluster, step by step, for a person at a terminal.

Shows as much as the project can do so far: a server on the first node and a kernel that works there. The move to the
second node joins when the operator does.
"""

from __future__ import annotations

import secrets
import sys

from e2e.cluster.errors import ClusterError
from e2e.cluster.progress import say, step
from e2e.support.jupyter import JupyterServer
from e2e.support.pods import Pod, make_pod
from e2e.support.target import Target, foreign_target, is_foreign, own_target

_NAMESPACE = "kernel-ferry-demo"
_CELL = "import numpy; state = numpy.arange(1_000_000); int(state.sum())"


def main() -> int:
    """Run the demonstration; what goes wrong is one message and exit status 1."""
    try:
        _show(foreign_target() if is_foreign() else own_target())
    except ClusterError as exc:
        print(f"error: {exc}", file=sys.stderr)
        return 1
    return 0


def _show(target: Target) -> None:
    with step(f"a notebook server on {target.nodes[0]}"):
        notebook, token = _notebook(target)
    kubectl = f"{target.kubectl.program} --kubeconfig={target.kubectl.kubeconfig} --namespace={_NAMESPACE}"
    if target.own is None:
        # The pod network of another cluster is not reached from here.
        print(f"First        {kubectl} port-forward notebook 8888")
        print(f"JupyterLab   http://127.0.0.1:8888/lab?token={token}")
        print(f"Try next     {kubectl} get pods -o wide")
        print(f"             {kubectl} delete namespace {_NAMESPACE}")
        return
    server = JupyterServer(f"{notebook.address}:8888", token)
    with step("a kernel there"):
        count, answer = server.execute(server.start_kernel(), _CELL)
    say(f"  [{count}] {_CELL}\n  {answer}")
    print(f"JupyterLab   http://{server.address}/lab?token={token}")
    print(f"Try next     {kubectl} get pods -o wide")
    print("             make cluster-status")
    print("             make cluster-down")


def _notebook(target: Target) -> tuple[Pod, str]:
    """Make the server's pod, or find the one of an earlier demonstration; return it with its token."""
    kubectl = target.kubectl
    if not kubectl.succeeds("get", "namespace", _NAMESPACE):
        kubectl("create", "namespace", _NAMESPACE)
    if kubectl.succeeds("get", "pod", "notebook", f"--namespace={_NAMESPACE}"):
        pod = Pod(target, _NAMESPACE, "notebook")
        return pod.wait_ready(), str(pod.read()["spec"]["containers"][0]["env"][0]["value"])
    token = secrets.token_hex(16)
    env = {"JUPYTER_TOKEN": token}
    node = target.nodes[0]
    pod = make_pod(target, _NAMESPACE, "notebook", node=node, image="notebook", env=env, ready_port=8888)
    return pod.wait_ready(), token


if __name__ == "__main__":
    sys.exit(main())
