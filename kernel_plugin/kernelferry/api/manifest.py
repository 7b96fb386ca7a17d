"""What a checkpoint holds: the one file that says which chunks make up which part of which session.

It is JSON, written last, in one spelling (see `plain`), with the digest of all else in it. So a reader knows that it
is whole before it believes a word, and whoever recorded the digest elsewhere knows that it is still the same. Within a
major version, fields are only added. The cells, the plan and the shell belong to the rooms that write them: here they
are JSON and nothing more.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Literal

from kernelferry.api import plain, seals
from kernelferry.api.versions import CURRENT

Outcome = Literal["stored", "recomputed", "skipped", "mismatched"]
"""What became of a name, or of an aspect of the process. There is no fifth."""

# They become parts of keys and of paths, so they must not be able to lead elsewhere.
_DIGEST = re.compile(r"[a-z0-9]{1,16}-[0-9a-f]{32,128}")
_CODEC = re.compile(r"[a-z0-9]{0,16}")
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")
# One spelling, so that it can be compared as text.
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")


@dataclass(frozen=True)
class ChunkRef:
    """A run of bytes, kept under its digest.

    Args:
        digest: that of the bytes before they were compressed; its first part names the algorithm.
        size: how many bytes they are.
        stored: how many bytes the store held for them when this was written.
        codec: how they are compressed; empty for not at all.
    """

    digest: str
    size: int
    stored: int
    codec: str = ""

    def __post_init__(self) -> None:
        _check(_DIGEST.fullmatch(self.digest), f"not a digest: {self.digest!r}")
        _check(self.size > 0 and self.stored > 0, "a chunk has at least one byte")
        _check(_CODEC.fullmatch(self.codec), f"not a codec: {self.codec!r}")

    @property
    def key(self) -> str:
        """Where the store keeps it. The codec is part of it: not everyone can write or read every one."""
        return f"chunks/{self.digest}.{self.codec}" if self.codec else f"chunks/{self.digest}"


@dataclass(frozen=True)
class Blob:
    """Bytes of any length: those of the chunks, one after the other, from an offset on.

    Small blobs share a chunk. That is what the offset is for.
    """

    chunks: tuple[ChunkRef, ...]
    size: int
    offset: int = 0

    def __post_init__(self) -> None:
        _check(self.size >= 0 and self.offset >= 0, "size and offset are not negative")
        held = sum(chunk.size for chunk in self.chunks)
        _check(self.offset + self.size <= held, f"{held} bytes cannot hold {self.size} from {self.offset} on")


@dataclass(frozen=True, kw_only=True)
class ComponentEntry:
    """Names that share objects, pickled together.

    Args:
        id: unique in its manifest.
        names: the names bound to it.
        engine: what can read the stream.
        stream: the pickles, one after the other.
        roots: what each pickle in the stream holds, in their order; in the words of whoever wrote them.
        buffers: its out-of-band buffers, in the order in which the pickle asks for them.
        seconds_saved: how long it took to write.
        seconds_load_estimate: how long it is expected to take to read.
        fingerprint: per name, what the value must look like once it is loaded.
        definitions: ids of the components that must be loaded before this one, such as those of its classes.
        needs: references to the definitions that it uses, as their writer numbers them.
        cell: the index of the cell after which it is loaded.
    """

    id: str
    names: tuple[str, ...]
    engine: Literal["pickle", "dill"]
    stream: Blob
    roots: tuple[str, ...] = ()
    buffers: tuple[Blob, ...] = ()
    seconds_saved: float = 0.0
    seconds_load_estimate: float = 0.0
    fingerprint: Mapping[str, str] = field(default_factory=dict)
    definitions: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    cell: int = -1

    @property
    def size(self) -> int:
        """How many bytes it is."""
        return self.stream.size + sum(blob.size for blob in self.buffers)


@dataclass(frozen=True, kw_only=True)
class NameEntry:
    """What became of one name, and why; `component` is where it is stored, if it is."""

    outcome: Outcome
    reason: str = ""
    component: str | None = None
    type: str = ""
    bytes: int = 0


@dataclass(frozen=True, kw_only=True)
class ProcessEntry:
    """What became of one aspect of the process; it is in `blob` if it needs a pickle, else in `value`."""

    outcome: Outcome
    reason: str = ""
    blob: Blob | None = None
    value: object = None


@dataclass(frozen=True, kw_only=True)
class Environment:
    """Where this was written: a reader elsewhere warns of what differs."""

    python: str
    implementation: str
    platform: str
    machine: str
    packages: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """One checkpoint of one kernel.

    Args:
        checkpoint: which checkpoint; the kernels of one session share it.
        kernel: which kernel.
        created: when, as `utc_now` writes it.
        environment: where.
        names: every name of the session, with its outcome; any text, for an entry of `Out` has one too.
        components: what is stored of them.
        process: the process's own state, by aspect.
        blobs: other bytes, by name, that their writers alone understand.
        history: the cells.
        plan: what was to be stored, what to be run again, and what each would have cost.
        shell: execution count and the like.
        parent: the checkpoint that this one was made from, if it was.
        schema: the version of the wire contract.
    """

    checkpoint: str
    kernel: str
    created: str
    environment: Environment
    names: Mapping[str, NameEntry] = field(default_factory=dict)
    components: tuple[ComponentEntry, ...] = ()
    process: Mapping[str, ProcessEntry] = field(default_factory=dict)
    blobs: Mapping[str, Blob] = field(default_factory=dict)
    history: Mapping[str, object] = field(default_factory=dict)
    plan: Mapping[str, object] = field(default_factory=dict)
    shell: Mapping[str, object] = field(default_factory=dict)
    parent: str | None = None
    schema: str = str(CURRENT)

    def __post_init__(self) -> None:
        manifest_key(self.checkpoint, self.kernel)
        _check(_TIME.fullmatch(self.created), f"created: not a time in UTC: {self.created!r}")
        known = {component.id for component in self.components}
        _check(len(known) == len(self.components), "components: two have one id")
        for name, entry in self.names.items():
            held = entry.component is None or entry.component in known
            _check(held, f"names.{name}: no component {entry.component!r}")

    def chunks(self) -> Iterator[ChunkRef]:
        """All chunks that it needs, some of them more than once."""
        for component in self.components:
            for blob in (component.stream, *component.buffers):
                yield from blob.chunks
        for entry in self.process.values():
            if entry.blob is not None:
                yield from entry.blob.chunks
        for blob in self.blobs.values():
            yield from blob.chunks

    def digest(self) -> str:
        """The digest of all that it says."""
        return self.sealed()[1]

    def to_json(self) -> str:
        """Write it, with its digest.

        Raises:
            ValueError: something in the parts that are not ours is no JSON; the text names where.
        """
        return self.sealed()[0]

    def sealed(self) -> tuple[str, str]:
        """Write it, with its digest; return both."""
        return seals.seal(plain.dumps(self))

    @classmethod
    def from_json(cls, text: str | bytes) -> tuple[Manifest, str]:
        """Read it, and its digest: that of all that was written, even if a newer release wrote more than we know.

        Raises:
            SchemaTooNew: a newer major version has written it.
            ValueError: it is altered, or no manifest; the text names what is wrong.
        """
        data, digest = seals.unseal(text)
        return plain.decode(cls, data), digest


def is_id(text: str) -> bool:
    """Whether this can be the id of a checkpoint or of a kernel."""
    return _ID.fullmatch(text) is not None


def is_chunk_key(key: str) -> bool:
    """Whether this is a key of a chunk, and not of something that somebody else has put beside them."""
    folder, _, name = key.partition("/")
    digest, _, codec = name.partition(".")
    return folder == "chunks" and bool(_DIGEST.fullmatch(digest) and _CODEC.fullmatch(codec))


def manifest_key(checkpoint: str, kernel: str) -> str:
    """Where the store keeps the manifest of a kernel.

    Raises:
        ValueError: an id has characters that do not belong in a key.
    """
    _check(is_id(checkpoint), f"checkpoint: not an id: {checkpoint!r}")
    _check(is_id(kernel), f"kernel: not an id: {kernel!r}")
    return f"checkpoints/{checkpoint}/{kernel}/manifest.json"


def utc_now() -> str:
    """Now, as manifests write it."""
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _check(holds: object, otherwise: str) -> None:
    if not holds:
        raise ValueError(otherwise)
