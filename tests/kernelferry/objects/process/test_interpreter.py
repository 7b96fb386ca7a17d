"""Claims about what belongs to the interpreter and the standard library."""

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
    "the working directory is entered again": (
        "import os\nos.mkdir('deeper')\nos.chdir('deeper')",
        "import os\nassert os.getcwd().endswith('work/deeper')",
    ),
    "a variable that was set is set, and no report shows its value": (
        "os.environ['TOKEN_OF_MINE'] = 'hunter2'",
        (
            "assert os.environ['TOKEN_OF_MINE'] == 'hunter2'\n"
            "assert 'TOKEN_OF_MINE' in outcomes['environ'].detail and 'hunter2' not in repr(outcomes)"
        ),
    ),
    "a variable that was removed is removed": (
        "del os.environ['HOME']",
        "assert 'HOME' not in os.environ",
    ),
    "what was added to PATH goes around what the new process has": (
        "os.environ['PATH'] = '/mine/bin' + os.pathsep + os.environ['PATH'] + os.pathsep + '/mine/last'",
        """
        folders = os.environ['PATH'].split(os.pathsep)
        assert folders[0] == '/mine/bin' and folders[-1] == '/mine/last' and '/new/pod' in folders
        """,
    ),
    "a variable that is the new process's own stays": (
        "",
        "assert os.environ['POD'] == 'new'",
    ),
    "folders of sys.path stand where they stood": (
        "import sys\nsys.path.insert(0, '/mine/first')\nsys.path.append('/mine/last')",
        "import sys\nassert sys.path[0] == '/mine/first' and sys.path[-1] == '/mine/last'",
    ),
    "random numbers go on, gauss's second one too": (
        """
        import random
        random.seed(3); random.gauss(0, 1)
        state = random.getstate()
        expected = random.gauss(0, 1), random.random()
        random.setstate(state)
        """,
        "import random\nassert (random.gauss(0, 1), random.random()) == expected",
    ),
    "the recursion limit and other switches of sys are set": (
        "sys.setrecursionlimit(4321)\nsys.tracebacklimit = 7\nsys.argv.append('--mine')\nimport gc\ngc.disable()",
        """
        import gc
        assert sys.getrecursionlimit() == 4321 and sys.tracebacklimit == 7 and sys.argv[-1] == '--mine'
        assert not gc.isenabled()
        """,
    ),
    "a function called for uncaught exceptions is in its place": (
        "def hook(*args): return 'mine'\nsys.excepthook = hook",
        "assert sys.excepthook is hook",
    ),
    "the umask is set": (
        "os.umask(0o027)",
        "assert os.umask(0o022) == 0o027",
    ),
    "a limit of the operating system is set": (
        "import resource\nresource.setrlimit(resource.RLIMIT_CORE, (0, 0))",
        "import resource\nassert resource.getrlimit(resource.RLIMIT_CORE) == (0, 0)",
    ),
    "the time zone is what time.tzset made it": (
        "import time\nos.environ['TZ'] = 'Asia/Tokyo'\ntime.tzset()",
        "import time\nassert time.timezone == -9 * 3600",
    ),
    "the locale is set": (
        "import locale\nlocale.setlocale(locale.LC_NUMERIC, 'C.UTF-8')",
        "import locale\nassert locale.setlocale(locale.LC_NUMERIC) == 'C.UTF-8'",
    ),
    "the decimal context is set, with traps and flags": (
        """
        import decimal
        context = decimal.getcontext()
        context.prec, context.rounding = 5, decimal.ROUND_UP
        context.traps[decimal.Inexact], context.flags[decimal.Rounded] = False, True
        context.traps[decimal.DivisionByZero] = False
        """,
        """
        import decimal
        assert decimal.Decimal(1) / 3 == decimal.Decimal('0.33334') and decimal.Decimal(1) / 0 == decimal.Decimal('inf')
        assert decimal.getcontext().flags[decimal.Rounded]
        """,
    ),
    "a signal is handled by the user's function, another one is ignored": (
        (
            "import signal\ndef on(*_): hit.append(1)\nhit = []\n"
            "signal.signal(signal.SIGUSR1, on)\nsignal.signal(signal.SIGUSR2, signal.SIG_IGN)"
        ),
        """
        import signal
        signal.raise_signal(signal.SIGUSR1)
        signal.raise_signal(signal.SIGUSR2)
        assert hit == [1] and signal.getsignal(signal.SIGUSR1) is on
        """,
    ),
    "functions to call at exit are called again, in their order": (
        "import atexit\ndef bye(): pass\ndef later(): pass\natexit.register(bye)\natexit.register(later)",
        """
        from kernelferry.objects.process import signals
        mine = [each for each in signals._registered() if each in (bye, later)]
        assert mine == [bye, later]
        """,
    ),
    "switches of modules of the standard library are set": (
        """
        import csv, socket, tempfile
        csv.field_size_limit(10**7); csv.register_dialect('pipes', delimiter='|')
        socket.setdefaulttimeout(12.5); tempfile.tempdir = os.getcwd()
        """,
        """
        import csv, socket, tempfile
        assert csv.field_size_limit() == 10**7 and csv.get_dialect('pipes').delimiter == '|'
        assert socket.getdefaulttimeout() == 12.5 and tempfile.gettempdir().endswith('deeper')
        """,
    ),
}

FIRST = """
import os
os.environ['POD'] = 'new'
os.environ['PATH'] += os.pathsep + '/new/pod'
"""


@pytest.fixture(scope="module")
def moved(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return _pair.move(tmp_path_factory.mktemp("interpreter"), CLAIMS, FIRST)


@pytest.mark.parametrize("claim", CLAIMS)
def test_that(moved: Any, claim: str) -> None:
    if moved.failures[claim]:
        pytest.fail(moved.failures[claim], pytrace=False)


def test_everything_that_could_move_is_stored(moved: Any) -> None:
    assert {name: each for name, each in moved.outcomes.items() if each[0] != "stored"} == {}
