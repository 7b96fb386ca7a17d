"""Claims about logging and warnings."""

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
    "basicConfig: the root logger writes to a stream of the new process, in its format, once": (
        """
        import logging, sys
        form = '%(levelname)s %(message)s'
        logging.basicConfig(level=logging.DEBUG, format=form, datefmt='%H', stream=sys.stdout)
        """,
        """
        import logging, sys
        streams = [each for each in logging.root.handlers if each.stream is sys.stdout]
        record = logging.LogRecord('x', logging.INFO, 'f', 1, 'hello', (), None)
        assert logging.root.level == logging.DEBUG and len(streams) == 1
        assert streams[0].format(record) == 'INFO hello' and streams[0].formatter.datefmt == '%H'
        """,
    ),
    "a handler that wrote to a file goes on at its end": (
        """
        import logging.handlers
        log = logging.getLogger('mine.file')
        log.addHandler(logging.handlers.RotatingFileHandler('mine.log', mode='w', maxBytes=1000, backupCount=2))
        log.warning('before')
        """,
        """
        log = logging.getLogger('mine.file')
        log.warning('after')
        handler, = log.handlers
        assert open(handler.baseFilename).read().split() == ['before', 'after']
        assert (handler.maxBytes, handler.backupCount) == (1000, 2)
        """,
    ),
    "a handler that is a variable is the very one on the logger": (
        "handler_of_mine = logging.StreamHandler()\nlogging.getLogger('mine.variable').addHandler(handler_of_mine)",
        "assert logging.getLogger('mine.variable').handlers == [handler_of_mine]",
    ),
    "one handler on two loggers is one again": (
        (
            "shared = logging.FileHandler('shared.log')\n"
            "logging.getLogger('mine.a').addHandler(shared)\nlogging.getLogger('mine.b').addHandler(shared)\ndel shared"
        ),
        "(a,), (b,) = (logging.getLogger(f'mine.{each}').handlers for each in 'ab')\nassert a is b",
    ),
    "a handler of a class of the session's works": (
        """
        class Collecting(logging.Handler):
            def __init__(self):
                super().__init__()
                self.seen = []
            def emit(self, record): self.seen.append(record.getMessage())
            def __reduce__(self): return Collecting, ()  # dill would bring its lock back locked
        collecting = Collecting()
        logging.getLogger('mine.class').addHandler(collecting)
        """,
        "logging.getLogger('mine.class').error('x')\nassert collecting.seen == ['x']",
    ),
    "levels, propagation and filters of named loggers are set": (
        """
        quiet = logging.getLogger('urllib3'); quiet.setLevel(logging.ERROR); quiet.propagate = False
        quiet.addFilter(logging.Filter('urllib3.pool'))
        logging.getLogger('mine.off').disabled = True
        """,
        """
        quiet = logging.getLogger('urllib3')
        assert quiet.level == logging.ERROR and not quiet.propagate and quiet.filters[0].name == 'urllib3.pool'
        assert logging.getLogger('mine.off').disabled
        """,
    ),
    "names of levels and the switch for all are set": (
        "logging.addLevelName(5, 'TRACE')\nlogging.disable(5)",
        "assert logging.getLevelName(5) == 'TRACE' and logging.root.manager.disable == 5",
    ),
    "a logger that the new process has set up keeps its handler": (
        "",
        "assert len(logging.getLogger('new.process').handlers) == 1",
    ),
    "filters of warnings keep order, category, pattern and module": (
        """
        import warnings
        class Mine(UserWarning): pass
        warnings.filterwarnings('ignore', message='noise.*', category=Mine)
        warnings.filterwarnings('error', category=DeprecationWarning, module='mine')
        warnings.simplefilter('always', ResourceWarning)
        """,
        """
        import re, warnings
        first, second, third = warnings.filters[:3]
        assert first[:3] == ('always', None, ResourceWarning)
        assert second == ('error', None, DeprecationWarning, re.compile('mine'), 0)
        assert third[0] == 'ignore' and third[1].match('NOISE here') and third[2] is Mine
        """,
    ),
    "a function that shows warnings is in its place": (
        "def show(*args, **kwargs): pass\nwarnings.showwarning = show",
        "assert warnings.showwarning is show",
    ),
}

FIRST = """
import logging
logging.getLogger('new.process').addHandler(logging.StreamHandler())
"""


@pytest.fixture(scope="module")
def moved(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return _pair.move(tmp_path_factory.mktemp("logging"), CLAIMS, FIRST)


@pytest.mark.parametrize("claim", CLAIMS)
def test_that(moved: Any, claim: str) -> None:
    if moved.failures[claim]:
        pytest.fail(moved.failures[claim], pytrace=False)


def test_everything_is_stored_and_the_loggers_are_named(moved: Any) -> None:
    assert {name: each for name, each in moved.outcomes.items() if each[0] != "stored"} == {}
    assert "the root logger" in moved.outcomes["logging"][2]
