"""Whether a cell comes out different each time it runs: it asks the clock, the system's entropy, or for identities.

The global random generators are set to where they were before a replay, so drawing from them is no such thing. Nobody
sees a call to `time.time()`; so the words in a cell are looked at, and in the cells that define what it reads. Too many
are safe: such a cell is not run again where its values can be stored.
"""

from __future__ import annotations

import re
from functools import lru_cache

from kernelferry.state.history import HistoryGraph

_WORDS = re.compile(
    r"\b(?:urandom|getrandom|uuid[1-8]?|secrets|token_\w+|SystemRandom|default_rng|SeedSequence|RandomState|Random|PCG64\w*|"
    r"MT19937|Philox|SFC64|BitGenerator|random_state|time|time_ns|perf_counter\w*|monotonic\w*|process_time\w*|clock\w*|now|"
    r"today|utcnow|datetime|date|strftime|timestamp|getpid|getppid|id|hash|environ|getenv|gethostname|node|tempfile|mkdtemp|"
    r"mkstemp|gettempdir|getuser|listdir|glob|scandir|iterdir|walk|stat|getmtime|default_timer|Generator|manual_seed)\b"
)
_DEFINES = re.compile(r"\b(?:def|class|lambda)\b")
_DEPTH = 8


def is_entropic(history: HistoryGraph, index: int) -> bool:
    """Say whether a cell may come out different each time, itself or by a function that it may call."""
    return _is_entropic(history, index, set(), _DEPTH)


def _is_entropic(history: HistoryGraph, index: int, seen: set[int], depth: int) -> bool:
    seen.add(index)
    cell = history[index]
    if cell.source is None or depth == 0 or _mentions(cell.source):
        return True
    for name in cell.reads:
        version = history.version(name, before=index)
        if version is None or version in seen:
            continue
        source = history[version].source
        if source is None or (_defines(source) and _is_entropic(history, version, seen, depth - 1)):
            return True
    return False


@lru_cache(maxsize=4096)
def _mentions(source: str) -> bool:
    return _WORDS.search(source) is not None


@lru_cache(maxsize=4096)
def _defines(source: str) -> bool:
    return _DEFINES.search(source) is not None
