"""Removing what is no longer needed: old checkpoints, and chunks that no checkpoint needs.

Safe beside a running save. A save writes its chunks before the manifest that needs them, and builds on chunks that it
finds; so a chunk counts as needed for a while (`grace`) after it was last written or touched. A save touches all that
it builds upon, and looks again before it commits: in the worst case it fails and says so.

What does not look like a chunk is not touched: the folder may be one that the user keeps other things in.

Nothing is removed while a manifest cannot be read, for then nobody knows what it needs.
"""

from __future__ import annotations

import time
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from kernelferry.api.errors import NotInStore
from kernelferry.api.manifest import Manifest, is_chunk_key, manifest_key
from kernelferry.checkpoint.reader import find, read_manifest
from kernelferry.checkpoint.store import Store

GRACE = 24 * 3600.0
"""Seconds; longer than any save takes."""


@dataclass(frozen=True)
class Collected:
    """What was removed."""

    checkpoints: tuple[str, ...]
    chunks: int
    bytes: int


def collect(store: Store, *, keep: int | None = None, max_age: float | None = None, grace: float = GRACE) -> Collected:
    """Remove old checkpoints, chunks that no checkpoint needs, and what dead writers left.

    The latest checkpoint of each kernel is never removed.

    Args:
        store: where.
        keep: how many checkpoints of each kernel to keep; all if not given.
        max_age: remove those that are older than so many seconds.
        grace: chunks written or touched within so many seconds are kept.

    Raises:
        CheckpointDamaged: a manifest cannot be read. Nothing was removed.
        SchemaTooNew: likewise.
        StoreError: the store cannot be read or changed.
    """
    # Chunks first: a checkpoint that is completed after this needs none that is on the list and old, or touched them.
    chunks = [entry for entry in store.list("chunks/") if is_chunk_key(entry.key)]
    manifests = _manifests(store)
    old = _old(manifests, keep, max_age)
    for manifest in old:
        store.delete(manifest_key(manifest.checkpoint, manifest.kernel))
    needed = {ref.key for manifest in manifests if manifest not in old for ref in manifest.chunks()}
    limit = time.time() - grace
    removed = [
        entry
        for entry in chunks
        if entry.key not in needed and entry.modified <= limit and store.delete(entry.key, unless_after=limit)
    ]
    for _ in store.tidy(grace):
        pass
    return Collected(
        checkpoints=tuple(f"{manifest.checkpoint}/{manifest.kernel}" for manifest in old),
        chunks=len(removed),
        bytes=sum(entry.size for entry in removed),
    )


def _manifests(store: Store) -> list[Manifest]:
    manifests = []
    for found in find(store):
        try:
            manifests.append(read_manifest(store, found)[0])
        except NotInStore:
            continue  # somebody else collects too
    return manifests


def _old(manifests: list[Manifest], keep: int | None, max_age: float | None) -> list[Manifest]:
    by_kernel = defaultdict(list)
    for manifest in sorted(manifests, key=lambda manifest: manifest.created, reverse=True):
        by_kernel[manifest.kernel].append(manifest)
    oldest = ""
    if max_age is not None:
        oldest = (datetime.now(timezone.utc) - timedelta(seconds=max_age)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    old = []
    for newest_first in by_kernel.values():
        kept = len(newest_first) if keep is None else max(1, keep)
        old += [m for rank, m in enumerate(newest_first) if rank >= kept or (rank and m.created < oldest)]
    return old
