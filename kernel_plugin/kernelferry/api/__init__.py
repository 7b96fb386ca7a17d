"""The wire contract: what kernel, sidecar, operator and store say to each other.

The lowest room of the house: it imports nothing else of ours and nothing but the standard library, since the operator
imports it too. What is listed in `__all__` is stable; everything else is not.
"""

from kernelferry.api.errors import (
    CheckpointDamaged,
    CheckpointNotFound,
    FerryError,
    NotInStore,
    PackageMissing,
    SchemaTooNew,
    StoreError,
    StoreFull,
)
from kernelferry.api.manifest import (
    Blob,
    ChunkRef,
    ComponentEntry,
    Environment,
    Manifest,
    NameEntry,
    Outcome,
    ProcessEntry,
)
from kernelferry.api.report import AspectReport, LoadReport, SaveReport, VariableReport
from kernelferry.api.versions import CURRENT, SchemaVersion, check_readable

__all__ = [
    "CURRENT",
    "AspectReport",
    "Blob",
    "CheckpointDamaged",
    "CheckpointNotFound",
    "ChunkRef",
    "ComponentEntry",
    "Environment",
    "FerryError",
    "LoadReport",
    "Manifest",
    "NameEntry",
    "NotInStore",
    "Outcome",
    "PackageMissing",
    "ProcessEntry",
    "SaveReport",
    "SchemaTooNew",
    "SchemaVersion",
    "StoreError",
    "StoreFull",
    "VariableReport",
    "check_readable",
]
