"""Claims about what pickle alone cannot move, or moves wrongly."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

_spec = importlib.util.spec_from_file_location("roundtrip", Path(__file__).with_name("roundtrip.py"))
assert _spec is not None
assert _spec.loader is not None
_module = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_module)
round_trip = _module.round_trip

CASES = {
    "exceptions keep their chain, their notes, and a traceback that prints": (
        """
        import traceback
        class Oops(Exception):
            def __init__(self, code, extra):
                super().__init__(f'{code}!')
                self.code, self.extra = code, extra
        def inner(): raise ValueError('low')
        try:
            try: inner()
            except ValueError as e: raise Oops(3, [1]) from e
        except Oops as e: kept = e
        text = traceback.format_tb(kept.__traceback__)
        """,
        """
        assert type(kept) is Oops and kept.code == 3 and kept.args == ('3!',) and str(kept.__cause__) == 'low'
        assert [f.name for f in traceback.extract_tb(kept.__cause__.__traceback__)] == ['<module>', 'inner']
        assert [f.lineno for f in traceback.extract_tb(kept.__traceback__)] == [10]
        """,
    ),
    "built-in exceptions keep what their class knows": (
        """
        import json
        errors = []
        texts = 'open("/nowhere")', '1 +', '{}["k"]', 'b"\\\\xff".decode()', 'json.loads("{")', '[].x', 'import zz'
        for text in texts:
            try: exec(text)
            except Exception as e: errors.append(e)
        """,
        """
        assert errors[0].errno == 2 and errors[0].filename == '/nowhere' and errors[1].lineno == 1
        assert errors[2].args == ('k',) and errors[3].start == 0 and errors[4].pos == 1 and errors[6].name == 'zz'
        """,
    ),
    "open files go on where they were": (
        """
        import pathlib, tempfile
        folder = pathlib.Path(tempfile.mkdtemp())
        (folder / 'in').write_text('one\\ntwo\\nthree\\n')
        (folder / 'bytes').write_bytes(bytes(range(100)))
        reading, raw = open(folder / 'in'), open(folder / 'bytes', 'rb')
        first, head = reading.readline(), raw.read(10)
        writing, adding = open(folder / 'out', 'w'), open(folder / 'log', 'a')
        writing.write('begun '); adding.write('x\\n')
        closed = open(folder / 'in'); closed.close()
        from kernelferry.objects.open_files import flush_open_files
        flush_open_files()
        del flush_open_files
        """,
        """
        assert reading.read() == 'two\\nthree\\n' and reading.mode == 'r' and raw.read(2) == b'\\x0a\\x0b'
        writing.write('done'); writing.close(); adding.write('y\\n'); adding.close(); reading.close(); raw.close()
        assert (folder / 'out').read_text() == 'begun done' and (folder / 'log').read_text() == 'x\\ny\\n'
        assert closed.closed and closed.name == str(folder / 'in')
        """,
    ),
    "weak things are weak, and know what is gone": (
        """
        import weakref
        class A:
            def go(self): return 'went'
        a, log = A(), []
        gone = weakref.ref(A())
        keys, values = weakref.WeakKeyDictionary({a: 1}), weakref.WeakValueDictionary(k=a)
        objects = weakref.WeakSet([a])
        method, proxy, called = weakref.WeakMethod(a.go), weakref.proxy(a), weakref.ref(a, log.append)
        final = weakref.finalize(a, log.append, 'end')
        """,
        """
        assert gone() is None and keys[a] == 1 and values['k'] is a and a in objects and method()() == 'went'
        assert proxy.go() == 'went' and called() is a and final.alive
        del a
        import gc
        gc.collect()
        assert log[0] == 'end' and log[1] is called and called() is None and len(keys) == len(values) == 0
        """,
    ),
    "memory views show the same object": (
        """
        import array
        b, n = bytearray(b'abcdef'), array.array('i', [1, 2])
        m, r, v = memoryview(b), memoryview(b'xyz'), memoryview(n)
        """,
        """
        m[0], v[1] = 90, 7
        assert b[:1] == b'Z' and m.obj is b and r.tobytes() == b'xyz' and v.format == 'i' and n[1] == 7
        """,
    ),
    "views into bytearrays, of fields, reversed, transposed and read-only stay views": (
        """
        import numpy as np
        b = bytearray(16)
        f = np.frombuffer(b, dtype='u1')
        base = np.arange(24).reshape(4, 6)
        back, across, row = base[::-1], base.T, base[1]
        frozen = base.view(); frozen.flags.writeable = False
        rec = np.zeros(5, dtype=[('x', 'f8'), ('y', 'i4')]); x = rec['x']
        obj = np.array([[1], 'a', None], dtype=object); part = obj[1:]
        when = np.array(['2020-01-01', '2021-01-01'], dtype='M8[D]'); later = when[1:]
        fortran = np.asfortranarray(np.ones((3, 4))); col = fortran[:, 1]
        zero = np.zeros(()); zview = zero[...]
        """,
        """
        f[3] = 9; assert b[3] == 9
        base[3, 0] = -1; base[1, 2] = -2
        assert back[0, 0] == across[0, 3] == -1 and row[2] == frozen[1, 2] == -2 and not frozen.flags.writeable
        x[2] = 5; assert rec[2]['x'] == 5
        part[0] = 'z'; assert obj[1] == 'z' and part[1] is None
        when[1] = np.datetime64('1999-09-09'); assert later[0] == when[1]
        fortran[2, 1] = 8; assert col[2] == 8 and fortran.flags.f_contiguous
        zero[...] = 4; assert zview == 4
        """,
    ),
    "frames that show the same memory still copy on write": (
        """
        import numpy as np, pandas as pd
        df = pd.DataFrame({'a': np.arange(30000.0), 'b': np.arange(30000.0)})
        same, column, values = df[:], df['a'], df['b'].to_numpy()
        """,
        """
        assert np.shares_memory(values, df['b'].to_numpy()) and np.shares_memory(df['a'].to_numpy(), column.to_numpy())
        if pd.__version__ < '3':  # which does not copy on write
            raise SystemExit
        same.loc[0, 'a'] = -5.0
        assert df.loc[0, 'a'] == 0 == column[0] and same.loc[0, 'a'] == -5
        column[1] = 77
        assert df.loc[1, 'a'] == 1 and same.loc[1, 'a'] == 1
        """,
    ),
    "texts in arrays come back as they were": (
        """
        import numpy as np
        a = np.array([f's{i}' for i in range(2000)], dtype=object)
        b = np.array(['x\\0', ''] * 900 + [f'{i}' for i in range(9)], dtype=object)
        c = np.array([f'a\\0{i}' for i in range(1500)], object).reshape(2, -1)
        """,
        """
        assert a.tolist() == [f's{i}' for i in range(2000)] and b[0] == 'x\\0' and b[1] == '' and b[-1] == '8'
        assert c.shape == (2, 750) and c[1, 749] == 'a\\0001499'
        """,
    ),
    "type variables, new types and generic classes keep their identity": (
        """
        from typing import Generic, NewType, ParamSpec, TypeVar
        T, P, N = TypeVar('T', bound=int), ParamSpec('P'), NewType('N', int)
        class Box(Generic[T]):
            def __init__(self, x: T): self.x = x
        box, alias = Box[int](3), Box[int]
        """,
        """
        assert Box.__parameters__ == (T,) and T.__bound__ is int and box.x == 3 and alias(4).x == 4
        assert Box.__orig_bases__[0].__args__[0] is T and N(3) == 3 and N.__supertype__ is int and P.__name__ == 'P'
        """,
    ),
    "what a library has only once is still that one": (
        """
        import logging, random, matplotlib, numpy as np
        rc, root, log = matplotlib.rcParams, logging.root, logging.getLogger('a')
        inst, legacy = random._inst, np.random.mtrand._rand
        """,
        """
        assert rc is matplotlib.rcParams and root is logging.root and log is logging.getLogger('a')
        assert inst is random._inst and legacy is np.random.mtrand._rand
        """,
    ),
    "functions that libraries have made see their library's globals": (
        """
        import contextlib, functools
        @contextlib.contextmanager
        def entered(x): yield x + 1
        @functools.singledispatch
        def show(x): return 'any'
        @show.register
        def _(x: int): return 'int'
        """,
        "with entered(1) as v: assert v == 2\nassert show(1) == 'int' and show('') == 'any'",
    ),
    "a list nested a hundred thousand deep": (
        "deep = []\nfor _ in range(100_000): deep = [deep]",
        "n = 0\nwhile deep: deep = deep[0]; n += 1\nassert n == 100_000",
    ),
    "iterators go on where they were": (
        """
        import itertools
        numbers, cycle, pairs = iter([1, 2, 3]), itertools.cycle('ab'), zip('abc', itertools.count())
        next(numbers), next(cycle), next(pairs)
        keys, match = {'a': 1}.keys(), __import__('re').search('b+', 'abbb')
        """,
        """
        assert list(numbers) == [2, 3] and next(cycle) == 'b' and next(pairs) == ('b', 1) and 'a' in keys
        assert match.group() == 'bbb' and match.start() == 1
        """,
    ),
    "who holds the session's namespace holds that of the new process": (
        """
        class Context:
            def __init__(self): self.names = [globals(), {}]
        context, space, held = Context(), globals(), []
        scratch = {}
        exec('v = 1', scratch)
        """,
        """
        assert context.names[0] is space is globals() and scratch['v'] == 1
        assert scratch['__builtins__'] is __builtins__.__dict__
        """,
    ),
    "idle pools, done futures and context variables": (
        """
        import concurrent.futures, contextvars
        pool = concurrent.futures.ThreadPoolExecutor(2)
        future = pool.submit(sum, [1, 2])
        future.result()
        failed = pool.submit(int, 'x')
        failed.exception()
        pool.submit(int).result()
        closed = concurrent.futures.ThreadPoolExecutor(1)
        closed.shutdown()
        var, empty = contextvars.ContextVar('var'), contextvars.ContextVar('empty')
        var.set([1])
        import time
        while pool._idle_semaphore._value < len(pool._threads): time.sleep(0.001)
        """,
        """
        assert future.result() == 3 and type(failed.exception()) is ValueError and list(pool.map(abs, [-1])) == [1]
        assert var.get() == [1] and empty.get(None) is None and closed._shutdown
        pool.shutdown()
        """,
    ),
    "what a subclass adds to a class of the standard library stays": (
        """
        import collections, datetime, random
        import numpy as np
        class Die(random.Random): pass
        class Day(datetime.date): pass
        class Bag(collections.Counter): pass
        class Tagged(np.ndarray): pass
        die, day, bag = Die(3), Day(2020, 1, 2), Bag('aab')
        die.rolls, day.note, bag.owner = 5, 'x', ['me']
        die.random()
        expected = random.Random(3)
        expected.random()
        tagged = np.arange(6.0).view(Tagged)
        tagged.title = 'six'
        part = tagged[2:]
        windows = np.lib.stride_tricks.sliding_window_view(np.arange(5), 3)
        """,
        """
        assert (die.rolls, day.note, bag.owner, bag['a'], day.year) == (5, 'x', ['me'], 2, 2020)
        assert die.random() == expected.random() and type(tagged) is Tagged and tagged.title == 'six'
        part[0] = 9
        assert tagged[2] == 9 and windows.strides == (8, 8) and not windows.flags.writeable
        """,
    ),
    "code, thread-local data, ended threads, queues and conditions": (
        """
        import queue, threading
        code = compile('1 + x', 'f', 'eval')
        local = threading.local(); local.v = [1]
        thread = threading.Thread(target=print, args=('',), name='t'); thread.start(); thread.join()
        q, s, event, cond = queue.Queue(), queue.SimpleQueue(), threading.Event(), threading.Condition()
        q.put(1); s.put(2); event.set()
        """,
        """
        assert eval(code, {'x': 2}) == 3 and local.v == [1] and not thread.is_alive() and thread.name == 't'
        assert q.get(timeout=1) == 1 and s.get(timeout=1) == 2 and event.is_set()
        thread.join()
        with cond: cond.notify_all()
        """,
    ),
}
REFUSED = {
    "a held lock": ("import threading\nlock = threading.Lock(); lock.acquire()", "thread lock is held"),
    "a generator": ("g = (i for i in range(3))", "a generator cannot be stored"),
    "a running thread": (
        "import threading\nt = threading.Thread(target=threading.Event().wait, daemon=True); t.start()",
        "is running",
    ),
    "a deleted file": (
        "import os, tempfile\nfd, path = tempfile.mkstemp()\nf = open(fd); f.close(); f = open(path); os.remove(path)",
        "was deleted or replaced",
    ),
}


@pytest.mark.parametrize("claim", CASES)
def test_after_the_move(claim: str, tmp_path: Path) -> None:
    round_trip(tmp_path, *CASES[claim])


@pytest.mark.parametrize("claim", REFUSED)
def test_what_cannot_move_says_why(claim: str, tmp_path: Path) -> None:
    cell, reason = REFUSED[claim]
    round_trip(tmp_path, f"beside = 1\n{cell}", "assert beside == 1", fails=reason)
