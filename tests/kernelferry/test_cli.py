"""`kernelferry version` says what a bug report needs."""

from __future__ import annotations

import json
import os
import platform
import re
import subprocess
import sys
from importlib import metadata, util
from pathlib import Path

import pytest

import kernelferry
from kernelferry import cli
from kernelferry.api import CURRENT

PYPROJECT = Path(__file__).parents[2] / "pyproject.toml"


def test_version_for_people_names_everything(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["version"]) == 0
    text = capsys.readouterr().out
    for fact in (kernelferry.__version__, str(CURRENT), platform.python_version(), platform.platform()):
        assert fact in text
    assert re.search(rf"^\[kernel\] +dill {re.escape(metadata.version('dill'))}, networkx", text, re.MULTILINE)


def test_version_for_programs_has_the_same_facts(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["version", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert list(report) == ["distribution", "wire_contract", "python", "platform", "extras"]
    assert report["wire_contract"] == str(CURRENT)
    assert report["extras"]["operator"]["kopf"] == metadata.version("kopf")


def test_a_missing_package_is_reported_and_spoils_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(util, "find_spec", lambda name: None if name == "dill" else object())
    assert cli.version_report().extras["kernel"]["dill"] is None
    assert cli.main(["version"]) == 0
    assert "dill MISSING" in capsys.readouterr().out


def test_a_package_without_metadata_still_counts_as_there(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_metadata(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", no_metadata)
    assert cli.version_report().extras["kernel"]["dill"] == "unknown"


@pytest.mark.parametrize("arguments", [[], ["sail"]])
def test_wrong_arguments_end_with_status_2_and_usage(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(arguments)
    assert ended.value.code == 2
    assert "usage: kernelferry" in capsys.readouterr().err


def test_the_module_runs_as_a_program() -> None:
    env = {**os.environ, "PYTHONPATH": str(Path(kernelferry.__file__).parents[1])}
    command = [sys.executable, "-m", "kernelferry.cli", "version", "--json"]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["wire_contract"] == str(CURRENT)


@pytest.mark.parametrize("extra", cli.EXTRAS)
def test_the_extras_are_those_of_the_distribution(extra: str) -> None:
    # Read with a regular expression: Python 3.10 has no TOML reader.
    (listed,) = re.findall(rf"^{extra} = \[(.*?)\]$", PYPROJECT.read_text(), re.MULTILINE | re.DOTALL)
    names = {re.match(r"[\w-]+", requirement)[0] for requirement in re.findall(r'"([^"]+)"', listed)}  # type: ignore[index]
    assert names == set(cli.EXTRAS[extra])
