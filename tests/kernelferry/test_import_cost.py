"""Importing the package costs a kernel's start next to nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import kernelferry

HEAVY = {"networkx", "dill", "minio", "kopf", "kubernetes", "numpy", "pandas", "IPython", "tornado"}

# A finder that finds nothing but writes down who was asked for: a module that is not installed here, and whose import
# is guarded by `except ImportError`, would leave no trace in sys.modules.
_PROBE = """
import json, sys
class Recorder:
    def __init__(self): self.asked = []
    def find_spec(self, name, path=None, target=None): self.asked.append(name)
recorder, before = Recorder(), set(sys.modules)
sys.meta_path.insert(0, recorder)
import {module}
print(json.dumps([sorted({{*recorder.asked}}), sorted(set(sys.modules) - before)]))
"""


def _imported_by(module: str) -> tuple[set[str], set[str]]:
    """What a fresh interpreter looks for, and what it loads, on importing a module."""
    env = {**os.environ, "PYTHONPATH": str(Path(kernelferry.__file__).parents[1])}
    probe = [sys.executable, "-c", _PROBE.format(module=module)]
    asked, loaded = json.loads(subprocess.run(probe, env=env, capture_output=True, text=True, check=True).stdout)
    return set(asked), set(loaded)


def test_importing_the_package_loads_the_package_alone() -> None:
    asked, loaded = _imported_by("kernelferry")
    assert asked == loaded == {"kernelferry"}


@pytest.mark.parametrize("module", ["kernelferry", "kernelferry.api", "kernelferry.cli"])
def test_importing_what_every_kernel_has_asks_for_nothing_heavy(module: str) -> None:
    asked, loaded = _imported_by(module)
    assert {name.partition(".")[0] for name in asked | loaded} & HEAVY == set()
    assert module in loaded


def test_the_probe_sees_a_heavy_import() -> None:
    asked, _ = _imported_by("dill")
    assert "dill" in asked
