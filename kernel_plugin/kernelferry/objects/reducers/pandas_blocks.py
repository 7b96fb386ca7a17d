"""Blocks of pandas frames, with the bookkeeping of copy-on-write.

Two frames may show the same memory and yet be two values: pandas keeps a list of who shows it, and copies before one
of them writes. Pickle loses that list. It is written with the blocks, so that the memory can stay shared.
"""

from __future__ import annotations

from typing import Any


def sharers() -> Any:
    """Make an empty list of who shows some memory."""
    from pandas._libs.internals import BlockValuesRefs  # noqa: PLC0415 - only where a checkpoint has frames

    return BlockValuesRefs()


def block_again(values: Any, placement: Any, ndim: int, refs: Any) -> Any:
    """Make a block."""
    from pandas._libs.internals import _unpickle_block  # noqa: PLC0415 - likewise

    made = _unpickle_block(values, placement, ndim)
    if refs is not None:
        made.refs = refs
        refs.add_reference(made)
    return made


def refs(found: Any) -> Any:  # noqa: ARG001 - the list itself is weak: blocks enter themselves
    """Write a list of who shows some memory."""
    return sharers, ()


def block(found: Any) -> Any:
    """Write a block."""
    return block_again, (found.values, found.mgr_locs.indexer, found.ndim, getattr(found, "refs", None))  # noqa: PD011 - a block, not a frame


def series_manager(found: Any) -> Any:
    """Write what holds the one block of a series; by itself it would write the values alone."""
    return type(found), (found.blocks[0], found.axes[0])
