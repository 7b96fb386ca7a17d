"""Build the cluster's programs from Go modules, once a version.

Each folder below `go/` is a module of ours that pins one upstream with `tool` lines; its `go.mod` and `go.sum` are
the only place where a version stands. Kubernetes cannot be built by `go install` (its module replaces its staging
modules by relative paths), so ours replaces them by their published versions.

A built program lands in `<cache>/bin/<module>-<version>-<key>/`, where the key covers both files, the Go version and
the flags: a change of any of them builds anew, and two clones of different age do not disturb each other.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from e2e.cluster import paths
from e2e.cluster.errors import BuildError, CommandError
from e2e.cluster.progress import say, step
from e2e.cluster.shell import confined, run

_MODULES = Path(__file__).parent / "go"


@dataclass(frozen=True)
class Program:
    """One program.

    Args:
        name: what it is called.
        folder: the folder below `go/` that pins it.
        package: its Go package.
        module: the module whose version is its own.
        stamps: variables that its linker sets, so that it knows its version.
    """

    name: str
    folder: str
    package: str
    module: str
    stamps: tuple[str, ...] = ()

    @property
    def version(self) -> str:
        """The version that the folder's go.mod requires."""
        text = (_MODULES / self.folder / "go.mod").read_text()
        found = re.search(rf"^\s*(?:require )?{re.escape(self.module)} (v\S+)", text, re.MULTILINE)
        if found is None:
            msg = f"e2e/cluster/go/{self.folder}/go.mod does not require {self.module}"
            raise BuildError(msg)
        return found[1]

    @property
    def ldflags(self) -> str:
        """Linker flags: no symbol tables (a third smaller), and the version where the program needs to be told."""
        _, major, minor, _ = re.split(r"[v.]", self.version, maxsplit=3)
        stamps = (stamp.format(version=self.version, major=major, minor=minor) for stamp in self.stamps)
        return " ".join(["-s -w", *(f"-X {stamp}" for stamp in stamps)])


def _kubernetes(name: str) -> Program:
    return Program(
        name=name,
        folder="kubernetes",
        package=f"k8s.io/kubernetes/cmd/{name}",
        module="k8s.io/kubernetes",
        # Unstamped, nodes report v0.0.0-master, and kubectl's skew check and version-gated clients go wrong.
        stamps=(
            "k8s.io/component-base/version.gitVersion={version}",
            "k8s.io/component-base/version.gitMajor={major}",
            "k8s.io/component-base/version.gitMinor={minor}",
        ),
    )


# The API server first: it compiles what the other Kubernetes programs share.
PROGRAMS = {
    program.name: program
    for program in (
        _kubernetes("kube-apiserver"),
        _kubernetes("kube-controller-manager"),
        _kubernetes("kube-scheduler"),
        _kubernetes("kubelet"),
        _kubernetes("kube-proxy"),
        _kubernetes("kubectl"),
        Program("etcd", "etcd", "go.etcd.io/etcd/server/v3", "go.etcd.io/etcd/server/v3"),
        Program("coredns", "coredns", "github.com/coredns/coredns", "github.com/coredns/coredns"),
        Program("minio", "minio", "github.com/minio/minio", "github.com/minio/minio"),
        Program("versitygw", "versitygw", "github.com/versity/versitygw/cmd/versitygw", "github.com/versity/versitygw"),
        Program(
            "helm",
            "helm",
            "helm.sh/helm/v3/cmd/helm",
            "helm.sh/helm/v3",
            # Charts state which helm they need, and are refused by one that does not know its version.
            stamps=("helm.sh/helm/v3/internal/version.version={version}",),
        ),
        Program("kwok", "kwok", "sigs.k8s.io/kwok/cmd/kwok", "sigs.k8s.io/kwok"),
    )
}


def go_version() -> str:
    """Return what `go version` reports, as `go1.26.8`.

    Raises:
        CommandError: there is no Go on PATH.
    """
    return run(["go", "version"]).split()[2]


def path_of(name: str) -> Path:
    """Return where a program is, or will be, in the cache."""
    program = PROGRAMS[name]
    folder = _MODULES / program.folder
    keyed = hashlib.sha256()
    for part in (folder.joinpath("go.mod").read_bytes(), folder.joinpath("go.sum").read_bytes()):
        keyed.update(hashlib.sha256(part).digest())
    keyed.update(f"{go_version()} {program.ldflags}".encode())
    return paths.cache() / "bin" / f"{program.folder}-{program.version}-{keyed.hexdigest()[:8]}" / name


def build(names: Iterable[str] = PROGRAMS) -> dict[str, Path]:
    """Build what is missing, and return where each program is.

    Raises:
        BuildError: a program does not build; the message carries the compiler's words.
    """
    where = {name: path_of(name) for name in names}
    missing = [name for name, path in where.items() if not path.exists()]
    if missing:
        say(f"{len(missing)} of {len(where)} programs are not in the cache; all take half an hour on two cores")
    for number, name in enumerate(missing, 1):
        with step(f"[{number}/{len(missing)}] building {name} {PROGRAMS[name].version}"):
            _build(PROGRAMS[name], where[name])
    return where


def _build(program: Program, target: Path) -> None:
    """Compile one program into the cache; the final name appears only when it is whole."""
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f"{target.name}.{os.getpid()}.partial")
    for left in target.parent.glob(f"{target.name}.*.partial"):
        left.unlink()  # by a build that was killed
    # Debian's runc and CNI plugins are all that is not ours; static binaries run whatever the machine's libc is.
    env = {**os.environ, "CGO_ENABLED": "0", "GOFLAGS": "-mod=readonly", "GOWORK": "off"}
    command = ["go", "build", "-trimpath", "-buildvcs=false", "-ldflags", program.ldflags]
    command += ["-o", str(partial), program.package]
    try:
        run(confined(command) if os.geteuid() == 0 else command, env=env, cwd=_MODULES / program.folder)
        partial.rename(target)
    except CommandError as exc:
        msg = f"{program.name} {program.version} does not build:\n{exc.output[-4000:]}"
        raise BuildError(msg) from exc
    finally:
        partial.unlink(missing_ok=True)
