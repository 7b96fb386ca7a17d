"""Claims about the programs' versions and keys, and about builds that fail."""

from __future__ import annotations

from pathlib import Path

import pytest

from e2e.cluster import binaries
from e2e.cluster.errors import BuildError

GO = """#!/bin/sh
case $1 in
version) echo go version go1.26.8 linux/amd64 ;;
build) echo undefined: nonsense >&2; while [ "$1" != -o ]; do shift; done; echo half > "$2"; exit 1 ;;
esac
"""


@pytest.fixture
def fake_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    program = tmp_path / "bin" / "go"
    program.parent.mkdir()
    program.write_text(GO)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent), prepend=":")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return program


@pytest.mark.parametrize("name", binaries.PROGRAMS)
def test_every_program_has_its_version_from_its_go_mod(name: str) -> None:
    assert binaries.PROGRAMS[name].version.startswith("v")


def test_kubernetes_programs_are_stamped_with_their_version() -> None:
    assert "component-base/version.gitMinor=36" in binaries.PROGRAMS["kubelet"].ldflags


def test_another_go_version_means_another_place(fake_go: Path) -> None:
    before = binaries.path_of("etcd")
    fake_go.write_text(GO.replace("1.26.8", "1.27.0"))
    assert binaries.path_of("etcd") != before


def test_a_build_that_fails_is_named_with_the_compilers_words_and_leaves_nothing(fake_go: Path) -> None:
    with pytest.raises(BuildError, match=r"etcd v\S+ does not build:\nundefined: nonsense"):
        binaries.build(["etcd"])
    assert list(binaries.path_of("etcd").parent.iterdir()) == []
    assert fake_go.exists()
