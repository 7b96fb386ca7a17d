"""The public surface is what is written here, and nothing slips in or out unseen."""

from __future__ import annotations

import kernelferry
from kernelferry import api


def test_exported_members_of_the_package() -> None:
    assert kernelferry.__all__ == ["__version__", "load", "load_ipython_extension", "save", "unload_ipython_extension"]


def test_exported_members_of_the_wire_contract() -> None:
    assert api.__all__ == [
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


def test_every_exported_member_is_there() -> None:
    for module in (kernelferry, api):
        assert [name for name in module.__all__ if not hasattr(module, name)] == []
