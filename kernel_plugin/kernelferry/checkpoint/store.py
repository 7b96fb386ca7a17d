"""The least that a place must offer so that checkpoints can be kept in it.

A value is written whole or not at all, under a key that looks like a relative path. Whatever goes wrong arrives as a
`StoreError`, never as the exception of the library beneath. All methods may be called from several threads at once.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol

Buffer = bytes | bytearray | memoryview


@dataclass(frozen=True)
class Entry:
    """A value in a store: its key, its bytes, and when it was last written or touched (seconds, as `time`)."""

    key: str
    size: int
    modified: float


class Batch(Protocol):
    """Values that are written together, used inside a `with`; all of its methods may be called from several threads.

    Most values of a checkpoint need not be safe one by one, but all before its manifest. To make each of them outlast a
    loss of power by itself is what would make a save slow.
    """

    def write(self, key: str, parts: Sequence[Buffer]) -> None:
        """Like `Store.write`, but the value need neither be there nor stay there before the next `sync`.

        Raises:
            StoreFull: there is no room for it.
            StoreError: it cannot be written.
        """

    def sync(self) -> None:
        """Return when all that was written, or touched in the store, is there to stay.

        Raises:
            StoreError: some of it could not be made to stay.
        """

    def __enter__(self) -> Batch: ...  # noqa: PYI034 - `Self` came with Python 3.11

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None) -> None:
        """Forget what is not there yet."""


class Store(Protocol):
    """A place where checkpoints are kept."""

    @property
    def name(self) -> str:
        """What a person calls it."""

    def write(self, key: str, parts: Sequence[Buffer]) -> None:
        """Keep the parts, one after the other, under the key, in place of what was there.

        When this returns, the value is there for every reader, and stays there if the power fails. When it raises, what
        was there before is there still.

        Raises:
            StoreFull: there is no room for it.
            StoreError: it cannot be written.
        """

    def read(self, key: str, *, limit: int | None = None) -> bytes:
        """Return a value, or no more than its first `limit` bytes.

        Raises:
            NotInStore: there is none.
            StoreError: it cannot be read.
        """

    def read_into(self, key: str, target: memoryview) -> int:
        """Fill the target with a value from its first byte on, and return how many bytes the value has.

        That may be more or less than the target: then it is not what the caller thinks it is.

        Raises:
            NotInStore: there is none.
            StoreError: it cannot be read.
        """

    def touch(self, key: str) -> int | None:
        """Return how many bytes a value has, or None if there is none, and count it as written just now.

        So that what a running save builds upon is not taken for forgotten.

        Raises:
            StoreError: that cannot be told.
        """

    def list(self, prefix: str) -> Iterable[Entry]:
        """Return all values whose keys begin so, in no order.

        Raises:
            StoreError: that cannot be told.
        """

    def batch(self) -> Batch:
        """Begin to write values together."""

    def delete(self, key: str, *, unless_after: float = math.inf) -> bool:
        """Remove a value, unless it was written or touched after that time; return whether it was there and went.

        Raises:
            StoreError: it cannot be removed.
        """

    def tidy(self, older_than: float) -> Iterator[str]:
        """Remove what writers that died more than so many seconds ago have left, and say what that was.

        Raises:
            StoreError: it cannot be removed.
        """


class PlainBatch:
    """The batch of a store for which nothing is to be gained: it writes each value at once."""

    def __init__(self, store: Store) -> None:
        self.write = store.write

    def sync(self) -> None:
        """Nothing is left to do."""

    def __enter__(self) -> PlainBatch:  # noqa: PYI034 - `Self` came with Python 3.11
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None) -> None:
        pass
