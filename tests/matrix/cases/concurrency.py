"""Threads, locks, queues, pools, processes and connections."""

from __future__ import annotations

from tests.matrix.case import EITHER, SKIPPED, Case

CASES = (
    Case(
        "locks that are free are free and usable, also inside objects and shared",
        make=r"""
        import threading
        free_lock, free_rlock = threading.Lock(), threading.RLock()
        class Store:
            def __init__(self, lock): self.lock, self.data = lock, {}
            def put(self, k, v):
                with self.lock: self.data[k] = v
        store = Store(free_lock)
        store.put("a", 1)
        """,
        check=r"""
        assert store.lock is free_lock and free_lock.acquire(blocking=False) and not free_lock.acquire(blocking=False)
        free_lock.release()
        store.put("b", 2)
        with free_rlock, free_rlock: pass
        assert store.data == {"a": 1, "b": 2}
        """,
    ),
    Case(
        "conditions, events, semaphores and barriers that nobody waits for keep their state",
        make=r"""
        import threading
        condition, event, barrier = threading.Condition(), threading.Event(), threading.Barrier(1)
        semaphore, bounded = threading.Semaphore(3), threading.BoundedSemaphore(1)
        event.set(); semaphore.acquire()
        shared_lock = threading.Lock()
        condition_on = threading.Condition(shared_lock)
        """,
        check=r"""
        assert event.is_set() and barrier.wait(timeout=5) == 0
        assert [semaphore.acquire(blocking=False) for _ in range(3)] == [True, True, False]
        with condition_on:
            assert shared_lock.locked()
            condition_on.notify_all()
        with condition: condition.notify()
        with bounded: pass
        """,
    ),
    Case(
        "a thread-local object keeps what this thread has put there",
        make=r"""
        import threading
        local = threading.local()
        local.value = {"k": 1}
        class OwnLocal(threading.local):
            def __init__(self, start): self.items = [start]
        own_local = OwnLocal(5)
        own_local.items.append(6)
        """,
        check="assert local.value == {'k': 1} and own_local.items == [5, 6] and type(own_local) is OwnLocal",
    ),
    Case(
        "queues keep their items in order, and can be used at once",
        make=r"""
        import queue
        fifo, lifo, prio = queue.Queue(maxsize=2), queue.LifoQueue(), queue.PriorityQueue()
        simple = queue.SimpleQueue()
        for q in (fifo, lifo, prio, simple):
            q.put((2, "b")); q.put((1, "a"))
        del q
        """,
        check=r"""
        assert fifo.full() and fifo.get(timeout=5) == (2, "b") and lifo.get(timeout=5) == (1, "a")
        assert prio.get(timeout=5) == (1, "a") and fifo.unfinished_tasks == 2
        fifo.put((3, "c"), timeout=5)
        assert simple.get(timeout=5) == (2, "b")
        """,
    ),
    Case(
        "a thread that has not started can be started after the move, or is named",
        make=r"""
        import threading
        unstarted_result = []
        unstarted = threading.Thread(target=unstarted_result.append, args=(1,), name="unstarted")
        """,
        check=r"""
        if "unstarted" in globals():
            unstarted.start()
            unstarted.join(5)
            assert unstarted_result == [1] and unstarted.name == "unstarted"
        """,
        expected={"unstarted": EITHER, "unstarted_result": EITHER},
    ),
    Case(
        "a running thread is skipped by name, and its results so far are there",
        make=r"""
        # ferry: never-replay
        import threading
        thread_stop, thread_rows = threading.Event(), ["row"]
        worker = threading.Thread(target=thread_stop.wait, args=(3600,), daemon=True, name="worker-1")
        worker.start()
        """,
        check="assert thread_rows == ['row']",
        expected={"worker": SKIPPED, "thread_stop": EITHER},
        reasons={"worker": "hread"},
        process={"threads": SKIPPED},
    ),
    Case(
        "a pool of threads is usable or named, its finished futures have results or are named",
        make=r"""
        from concurrent.futures import Future, ThreadPoolExecutor
        pool = ThreadPoolExecutor(max_workers=1)
        pooled = pool.submit(pow, 2, 5)
        pooled_result = pooled.result()
        plain_future = Future()
        plain_future.set_result([1])
        """,
        check=r"""
        assert pooled_result == 32
        assert "pooled" not in globals() or pooled.result(timeout=5) == 32
        assert "plain_future" not in globals() or plain_future.result(timeout=5) == [1]
        assert "pool" not in globals() or pool.submit(pow, 2, 3).result(timeout=5) == 8
        """,
        expected=dict.fromkeys(("pool", "pooled", "plain_future"), EITHER),
    ),
    Case(
        "a connection to a database is skipped, or opened again on the same file, and rows are kept",
        make=r"""
        import sqlite3
        db = sqlite3.connect("data.db")
        db.execute("create table if not exists t (a int)")
        db.execute("insert into t values (1)")
        db.commit()
        cursor = db.execute("select a from t")
        rows_read = cursor.fetchall()
        """,
        check=r"""
        assert rows_read == [(1,)] and sqlite3.connect("data.db").execute("select count(*) from t").fetchone() == (1,)
        assert "db" not in globals() or db.execute("select a from t").fetchall() == [(1,)]
        """,
        expected={"db": SKIPPED, "cursor": SKIPPED},
        reasons={"db": "onnection", "cursor": "ursor"},
    ),
    Case(
        "a database in memory is not silently another, empty one",
        make=r"""
        # ferry: never-replay
        import sqlite3
        memory_db = sqlite3.connect(":memory:")
        memory_db.execute("create table t (a int)")
        memory_db.execute("insert into t values (42)");
        db_wrapper = {"connection": memory_db, "name": "w"}
        """,
        check="assert 'memory_db' not in globals() or memory_db.execute('select a from t').fetchone() == (42,)",
        expected={"memory_db": SKIPPED, "db_wrapper": SKIPPED},
        reasons={"memory_db": "onnection", "db_wrapper": "onnection"},
    ),
    Case(
        "a socket is skipped by name",
        make=r"""
        import socket
        listener = socket.create_server(("127.0.0.1", 0))
        socket_note = {"port": listener.getsockname()[1]}
        left_end, right_end = socket.socketpair()
        """,
        check="assert socket_note['port'] > 0",
        expected={"listener": SKIPPED, "left_end": SKIPPED, "right_end": SKIPPED},
        reasons=dict.fromkeys(("listener", "left_end", "right_end"), "socket"),
    ),
    Case(
        "a process that runs is skipped by name, the result of one that has ended is kept",
        make=r"""
        import subprocess
        ended = subprocess.run(["true"], capture_output=True)
        child = subprocess.Popen(["cat"], stdin=subprocess.PIPE)
        """,
        check="assert ended.returncode == 0 and ended.args == ['true'] and ended.stdout == b''",
        expected={"child": SKIPPED},
        reasons={"child": "child"},
        process={"child processes": SKIPPED},
    ),
    Case(
        "selectors, ssl contexts and pipes are made again or named, and never half-made",
        make=r"""
        import os, selectors, ssl
        selector, tls = selectors.DefaultSelector(), ssl.create_default_context()
        tls.check_hostname = False
        pipe_ends = os.pipe()
        read_end = os.fdopen(pipe_ends[0])
        """,
        check=r"""
        if "tls" in globals():
            assert tls.check_hostname is False
        if "selector" in globals():
            assert selector.select(timeout=0) == []
        """,
        expected={"selector": EITHER, "tls": EITHER, "read_end": SKIPPED},
        reasons={"read_end": "read_end"},
    ),
    Case(
        "a lock that is held is not silently free, and its neighbours move",
        make=r"""
        # ferry: never-replay
        import threading
        held_lock = threading.Lock()
        held_lock.acquire()
        held_by = [{"lock": held_lock}]
        beside_lock = {"fine": 1}
        """,
        check="assert beside_lock == {'fine': 1} and ('held_lock' not in globals() or held_lock.locked())",
        expected={"held_lock": SKIPPED, "held_by": SKIPPED},
        reasons={"held_lock": "thread lock is held", "held_by": "thread lock is held"},
    ),
)
