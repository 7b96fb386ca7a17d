"""A history is read as it was written, or not at all."""

from __future__ import annotations

import json
from typing import Any

import pytest

from kernelferry.api import SchemaTooNew
from kernelferry.state.effects import Effects, FilePin, FileWrite
from kernelferry.state.history import HistoryGraph
from kernelferry.state.history_json import CURRENT, MalformedHistory, from_json, to_json

ALL_EFFECTS = Effects(
    files_read=(FilePin("/data.csv", 3, 10**18, "abc"),),
    files_unpinned=("/dev/tty",),
    files_written=(FileWrite("/out", "w"), FileWrite("/tmp/x", "w", scratch=True)),  # noqa: S108 - a made-up path
    sockets=("example.org:443",),
    processes=("ls",),
    stdin=True,
    randomness=("random",),
    randomness_lost=("torch.random",),
    process_state=("cwd",),
    threads=True,
    magics=("%cd",),
    other=("ctypes.dlopen",),
)

# As version 1.0 has written it, and as it must be read for ever.
PINNED = """
{"version": "1.0", "names": ["x", "y", "z"], "sources": ["x = f()", "y = g(x)"],
 "cells": [
  {"count": null, "source": null, "seconds": 0.0, "success": true, "writes": [0]},
  {"count": 1, "source": 0, "seconds": 1.5, "success": true, "writes": [0]},
  {"count": 2, "source": 1, "seconds": 2, "success": false, "reads": [0], "writes": [1], "deletes": [2],
   "opaque": ["runs text with exec()"], "checked": true,
   "effects": {"files_read": [["/data.csv", 3, 4, "abc"]], "files_written": [["/out", "w", false]], "stdin": true}}]}
"""


def _history() -> HistoryGraph:
    history = HistoryGraph()
    history.record(source=None, writes=["x"])
    history.record(source="x += 1", execution_count=1, seconds=0.25, mutates=["x"])
    history.record(source="x += 1", execution_count=2, success=False, reads=["é"], deletes=["x"], effects=ALL_EFFECTS)
    history.record(source="exec(s)", execution_count=3, writes=["y"], opaque=["runs text"], checked=True)
    return history


def test_what_is_written_is_read() -> None:
    history = _history()
    read = from_json(json.loads(json.dumps(to_json(history))))
    assert read.cells == history.cells
    assert read.active() == history.active()


def test_what_occurs_often_is_written_once() -> None:
    assert json.dumps(to_json(_history())).count("x += 1") == 1


def test_an_old_history_is_still_read() -> None:
    history = from_json(json.loads(PINNED))
    assert history.active() == {"x": 1, "y": 2}
    assert history[2].effects == Effects(
        files_read=(FilePin("/data.csv", 3, 4, "abc"),), files_written=(FileWrite("/out", "w"),), stdin=True
    )
    assert history[2].seconds == 2.0


def test_what_a_newer_minor_version_has_added_is_ignored() -> None:
    written = json.loads(PINNED)
    written |= {"version": f"{CURRENT.major}.{CURRENT.minor + 1}", "new": 1}
    written["cells"][0]["new"] = 1
    written["cells"][2]["effects"]["new"] = ["x"]
    assert len(from_json(written)) == 3


def test_a_newer_major_version_is_refused() -> None:
    with pytest.raises(SchemaTooNew):
        from_json({**json.loads(PINNED), "version": "2.0"})


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        ([], [], "there should be an object"),
        (["version"], 1, "'version' should be of type str"),
        (["version"], "one", "not a version"),
        (["names"], None, "'names' should be of type list"),
        (["names", 0], 1, "'names' should hold texts only"),
        (["cells"], {}, "'cells' should be of type list"),
        (["cells", 1], None, "cell 1 .* there should be an object"),
        (["cells", 1, "count"], "1", "cell 1 .* 'count' should be of type int"),
        (["cells", 1, "count"], True, "cell 1 .* 'count' should be of type int"),
        (["cells", 1, "source"], 7, "cell 1 .* no entry 7"),
        (["cells", 1, "source"], -1, "cell 1 .* no entry -1"),
        (["cells", 1, "seconds"], "1", "cell 1 .* 'seconds' should be of type float"),
        (["cells", 1, "success"], 1, "cell 1 .* 'success' should be of type bool"),
        (["cells", 1, "writes"], ["x"], "cell 1 .* no entry 'x'"),
        (["cells", 1, "writes"], 0, "cell 1 .* 'writes' should be of type list"),
        (["cells", 2, "opaque"], [1], "cell 2 .* 'opaque' should hold texts only"),
        (["cells", 2, "checked"], None, "cell 2 .* 'checked' should be of type bool"),
        (["cells", 2, "effects"], [], "cell 2 .* effects are an object"),
        (["cells", 2, "effects", "stdin"], 1, "cell 2 .* 'stdin' cannot be 1"),
        (["cells", 2, "effects", "files_read"], [["/x"]], "cell 2 .* 'files_read' cannot be"),
        (["cells", 2, "effects", "files_read"], [["/x", "3", 4, ""]], "cell 2 .* 'files_read' cannot be"),
        (["cells", 2, "effects", "processes"], [1], "cell 2 .* 'processes' cannot be"),
        (["cells", 2, "effects", "processes"], "ls", "cell 2 .* 'processes' cannot be"),
    ],
)
def test_what_does_not_fit_is_refused_and_the_place_named(place: list[Any], value: object, message: str) -> None:
    written = json.loads(PINNED)
    target = written
    for step in place[:-1]:
        target = target[step]
    if place:
        target[place[-1]] = value
    else:
        written = value
    with pytest.raises(MalformedHistory, match=message):
        from_json(written)


@pytest.mark.parametrize("key", ["version", "names", "sources", "cells"])
def test_nothing_that_belongs_there_may_be_missing(key: str) -> None:
    written = json.loads(PINNED)
    del written[key]
    with pytest.raises(MalformedHistory, match=key):
        from_json(written)
