"""The command-line client, bound to one kubeconfig: the suites and the tool speak to the cluster as an admin would."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from e2e.cluster.errors import CommandError
from e2e.cluster.shell import run


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
        return run([self.program, f"--kubeconfig={self.kubeconfig}", *argv], stdin=stdin, timeout=timeout)

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


def _is_ready(node: dict[str, Any]) -> bool:
    conditions = node.get("status", {}).get("conditions", [])
    return any(c["type"] == "Ready" and c["status"] == "True" for c in conditions)
