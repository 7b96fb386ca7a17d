"""Iterators that are half-way through: they go on where they were."""

from __future__ import annotations

from tests.matrix.case import SKIPPED, Case

CASES = (
    Case(
        "iterators over built-in containers go on where they were",
        make=r"""
        list_it, tuple_it, str_it, range_it = iter([1, 2, 3]), iter((1, 2)), iter("añ"), iter(range(0, 10, 3))
        bytes_it, reverse_it, dict_it, set_it = iter(b"ab"), reversed([1, 2, 3]), iter({"a": 1, "b": 2}), iter({7})
        [next(it) for it in (list_it, tuple_it, str_it, range_it, bytes_it, reverse_it, dict_it)];
        """,
        check=r"""
        assert list(list_it) == [2, 3] and list(tuple_it) == [2]
        assert list(str_it) == ["ñ"] and list(range_it) == [3, 6, 9]
        assert list(bytes_it) == [98] and list(reverse_it) == [2, 1] and list(dict_it) == ["b"] and list(set_it) == [7]
        """,
    ),
    Case(
        "an iterator over a list sees what is appended to the list later",
        make=r"""
        growing = [1, 2]
        growing_it = iter(growing)
        next(growing_it)
        """,
        check=r"""
        growing.append(3)
        assert list(growing_it) == [2, 3]
        """,
    ),
    Case(
        "one iterator under two names is one iterator",
        make=r"""
        shared_it = iter(range(5))
        pairs_it = zip(shared_it, shared_it)
        next(pairs_it)
        """,
        check="assert next(pairs_it) == (2, 3) and next(shared_it) == 4",
    ),
    Case(
        "map, filter, zip and enumerate with functions of the session go on",
        make=r"""
        def tripled(x): return 3 * x
        map_it, filter_it = map(tripled, [1, 2, 3]), filter(lambda x: x % 2, range(6))
        enum_it, zip_it = enumerate("abc", start=5), zip([1, 2], "xy", strict=True)
        next(map_it), next(filter_it), next(enum_it), next(zip_it)
        """,
        check=r"""
        assert list(map_it) == [6, 9] and list(filter_it) == [3, 5] and list(enum_it) == [(6, "b"), (7, "c")]
        assert list(zip_it) == [(2, "y")]
        """,
    ),
    Case(
        "count, cycle, repeat and chain go on where they were",
        make=r"""
        import itertools
        ids, cycling, thrice = itertools.count(10, 5), itertools.cycle("abc"), itertools.repeat("r", 3)
        chained = itertools.chain([1], iter([2, 3]), "z")
        [next(it) for it in (ids, cycling, thrice, chained)]; next(chained);
        """,
        check=r"""
        assert next(ids) == 15 and [next(cycling) for _ in range(4)] == list("bcab") and list(thrice) == ["r", "r"]
        assert list(chained) == [3, "z"]
        """,
    ),
    Case(
        "islice, takewhile, dropwhile, accumulate, starmap and compress go on",
        make=r"""
        import itertools, operator
        sliced = itertools.islice(itertools.count(), 2, 8, 2)
        running = itertools.accumulate([1, 2, 3], operator.mul, initial=2)
        dropped, starred = itertools.dropwhile(lambda x: x < 2, range(5)), itertools.starmap(pow, [(2, 3), (3, 2)])
        picked = itertools.compress("abcd", [0, 1, 0, 1])
        [next(it) for it in (sliced, running, dropped, starred, picked)];
        """,
        check=r"""
        assert list(sliced) == [4, 6] and list(running) == [2, 4, 12] and list(dropped) == [3, 4]
        assert list(starred) == [9] and list(picked) == ["d"]
        """,
    ),
    Case(
        "product, permutations and combinations go on",
        make=r"""
        import itertools
        product_it, perm_it = itertools.product("ab", [1, 2]), itertools.permutations([1, 2, 3], 2)
        comb_it = itertools.combinations("abc", 2)
        next(product_it), next(perm_it), next(comb_it)
        """,
        check=r"""
        assert list(product_it) == [("a", 2), ("b", 1), ("b", 2)] and next(perm_it) == (1, 3)
        assert list(comb_it) == [("a", "c"), ("b", "c")]
        """,
    ),
    Case(
        "the two sides of a tee stay independent and complete",
        make=r"""
        import itertools
        tee_a, tee_b = itertools.tee(iter(range(4)))
        next(tee_a), next(tee_a)
        """,
        check="assert list(tee_b) == [0, 1, 2, 3] and list(tee_a) == [2, 3]",
    ),
    Case(
        "groupby goes on with the next group",
        make=r"""
        import itertools
        grouped = itertools.groupby("aabbc", key=str.upper)
        next(grouped)
        """,
        check="assert [(key, len(list(group))) for key, group in grouped] == [('B', 2), ('C', 1)]",
    ),
    Case(
        "an iterator class of the user's, and iter() with a sentinel, go on",
        make=r"""
        class Countdown:
            def __init__(self, n): self.n = n
            def __iter__(self): return self
            def __next__(self):
                if self.n == 0: raise StopIteration
                self.n -= 1
                return self.n
        class BySubscript:
            def __getitem__(self, i):
                if i > 3: raise IndexError
                return i * i
        countdown, by_subscript = Countdown(3), iter(BySubscript())
        left = [3, 2, 1, 0]
        until_zero = iter(left.pop, 0)
        next(countdown), next(by_subscript)
        """,
        check=r"""
        assert list(countdown) == [1, 0] and list(by_subscript) == [1, 4, 9]
        assert list(until_zero) == [] and left == [3, 2, 1]
        """,
    ),
    Case(
        "a generator that has not begun, in a safe cell, is made again",
        make="fresh_gen = (x * x for x in range(4))",
        check="assert list(fresh_gen) == [0, 1, 4, 9]",
    ),
    Case(
        "a generator that is half-way is put back to exactly there, or left out by name",
        make=r"""
        def numbers_from(n):
            while True:
                sent = yield n
                n = n + 1 if sent is None else sent
        half_gen = numbers_from(5)
        next(half_gen)
        # %%
        half_gen.send(20)
        """,
        check="assert next(half_gen) == 21 and next(numbers_from(1)) == 1",
    ),
    Case(
        "a generator whose cell must not run again is skipped, and named",
        make=r"""
        # ferry: never-replay
        lost_gen = (x for x in "abc")
        gen_holder = {"inner": [lost_gen]}
        beside_gen = "safe"
        """,
        check="assert beside_gen == 'safe'",
        expected={"lost_gen": SKIPPED, "gen_holder": SKIPPED},
        reasons={"lost_gen": "generator", "gen_holder": "generator"},
    ),
    Case(
        "a generator over random draws is not silently another one",
        make=r"""
        import random
        random_source = random.Random()
        # ferry: never-replay
        random_gen = (random_source.random() for _ in range(3))
        first_random = next(random_gen)
        """,
        check="assert 0 <= first_random < 1 and 0 <= random_source.random() < 1",
        expected={"random_gen": SKIPPED},
        reasons={"random_gen": "generator"},
    ),
    Case(
        "an exhausted generator is exhausted, or left out by name",
        make=r"""
        done_gen = (x for x in "ab")
        list(done_gen)
        """,
        check="assert list(done_gen) == []",
    ),
)
