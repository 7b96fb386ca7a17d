"""Compression, only where it pays.

Whether it does is tried on a sample: most of what sessions hold is numbers that do not compress, and trying costs a
hundredth of doing. Zstandard keeps up with a store over the network on most data that compresses at all. Where it is
not installed, zlib at its fastest is so much slower that only data that nearly vanishes is worth it.
"""

from __future__ import annotations

import importlib
import io
import zlib
from typing import Any

from kernelferry.api.errors import PackageMissing
from kernelferry.checkpoint.store import Buffer

_SAMPLE = 16 << 10
_TOO_SMALL = 1 << 10  # nothing to be gained
_PAYS = {"zstd": 0.75, "zlib": 0.25}  # to what part of its size data must shrink; guesses, see above


def best() -> str:
    """The best codec that is here."""
    return "zlib" if _zstandard() is None else "zstd"


def choose(data: memoryview, codec: str) -> str:
    """The codec, if it pays for this data; empty if not."""
    if not codec or len(data) < _TOO_SMALL:
        return ""
    # From the start, the middle and the end: headers and padding are not like the rest.
    starts = {0, max(0, len(data) - _SAMPLE) // 2, max(0, len(data) - _SAMPLE)}
    sample = b"".join(data[start : start + _SAMPLE] for start in sorted(starts))
    return codec if len(compress(codec, sample)) <= _PAYS[codec] * len(sample) else ""


def compress(codec: str, data: Buffer) -> bytes:
    """Compress with a codec that `best` has named."""
    if codec == "zlib":
        return zlib.compress(data, 1)
    module = _zstandard()
    if hasattr(module, "ZstdCompressor") and module.__name__ == "zstandard":
        return bytes(module.ZstdCompressor(level=1).compress(data))
    return bytes(module.compress(data, level=1))


def bound(size: int) -> int:
    """The most bytes that so many can become: what is longer was not written by us."""
    return size + size // 64 + 1024


def expand(codec: str, data: bytes, target: memoryview) -> bool:
    """Expand into the target; return whether it was well-formed, and filled the target exactly.

    Never more than the target is expanded, however much the data claims to hold.

    Raises:
        PackageMissing: the codec is not here.
    """
    if codec == "zlib":
        return _expand_zlib(data, target)
    module = _zstandard() if codec == "zstd" else None
    if module is None:
        package = {"zstd": "zstandard"}.get(codec)
        raise PackageMissing(
            problem=f"This checkpoint is compressed with {package or repr(codec)}, which is not installed here.",
            state="Nothing of it was loaded.",
            remedy=f"Install the package {package}." if package else "Install a newer release of kernel-ferry.",
        )
    return _expand_zstandard(module, data, target)


def _expand_zlib(data: bytes, target: memoryview) -> bool:
    machine = zlib.decompressobj()
    try:
        expanded = machine.decompress(data, len(target) + 1)
    except zlib.error:
        return False
    if len(expanded) != len(target) or not machine.eof:
        return False
    target[:] = expanded
    return True


def _expand_zstandard(module: Any, data: bytes, target: memoryview) -> bool:
    packaged = module.__name__ == "zstandard"
    reader = module.ZstdDecompressor().stream_reader(data) if packaged else module.ZstdFile(io.BytesIO(data))
    filled = 0
    try:
        while count := reader.readinto(target[filled:] if filled < len(target) else bytearray(1)):
            filled += count
            if filled > len(target):
                return False
    except (module.ZstdError, EOFError):
        return False
    return filled == len(target)


def _zstandard() -> Any:
    """The package, or from Python 3.14 on the module of the standard library, or None."""
    for name in ("zstandard", "compression.zstd"):
        try:
            return importlib.import_module(name)
        except ImportError:
            continue
    return None
