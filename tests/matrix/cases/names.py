"""The namespace itself: which names are there, what they shadow, and what the shell keeps under its own."""

from __future__ import annotations

from tests.matrix.case import EITHER, Case

CASES = (
    Case(
        "private, dunder-like and unicode names are names like others",
        make=r"""
        _private, __hidden, _x_ = [1], {"h": 2}, 3
        größe, 変数, café = 1.5, "v", _private
        def _helper(): return _private, __hidden, größe
        __secret__ = "s"
        """,
        check=r"""
        assert _helper() == ([1], {'h': 2}, 1.5) and café is _private
        assert 変数 == 'v' and __secret__ == 's' and _x_ == 3
        """,
    ),
    Case(
        "names that shadow built-in ones do so for functions too",
        make=r"""
        list = [1, 2]
        def open(path): return f"opened {path}"
        type, id, print_ = "T", 7, print
        def uses_shadows(): return list, open("x"), type, id
        """,
        check=r"""
        assert uses_shadows() == ([1, 2], "opened x", "T", 7) and print_ is print
        del list, type
        assert list("ab") == ["a", "b"] and type(1) is int
        """,
        alone=True,
    ),
    Case(
        "a deleted name stays away, and its value in a container stays",
        make=r"""
        gone, kept_by = [1], []
        kept_by.append(gone)
        # %%
        del gone
        """,
        check="assert 'gone' not in globals() and kept_by == [[1]]",
    ),
    Case(
        "names that are words of the engine and its libraries are the user's",
        make=r"""
        kernelferry, report, pickle, dill, _engine, save, checkpoint = 1, "r", [2], {3}, (4,), 5, 6
        ip = get_ipython()
        """,
        check=r"""
        assert (kernelferry, report, pickle, dill, _engine, save, checkpoint) == (1, "r", [2], {3}, (4,), 5, 6)
        assert "ip" not in globals() or ip is get_ipython()
        """,
        expected={"ip": EITHER},
        alone=True,
    ),
    Case(
        "In, Out, the underscores and the execution count go on where they were",
        make=r"""
        [1, 2]
        # %%
        {"last": _}
        # %%
        "final"
        # %%
        cell_number = len(In) - 1
        """,
        check=r"""
        # What loads the session is a cell too, and may have shown something.
        shown_last = [each for each in (_, __, ___) if type(each).__name__ != "LoadReport"]
        assert shown_last[0] == "final" and shown_last[1] == {"last": [1, 2]}
        assert Out[cell_number - 1] == "final" and Out[cell_number - 2] is shown_last[1] and _oh is Out and _ih is In
        assert Out[cell_number - 3] is shown_last[1]["last"]
        assert "cell_number" in In[cell_number] and len(In) - 1 > cell_number
        assert get_ipython().execution_count in (len(In) - 1, len(In))
        """,
        alone=True,
    ),
    Case(
        "an output that cannot be stored keeps no other from moving",
        make=r"""
        (i for i in "abc")
        # %%
        memoryview(b"xyz")
        # %%
        shown_value = [1]
        shown_value
        """,
        check=r"""
        shown_number = max(n for n, code in enumerate(In) if code.startswith("shown_value"))
        assert shown_value == [1] and Out[shown_number] is shown_value
        """,
        alone=True,
    ),
    Case(
        "names bound by every kind of statement are there",
        make=r"""
        for loop_name in range(3): pass
        with open("bound.txt", "w") as with_name: pass
        (walrus_name := 5)
        [star_first, *star_rest] = "abc"
        import json as import_name
        match {"k": [1, 2]}:
            case {"k": [match_name, *match_rest]}: pass
        global_annotated: int = 4
        only_annotated: str
        """,
        check=r"""
        assert (loop_name, walrus_name, match_name, match_rest) == (2, 5, 1, [2])
        assert (star_first, star_rest) == ("a", ["b", "c"])
        assert import_name.dumps([1]) == "[1]" and global_annotated == 4 and "only_annotated" not in globals()
        """,
    ),
    Case(
        "annotations at the top level of the session are kept",
        make="annotated_name: 'unit' = 4\nalso_annotated: int",
        check="assert __annotations__['annotated_name'] == 'unit' and __annotations__['also_annotated'] is int",
        alone=True,
    ),
    Case(
        "names set through globals(), exec and setattr on the main module are there",
        make=r"""
        globals()["by_globals"] = [1]
        exec("by_exec = by_globals")
        import __main__
        __main__.by_setattr = by_globals
        """,
        check=r"""
        assert by_exec is by_globals is by_setattr
        assert __main__.by_exec is by_exec and vars(__main__) is globals()
        """,
    ),
    Case(
        "__main__ with a __getattr__ of its own answers as before",
        make=r"""
        def __getattr__(name):
            if name == "answer": return 42
            raise AttributeError(name)
        import sys
        asked_main = sys.modules["__main__"].answer
        """,
        check="assert sys.modules['__main__'].answer == asked_main == 42",
        alone=True,
    ),
    Case(
        "names that are no identifiers, put there by hand, spoil nothing",
        make=r"""
        globals()["not an identifier"] = [1]
        globals()["class"] = {"k": 2}
        plain_beside_odd = 3
        """,
        check=r"""
        assert globals()['not an identifier'] == [1]
        assert globals()['class'] == {'k': 2} and plain_beside_odd == 3
        """,
        alone=True,
    ),
    Case(
        "a cell that made a thousand small names brings them all",
        make="globals().update({f'many_{i}': [i] for i in range(1000)})",
        check="assert all(globals()[f'many_{i}'] == [i] for i in range(1000))",
    ),
    Case(
        "magics, aliases and bookmarks of the user's work",
        make=r"""
        from IPython.core.magic import register_cell_magic, register_line_magic
        @register_line_magic
        def shout_line(line): return line.upper()
        del shout_line
        # %%
        %alias say_hi echo hi
        magic_result = get_ipython().run_line_magic("shout_line", "abc")
        """,
        check=r"""
        assert magic_result == "ABC" and "say_hi" in dict(get_ipython().alias_manager.aliases)
        assert get_ipython().run_line_magic("shout_line", "x") == "X"
        """,
        alone=True,
    ),
    Case(
        "a hook after cells, a custom formatter and an exception handler of the user's work",
        make=r"""
        hook_calls = []
        def count_cell(result=None): hook_calls.append(1)
        class Shown: pass
        get_ipython().events.register("post_run_cell", count_cell)
        get_ipython().display_formatter.formatters["text/plain"].for_type(Shown, lambda o, p, c: p.text("<shown>"))
        # %%
        shown_instance = Shown()
        """,
        check=r"""
        calls_before_check = len(hook_calls)
        shown_plain = get_ipython().display_formatter.format(shown_instance)[0]["text/plain"]
        # %%
        assert len(hook_calls) > calls_before_check and shown_plain == "<shown>"
        """,
        alone=True,
    ),
)
