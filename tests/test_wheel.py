"""The wheel holds the two packages and nothing else."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

REPOSITORY = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    build = f"from hatchling.build import build_wheel; build_wheel({str(folder)!r})"
    subprocess.run([sys.executable, "-c", build], cwd=REPOSITORY, check=True, capture_output=True)
    (path,) = folder.glob("*.whl")
    return ZipFile(path)


def test_the_wheel_holds_both_packages_and_nothing_else(wheel: ZipFile) -> None:
    tops = {name.partition("/")[0] for name in wheel.namelist()}
    (dist_info,) = (top for top in tops if top.endswith(".dist-info"))
    assert tops == {"kernelferry", "kernelferry_operator", dist_info}


def test_both_packages_say_that_they_are_typed(wheel: ZipFile) -> None:
    assert {"kernelferry/py.typed", "kernelferry_operator/py.typed"} <= set(wheel.namelist())


def test_the_wheel_carries_licence_and_command(wheel: ZipFile) -> None:
    metadata = {name.partition(".dist-info/")[2]: name for name in wheel.namelist() if ".dist-info/" in name}
    assert "licenses/LICENSE" in metadata
    assert "kernelferry = kernelferry.cli:main" in wheel.read(metadata["entry_points.txt"]).decode()


def test_the_standard_librarys_operator_is_not_shadowed() -> None:
    assert not (REPOSITORY / "operator" / "__init__.py").exists()
