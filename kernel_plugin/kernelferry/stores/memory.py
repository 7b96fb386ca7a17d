"""Checkpoints in memory: for tests, ours and those of whoever builds on this."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from kernelferry.api.errors import NotInStore
from kernelferry.checkpoint.store import Batch, Buffer, Entry, PlainBatch


@dataclass
class MemoryStore:
    """A store in a dictionary, which keeps its contract to the letter.

    Args:
        values: what it holds.
        modified: when each was written or touched.
        clock: what time it is.
    """

    values: dict[str, bytes] = field(default_factory=dict)
    modified: dict[str, float] = field(default_factory=dict)
    clock: Callable[[], float] = time.time
    name: str = "memory"

    def write(self, key: str, parts: Sequence[Buffer]) -> None:
        """See `Store`."""
        self.values[key] = b"".join(parts)
        self.modified[key] = self.clock()

    def read(self, key: str, *, limit: int | None = None) -> bytes:
        """See `Store`."""
        if key not in self.values:
            raise NotInStore(
                problem=f"There is no {key} in {self.name}.",
                state="Nothing was loaded.",
                remedy="Look whether it was removed, or never written.",
            )
        return self.values[key][:limit]

    def read_into(self, key: str, target: memoryview) -> int:
        """See `Store`."""
        value = self.read(key)
        count = min(len(value), len(target))
        target[:count] = value[:count]
        return len(value)

    def touch(self, key: str) -> int | None:
        """See `Store`."""
        if key not in self.values:
            return None
        self.modified[key] = self.clock()
        return len(self.values[key])

    def list(self, prefix: str) -> list[Entry]:
        """See `Store`."""
        values = list(self.values.items())
        return [Entry(key, len(value), self.modified.get(key, 0.0)) for key, value in values if key.startswith(prefix)]

    def batch(self) -> Batch:
        """See `Store`."""
        return PlainBatch(self)

    def delete(self, key: str, *, unless_after: float = math.inf) -> bool:
        """See `Store`."""
        if self.modified.get(key, -math.inf) > unless_after:
            return False
        return self.values.pop(key, None) is not None

    def tidy(self, older_than: float) -> Iterator[str]:
        """See `Store`; nothing is ever left here."""
        del older_than
        return iter(())
