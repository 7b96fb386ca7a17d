"""Things of the standard library that have state of their own, and that hardly anybody thinks of."""

from __future__ import annotations

from tests.matrix.case import EITHER, SKIPPED, Case

CASES = (
    Case(
        "encoders and decoders of the user's, and a decoder with half a character, go on",
        make=r"""
        import codecs, json
        class SetEncoder(json.JSONEncoder):
            def default(self, o): return sorted(o) if isinstance(o, set) else super().default(o)
        set_encoder = SetEncoder(indent=1)
        hooked_decoder = json.JSONDecoder(object_hook=lambda d: tuple(d.items()))
        half_character = codecs.getincrementaldecoder("utf-8")()
        half_character.decode("é".encode()[:1]);
        """,
        check=r"""
        assert set_encoder.encode({1}) == "[\n 1\n]" and hooked_decoder.decode('{"a": 1}') == (("a", 1),)
        assert half_character.decode("é".encode()[1:]) == "é"
        """,
    ),
    Case(
        "a parser in the middle of a page goes on with the rest",
        make=r"""
        from html.parser import HTMLParser
        class Titles(HTMLParser):
            def __init__(self): super().__init__(); self.tags = []
            def handle_starttag(self, tag, attributes): self.tags.append((tag, dict(attributes)))
        titles = Titles()
        titles.feed("<a href='x'><b cla")
        """,
        check=r"""
        titles.feed("ss='y'>")
        assert titles.tags == [("a", {"href": "x"}), ("b", {"class": "y"})]
        """,
    ),
    Case(
        "schedulers, command loops, tokenisers and formatters of the user's work",
        make=r"""
        import cmd, sched, shlex, string
        fake_now = [0]
        scheduler = sched.scheduler(lambda: fake_now[0], lambda seconds: fake_now.__setitem__(0, fake_now[0] + seconds))
        scheduled = []
        scheduler.enter(5, 1, scheduled.append, ("later",))
        class Shell(cmd.Cmd):
            seen = []
            def do_hi(self, line): self.seen.append(line)
        command_loop = Shell()
        words = shlex.shlex("a 'b c' d", posix=True)
        next(words)
        class Loud(string.Formatter):
            def format_field(self, value, spec): return super().format_field(value, spec).upper()
        loud = Loud()
        """,
        check=r"""
        scheduler.run()
        assert scheduled == ["later"] and fake_now == [5]
        command_loop.onecmd("hi there")
        assert Shell.seen == ["there"] and loud.format("{}", "a") == "A"
        assert "words" not in globals() or next(words) == "b c"
        """,
    ),
    Case(
        "visitors of syntax trees and rewritten functions do what they did",
        make=r"""
        import ast
        class Doubler(ast.NodeTransformer):
            def visit_Constant(self, node): return ast.copy_location(ast.Constant(node.value * 2), node)
        doubler = Doubler()
        doubled_tree = ast.fix_missing_locations(doubler.visit(ast.parse("def from_tree(): return 21")))
        exec(compile(doubled_tree, "<tree>", "exec"))
        """,
        check="assert from_tree() == 42 and ast.unparse(doubled_tree) == 'def from_tree():\\n    return 42'",
    ),
    Case(
        "shared memory, values and locks of multiprocessing are named or work",
        make=r"""
        # ferry: never-replay
        import multiprocessing as mp
        mp_value, mp_lock, mp_queue = mp.Value("i", 5), mp.Lock(), mp.get_context("spawn").SimpleQueue()
        beside_mp = [1]
        """,
        check=r"""
        assert beside_mp == [1]
        assert "mp_value" not in globals() or mp_value.value == 5
        """,
        expected=dict.fromkeys(("mp_value", "mp_lock", "mp_queue"), SKIPPED),
        reasons={"mp_value": "mp_value", "mp_lock": "mp_lock", "mp_queue": "mp_queue"},
    ),
    Case(
        "a shelf and a dbm file that are open are named, and what is in them is on disk",
        make=r"""
        # ferry: never-replay
        import dbm.dumb, shelve
        shelf = shelve.Shelf(dbm.dumb.open("shelf.db", "c"))
        shelf["k"] = [1]
        shelf.sync()
        """,
        check=r"""
        assert shelve.Shelf(dbm.dumb.open("shelf.db", "r"))["k"] == [1]
        assert "shelf" not in globals() or shelf["k"] == [1]
        """,
        expected={"shelf": EITHER},
    ),
    Case(
        "redirected output, a string buffer in place of a stream and a captured report keep their text",
        make=r"""
        import contextlib, io
        captured_text = io.StringIO()
        redirection = contextlib.redirect_stdout(captured_text)
        with redirection: print("kept")
        # %%
        %%capture captured_cell
        print("cell text")
        """,
        check=r"""
        assert captured_text.getvalue() == "kept\n" and captured_cell.stdout == "cell text\n"
        with redirection:
            print("more")
        assert captured_text.getvalue() == "kept\nmore\n"
        """,
    ),
    Case(
        "statistics, calendars, bytecode views and difference engines compute",
        make=r"""
        import calendar, difflib, dis, statistics
        normal_dist, sunday_first = statistics.NormalDist(1, 2), calendar.TextCalendar(6)
        difference = difflib.SequenceMatcher(None, "abcd", "bcde")
        difference.ratio()
        bytecode = dis.Bytecode(lambda x: x + 1)
        """,
        check=r"""
        assert normal_dist.cdf(1) == 0.5 and sunday_first.firstweekday == 6 and difference.ratio() == 0.75
        assert "bytecode" not in globals() or "LOAD_FAST" in bytecode.dis()
        """,
    ),
    Case(
        "test cases, suites and parametrised subclasses of the user run",
        make=r"""
        import unittest
        class OwnTest(unittest.TestCase):
            shared = []
            def test_it(self): self.shared.append(1); self.assertTrue(self.shared)
        suite = unittest.defaultTestLoader.loadTestsFromTestCase(OwnTest)
        test_result = unittest.TestResult()
        """,
        check=r"""
        suite.run(test_result)
        assert test_result.testsRun == 1 and test_result.wasSuccessful() and OwnTest.shared == [1]
        """,
    ),
    Case(
        "a module that was reloaded: old instances have the old class, new ones the new",
        make=r"""
        import importlib, pathlib, sys
        sys.dont_write_bytecode = True
        pathlib.Path("relmod.py").write_text("class R:\n    v = 1\n")
        import relmod
        old_r = relmod.R()
        pathlib.Path("relmod.py").write_text("class R:\n    v = 2\n")
        importlib.invalidate_caches()
        importlib.reload(relmod)
        new_r = relmod.R()
        """,
        check=r"""
        assert type(new_r) is relmod.R and new_r.v == 2
        assert "old_r" not in globals() or (old_r.v == 1 and type(old_r) is not relmod.R)
        """,
        expected={"old_r": EITHER},
        reasons={"old_r": "R"},
        alone=True,
    ),
    Case(
        "a module whose file has gone since is named with what hangs on it, or brought along",
        make=r"""
        import pathlib
        pathlib.Path("vanishing.py").write_text("class Gone:\n    pass\ndef here(): return 1\n")
        import vanishing
        vanished_instance, vanished_function = vanishing.Gone(), vanishing.here
        pathlib.Path("vanishing.py").unlink()
        beside_vanished = [1]
        """,
        check=r"""
        assert beside_vanished == [1]
        assert "vanished_function" not in globals() or vanished_function() == 1
        """,
        expected=dict.fromkeys(("vanishing", "vanished_instance", "vanished_function"), EITHER),
        reasons=dict.fromkeys(("vanishing", "vanished_instance", "vanished_function"), "vanishing"),
    ),
    Case(
        "a module made by hand and put among the modules can still be imported from",
        make=r"""
        import sys, types
        handmade = types.ModuleType("handmade")
        exec("VALUE = [1]\ndef double(x): return 2 * x\nclass H:\n    pass", handmade.__dict__)
        sys.modules["handmade"] = handmade
        from handmade import VALUE as hand_value, double as hand_double
        hand_instance = handmade.H()
        """,
        check=r"""
        import importlib
        assert importlib.import_module("handmade") is handmade and hand_value is handmade.VALUE and hand_double(4) == 8
        assert type(hand_instance) is handmade.H and hand_double is handmade.double
        """,
        alone=True,
        limit="what a variable shares with a module made by hand is a copy",
    ),
    Case(
        "a script that was run in the session leaves functions and classes that work",
        make=r"""
        from pathlib import Path
        Path("script.py").write_text("LIMIT = 3\nclass Scripted:\n    pass\ndef limited(x): return min(x, LIMIT)\n")
        # %%
        %run script.py
        scripted = Scripted()
        """,
        check="assert limited(9) == 3 and type(scripted) is Scripted and LIMIT == 3",
    ),
)
