"""Which cluster the suites run on: this machine's own, or one that the environment names.

FERRY_E2E_KUBECONFIG      a kubeconfig of a cluster with two or more schedulable nodes
FERRY_E2E_IMAGE_PREFIX    where that cluster finds the images of `e2e/images` (default localhost/kernel-ferry, for
images that were loaded into its nodes), as in registry.example/kernel-ferry
S3_ENDPOINT, S3_BUCKET, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY    its store, where there is one
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from e2e.cluster import binaries
from e2e.cluster.cluster import Cluster
from e2e.cluster.errors import ClusterError
from e2e.cluster.kubectl import Kubectl
from e2e.cluster.store import environment

_KUBECONFIG = "FERRY_E2E_KUBECONFIG"
_IMAGE_PREFIX = "FERRY_E2E_IMAGE_PREFIX"
_OWN_IMAGES = "localhost/kernel-ferry"
_STORE_VARIABLES = ("S3_ENDPOINT", "S3_BUCKET", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")


@dataclass(frozen=True)
class Target:
    """A cluster to run on.

    Args:
        kubectl: speaks to it as administrator.
        nodes: the names of its schedulable nodes, two at least.
        image_prefix: what stands before an image's name.
        own: the cluster of this machine, whose faults can be injected; None for any other.
    """

    kubectl: Kubectl
    nodes: tuple[str, ...]
    image_prefix: str = _OWN_IMAGES
    own: Cluster | None = None

    def image(self, name: str) -> str:
        """Return the reference under which pods find an image of `e2e/images`."""
        return f"{self.image_prefix}/{name}:dev"

    def store(self) -> dict[str, str]:
        """Return the environment variables by which a pod reaches the S3 store; empty where there is none."""
        if self.own is None:
            return {name: os.environ[name] for name in _STORE_VARIABLES if name in os.environ}
        # Read anew each time: a cluster that was taken down and up in between has other credentials.
        return dict(line.split("=", 1) for line in environment(self.own.store.access()).splitlines())


def is_foreign() -> bool:
    """Say whether the environment names a cluster that is not this machine's own."""
    return bool(os.environ.get(_KUBECONFIG))


def own_target() -> Target:
    """Bring this machine's cluster up, or back into shape, and return it."""
    cluster = Cluster()
    cluster.up()
    return Target(cluster.kubectl, _two_or_more(cluster.kubectl), own=cluster)


def foreign_target() -> Target:
    """Return the cluster that the environment names.

    Raises:
        ClusterError: its kubeconfig is not there, it does not answer, or it has fewer than two schedulable nodes.
    """
    kubeconfig = Path(os.environ[_KUBECONFIG])
    if not kubeconfig.is_file():
        msg = f"{_KUBECONFIG} names {kubeconfig}, and there is no such file."
        raise ClusterError(msg)
    program = shutil.which("kubectl")
    kubectl = Kubectl(Path(program) if program else binaries.build(["kubectl"])["kubectl"], kubeconfig)
    return Target(kubectl, _two_or_more(kubectl), os.environ.get(_IMAGE_PREFIX, _OWN_IMAGES))


def schedulable(kubectl: Kubectl) -> tuple[str, ...]:
    """Return the nodes that are Ready and take any pod."""
    ready = kubectl.ready_nodes()
    specs = {node["metadata"]["name"]: node["spec"] for node in kubectl.json("get", "nodes")["items"]}
    return tuple(sorted(name for name, spec in specs.items() if name in ready and not spec.get("taints")))


def _two_or_more(kubectl: Kubectl) -> tuple[str, ...]:
    nodes = schedulable(kubectl)
    if len(nodes) < 2:
        msg = "The suites move pods between nodes and need two that are Ready and schedulable; "
        msg += f"{kubectl.kubeconfig} has {len(nodes)}."
        raise ClusterError(msg)
    return nodes
