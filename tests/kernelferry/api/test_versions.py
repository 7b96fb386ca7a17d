"""Who can read whom."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernelferry.api import CURRENT, SchemaTooNew, SchemaVersion, check_readable

numbers = st.integers(min_value=0, max_value=10**12)
versions = st.builds(SchemaVersion, numbers, numbers)


@given(versions)
def test_a_version_reads_back_as_it_was_written(version: SchemaVersion) -> None:
    assert SchemaVersion.parse(str(version)) == version


@given(st.text(max_size=12))
def test_a_text_is_a_version_in_its_one_spelling_or_is_refused(text: str) -> None:
    try:
        version = SchemaVersion.parse(text)
    except ValueError:
        assert not re.fullmatch(r"(0|[1-9]\d*)\.(0|[1-9]\d*)", text, re.ASCII)
    else:
        assert str(version) == text


@pytest.mark.parametrize(
    "text", ["", "1", "1.", ".1", "1.0.0", "01.0", "1.00", "+1.0", "-1.0", " 1.0", "1.0\n", "1_0.0", "²٣.0"]
)
def test_sloppy_spellings_are_refused_by_name(text: str) -> None:
    with pytest.raises(ValueError, match=re.escape(repr(text))):
        SchemaVersion.parse(text)


@pytest.mark.parametrize("parts", [(-1, 0), (0, -1)])
def test_a_version_has_no_negative_parts(parts: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="negative"):
        SchemaVersion(*parts)


@given(versions, versions)
def test_versions_are_ordered_by_number_and_not_by_spelling(one: SchemaVersion, other: SchemaVersion) -> None:
    assert (one < other) == ((one.major, one.minor) < (other.major, other.minor))


@given(versions.filter(lambda version: version.major > CURRENT.major))
def test_every_newer_major_is_refused_and_both_versions_named(found: SchemaVersion) -> None:
    with pytest.raises(SchemaTooNew) as refused:
        check_readable(found)
    assert f"version {found} of" in refused.value.problem
    assert f"up to {CURRENT}." in refused.value.problem


@given(numbers)
def test_every_minor_of_a_readable_major_is_read(minor: int) -> None:
    for major in range(CURRENT.major + 1):
        check_readable(SchemaVersion(major, minor))


def test_the_first_major_that_is_too_new_is_the_next_one() -> None:
    with pytest.raises(SchemaTooNew, match="reads version 2"):
        check_readable(SchemaVersion(CURRENT.major + 1, 0))


def test_this_release_reads_what_it_writes() -> None:
    check_readable(CURRENT)
