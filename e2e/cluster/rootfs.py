"""The root file system all images start from, made by debootstrap.

There is no registry to pull a base image from, but wherever apt works there is a Debian mirror. The result is a build
context (an archive and a Containerfile), so that the base becomes an image the same way as all others. It carries
nothing of this machine: no mirror, host name or resolver.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from e2e.cluster.errors import BuildError
from e2e.cluster.process import tail
from e2e.cluster.shell import confined, run

SUITE = "bookworm"
PACKAGES = ("busybox-static", "ca-certificates", "python3", "python3-venv")
# The last four are this machine's; the others only fill the disk.
_LEFT_OUT = (
    "./usr/share/doc/*",
    "./usr/share/info/*",
    "./usr/share/locale/*",
    "./usr/share/man/*",
    "./var/cache/*",
    "./var/lib/apt/lists/*",
    "./var/log/*",
    "./etc/apt/sources.list",
    "./etc/hostname",
    "./etc/machine-id",
    "./etc/resolv.conf",
)
_CONTAINERFILE = """\
FROM scratch
ADD rootfs.tar /
ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
CMD ["/bin/bash"]
"""
_TAIL_LINES = 40


def key() -> str:
    """Return a short digest of all that decides what the root file system holds."""
    parts = (SUITE, PACKAGES, _LEFT_OUT, _CONTAINERFILE)
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:12]


def assemble(folder: Path, log: Path) -> None:
    """Fill a folder with the build context of the base image.

    Args:
        folder: an empty folder.
        log: the file that takes the programs' output.

    Raises:
        BuildError: apt knows no mirror, or a program failed.
    """
    root = folder / "root"
    run_logged(["debootstrap", "--variant=minbase", f"--include={','.join(PACKAGES)}", SUITE, root, mirror()], log)
    run_logged(archive_argv(root, folder / "rootfs.tar"), log)
    # Beside the archive it would be part of the context, and be read once more.
    run_logged(["rm", "-r", "--one-file-system", root], log)
    (folder / "Containerfile").write_text(_CONTAINERFILE)


def archive_argv(root: Path, archive: Path) -> list[str | Path]:
    """Return the command that packs a root file system, without what must stay behind."""
    # --anchored: a pattern means one place, not every path that ends like it.
    return [
        *("tar", "--create", "--numeric-owner", "--xattrs", "--anchored"),
        *(f"--exclude={pattern}" for pattern in _LEFT_OUT),
        *("--file", archive, "--directory", root, "."),
    ]


def mirror() -> str:
    """Return the Debian mirror of this machine's apt.

    Raises:
        BuildError: apt has no Debian source.
    """
    wanted = ("Created-By: Packages", "Component: main", "Label: Debian")
    sites = run(["apt-get", "indextargets", "--format", "$(SITE)", *wanted]).split()
    if not sites:
        msg = "apt knows no Debian mirror on this machine (is there a Debian source, and did `apt-get update` run?)"
        raise BuildError(msg)
    return sites[0]


def run_logged(argv: Sequence[str | Path], log: Path, *, env: Mapping[str, str] | None = None) -> None:
    """Run a long program that writes to a log and dies with us.

    Args:
        argv: the program and its arguments.
        log: the file its output is appended to, as it comes.
        env: its whole environment; ours by default.

    Raises:
        BuildError: it failed; the message ends with the tail of the log.
    """
    words = confined(argv)
    with log.open("ab") as output:
        done = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=env, check=False)
    if done.returncode != 0:
        msg = f"`{argv[0]}` ended with status {done.returncode}. The end of {log}:\n{tail(log, _TAIL_LINES)}"
        raise BuildError(msg)
