"""The package knows its version, installed or not."""

from __future__ import annotations

from importlib import metadata

import pytest

import kernelferry


def test_version_is_that_of_the_installed_distribution(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metadata, "version", {"kernel-ferry": "7.8.9"}.__getitem__)
    assert kernelferry.__version__ == "7.8.9"


def test_version_says_so_when_the_distribution_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing_installed(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", nothing_installed)
    assert kernelferry.__version__ == "0+uninstalled"


def test_a_name_that_is_not_there_fails_as_in_any_module() -> None:
    with pytest.raises(AttributeError, match="module 'kernelferry' has no attribute 'ferry'"):
        _ = kernelferry.ferry
