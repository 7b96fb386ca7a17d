"""The command-line client, bound to one kubeconfig: the suites and the tool speak to the cluster as an admin would."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from e2e.cluster.errors import CommandError
from e2e.cluster.shell import run, without_proxy


@dataclass(frozen=True)
class Kubectl:
    """A kubectl program and the cluster it speaks to."""

    program: Path
    kubeconfig: Path

    def __call__(self, *argv: str, stdin: str | None = None, timeout: float = 120.0) -> str:
        """Run a command and return its output.

        Raises:
            CommandError: it failed, or took longer than the timeout (seconds).
        """
        command = [str(self.program), f"--kubeconfig={self.kubeconfig}", *argv]
        return run(command, stdin=stdin, env=without_proxy(os.environ), timeout=timeout)

    def succeeds(self, *argv: str) -> bool:
        """Say whether a command ends well."""
        try:
            self(*argv)
        except CommandError:
            return False
        return True

    def json(self, *argv: str) -> Any:
        """Run a `get` and return what it prints, parsed."""
        return json.loads(self(*argv, "--output=json"))

    def apply(self, *objects: dict[str, Any]) -> None:
        """Apply objects given as API types."""
        whole = {"apiVersion": "v1", "kind": "List", "items": list(objects)}
        self("apply", "--filename=-", stdin=json.dumps(whole))

    def ready_nodes(self) -> set[str]:
        """Return the names of the nodes that are Ready; none while the API server does not answer."""
        try:
            nodes = self.json("get", "nodes")["items"]
        except CommandError:
            return set()
        return {node["metadata"]["name"] for node in nodes if _is_ready(node)}

    def why_not_ready(self, node: str) -> str:
        """Return what a node itself, or its controller, says of its state."""
        try:
            conditions = self.json("get", "node", node)["status"]["conditions"]
        except CommandError as exc:
            return exc.output.strip()
        return next((str(c["message"]) for c in conditions if c["type"] == "Ready"), "it has not said why")


def _is_ready(node: dict[str, Any]) -> bool:
    conditions = node.get("status", {}).get("conditions", [])
    # The taint of a node that was not Ready goes a moment later, and only then are pods scheduled there.
    tainted = any(taint["key"] == "node.kubernetes.io/not-ready" for taint in node["spec"].get("taints", []))
    return not tainted and any(c["type"] == "Ready" and c["status"] == "True" for c in conditions)
