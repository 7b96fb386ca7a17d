"""Claims about how images are keyed and built; none of them needs root or builds anything."""

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest

from e2e.cluster import images, rootfs
from e2e.cluster.errors import BuildError
from e2e.cluster.shell import run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return the folder of a small image."""
    (tmp_path / "Containerfile").write_text("ARG BASE\nFROM ${BASE}\nCOPY a b\n")
    (tmp_path / "a").write_text("1")
    return tmp_path


def test_the_key_stays_while_nothing_changes(folder: Path) -> None:
    before = images.key(folder)
    (folder / "a").write_text("1")
    assert images.key(folder) == before


@pytest.mark.parametrize("change", ["contents", "name", "mode", "base"])
def test_the_key_changes_with_all_that_decides_the_image(
    folder: Path, change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = images.key(folder)
    match change:
        case "contents":
            (folder / "a").write_text("2")
        case "name":
            (folder / "a").rename(folder / "c")
        case "mode":
            (folder / "a").chmod(0o755)
        case _:
            monkeypatch.setattr(rootfs, "PACKAGES", ("python3",))
    assert images.key(folder) != before


def test_a_build_sees_the_index_and_nothing_else_of_this_machine() -> None:
    index = {"PIP_INDEX_URL": "https://index.invalid/simple"}
    here = {**index, "PIP_FIND_LINKS": "/opt/wheels", "HOME": "/home/me", "TOKEN": "x"}
    assert images.build_environment(here, None) == index


def test_a_build_trusts_the_certificates_where_they_are_mounted() -> None:
    seen = images.build_environment({"PIP_CERT": "/home/me/ca.pem", "SSL_CERT_FILE": "/home/me/ca.pem"}, "/etc/ca.crt")
    assert seen == {"PIP_CERT": "/etc/ca.crt", "REQUESTS_CA_BUNDLE": "/etc/ca.crt", "SSL_CERT_FILE": "/etc/ca.crt"}


def test_an_unknown_image_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(BuildError, match=r"no image `nope`; there are: base, notebook, pause"):
        images.build("nope")


def test_the_base_leaves_this_machine_behind_and_only_that(tmp_path: Path) -> None:
    root = tmp_path / "root"
    for name in ("etc/hostname", "etc/apt/sources.list", "var/log/boot", "usr/bin/tool", "opt/etc/hostname"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("x")
    run(rootfs.archive_argv(root, tmp_path / "rootfs.tar"))
    with tarfile.open(tmp_path / "rootfs.tar") as archive:
        packed = {member.name for member in archive if member.isfile()}
    assert packed == {"./usr/bin/tool", "./opt/etc/hostname"}


def test_locks_are_exact_and_name_no_index_and_no_path() -> None:
    for lock in (Path(images.__file__).parents[1] / "images").glob("*/requirements.txt"):
        pins = [line for line in lock.read_text().splitlines() if not line.startswith("#")]
        assert pins
        assert all("==" in pin and "/" not in pin and " " not in pin for pin in pins)
