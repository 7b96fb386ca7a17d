"""Look, before anything is changed, whether this machine can carry the cluster; say in one sentence what is missing."""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import socket
from ipaddress import ip_address
from pathlib import Path

from e2e.cluster import binaries, cgroups, controlplane, network, paths, process, spec
from e2e.cluster.errors import PreflightError
from e2e.cluster.shell import run

_GO = (1, 26)
_GIB = 2**30
# Seen: compiler cache and module cache 9 GiB, images and their build store 6 GiB; a warm start writes some 100 MB.
_DISK_COLD = 20 * _GIB
_DISK_WARM = 3 * _GIB
# Linux's IP_FREEBIND, which Python does not name: bind to an address that no interface has yet.
_IP_FREEBIND = 15


def check_machine() -> None:
    """Check what every command that changes the machine needs.

    Raises:
        PreflightError: not Linux, or not root.
    """
    if platform.system() != "Linux":
        msg = f"The cluster needs Linux (network namespaces, cgroups), but this is {platform.system()}; "
        msg += "give the suites another cluster with FERRY_E2E_KUBECONFIG instead."
        raise PreflightError(msg)
    if os.geteuid() != 0:
        msg = "The cluster needs root, for network namespaces and mounts; run the command again as root."
        raise PreflightError(msg)
    if not cgroups.available():
        msg = "No control groups are mounted at /sys/fs/cgroup, and kubelets cannot run without; mount them first."
        raise PreflightError(msg)


def check_start() -> None:
    """Check what `up` needs besides.

    Raises:
        PreflightError: no Go while programs have to be built, a nearly full disk, an address or a port in use.
    """
    check_build()
    _check_disk(paths.STATE, _DISK_WARM)
    if shutil.which("ip"):  # else it is installed next, and nobody has set an address with it
        _check_addresses()
    # What runs of ours, recorded or not, rightly has its ports; `up` keeps or ends it.
    if not process.marked():
        _check_ports()


def check_build() -> None:
    """Check what building the programs and images needs.

    Raises:
        PreflightError: no Go, or a nearly full disk.
    """
    check_machine()
    cold = _check_go()
    _check_disk(paths.cache(), _DISK_COLD if cold else _DISK_WARM)


def _check_go() -> bool:
    """Check for Go where it will be needed, and say whether it will be."""
    if shutil.which("go") is None:
        msg = "Go is not installed, and the cluster's programs are built from Go modules; install Go 1.26 or newer."
        raise PreflightError(msg)
    version = binaries.go_version()
    numbers = re.match(r"go(\d+)\.(\d+)", version)
    if numbers is None or (int(numbers[1]), int(numbers[2])) < _GO:
        msg = f"The cluster's programs need Go {_GO[0]}.{_GO[1]} or newer, but `go version` says {version}; "
        msg += "install a newer one."
        raise PreflightError(msg)
    return not all(binaries.path_of(name).exists() for name in binaries.PROGRAMS)


def _check_disk(folder: Path, needed: int) -> None:
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    free = shutil.disk_usage(existing).free
    if free < needed:
        msg = f"{folder} has {free / _GIB:.1f} GiB of free disk and the cluster needs {needed / _GIB:.0f}; "
        msg += "make room first."
        raise PreflightError(msg)


def _check_addresses() -> None:
    """Refuse to cover addresses that another interface of the machine already has."""
    wanted = (spec.NETWORK, spec.POD_NETWORK, spec.SERVICE_NETWORK)
    for link in json.loads(run(["ip", "-j", "-4", "address", "show"])):
        if link["ifname"] == spec.BRIDGE or link["ifname"] in network.leftovers():
            continue
        for address in link["addr_info"]:
            for net in wanted:
                if ip_address(address["local"]) in net:
                    msg = f"The cluster uses {net}, but {link['ifname']} already has {address['local']}; "
                    msg += "remove that address, or use another cluster with FERRY_E2E_KUBECONFIG."
                    raise PreflightError(msg)


def _check_ports() -> None:
    kinds = [(socket.SOCK_STREAM, *where) for where in controlplane.TCP_SOCKETS]
    kinds.append((socket.SOCK_DGRAM, spec.HOST_ADDRESS, spec.DNS_PORT))
    for kind, address, port in kinds:
        with socket.socket(socket.AF_INET, kind) as probe:
            probe.setsockopt(socket.SOL_IP, _IP_FREEBIND, 1)
            # As servers do: a socket of a past connection that still waits is no obstacle.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, int(kind == socket.SOCK_STREAM))
            try:
                probe.bind((address, port))
            except OSError as exc:
                name = "TCP" if kind == socket.SOCK_STREAM else "UDP"
                msg = f"{name} port {port} on {address} is in use by another program, and the cluster needs it; "
                msg += f"`ss -lnp sport = :{port}` shows by which."
                raise PreflightError(msg) from exc
