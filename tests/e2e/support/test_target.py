"""Claims about a cluster that the environment names, on a kubectl that answers from a file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from e2e.cluster.errors import ClusterError
from e2e.support.target import foreign_target, is_foreign


def node(name: str, *, ready: bool = True, tainted: bool = False) -> dict[str, object]:
    spec = {"taints": [{"key": "reserved", "effect": "NoSchedule"}]} if tainted else {}
    return {
        "metadata": {"name": name},
        "spec": spec,
        "status": {"conditions": [{"type": "Ready", "status": str(ready)}]},
    }


@pytest.fixture
def nodes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    answer = tmp_path / "nodes.json"
    program = tmp_path / "kubectl"
    program.write_text(f"#!/bin/sh\ncat {answer}\n")
    program.chmod(0o755)
    (tmp_path / "kubeconfig").touch()
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setenv("FERRY_E2E_KUBECONFIG", str(tmp_path / "kubeconfig"))
    return answer


def test_nodes_that_are_ready_and_take_any_pod_are_used(nodes: Path) -> None:
    listed = [node("c"), node("b", ready=False), node("a"), node("control-plane", tainted=True)]
    nodes.write_text(json.dumps({"items": listed}))
    assert is_foreign()
    assert foreign_target().nodes == ("a", "c")
    assert foreign_target().own is None


def test_a_cluster_with_one_usable_node_is_refused(nodes: Path) -> None:
    nodes.write_text(json.dumps({"items": [node("a"), node("b", tainted=True)]}))
    with pytest.raises(ClusterError, match=r"need two .* has 1\.$"):
        foreign_target()


def test_a_kubeconfig_that_is_not_there_is_named(nodes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FERRY_E2E_KUBECONFIG", "/no/such/kubeconfig")
    with pytest.raises(ClusterError, match="names /no/such/kubeconfig, and there is no such file"):
        foreign_target()
    assert not nodes.exists()


def test_images_and_store_of_another_cluster_come_from_the_environment(
    nodes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nodes.write_text(json.dumps({"items": [node("a"), node("b")]}))
    monkeypatch.setenv("FERRY_E2E_IMAGE_PREFIX", "registry.example/ferry")
    monkeypatch.setenv("S3_ENDPOINT", "http://s3.example")
    target = foreign_target()
    assert target.image("notebook") == "registry.example/ferry/notebook:dev"
    assert target.store() == {"S3_ENDPOINT": "http://s3.example"}
