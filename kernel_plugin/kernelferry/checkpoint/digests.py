"""Digests that name their algorithm: `b3-…` is BLAKE3, `b2-…` is BLAKE2b, both of 32 bytes.

BLAKE3 is about three times as fast (see docs), but is a package with native code that not every image has. BLAKE2b is
in the standard library. Whoever writes takes the best it has; whoever reads must have what the writer had.
"""

from __future__ import annotations

import hashlib
import importlib
from collections.abc import Callable
from typing import Any

from kernelferry.api.errors import PackageMissing
from kernelferry.checkpoint.store import Buffer


def _blake2b(data: Buffer) -> str:
    return hashlib.blake2b(data, digest_size=32).hexdigest()


def _blake3(data: Buffer) -> str:
    # Not its own threads: they come from a pool of the process, which a forked child inherits dead, and would wait for.
    blake3: Any = importlib.import_module("blake3")
    return str(blake3.blake3(data).hexdigest())


_ALGORITHMS: dict[str, Callable[[Buffer], str]] = {"b3": _blake3, "b2": _blake2b}


def best() -> str:
    """The name of the fastest algorithm that is here."""
    try:
        importlib.import_module("blake3")
    except ImportError:
        return "b2"
    return "b3"


def digest(data: Buffer, algorithm: str) -> str:
    """The digest of these bytes."""
    return f"{algorithm}-{_ALGORITHMS[algorithm](data)}"


def matches(data: Buffer, expected: str) -> bool:
    """Whether these bytes have this digest.

    Raises:
        PackageMissing: the algorithm is not here.
    """
    algorithm = expected.partition("-")[0]
    try:
        return digest(data, algorithm) == expected
    except (ImportError, KeyError):
        package = {"b3": "blake3"}.get(algorithm)
        named = package or repr(algorithm)
        raise PackageMissing(
            problem=f"This checkpoint is secured with {named} digests, which cannot be checked here.",
            state="Nothing unchecked was loaded.",
            remedy=f"Install the package {package}." if package else "Install a newer release of kernel-ferry.",
        ) from None
