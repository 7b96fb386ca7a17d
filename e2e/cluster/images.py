"""Build container images without docker and without a registry.

Each folder below `e2e/images` is one image: a Containerfile like any other, that builds `FROM ${BASE}`. Here the base
is a Debian made by debootstrap; elsewhere the same file builds on any public image with Debian and Python. Images are
built by buildah, in a store of our own below the cache, and kept as archives that a node's containerd imports.

The tag is always `dev`, and an import moves it: pods made after that run the new image, with `imagePullPolicy:
IfNotPresent` as with `Never`. Running pods keep what they have.

What pip needs to reach the index (its `PIP_*` variables, the proxy, the certificates) comes from this machine's
environment for the time of the build, and stays out of the image; pip's configuration files are not read.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from e2e.cluster import paths, rootfs
from e2e.cluster.archive import pack
from e2e.cluster.errors import BuildError
from e2e.cluster.progress import step
from e2e.cluster.shell import confined, run, succeeds

_FOLDERS = paths.REPOSITORY / "e2e" / "images"
_PREFIX = "localhost/kernel-ferry"
_TAG = "dev"
_CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"
_CERTIFICATE_VARIABLES = ("PIP_CERT", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE")


@dataclass(frozen=True)
class Image:
    """A built image and where its archive lies.

    Args:
        name: the name of its folder.
        reference: what pods call it.
        id: the SHA-256 of its configuration, in hexadecimal.
        archive: an uncompressed OCI archive.
        size: the archive's bytes.
    """

    name: str
    reference: str
    id: str
    archive: Path
    size: int


def available() -> list[str]:
    """Return the names of the images that can be built."""
    return sorted(path.parent.name for path in _FOLDERS.glob("*/Containerfile"))


def build(name: str) -> Image:
    """Build an image, or return it at once where nothing changed since.

    Args:
        name: one of `available()`.

    Raises:
        BuildError: there is no such image, or it does not build; the message ends with the tail of the log.
    """
    if name not in available():
        msg = f"there is no image `{name}`; there are: {', '.join(available())}"
        raise BuildError(msg)
    wanted = key(_FOLDERS / name)
    with _lock():
        image = _recorded(name, wanted)
        if image is None:
            log = _fresh_log(name)
            with step(f"building image {name}"):
                image = _Store(log).build(name, wanted)
    return image


def key(folder: Path) -> str:
    """Digest all that decides an image: the files of its folder, and the base it stands on."""
    digest = hashlib.sha256(rootfs.key().encode())
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        line = (str(path.relative_to(folder)), path.stat().st_mode, hashlib.sha256(path.read_bytes()).hexdigest())
        digest.update(json.dumps(line).encode())
    return digest.hexdigest()


def build_environment(environment: Mapping[str, str], certificates: str | None) -> dict[str, str]:
    """Choose what a build's commands see of this machine's environment.

    Args:
        environment: this machine's.
        certificates: where the build finds the certificates to trust; None to leave that to its base.
    """
    # A path means a file of this machine, which the build does not see. The proxy's variables are passed by buildah.
    chosen = {k: v for k, v in environment.items() if k.startswith("PIP_") and not v.startswith(("/", "~"))}
    if certificates:
        chosen |= dict.fromkeys(_CERTIFICATE_VARIABLES, certificates)
    return chosen


class _Store:
    """Buildah's images and containers, in a folder of ours. Use it under the lock only."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self._scratch = _root() / "scratch"
        self._sweep()
        # Overlay does not work where the cache itself lies on one, as in a container; vfs copies every layer whole.
        overlay = succeeds(confined([*self._command("overlay"), "info"]))
        self._buildah = self._command("overlay" if overlay else "vfs")
        self._run("rm", "--all")

    def build(self, name: str, wanted: str) -> Image:
        """Build one image and export it."""
        base = self._base()
        reference = f"{_PREFIX}/{name}:{_TAG}"
        self._image(_FOLDERS / name, reference, "--build-arg", f"BASE={base}")
        image_id = run(
            confined([*self._buildah, "inspect", "--type=image", "--format={{.FromImageID}}", reference])
        ).strip()
        archive = self._export(name, reference, image_id)
        _record(name, {"key": wanted, "id": image_id, "archive": archive.name})
        self._run("rmi", "--prune")
        return Image(name, reference, image_id, archive, archive.stat().st_size)

    def _base(self) -> str:
        reference = f"{_PREFIX}/debian:{rootfs.key()}"
        if not succeeds(confined([*self._buildah, "inspect", "--type=image", reference])):
            with step(f"making the base image (Debian {rootfs.SUITE})"):
                context = Path(tempfile.mkdtemp(dir=self._scratch))
                rootfs.assemble(context, self._log)
                self._image(context, reference)
                shutil.rmtree(context)
        return reference

    def _image(self, context: Path, reference: str, *arguments: str) -> None:
        options = ["--pull=never", "--layers", "--tag", reference, *arguments]
        certificates = _host_certificates()
        if certificates:
            options += ["--volume", f"{certificates}:{_CERTIFICATES}:ro"]
        seen = build_environment(os.environ, _CERTIFICATES if certificates else None)
        # Buildah's configuration is the one way to set variables for a build that leaves no trace in the image. They
        # may hold a password for the index.
        configuration = self._scratch / "containers.conf"
        configuration.touch(mode=0o600)
        configuration.write_text(f"[containers]\nenv = {json.dumps([f'{k}={v}' for k, v in seen.items()])}\n")
        try:
            env = {"BUILDAH_ISOLATION": "chroot", "CONTAINERS_CONF": str(configuration)}
            self._run("build", *options, str(context), env=env)
        finally:
            configuration.unlink()

    def _export(self, name: str, reference: str, image_id: str) -> Path:
        archives = _root() / "archives"
        archives.mkdir(exist_ok=True)
        archive = archives / f"{name}-{image_id}.tar"
        if not archive.exists():
            folder, partial = self._scratch / "exported", self._scratch / archive.name
            self._run("push", "--disable-compression", reference, f"dir:{folder}")
            pack(folder, reference, partial)
            partial.rename(archive)
            shutil.rmtree(folder)
        for old in archives.glob(f"{name}-{'[0-9a-f]' * 64}.tar"):
            if old != archive:
                old.unlink()
        return archive

    def _sweep(self) -> None:
        """Remove what killed builds left; one build runs at a time, so all but buildah's caches is theirs."""
        self._scratch.mkdir(parents=True, exist_ok=True)
        for left in self._scratch.iterdir():
            if left.is_dir() and not left.name.startswith("buildah-cache"):
                shutil.rmtree(left)
            elif not left.is_dir():
                left.unlink()

    def _run(self, *arguments: str, env: Mapping[str, str] | None = None) -> None:
        # Buildah keeps what a `--mount=type=cache` holds below TMPDIR, as buildah-cache.
        environment = {**os.environ, "TMPDIR": str(self._scratch), **(env or {})}
        rootfs.run_logged([*self._buildah, *arguments], self._log, env=environment)

    @staticmethod
    def _command(driver: str) -> list[str]:
        store = _root() / "store" / driver
        return ["buildah", "--root", f"{store}/root", "--runroot", f"{store}/run", "--storage-driver", driver]


def _root() -> Path:
    return paths.cache() / "images"


def _host_certificates() -> Path | None:
    candidates = (*(os.environ.get(variable) for variable in _CERTIFICATE_VARIABLES), _CERTIFICATES)
    return next((Path(path).resolve() for path in candidates if path and Path(path).is_file()), None)


def _fresh_log(name: str) -> Path:
    log = paths.cache() / "logs" / "images" / f"{name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_bytes(b"")
    return log


def _recorded(name: str, wanted: str) -> Image | None:
    """Return what the last build made, unless something changed since."""
    try:
        record = json.loads((_root() / f"{name}.json").read_text())
        archive = _root() / "archives" / record["archive"]
        size = archive.stat().st_size
    except (FileNotFoundError, json.JSONDecodeError):
        return None
    if record["key"] != wanted:
        return None
    return Image(name, f"{_PREFIX}/{name}:{_TAG}", record["id"], archive, size)


def _record(name: str, record: Mapping[str, str]) -> None:
    (_root() / f"{name}.json").write_text(json.dumps(record))


@contextmanager
def _lock() -> Iterator[None]:
    """Let one build run at a time on this machine; a killed one lets go of it."""
    _root().mkdir(parents=True, exist_ok=True)
    with (_root() / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
