"""Claims about refusals that a test can bring about without being refused root; the others are in the e2e suite."""

from __future__ import annotations

import os
import platform
from pathlib import Path

import pytest

from e2e.cluster import cgroups, paths, preflight
from e2e.cluster.cli import main
from e2e.cluster.errors import PreflightError


def test_another_system_than_linux_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "system", lambda: "Darwin")
    with pytest.raises(PreflightError, match=r"needs Linux .* this is Darwin; .*FERRY_E2E_KUBECONFIG"):
        preflight.check_machine()


def test_an_ordinary_user_is_told_to_be_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(PreflightError, match="needs root"):
        preflight.check_machine()


def test_a_machine_without_control_groups_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(cgroups, "available", lambda: False)
    with pytest.raises(PreflightError, match="No control groups are mounted"):
        preflight.check_machine()


def test_a_refusal_is_one_line_exit_status_1_and_no_change(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(platform, "system", lambda: "Darwin")
    monkeypatch.setattr(paths, "STATE", tmp_path / "state")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert main(["up"]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("error: The cluster needs Linux")
    assert captured.err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", ["status", "kubeconfig", "store"])
def test_a_question_about_a_cluster_that_is_not_up_is_answered_so(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(paths, "STATE", tmp_path / "state")
    assert main([command]) == 1
    assert capsys.readouterr().err == "error: no cluster is up here; `up` starts one\n"


def test_an_unknown_log_is_answered_with_the_known_ones(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(paths, "STATE", tmp_path / "state")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    run = tmp_path / "kernel-ferry" / "logs" / "cluster-20260101-000000"
    run.mkdir(parents=True)
    (run / "etcd.log").write_text("one\ntwo\nthree\n")
    assert main(["logs", "nonsense"]) == 1
    assert "there are: etcd" in capsys.readouterr().err
    assert main(["logs", "etcd", "--lines=2"]) == 0
    assert capsys.readouterr().out == "two\nthree\n"
