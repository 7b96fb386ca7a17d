"""The room as a whole: pure, and cheap to load."""

from __future__ import annotations

import ast
import os
import pkgutil
import subprocess
import sys
from pathlib import Path

import kernelferry
from kernelferry import state

MODULES = sorted(f"kernelferry.state.{module.name}" for module in pkgutil.iter_modules(state.__path__))
ALLOWED = {"kernelferry", "networkx"}


def test_it_imports_the_standard_library_the_wire_contract_and_lazily_networkx() -> None:
    found = set()
    for path in Path(state.__path__[0]).glob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        top = {id(node) for node in tree.body}
        for node in ast.walk(tree):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            found |= {name.partition(".")[0] for name in names}
            assert not (id(node) in top and any(name.startswith("networkx") for name in names))
    assert found - set(sys.stdlib_module_names) <= ALLOWED
    assert found.isdisjoint({"os", "socket", "subprocess", "pathlib", "time", "datetime", "random"})


def test_loading_all_of_it_loads_nothing_heavy() -> None:
    code = f"import sys, {', '.join(MODULES)}; print(*sys.modules)"
    env = {**os.environ, "PYTHONPATH": str(Path(kernelferry.__file__).parents[1])}
    loaded = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True).stdout
    assert {"networkx", "IPython", "numpy", "dill"}.isdisjoint(loaded.split())
