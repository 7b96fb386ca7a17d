"""Classes that say themselves how they are copied and pickled."""

from __future__ import annotations

from tests.matrix.case import Case

CASES = (
    Case(
        "__getstate__ and __setstate__ are used, and see each other's state",
        make=r"""
        import threading
        class Guarded:
            def __init__(self): self.items, self.lock, self.restored = [], threading.Lock(), 0
            def __getstate__(self): return {"items": self.items, "restored": self.restored}
            def __setstate__(self, state): self.__dict__.update(state, lock=threading.Lock())
        guarded = Guarded()
        guarded_items = guarded.items
        guarded.items.append(guarded)
        """,
        check=r"""
        assert guarded.items is guarded_items and guarded_items[0] is guarded
        with guarded.lock:
            assert not guarded.lock.acquire(blocking=False)
        """,
    ),
    Case(
        "__getstate__ that drops a cache does not change the live object",
        make=r"""
        class Lossy:
            def __init__(self): self.kept, self.cache = 1, {"expensive": 2}
            def __getstate__(self): return {"kept": self.kept, "cache": {}}
        lossy = Lossy()
        """,
        check="assert lossy.kept == 1 and lossy.cache in ({}, {'expensive': 2})",
    ),
    Case(
        "__reduce__ with all five parts makes the object again",
        make=r"""
        class Five(list):
            def __init__(self, tag): self.tag, self.table = tag, {}
            def __reduce__(self): return Five, (self.tag,), {"note": "n"}, iter(list(self)), iter([("k", self)])
            def __setitem__(self, key, value): self.table[key] = value
        five = Five("t")
        five.extend([1, 2])
        five["k"] = five
        five.note = "n"
        """,
        check="assert list(five) == [1, 2] and five.tag == 't' and five.note == 'n' and five.table['k'] is five",
    ),
    Case(
        "__reduce__ that names a function or a global gives exactly that",
        make=r"""
        class Unique:
            def __reduce__(self): return "UNIQUE"
        UNIQUE = Unique()
        def rebuild(n): return Built(n)
        class Built:
            def __init__(self, n): self.n = n
            def __reduce__(self): return rebuild, (self.n,)
        built, unique_list = Built(5), [UNIQUE, UNIQUE]
        """,
        check="assert unique_list[0] is UNIQUE is unique_list[1] and built.n == 5 and type(built) is Built",
    ),
    Case(
        "__new__ with arguments, __getnewargs__ and __getnewargs_ex__ are served",
        make=r"""
        class Tagged(str):
            def __new__(cls, text, *, tag):
                self = super().__new__(cls, text)
                self.tag = tag
                return self
            def __getnewargs_ex__(self): return (str(self),), {"tag": self.tag}
        class Pair(tuple):
            def __new__(cls, a, b): return super().__new__(cls, (a, b))
            def __getnewargs__(self): return tuple(self)
        tagged_text, pair_of = Tagged("t", tag=[1]), Pair(1, "b")
        """,
        check="assert (tagged_text, tagged_text.tag) == ('t', [1]) and pair_of == (1, 'b') and type(pair_of) is Pair",
    ),
    Case(
        "a tuple subclass without __getnewargs__ that counts its instances is made past __init__",
        make=r"""
        class Counted:
            count = 0
            def __init__(self): type(self).count += 1
        class NeedsTwo(tuple):
            def __new__(cls, a, b): return super().__new__(cls, (a, b))
        counted, needs_two = Counted(), NeedsTwo(1, 2)
        """,
        check="assert Counted.count == 1 and tuple(needs_two) == (1, 2) and type(needs_two) is NeedsTwo",
    ),
    Case(
        "__copy__ and __deepcopy__ are not what a move is made of",
        make=r"""
        import copy
        class Copied:
            copies = 0
            def __copy__(self): Copied.copies += 1; return self
            def __deepcopy__(self, memo): Copied.copies += 100; return Copied()
        copied = Copied()
        copy.copy(copied)
        """,
        check=r"""
        assert Copied.copies == 1
        assert copy.deepcopy(copied) is not copied and copy.copy(copied) is copied and Copied.copies == 102
        """,
    ),
    Case(
        "a class registered with copyreg is written as that says",
        make=r"""
        import copyreg, threading
        class Handle:
            def __init__(self, number): self.number, self.lock = number, threading.Lock()
        def reopen(number): return Handle(number)
        copyreg.pickle(Handle, lambda h: (reopen, (h.number,)))
        handle = Handle(7)
        """,
        check=r"""
        import copy
        assert handle.number == 7 and type(handle) is Handle and not handle.lock.locked()
        assert copy.copy(handle).number == 7
        """,
    ),
    Case(
        "an object that refuses to be pickled is skipped with its own words, and its neighbours are not",
        make=r"""
        # ferry: never-replay
        class Refusing:
            def __reduce_ex__(self, protocol): raise TypeError("no, thank you")
        refusing_box = {"deep": [Refusing()]}
        refusing_neighbour = [1]
        """,
        check="assert refusing_neighbour == [1] and Refusing.__name__ == 'Refusing'",
        expected={"refusing_box": "skipped"},
        reasons={"refusing_box": "no, thank you"},
    ),
    Case(
        "an object that pickles and does not load is not passed off as moved",
        make=r"""
        # ferry: never-replay
        class Trap:
            def __init__(self, a, b): self.args = None
            def __reduce__(self): return Trap, (1,)
        trap, trap_neighbour = Trap(1, 2), {"fine": True}
        """,
        check="assert trap_neighbour == {'fine': True} and 'trap' not in globals() or trap.args is None",
        expected={"trap": "skipped"},
        reasons={"trap": "Trap"},
    ),
    Case(
        "an object that pickles and does not load is computed again where that is safe",
        make=r"""
        class Unloadable(Exception):
            def __init__(self, code, *, where):
                super().__init__(f"{code} at {where}")
                self.code, self.where = code, where
        # %%
        unloadable = Unloadable(3, where="here")
        """,
        check="assert (unloadable.code, unloadable.where) == (3, 'here') and str(unloadable) == '3 at here'",
    ),
    Case(
        "slots with a __getstate__ that gives a pair, and state under a protocol of its own",
        make=r"""
        class SlotState:
            __slots__ = ("a", "b")
            def __getstate__(self): return None, {"a": self.a, "b": self.b}
        class Compressed:
            def __init__(self, data): self.data = data
            def __getstate__(self): return bytes(reversed(self.data))
            def __setstate__(self, raw): self.data = bytes(reversed(raw))
        slot_state, compressed = SlotState(), Compressed(b"abc")
        slot_state.a, slot_state.b = slot_state, compressed
        """,
        check="assert slot_state.a is slot_state and slot_state.b is compressed and compressed.data == b'abc'",
    ),
    Case(
        "a falsy state, and state that is the object's own dictionary, survive",
        make=r"""
        class ZeroState:
            def __getstate__(self): return 0
            def __setstate__(self, state): self.was = state
        class OwnDict(dict):
            def __init__(self): self.__dict__ = self
        own_dict = OwnDict()
        own_dict.colour = "red"
        """,
        check=r"""
        assert own_dict['colour'] == 'red' and own_dict.__dict__ is own_dict
        assert ZeroState().__getstate__() == 0
        """,
    ),
    Case(
        "pickled bytes that the user made before the move can still be loaded by name",
        make=r"""
        import pickle
        class Snapshot:
            def __init__(self, n): self.n = n
        snapshot_bytes = pickle.dumps([Snapshot(3)])
        """,
        check="assert pickle.loads(snapshot_bytes)[0].n == 3 and type(pickle.loads(snapshot_bytes)[0]) is Snapshot",
    ),
)
