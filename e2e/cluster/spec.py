"""What a cluster is to look like: nodes, addresses, store. Pure; nothing here touches the machine.

The addresses are fixed, so that a kubeconfig, a certificate or a Containerfile can name them: one bridge carries the
machine itself, the store and the nodes; each node has a pod subnet of its own, routed by static routes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from ipaddress import IPv4Network

from e2e.cluster.errors import ClusterError

BRIDGE = "kferry0"
NETWORK = IPv4Network("10.77.0.0/24")
HOST_ADDRESS = "10.77.0.1"
STORE_ADDRESS = "10.77.0.5"
STORE_PORT = 9000
POD_NETWORK = IPv4Network("10.78.0.0/16")
SERVICE_NETWORK = IPv4Network("10.96.0.0/16")
API_SERVICE_ADDRESS = "10.96.0.1"
API_PORT = 6443
ETCD_PORT = 23790
ETCD_PEER_PORT = 23800
DNS_PORT = 53
DOMAIN = "cluster.local"
BUCKET = "kernel-ferry"
MAX_NODES = 4


class StoreKind(Enum):
    """The S3 implementations the cluster can run."""

    MINIO = "minio"
    VERSITYGW = "versitygw"


@dataclass(frozen=True)
class NodeSpec:
    """One node.

    Args:
        index: 1 to `MAX_NODES`; decides name and addresses.
        labels: Kubernetes labels, set while the node registers.
        taints: `key=value:Effect` or `key:Effect`, as `kubectl taint` spells them.
    """

    index: int
    labels: Mapping[str, str] = field(default_factory=dict)
    taints: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The Kubernetes node name, node-a to node-d."""
        return f"node-{'abcd'[self.index - 1]}"

    @property
    def address(self) -> str:
        """The node's address on the bridge."""
        return str(NETWORK[10 + self.index])

    @property
    def pod_subnet(self) -> IPv4Network:
        """The subnet its pods get their addresses from."""
        return list(POD_NETWORK.subnets(new_prefix=24))[self.index]


@dataclass(frozen=True)
class ClusterSpec:
    """A whole cluster: its nodes and its store."""

    nodes: tuple[NodeSpec, ...]
    store: StoreKind = StoreKind.MINIO

    def node(self, name: str) -> NodeSpec:
        """Return the node of that name.

        Raises:
            ClusterError: there is none; the message names those there are.
        """
        for node in self.nodes:
            if node.name == name:
                return node
        known = ", ".join(node.name for node in self.nodes)
        msg = f"there is no node {name!r}; the cluster has {known}"
        raise ClusterError(msg)

    def to_dict(self) -> dict[str, object]:
        """Return the spec as JSON types, for the state folder."""
        nodes = [{"index": n.index, "labels": dict(n.labels), "taints": list(n.taints)} for n in self.nodes]
        return {"store": self.store.value, "nodes": nodes}


def make_spec(
    *,
    nodes: int = 2,
    labels: Sequence[str] = (),
    taints: Sequence[str] = (),
    store: StoreKind = StoreKind.MINIO,
) -> ClusterSpec:
    """Make a spec from what a person types.

    Args:
        nodes: how many nodes, 1 to `MAX_NODES`.
        labels: `NODE:KEY=VALUE` items.
        taints: `NODE:KEY[=VALUE]:EFFECT` items.
        store: which S3 server to run.

    Raises:
        ClusterError: a number out of range, or an item that does not read so.
    """
    if not 1 <= nodes <= MAX_NODES:
        msg = f"--nodes takes 1 to {MAX_NODES}, not {nodes}"
        raise ClusterError(msg)
    names = [NodeSpec(index).name for index in range(1, nodes + 1)]
    labels_of: dict[str, dict[str, str]] = {name: {} for name in names}
    taints_of: dict[str, list[str]] = {name: [] for name in names}
    for item in labels:
        name, rest = _of_node("--label", item, names)
        key, equals, value = rest.partition("=")
        if not key or not equals:
            msg = f"--label takes NODE:KEY=VALUE, not {item!r}"
            raise ClusterError(msg)
        labels_of[name][key] = value
    for item in taints:
        name, rest = _of_node("--taint", item, names)
        key, colon, effect = rest.rpartition(":")
        if not key or not colon or effect not in ("NoSchedule", "PreferNoSchedule", "NoExecute"):
            msg = f"--taint takes NODE:KEY[=VALUE]:NoSchedule|PreferNoSchedule|NoExecute, not {item!r}"
            raise ClusterError(msg)
        taints_of[name].append(rest)
    made = [NodeSpec(i + 1, labels_of[name], tuple(taints_of[name])) for i, name in enumerate(names)]
    return ClusterSpec(nodes=tuple(made), store=store)


def spec_from_dict(data: Mapping[str, object]) -> ClusterSpec:
    """Read what `ClusterSpec.to_dict` wrote."""
    nodes = data["nodes"]
    assert isinstance(nodes, list)
    made = tuple(NodeSpec(n["index"], n["labels"], tuple(n["taints"])) for n in nodes)
    return ClusterSpec(nodes=made, store=StoreKind(data["store"]))


def _of_node(option: str, item: str, names: Sequence[str]) -> tuple[str, str]:
    """Split `NODE:REST` and check the node's name."""
    name, colon, rest = item.partition(":")
    if not colon or name not in names:
        msg = f"{option} takes NODE:…, where NODE is one of {', '.join(names)}, not {item!r}"
        raise ClusterError(msg)
    return name, rest
