"""Write configuration so that a running program never sees a half or needlessly touched file."""

from __future__ import annotations

from pathlib import Path


def write(path: Path, data: str | bytes, *, private: bool = False) -> None:
    """Write a file at once, unless it already holds just this.

    kube-proxy, for one, ends when its configuration is as much as touched.

    Args:
        path: the file; its folder exists.
        data: all of it.
        private: only the owner can read it, from its first byte on.
    """
    content = data.encode() if isinstance(data, str) else data
    if path.exists() and path.read_bytes() == content:
        return
    partial = path.with_name(f".{path.name}.partial")
    partial.unlink(missing_ok=True)
    partial.touch(mode=0o600 if private else 0o644)
    partial.write_bytes(content)
    partial.rename(path)
