"""Pods for the suites: made from a few words, waited for, spoken to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from e2e.support.target import Target


@dataclass(frozen=True)
class Pod:
    """A pod that was made, and where."""

    target: Target
    namespace: str
    name: str

    @property
    def address(self) -> str:
        """Its address in the pod network."""
        return str(self.read()["status"]["podIP"])

    def read(self) -> dict[str, Any]:
        """Return the object as the API server has it."""
        return dict(self.target.kubectl.json("get", "pod", self.name, f"--namespace={self.namespace}"))

    def wait_ready(self, timeout: int = 120) -> Pod:
        """Wait until it is Ready (seconds)."""
        what = ("wait", "--for=condition=Ready", f"pod/{self.name}", f"--namespace={self.namespace}")
        self.target.kubectl(*what, f"--timeout={timeout}s", timeout=timeout + 10)
        return self

    def run(self, *argv: str, timeout: float = 60.0) -> str:
        """Run a program in it, as `kubectl exec` does, and return its output."""
        return self.target.kubectl("exec", self.name, f"--namespace={self.namespace}", "--", *argv, timeout=timeout)

    def python(self, source: str, timeout: float = 60.0) -> str:
        """Run Python in it and return what it printed."""
        return self.run("python3", "-c", source, timeout=timeout).strip()


def make_pod(
    target: Target,
    namespace: str,
    name: str,
    *,
    node: str | None = None,
    image: str = "base",
    command: Sequence[str] = (),
    env: Mapping[str, str] | None = None,
    files: str | None = None,
    ready_port: int | None = None,
) -> Pod:
    """Make a pod; it is not waited for.

    Args:
        target: the cluster.
        namespace: where to.
        name: its name, and the value of its label `app`.
        node: the node it has to run on; the scheduler's choice by default.
        image: an image of `e2e/images`.
        command: what to run; the image's own by default.
        env: environment variables.
        files: a ConfigMap to mount at /files.
        ready_port: Ready once this TCP port accepts.
    """
    container: dict[str, Any] = {
        "name": "main",
        "image": target.image(image),
        "imagePullPolicy": "IfNotPresent",
        "env": [{"name": key, "value": value} for key, value in (env or {}).items()],
    }
    if command:
        container["command"] = list(command)
    if ready_port:
        container["readinessProbe"] = {"tcpSocket": {"port": ready_port}, "periodSeconds": 1}
    spec: dict[str, Any] = {"containers": [container], "terminationGracePeriodSeconds": 1}
    if files:
        container["volumeMounts"] = [{"name": "files", "mountPath": "/files"}]
        spec["volumes"] = [{"name": "files", "configMap": {"name": files}}]
    if node:
        # Through the scheduler, as users do; a nodeName of one's own would pass it by.
        spec["nodeSelector"] = {"kubernetes.io/hostname": node}
    metadata = {"name": name, "namespace": namespace, "labels": {"app": name}}
    target.kubectl.apply({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec})
    return Pod(target, namespace, name)
