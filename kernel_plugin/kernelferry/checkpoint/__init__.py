"""Checkpoints: written so that none is ever half there, read so that no byte is believed unchecked.

It knows bytes, chunks and manifests, and nothing of notebooks or objects. Where they are kept is a `Store`.
"""

from kernelferry.checkpoint.component import ComponentReader
from kernelferry.checkpoint.gc import Collected, collect
from kernelferry.checkpoint.reader import Checkpoint, Found, find, open_checkpoint
from kernelferry.checkpoint.store import Entry, Store
from kernelferry.checkpoint.writer import CheckpointWriter, ComponentWriter

__all__ = [
    "Checkpoint",
    "CheckpointWriter",
    "Collected",
    "ComponentReader",
    "ComponentWriter",
    "Entry",
    "Found",
    "Store",
    "collect",
    "find",
    "open_checkpoint",
]
