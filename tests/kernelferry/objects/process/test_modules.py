"""Claims about modules: the user's own, those without a file, and what a session has changed in others."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest

_spec = importlib.util.spec_from_file_location("process_pair", Path(__file__).with_name("pair.py"))
assert _spec is not None
assert _spec.loader is not None
_pair = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_pair)

CLAIMS = {
    "a module beside the notebook is imported again, with the plain values it had": (
        """
        import pathlib, sys
        sys.path.insert(0, '')
        pathlib.Path('helper_of_mine.py').write_text('DEBUG = False\\nnames = []\\ndef f(): return DEBUG, names')
        import helper_of_mine
        helper_of_mine.DEBUG = True
        helper_of_mine.names.append('x')
        """,
        "import helper_of_mine\nassert helper_of_mine.f() == (True, ['x'])",
    ),
    "an attribute given to a module is there, whatever it is": (
        """
        import xml.dom as dom
        dom.tau_of_mine = 6.28
        dom.table_of_mine = {'a': [1, 2]}
        setattr(dom, 'by_setattr', b'x')
        class Thing: pass
        thing = Thing()
        dom.thing_of_mine = thing
        """,
        """
        import xml.dom as dom
        assert dom.tau_of_mine == 6.28 and dom.table_of_mine == {'a': [1, 2]} and dom.by_setattr == b'x'
        assert dom.thing_of_mine is thing
        """,
    ),
    "a constant of a module that was changed is changed": (
        "import string\nstring.digits = '01'",
        "import string\nassert string.digits == '01'",
    ),
    "a function of a module that was replaced by the session's is replaced": (
        "import json\ndef loads(text): return 'mine'\njson.loads = loads",
        "import json\nassert json.loads('1') == 'mine' and json.loads is loads",
    ),
    "and so is one replaced by a library's": (
        "import shutil, os.path\nshutil.move = os.path.join",
        "import shutil, os.path\nassert shutil.move is os.path.join",
    ),
    "a module that only another one leads to is seen": (
        "import os\nos.path.sep_of_mine = '!'",
        "import os\nassert os.path.sep_of_mine == '!'",
    ),
    "a wrapper that has taken the name of what it wraps is the wrapper": (
        """
        import functools, textwrap
        original = textwrap.dedent
        def louder(function, mark='!'):
            @functools.wraps(function, updated=())
            def wrapper(text): return text.upper() + mark
            del wrapper.__wrapped__
            return wrapper
        textwrap.dedent = louder(original)
        """,
        "import textwrap\nassert textwrap.dedent('a') == 'A!' and textwrap.dedent.__name__ == 'dedent'",
    ),
    "a method given to a library's class is there": (
        (
            "import collections\ndef first(self): return self.most_common(1)[0]\ncollections.Counter.first = first\n"
            "collections.Counter.size = property(lambda self: len(self))"
        ),
        """
        import collections
        counter = collections.Counter('aab')
        assert counter.first() == ('a', 2) and counter.size == 2
        """,
    ),
    "warnings.warn can be silenced by replacing it": (
        "import warnings\ndef warn(*args, **kwargs): pass\nwarnings.warn = warn",
        "import warnings\nassert warnings.warn is warn",
    ),
    "a builtin is the session's own": (
        "import builtins\ndef shout(*args): pass\nbuiltins.shout = shout",
        "assert __builtins__.shout is shout",
    ),
    "a module without a file is there, and its functions see its names": (
        """
        import types
        made = types.ModuleType('made_of_mine', 'Doc.')
        exec('LIMIT = 3\\ndef below(x, by=1, *, of=[2]): return x < LIMIT, by, of', made.__dict__)
        sys.modules['made_of_mine'] = made
        function_of_made = made.below
        def extra(): return 'mine'
        made.extra = extra
        """,
        """
        import made_of_mine
        assert made_of_mine.below(2) == (True, 1, [2]) and made_of_mine.__doc__ == 'Doc.'
        made_of_mine.LIMIT = 1
        assert function_of_made(2)[0] is False and made_of_mine.extra is extra and made is made_of_mine
        """,
    ),
    "what stands in for a module is there": (
        "class Stub:\n    x = 5\nstub = Stub()\nsys.modules['stubbed_out'] = stub",
        "import stubbed_out\nassert stubbed_out is stub and stubbed_out.x == 5",
    ),
}


@pytest.fixture(scope="module")
def moved(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return _pair.move(tmp_path_factory.mktemp("modules"), CLAIMS)


@pytest.mark.parametrize("claim", CLAIMS)
def test_that(moved: Any, claim: str) -> None:
    if moved.failures[claim]:
        pytest.fail(moved.failures[claim], pytrace=False)


def test_everything_is_stored_and_each_change_is_named(moved: Any) -> None:
    assert {name: each for name, each in moved.outcomes.items() if each[0] != "stored"} == {}
    assert "xml.dom.tau_of_mine" in moved.outcomes["patches"][2]
    assert moved.outcomes["made modules"][2] == "made_of_mine, stubbed_out"


def test_what_cannot_move_with_a_module_is_named(tmp_path: Path) -> None:
    cells = """
        import json, sys, types
        made = types.ModuleType('made')
        exec('class Inner: pass', made.__dict__)
        sys.modules['made'] = made
        json.generator_of_mine = (i for i in [])
    """
    moved = _pair.move(tmp_path, {"": (cells, "")})
    assert "made.Inner" in moved.outcomes["made modules"][1]
    assert moved.outcomes["patches"][0] == "skipped"
    assert "json.generator_of_mine is the usual one" in moved.outcomes["patches"][1]


def test_a_module_whose_file_is_gone_is_named(tmp_path: Path) -> None:
    cells = """
        import pathlib, sys
        sys.path.insert(0, '')
        pathlib.Path('soon_gone.py').write_text('X = 1')
        __import__('soon_gone')
    """
    moved = _pair.move(tmp_path, {"": (cells, "")}, first="import shutil\nshutil.rmtree('work')")
    outcome, reason, _ = moved.outcomes["modules"]
    assert outcome == "skipped"
    assert "The module soon_gone" in reason
