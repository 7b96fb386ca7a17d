"""What is recorded of each cell: names, order, failure, and what happens around cells."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from kernelferry.kernel.tracker import Tracker
from kernelferry.state.history import HistoryGraph
from kernelferry.state.history_json import from_json, to_json
from tests.kernelferry.kernel.conftest import Session


def test_a_cell_is_recorded_as_it_was_entered_with_its_number_and_its_time(session: Session) -> None:
    cell = session.run("%time x = 1")
    assert (cell.index, cell.execution_count, cell.source, cell.success) == (0, 1, "%time x = 1", True)
    assert 0 < cell.seconds < 5
    assert cell.writes == ("x",)
    assert cell.effects.magics == ("%time",)


def test_reads_and_writes_follow_names_into_functions(session: Session) -> None:
    session.run("log = []", "def note(text):\n    log.append(text)", "count = 0")
    cell = session.run("note('a')")
    assert {"note", "log"} <= set(cell.reads)
    assert cell.writes == ("log",)


def test_an_alias_is_written_together_with_the_name_that_was_used(session: Session) -> None:
    session.run("a = [[1]]", "b = a[0]", "c = [1]")
    assert session.run("b.append(2)").writes == ("a", "b")


def test_what_was_only_looked_at_is_not_written(session: Session) -> None:
    session.run("a = {'k': [1, 2.0, 'text']}", "import numpy as np", "v = np.arange(100)", "f = lambda: a")
    for source in ("print(len(a))", "a['k'][0] + 1", "v.sum()", "f()"):
        assert session.run(source).writes == ()


def test_what_cannot_be_compared_is_written_when_it_was_used(session: Session) -> None:
    session.run(
        "import numpy as np", "v = np.zeros(100_000)", "w = v[5:]", "other = np.zeros(100_000)", "it = iter('abc')"
    )
    assert session.run("v.sum()").writes == ("v", "w")
    assert session.run("print(it)").writes == ("it",)
    assert session.run("1 + 1").writes == ()


def test_large_objects_made_side_by_side_have_not_met(session: Session) -> None:
    session.run("big = [[0] for _ in range(5000)]\nsmall = [1]")
    assert session.run("small.append(2)").writes == ("small",)
    session.run("small.append(big[7])")
    assert session.run("big[7].append(1)").writes == ("big", "small")


def test_modules_functions_and_numbers_are_not_written_by_being_used(session: Session) -> None:
    session.run("import math", "n = 3", "t = (1, 'a')", "def f(x):\n    return x")
    assert session.run("f(math.sqrt(n)) + t[0]").writes == ()


def test_a_cell_that_is_run_again_does_not_depend_on_its_first_run(session: Session) -> None:
    source = "import math\nrows = [1]\nrows.append(2)"
    session.run(source, source)
    assert session.tracker.history.requirement(["rows"], available=frozenset()) == (1,)
    assert session.tracker.history.requirement(["math"], available=frozenset()) == (1,)


def test_a_failing_cell_keeps_what_it_has_done(session: Session) -> None:
    session.run("a = []")
    cell = session.run("a.append(1)\nb = 2\n1 / 0\nc = 3")
    assert not cell.success
    assert cell.writes == ("a", "b")


def test_an_interrupted_cell_failed(session: Session) -> None:
    cell = session.run("x = 1\nraise KeyboardInterrupt")
    assert (cell.success, cell.writes) == (False, ("x",))


@pytest.mark.parametrize("source", ["x = (", "  x = 1\n y", "return", "%%nosuchmagic\nx = 1"])
def test_a_cell_that_does_not_compile_touches_nothing(session: Session, source: str) -> None:
    session.run("a = []")
    cell = session.run(source)
    assert cell.source == source
    assert cell.writes == ()
    if source == "x = (":
        assert (cell.success, cell.reads, cell.opaque) == (False, (), ())


def test_deleted_names_are_recorded(session: Session) -> None:
    session.run("a = 1", "b = 2")
    cell = session.run("del a")
    assert (cell.deletes, cell.writes) == (("a",), ())
    assert session.tracker.history.active() == {"b": 1}


def test_a_name_rebound_to_the_same_object_counts_as_written(session: Session) -> None:
    session.run("x = 5")
    assert session.run("x = 5").writes == ("x",)
    assert session.run("if x:\n    x = 5").writes == ("x",)


@pytest.mark.parametrize(
    "source",
    ["exec('a.append(1)')", "globals()['a'].append(1)", "get_ipython().user_ns['a'].append(1)", "%reset_selective zzz"],
)
def test_an_opaque_cell_is_compared_with_all_names(session: Session, source: str) -> None:
    session.run("a = [0]", "b = [0]", "import numpy as np", "v = np.zeros(100_000)")
    cell = session.run(source)
    assert cell.opaque
    assert cell.checked
    written = {snapshot.name for snapshot in session.tracker.history.written(cell.index)}
    assert ("a" in written) == source.count("append")
    assert "v" in written  # too large to be compared
    assert "b" not in written


def test_a_cell_within_a_cell_is_part_of_it_and_hides_what_it_does(session: Session) -> None:
    session.run("a = []")
    cell = session.run("get_ipython().run_cell('a.append(1)\\nb = 1')\nc = 1")
    assert len(session.tracker.history) == 2
    assert "runs another cell from within" in cell.opaque
    assert cell.writes_all
    assert {"b", "c"} <= set(cell.writes)
    assert session.run("d = 1").opaque == ()


def test_an_empty_cell_within_a_cell_does_not_end_it(session: Session) -> None:
    cell = session.run("get_ipython().run_cell('')\nx = 1")
    assert (len(session.tracker.history), cell.writes) == (1, ("x",))


def test_an_empty_cell_is_none(session: Session) -> None:
    session.run("a = 1")
    assert session.run("  \n").source == "a = 1"


def test_a_silent_execution_is_recorded_without_a_number(session: Session) -> None:
    session.run("a = [1]")
    session.shell.run_cell("a.append(2)\nb = 1", silent=True)
    cell = session.last()
    assert (cell.execution_count, cell.source, cell.writes) == (None, "a.append(2)\nb = 1", ("a", "b"))
    assert session.run("c = 1").writes == ("c",)


def test_what_changes_between_cells_is_recorded_as_unknown_code(session: Session) -> None:
    session.run("a = 1", "b = 1")
    session.shell.user_ns["a"] = 2
    del session.shell.user_ns["b"]
    session.run("c = 1")
    outside = session.tracker.history[2]
    assert (outside.source, outside.writes, outside.deletes) == (None, ("a",), ("b",))


def test_names_that_were_there_before_came_from_unknown_code(shell: Any) -> None:
    shell.run_cell("a = 1\n_private = 2")
    tracker = Tracker(shell)
    tracker.start()
    assert [(cell.source, cell.writes) for cell in tracker.history.cells] == [(None, ("_private", "a"))]
    tracker.stop()


def test_in_an_empty_session_the_first_cell_is_the_first_record(session: Session) -> None:
    assert len(session.tracker.history) == 0


def test_nothing_is_recorded_after_stop(session: Session) -> None:
    session.run("a = 1")
    session.tracker.stop()
    session.shell.run_cell("b = 1")
    assert session.last().writes == ("a",)
    session.tracker.start()
    assert session.last().source is None
    assert session.last().writes == ("b",)


def test_nothing_is_recorded_while_paused(session: Session) -> None:
    session.run("a = [1]")
    with session.tracker.paused():
        session.shell.run_cell("a.append(2)\nb = a")
    assert len(session.tracker.history) == 1
    assert session.run("b.append(3)").writes == ("a", "b")
    assert len(session.tracker.history) == 2


def test_tracking_goes_on_from_a_loaded_history(session: Session) -> None:
    session.run(
        "log = []", "def note():\n    log.append(1)", "import atexit\natexit.register(note)\natexit.unregister(note)"
    )
    written = to_json(session.tracker.history)
    session.tracker.stop()
    tracker = Tracker(session.shell, history=from_json(written), randomness={1: {"random": b""}})
    tracker.start()
    session.shell.run_cell("x = 1")
    tracker.stop()
    cell = tracker.history[3]
    assert (cell.index, cell.source) == (3, "x = 1")
    assert tracker.randomness == {1: {"random": b""}}
    assert "log" in cell.reads  # the hook is known from the source of its cell


def test_the_cell_that_adopts_a_history_is_not_recorded(session: Session) -> None:
    other = HistoryGraph()
    other.record(source="x = 1", writes=["x"])

    def load() -> None:
        with session.tracker.paused():
            session.shell.user_ns["x"] = 1
        session.tracker.adopt(other, {})

    session.shell.push({"load": load}, interactive=False)
    session.shell.run_cell("load()")
    assert session.tracker.history is other
    assert [cell.source for cell in other.cells] == ["x = 1"]
    assert session.run("y = x").index == 1


def test_a_function_handed_over_as_a_callback_counts_in_all_later_cells(session: Session) -> None:
    session.run(
        "class Button:\n    def on_click(self, f):\n        Button.f = f",
        "clicks = []\ndata = [1]\ndef clicked():\n    clicks.append(1)",
        "import builtins, sys\nb = Button()",
        "sys.kernel_ferry_hook = clicked\nb.on_click(clicked)",
    )
    assert {"clicked", "clicks"} <= set(session.run("x = 0").reads)
    cell = session.run("x = 1")
    assert cell.writes == ("x",)
    session.shell.user_ns["clicked"]()
    assert session.run("y = 1").writes == ("clicks", "y")
    session.run("del sys.kernel_ferry_hook")


def test_a_method_handed_over_as_a_callback_counts_too(session: Session) -> None:
    session.run(
        "import atexit\nlog = []\nrow = [1]",
        "atexit.register(log.append, 1)\natexit.unregister(log.append)",
        "table = {}\ntable['r'] = row",
    )
    assert "log" in session.run("x = 1").reads
    assert "row" not in session.run("x = 1").reads
    session.shell.user_ns["log"].append(2)
    assert session.run("x = 1").writes == ("log", "x")


def test_a_running_thread_may_change_everything(session: Session) -> None:
    session.run("import threading\nstop = threading.Event()\na = [1]")
    started = session.run("t = threading.Thread(target=stop.wait, daemon=True)\nt.start()")
    assert started.effects.threads
    beside = session.run("x = 1")
    assert beside.opaque == ("a thread was running",)
    assert beside.writes_all
    session.run("stop.set()\nt.join()")
    assert session.run("y = 1").opaque == ()


def test_a_pool_that_waits_for_work_does_nothing(session: Session) -> None:
    session.run(
        "from concurrent.futures import ThreadPoolExecutor\npool = ThreadPoolExecutor(1)\n"
        "pool.submit(int).result()\nwhile pool._idle_semaphore._value < 1:\n    pass"
    )
    assert session.run("x = 1").opaque == ()
    session.run("pool.shutdown()")


def test_a_cell_that_awaits_is_recorded_like_others(session: Session) -> None:
    cell = session.run("import asyncio\nx = [1]\nawait asyncio.sleep(0)\nx.append(2)")
    assert (cell.success, cell.writes) == (True, ("asyncio", "x"))


def test_earlier_outputs_make_a_cell_opaque_and_unfit_for_replay(session: Session) -> None:
    session.run("a = [1]\nb = [2]", "a")
    cell = session.run("_.append(2)")
    assert cell.opaque == ("uses _",)
    assert cell.writes == ("a",)
    assert cell.effects.shell_history == ("_",)
    assert session.run("for _ in range(3): pass\nprint(_)").effects.shell_history == ("_",)
    assert session.run("print(_)").effects.shell_history == ()  # now it is the user's
    assert session.run("Out[2].append(3)").writes == ("a",)


def test_functions_that_shells_bind_are_no_reads(session: Session) -> None:
    assert session.run("print(open)").reads == ("print",)


def test_ast_transformers_make_cells_opaque(session: Session) -> None:
    class Keep:
        def visit(self, node: Any) -> Any:
            return node

    session.shell.ast_transformers.append(Keep())
    assert session.run("x = 1").opaque == ("is rewritten by the shell's AST transformers",)


def test_the_shell_s_errors_do_not_confuse_the_order(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fails(*_: Any, **__: Any) -> bool:
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr(session.shell, "run_ast_nodes", fails)
        patch.setattr(session.shell, "showtraceback", lambda *_, **__: None)
        assert not session.run("x = 1").success
    assert session.run("y = 1").writes == ("y",)


def test_where_watching_fails_nothing_is_taken_for_certain(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    session.run("a = [1]", "b = 1")
    for place in ("analyse", "learn_hooks"):
        with monkeypatch.context() as patch:
            patch.setattr(session.tracker._analyst, place, lambda *_: 1 / 0)
            patch.setattr(session.shell, "showtraceback", lambda *_, **__: None)
            cell = session.run("a.append(2)\ndel b")
        assert cell.writes_all
        assert set(session.tracker.history.active()) == {"a"}
        session.run("b = 1")
    assert session.run("c = 1").writes == ("c",)


def test_threads_of_others_are_none_of_the_users(shell: Any) -> None:
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait)
    thread.start()
    session = Session(shell)
    assert session.run("x = 1").opaque == ()
    stop.set()
    thread.join()
    session.tracker.stop()


def test_tasks_need_a_loop(session: Session) -> None:
    with pytest.raises(RuntimeError):
        asyncio.get_running_loop()
    assert not session.run("x = 1").effects.threads
