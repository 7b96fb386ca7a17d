"""Digests and codecs: what is written is read back, and what is not as written is noticed."""

from __future__ import annotations

import os
import sys
import zlib

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from kernelferry.api import PackageMissing
from kernelferry.checkpoint import codecs, digests

CODECS = ["zlib", "zstd"]


@pytest.mark.parametrize("codec", CODECS)
@given(data=st.binary(min_size=1))
def test_what_is_compressed_expands_to_what_it_was(codec: str, data: bytes) -> None:
    target = bytearray(len(data))
    assert codecs.expand(codec, codecs.compress(codec, data), memoryview(target))
    assert target == data


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("size", [0, 99, 101, 10_000])
def test_what_does_not_fill_the_target_exactly_is_refused(codec: str, size: int) -> None:
    assert not codecs.expand(codec, codecs.compress(codec, b"x" * 100), memoryview(bytearray(size)))


@pytest.mark.parametrize("codec", CODECS)
def test_what_is_cut_short_or_no_such_data_is_refused(codec: str) -> None:
    data = codecs.compress(codec, os.urandom(1000))
    for damaged in (data[:-5], data[:1], b"", b"?" * 100):
        assert not codecs.expand(codec, damaged, memoryview(bytearray(1000)))


def test_a_small_file_that_claims_to_be_huge_costs_no_more_than_its_target() -> None:
    for codec, bomb in [("zlib", zlib.compress(bytes(50 << 20))), ("zstd", zstandard.compress(bytes(50 << 20)))]:
        assert not codecs.expand(codec, bomb, memoryview(bytearray(10)))


def test_nothing_becomes_longer_than_the_bound() -> None:
    for codec in CODECS:
        for size in (1, 1000, 1 << 20):
            assert len(codecs.compress(codec, os.urandom(size))) <= codecs.bound(size)


def test_only_what_gains_is_compressed() -> None:
    noise, zeros = os.urandom(100_000), bytes(100_000)
    assert codecs.choose(memoryview(noise), "zstd") == ""
    assert codecs.choose(memoryview(zeros), "zstd") == "zstd"
    assert codecs.choose(memoryview(zeros), "") == ""
    assert codecs.choose(memoryview(zeros[:100]), "zstd") == ""
    assert codecs.choose(memoryview(zeros[:1000] + noise), "zstd") == "", "its start is not like the rest"


@given(st.binary())
def test_a_digest_matches_its_bytes_and_no_others(data: bytes) -> None:
    for algorithm in ("b2", "b3"):
        digest = digests.digest(data, algorithm)
        assert digests.matches(data, digest)
        assert not digests.matches(data + b"x", digest)


def test_digests_are_those_of_the_algorithms_that_they_name() -> None:
    assert digests.digest(b"", "b3") == "b3-af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262"
    assert digests.digest(b"", "b2") == "b2-0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8"


def test_the_best_that_is_installed_is_used() -> None:
    assert (digests.best(), codecs.best()) == ("b3", "zstd")


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """An image without the packages of the extra `fast`."""
    for name in ("blake3", "zstandard", "compression", "compression.zstd"):
        monkeypatch.setitem(sys.modules, name, None)


@pytest.mark.usefixtures("bare")
def test_without_packages_the_standard_library_does_the_work() -> None:
    assert (digests.best(), codecs.best()) == ("b2", "zlib")


@pytest.mark.usefixtures("bare")
def test_what_needs_an_absent_package_names_it() -> None:
    with pytest.raises(PackageMissing, match="Install the package blake3"):
        digests.matches(b"", "b3-" + "0" * 64)
    with pytest.raises(PackageMissing, match="Install the package zstandard"):
        codecs.expand("zstd", b"", memoryview(bytearray(1)))


def test_what_only_newer_releases_know_says_so() -> None:
    with pytest.raises(PackageMissing, match="Install a newer release"):
        digests.matches(b"", "b9-" + "0" * 64)
    with pytest.raises(PackageMissing, match="Install a newer release"):
        codecs.expand("brotli", b"", memoryview(bytearray(1)))
