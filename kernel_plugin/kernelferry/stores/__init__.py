"""Places where checkpoints are kept."""

from kernelferry.stores.directory import DirectoryStore
from kernelferry.stores.memory import MemoryStore

__all__ = ["DirectoryStore", "MemoryStore"]
