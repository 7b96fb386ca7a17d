"""A report names everything that did not go well, to people and to programs."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernelferry.api import AspectReport, LoadReport, SaveReport, SchemaTooNew, VariableReport

TEXT = st.text(st.characters(), max_size=10)
OUTCOMES = st.sampled_from(["stored", "recomputed", "skipped", "mismatched"])
REPORTS = st.builds(
    SaveReport,
    bytes=st.integers(0, 1 << 50),
    seconds=st.floats(0, 1e6),
    variables=st.dictionaries(
        TEXT,
        st.builds(
            VariableReport, outcome=OUTCOMES, reason=TEXT, bytes=st.integers(0, 1 << 50), seconds=st.floats(0, 1e6)
        ),
        max_size=60,
    ),
    process=st.dictionaries(TEXT, st.builds(AspectReport, outcome=OUTCOMES, reason=TEXT), max_size=3),
)
SAVED = SaveReport(
    bytes=1_234_567,
    seconds=0.25,
    variables={
        "df": VariableReport(outcome="stored", bytes=1_200_000, seconds=0.2),
        "model": VariableReport(outcome="recomputed", reason="cheaper to run again", seconds=1.5),
        "sock": VariableReport(outcome="skipped", reason="sockets cannot move"),
    },
    process={"cwd": AspectReport(outcome="stored")},
)


def test_the_table_shows_what_did_not_go_well_first() -> None:
    assert str(SAVED).splitlines() == [
        "Saved: 1 stored, 1 recomputed, 1 skipped; 1.23 MB in 250 ms.",
        "",
        "name   outcome     size    time    reason",
        "sock   skipped                     sockets cannot move",
        "model  recomputed          1.5 s   cheaper to run again",
        "df     stored      1.2 MB  200 ms",
    ]


def test_the_json_is_the_one_that_the_design_promises() -> None:
    assert json.loads(SAVED.to_json()) == {
        "version": "1.0",
        "bytes": 1_234_567,
        "seconds": 0.25,
        "variables": {
            "df": {"outcome": "stored", "reason": "", "bytes": 1_200_000, "seconds": 0.2},
            "model": {"outcome": "recomputed", "reason": "cheaper to run again", "bytes": 0, "seconds": 1.5},
            "sock": {"outcome": "skipped", "reason": "sockets cannot move", "bytes": 0, "seconds": 0.0},
        },
        "process": {"cwd": {"outcome": "stored", "reason": ""}},
        "remedies": {},
    }


@given(REPORTS)
def test_every_report_comes_back_as_it_was(report: SaveReport) -> None:
    assert SaveReport.from_json(report.to_json()) == report


@given(REPORTS)
def test_nothing_bad_is_left_out_of_the_table_and_no_name_can_break_it(report: SaveReport) -> None:
    lines = str(report).splitlines()
    bad = sum(entry.outcome in {"skipped", "mismatched"} for entry in report.variables.values())
    shown = min(len(report.variables), max(40, bad))
    hidden = len(report.variables) > shown
    left = sum(found.outcome != "stored" or bool(found.reason) for found in report.process.values())
    assert len(lines) == 3 + shown + left + hidden
    assert sum(" skipped" in line or " mismatched" in line for line in lines[3 : 3 + shown]) >= bad
    assert all(line.isprintable() for line in lines)


def test_the_largest_of_many_are_shown_and_the_others_counted() -> None:
    many = {f"v{number}": VariableReport(outcome="stored", bytes=number) for number in range(100)}
    text = str(LoadReport(bytes=0, seconds=0, variables=many))
    assert text.startswith("Loaded: 100 stored; 0 B in 0 ms.")
    assert "v99" in text
    assert "v10 " not in text
    assert text.endswith("… and 60 smaller ones, stored or recomputed.")


def test_the_html_holds_the_same_and_escapes_what_users_named() -> None:
    report = LoadReport(bytes=0, seconds=0, variables={"<script>": VariableReport(outcome="skipped", reason="a & b")})
    html = report._repr_html_()
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    assert "a &amp; b" in html
    assert html.startswith("<p>Loaded: 1 skipped;")


def test_a_report_shows_itself_as_its_table() -> None:
    assert repr(SAVED) == str(SAVED)
    assert repr(LoadReport(bytes=1, seconds=1)).startswith("Loaded: no names; 1 B in 1 s.")


@pytest.mark.parametrize(
    ("count", "text"), [(999, "999 B"), (999_600, "1 MB"), (2_000_000_000, "2 GB"), (3e12, "3 TB")]
)
def test_sizes_are_in_units_of_a_thousand(count: int, text: str) -> None:
    assert f"; {text} in" in str(SaveReport(bytes=int(count), seconds=0))


@pytest.mark.parametrize(("seconds", "text"), [(0.9996, "1 s"), (119, "119 s"), (600, "10 min")])
def test_times_are_in_what_people_say(seconds: float, text: str) -> None:
    assert f"in {text}." in str(SaveReport(bytes=0, seconds=seconds))


def test_a_report_of_a_newer_major_version_is_refused() -> None:
    text = SAVED.to_json().replace('"version":"1.0"', '"version":"2.0"')
    with pytest.raises(SchemaTooNew):
        SaveReport.from_json(text)


def test_what_is_no_report_is_refused_by_the_name_of_the_field() -> None:
    with pytest.raises(ValueError, match=r"variables\.x\.outcome: expected 'stored'"):
        LoadReport.from_json('{"bytes": 1, "seconds": 1, "variables": {"x": {"outcome": "lost"}}}')
