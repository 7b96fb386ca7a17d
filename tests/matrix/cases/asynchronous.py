"""Coroutines, tasks, and what asyncio and contextvars hold."""

from __future__ import annotations

from tests.matrix.case import EITHER, SKIPPED, Case

CASES = (
    Case(
        "async functions, async generators and async context managers of the user can be awaited",
        make=r"""
        import asyncio, contextlib
        async def fetched(x):
            await asyncio.sleep(0)
            return x + 1
        async def ticks(n):
            for i in range(n):
                yield i
        @contextlib.asynccontextmanager
        async def opened_async(): yield "in"
        fetched_before = await fetched(1)
        """,
        check=r"""
        async with opened_async() as inside:
            assert [await fetched(i) async for i in ticks(3)] == [1, 2, 3] and inside == "in" and fetched_before == 2
        """,
    ),
    Case(
        "a coroutine that was never awaited is skipped by name",
        make=r"""
        # ferry: never-replay
        async def never_awaited(): return 1
        pending_coroutine = never_awaited()
        """,
        check=r"""
        if "pending_coroutine" in globals():
            pending_coroutine.close()
        assert await never_awaited() == 1
        """,
        expected={"pending_coroutine": SKIPPED},
        reasons={"pending_coroutine": "coroutine"},
    ),
    Case(
        "an async generator that is half-way is skipped by name",
        make=r"""
        # ferry: never-replay
        async def slow_numbers():
            for i in range(3):
                yield i
        half_async = slow_numbers()
        first_of_async = await anext(half_async)
        """,
        check="assert first_of_async == 0 and [x async for x in slow_numbers()] == [0, 1, 2]",
        expected={"half_async": SKIPPED},
        reasons={"half_async": "generator"},
    ),
    Case(
        "asyncio queues, locks, events and semaphores that nobody waits for keep their state",
        make=r"""
        import asyncio
        async_queue, async_lock, async_event = asyncio.Queue(maxsize=3), asyncio.Lock(), asyncio.Event()
        async_semaphore = asyncio.Semaphore(2)
        async_queue.put_nowait({"job": 1})
        await async_lock.acquire()
        async_event.set()
        await async_semaphore.acquire()
        """,
        check=r"""
        assert async_queue.get_nowait() == {"job": 1} and async_queue.empty() and async_queue.maxsize == 3
        assert async_lock.locked() and async_event.is_set() and not async_semaphore.locked()
        async_lock.release()
        async with async_lock, async_semaphore:
            assert async_semaphore.locked()
        """,
    ),
    Case(
        "a running task is skipped by name, and what stands beside it is not",
        make=r"""
        # ferry: never-replay
        import asyncio
        async def forever(): await asyncio.Event().wait()
        running_task = asyncio.create_task(forever(), name="forever-task")
        task_notes = ["beside"]
        await asyncio.sleep(0)
        """,
        check=r"""
        if "running_task" in globals():
            running_task.cancel()
        assert task_notes == ["beside"]
        """,
        expected={"running_task": SKIPPED},
        reasons={"running_task": "ask"},
        process={"asyncio": SKIPPED},
    ),
    Case(
        "a finished task and a future with a result give that result, or are named",
        make=r"""
        import asyncio
        async def quick_job(): return [1, 2]
        finished_task = asyncio.ensure_future(quick_job())
        job_result = await finished_task
        resolved = asyncio.get_running_loop().create_future()
        resolved.set_result(job_result)
        """,
        check=r"""
        assert job_result == [1, 2]
        for each in ("finished_task", "resolved"):
            assert each not in globals() or globals()[each].result() == [1, 2]
        """,
        expected={"finished_task": EITHER, "resolved": EITHER},
    ),
    Case(
        "a context variable keeps its default, and a context what was set in it",
        make=r"""
        import contextvars
        request_id = contextvars.ContextVar("request_id", default="none")
        def read_request(): return request_id.get()
        own_context = contextvars.copy_context()
        own_context.run(request_id.set, "r-1")
        """,
        check=r"""
        assert request_id.name == "request_id" and request_id.get("x") in ("x", "none") and read_request() == "none"
        assert own_context.run(read_request) == "r-1" and own_context[request_id] == "r-1"
        """,
    ),
    Case(
        "an asyncio protocol of the user's, with callbacks and no loop, is whole",
        make=r"""
        import asyncio
        class Echo(asyncio.Protocol):
            def __init__(self, done): self.done, self.lines = done, []
            def data_received(self, data): self.lines.append(data); self.done(data)
        echoed = []
        echo = Echo(echoed.append)
        echo.data_received(b"one")
        """,
        check=r"""
        echo.data_received(b"two")
        assert echoed == [b"one", b"two"] == echo.lines
        """,
    ),
)
