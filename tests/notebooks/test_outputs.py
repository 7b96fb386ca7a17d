"""Claims about the comparison of outputs: what is equal, and that nothing else is."""

from __future__ import annotations

import pytest

from tests.notebooks.outputs import CellRun, Failure, Recorder, differences, normalise


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("<f at 0x7f12ab34cd56>", "<f at 0x7f0000000010>"),
        ("File ipykernel_12/345.py, line 1", "File ipykernel_99/1.py, line 1"),
        (
            "CPU times: user 1 ms, total: 1 ms\nWall time: 3 ms\n",
            "CPU times: user 2 ms, total: 2 ms\nWall time: 4 ms\n",
        ),
        (
            "12 ms ± 0 ns per loop (mean ± std. dev. of 1 run, 1 loop each)\n",
            "1.5 μs ± 3 ns per loop (mean ± std. dev. of 1 run, 1 loop each)\n",
        ),
        ("Date: Tue, 24 Nov 2026 x Time:  20:31:58", "Date: Mon, 01 Jan 2024 x Time:  00:00:00"),
        ("\x1b[31mred\x1b[0m", "red"),
    ],
)
def test_what_no_two_processes_share_is_equal(one: str, other: str) -> None:
    assert normalise(one) == normalise(other)


@pytest.mark.parametrize("text", ["0.5488135", "2024-01-01 00:00:00", "0xff", "12 ms", "Time: 3.5", "tmp", "a" * 31])
def test_a_value_is_not_replaced(text: str) -> None:
    assert normalise(text) == text


def _shown(**data: str) -> CellRun:
    return CellRun(count=1, rich=(("execute_result", data),))


@pytest.mark.parametrize(
    ("expected", "got", "part"),
    [
        (CellRun(count=1), CellRun(count=2), "execution count"),
        (CellRun(streams={"stdout": "a"}), CellRun(streams={"stdout": "b"}), "stdout"),
        (CellRun(streams={"stdout": "a"}), CellRun(streams={"stderr": "a"}), "stdout"),
        (CellRun(), CellRun(streams={"stderr": "a warning"}), "stderr"),
        (_shown(text="1"), _shown(text="2"), "execute_result 0 text"),
        (_shown(text="1"), CellRun(count=1), "execute_result 0 text"),
        (
            CellRun(failure=Failure(name="KeyError", value="'a'", traceback="")),
            CellRun(failure=Failure(name="NameError", value="'a'", traceback="")),
            "error",
        ),
        (CellRun(rich=(("display_data", {"image/png": "AAAA"}),)), CellRun(), "display_data 0 image/png"),
    ],
)
def test_a_difference_is_named(expected: CellRun, got: CellRun, part: str) -> None:
    assert differences(expected, got)[0].startswith(f"{part}: ")


def test_pictures_differ_by_one_byte() -> None:
    one, other = (CellRun(rich=(("display_data", {"image/png": data}),)) for data in ("AAAA", "AAAB"))
    assert differences(one, one) == []
    assert len(differences(one, other)) == 1


def test_the_texts_of_a_stream_are_joined() -> None:
    recorder = Recorder()
    for text in ("one ", "two"):
        recorder.add("stream", {"name": "stdout", "text": text})
    recorder.add("comm_msg", {"data": {}})
    assert recorder.finish(3) == CellRun(count=3, streams={"stdout": "one two"})
