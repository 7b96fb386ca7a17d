"""The Debian packages the cluster stands on: container runtime, CNI plugins, image tools."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from e2e.cluster.errors import CommandError, PreflightError
from e2e.cluster.progress import step
from e2e.cluster.shell import run

# Package → a file that shows it is there; asking the disk is quicker than asking dpkg, and works on other systems too.
PACKAGES: Mapping[str, str] = {
    "buildah": "/usr/bin/buildah",
    "busybox-static": "/bin/busybox",
    "ca-certificates": "/etc/ssl/certs/ca-certificates.crt",
    "containerd": "/usr/bin/containerd",
    "containernetworking-plugins": "/usr/lib/cni/ptp",
    "curl": "/usr/bin/curl",
    "debootstrap": "/usr/sbin/debootstrap",
    "iproute2": "/sbin/ip",
    "nftables": "/usr/sbin/nft",
    "procps": "/sbin/sysctl",
    "runc": "/usr/sbin/runc",
}


def missing() -> list[str]:
    """Return the packages that are not installed."""
    return [name for name, file in PACKAGES.items() if not Path(file).exists()]


def install() -> None:
    """Install what is missing.

    Raises:
        PreflightError: there is no apt-get here, or it failed.
    """
    names = missing()
    if not names:
        return
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    with step(f"installing Debian packages: {', '.join(names)}"):
        try:
            run(["dpkg", "--configure", "-a"], env=env)  # what a killed installation left
            run(["apt-get", "update"], env=env)
            with _no_services():
                run(["apt-get", "install", "--yes", "--no-install-recommends", *names], env=env)
        except CommandError as exc:
            msg = f"Could not install {', '.join(names)}; install them by hand. {exc}"
            raise PreflightError(msg) from exc


@contextmanager
def _no_services() -> Iterator[None]:
    """Keep Debian from starting what it installs: a containerd of the machine's own is nobody's wish here."""
    policy = Path("/usr/sbin/policy-rc.d")
    if policy.exists():
        yield
        return
    policy.write_text("#!/bin/sh\nexit 101\n")
    policy.chmod(0o755)
    try:
        yield
    finally:
        policy.unlink()
