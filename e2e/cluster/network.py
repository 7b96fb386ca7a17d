"""The wires: a bridge on the machine, and for each node (and for the store) a network namespace with a leg on it.

Pods get veth legs routed inside their node's namespace (the `ptp` CNI plugin); static routes carry a pod subnet to its
node. Nothing is masqueraded and nothing on the machine itself forwards, so no setting of the machine changes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from e2e.cluster import spec
from e2e.cluster.shell import run, succeeds
from e2e.cluster.spec import ClusterSpec, NodeSpec

STORE = "store"
_PREFIX = "kferry-"
_BRIDGE_MAC = "02:00:0a:4d:00:01"


def namespace(member: str) -> str:
    """Return the name of a member's network namespace; a member is a node's name or `STORE`."""
    return f"{_PREFIX}{member}"


def namespace_path(member: str) -> str:
    """Return the file that stands for a member's network namespace."""
    return f"/run/netns/{namespace(member)}"


def leg(member: str) -> str:
    """Return the name of a member's interface on the bridge (at most 15 characters)."""
    return f"{_PREFIX}{member}"


def inside(member: str, *argv: str) -> list[str]:
    """Return the words that run a program in a member's network namespace.

    `ip netns exec` would mount a fresh /sys there, which hides the control groups.
    """
    return ["nsenter", f"--net={namespace_path(member)}", *argv]


def ensure_bridge() -> None:
    """Make the bridge that everything hangs on, unless it is there."""
    if not succeeds(["ip", "link", "show", spec.BRIDGE]):
        # Without an address of its own a bridge takes that of a leg, and takes another when that leg goes: every
        # other node would then speak to a dead address until its neighbour table forgets it.
        run(["ip", "link", "add", spec.BRIDGE, "address", _BRIDGE_MAC, "type", "bridge"])
    run(["ip", "address", "replace", f"{spec.HOST_ADDRESS}/{spec.NETWORK.prefixlen}", "dev", spec.BRIDGE])
    run(["ip", "link", "set", spec.BRIDGE, "up"])


def ensure_member(member: str, address: str, routes: Iterable[NodeSpec]) -> None:
    """Join a namespace to the bridge, with routes to the pods of the given nodes.

    Every step is taken each time and changes nothing that is right: so a half-made member, left by a kill, becomes
    whole, and a pulled cable is plugged in.
    """
    if not succeeds(inside(member, "true")):
        remove_member(member)  # of a namespace half made, only the file is there
        run(["ip", "netns", "add", namespace(member)])
    if not (succeeds(inside(member, "ip", "link", "show", "eth0")) and succeeds(["ip", "link", "show", leg(member)])):
        run(["ip", "link", "add", leg(member), "type", "veth", "peer", "name", "eth0", "netns", namespace(member)])
    run(["ip", "link", "set", leg(member), "master", spec.BRIDGE, "up"])
    run(inside(member, "ip", "link", "set", "lo", "up"))
    run(inside(member, "ip", "address", "replace", f"{address}/{spec.NETWORK.prefixlen}", "dev", "eth0"))
    run(inside(member, "ip", "link", "set", "eth0", "up"))
    run(inside(member, "ip", "route", "replace", "default", "via", spec.HOST_ADDRESS))
    run(inside(member, "sysctl", "-qw", "net.ipv4.ip_forward=1"))
    for node in routes:
        if node.name != member:
            run(inside(member, "ip", "route", "replace", str(node.pod_subnet), "via", node.address))


def ensure_host_routes(cluster: ClusterSpec) -> None:
    """Let the machine itself (API server, DNS, tests) reach every pod."""
    for node in cluster.nodes:
        run(["ip", "route", "replace", str(node.pod_subnet), "via", node.address, "dev", spec.BRIDGE])


def remove_member(member: str) -> None:
    """Take a member off the bridge and remove its namespace."""
    if succeeds(["ip", "link", "show", leg(member)]):
        run(["ip", "link", "delete", leg(member)])
    if Path(namespace_path(member)).exists():
        run(["ip", "netns", "delete", namespace(member)])


def remove_all() -> None:
    """Remove every namespace and interface of the cluster; routes go with their interfaces."""
    for name in leftovers():
        if name.startswith(_PREFIX):
            remove_member(name.removeprefix(_PREFIX))
    if succeeds(["ip", "link", "show", spec.BRIDGE]):
        run(["ip", "link", "delete", spec.BRIDGE])


def leftovers() -> list[str]:
    """Return the names of the cluster's namespaces and interfaces that exist."""
    namespaces = [path.name for path in Path("/run/netns").glob(f"{_PREFIX}*")]
    links = [link["ifname"] for link in json.loads(run(["ip", "-j", "link", "show"]))]
    return sorted({*namespaces, *(n for n in links if n.startswith(_PREFIX) or n == spec.BRIDGE)})


def set_carrier(member: str, *, up: bool) -> None:
    """Plug a member's cable in or out; its processes run on."""
    run(["ip", "link", "set", leg(member), "up" if up else "down"])


def has_carrier(member: str) -> bool:
    """Say whether a member's cable is plugged in; one whose power is off has none."""
    links = json.loads(run(["ip", "-j", "link", "show"]))
    return any(link["ifname"] == leg(member) and "UP" in link["flags"] for link in links)


def set_rate(member: str, rate: str | None) -> None:
    """Limit a member's bandwidth in each direction.

    Args:
        member: a node's name or `STORE`.
        rate: as `tc` spells it, such as `8mbit`; None lifts the limit.
    """
    ends = [
        ["tc", "qdisc", "{}", "dev", leg(member), "root"],
        inside(member, "tc", "qdisc", "{}", "dev", "eth0", "root"),
    ]
    for end in ends:
        if rate:
            limited = [*end, "tbf", "rate", rate, "burst", "64kb", "latency", "400ms"]
            run([word.format("replace") for word in limited])
        elif "tbf" in run([word.format("show") for word in end if word != "root"]):
            run([word.format("delete") for word in end])
