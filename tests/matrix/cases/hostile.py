"""Objects that answer the usual questions in unusual ways: nobody may ask them more than pickle must."""

from __future__ import annotations

from tests.matrix.case import EITHER, SKIPPED, Case

CASES = (
    Case(
        "objects whose comparison, truth, length and text raise are moved without asking for them",
        make=r"""
        class Touchy:
            def __init__(self): self.inner = [self]
            def _no(self, *args): raise AssertionError("do not touch")
            __eq__ = __bool__ = __len__ = __repr__ = __str__ = __iter__ = __contains__ = __dir__ = __sizeof__ = _no
            __hash__ = object.__hash__
        touchy = Touchy()
        touchy_list, touchy_dict = [touchy], {"t": touchy}
        """,
        check="assert touchy_list[0] is touchy and touchy_dict['t'] is touchy and touchy.inner[0] is touchy",
    ),
    Case(
        "objects that are equal to everything, or to nothing, are told apart by identity",
        make=r"""
        class EqualToAll:
            def __eq__(self, other): return True
            __hash__ = None
        class EqualToNone:
            def __eq__(self, other): return False
            def __hash__(self): return 1
        equal_a, equal_b, never_equal = EqualToAll(), EqualToAll(), EqualToNone()
        equals = [equal_a, equal_b, equal_a]
        never_set = {never_equal}
        """,
        check=r"""
        assert equals[0] is equal_a is equals[2] and equals[1] is equal_b and equal_a is not equal_b
        assert next(iter(never_set)) is never_equal and never_equal in never_set
        """,
    ),
    Case(
        "an object whose __getattr__ asks for what is not there yet does not recurse for ever",
        make=r"""
        class Delegating:
            def __init__(self, target): self.target = target
            def __getattr__(self, name): return getattr(self.target, name)
        delegating = Delegating([3, 1])
        """,
        check="assert delegating.index(1) == 1 and delegating.target == [3, 1] and type(delegating) is Delegating",
    ),
    Case(
        "an object that lies about its class is of its class",
        make=r"""
        class Impostor:
            def __init__(self, real): self._real = real
            @property
            def __class__(self): return type(self._real)
        impostor = Impostor({"a": 1})
        """,
        check="assert isinstance(impostor, dict) and type(impostor) is Impostor and impostor._real == {'a': 1}",
        limit="`__class__` as a property is asked by pickle itself",
    ),
    Case(
        "an iterable without end, and a mapping that makes its values up, are not walked through",
        make=r"""
        import collections.abc
        class Endless:
            def __iter__(self):
                while True: yield 1
        class MadeUp(collections.abc.Mapping):
            def __getitem__(self, key): return key * 2
            def __iter__(self): raise AssertionError("not walked")
            def __len__(self): return 10 ** 12
        endless_object, made_up = Endless(), MadeUp()
        """,
        check="assert next(iter(endless_object)) == 1 and made_up['ab'] == 'abab'",
    ),
    Case(
        "properties and descriptors with side effects are not called by the move",
        make=r"""
        side_effects = []
        class Eager:
            @property
            def value(self): side_effects.append("read"); raise RuntimeError("costly")
            def __getattribute__(self, name):
                if name == "secret": side_effects.append("secret")
                return object.__getattribute__(self, name)
        eager = Eager()
        eager.plain, eager.secret = 1, 2
        """,
        check="assert side_effects == [] and eager.plain == 1 and eager.secret == 2 and side_effects == ['secret']",
    ),
    Case(
        "an object that cached the hash of a text is still found by it",
        make=r"""
        class CachedHash:
            def __init__(self, text): self.text, self._hash = text, hash(text)
            def __hash__(self): return self._hash
            def __eq__(self, other): return self.text == other.text
        cached_key = CachedHash("k")
        by_cached = {cached_key: "value"}
        """,
        check="assert by_cached[cached_key] == 'value' and by_cached[CachedHash('k')] == 'value'",
        limit="hashes of texts differ from process to process",
    ),
    Case(
        "a class with a metaclass that forbids attributes and calls is moved around its prohibitions",
        make=r"""
        class Sealed(type):
            def __setattr__(cls, name, value): raise AttributeError("sealed")
            def __call__(cls, *args): raise TypeError("no instances this way")
            def __eq__(cls, other): return cls is other
            def __hash__(cls): return 7
        class Vault(metaclass=Sealed):
            content = ["gold"]
            def peek(self): return self.content
        vault = object.__new__(Vault)
        """,
        check=r"""
        assert vault.peek() is Vault.content == ["gold"] and type(vault) is Vault
        try:
            Vault.content = []
        except AttributeError:
            pass
        else:
            raise AssertionError("unsealed")
        """,
    ),
    Case(
        "a class that claims to be of a library is still the user's own",
        make=r"""
        class OrderedDict:
            def mine(self): return "mine"
        OrderedDict.__module__ = "collections"
        fake_ordered = OrderedDict()
        class Unfindable: pass
        Unfindable.__module__ = "no.such.module"
        unfindable = Unfindable()
        """,
        check=r"""
        import collections
        assert fake_ordered.mine() == "mine" and type(fake_ordered) is OrderedDict is not collections.OrderedDict
        assert type(unfindable) is Unfindable and Unfindable.__module__ == "no.such.module"
        """,
    ),
    Case(
        "instances whose dictionary has keys that are no texts, or none at all, are whole",
        make=r"""
        class Odd: pass
        odd = Odd()
        odd.__dict__.update({"with space": 1, "__private": 2})
        odd.__dict__[(1, 2)] = "tuple key"
        shares_dict = Odd()
        shares_dict.__dict__ = odd.__dict__
        """,
        check=r"""
        assert odd.__dict__[(1, 2)] == "tuple key" and getattr(odd, "with space") == 1
        odd.new = 5
        assert shares_dict.new == 5 and shares_dict.__dict__ is odd.__dict__
        """,
    ),
    Case(
        "an object that writes itself down as something else is not passed off as moved",
        make=r"""
        class Mimic:
            def __init__(self): self.items = [1, 2]
            def __reduce__(self): return list, (self.items,)
        mimic = Mimic()
        """,
        check="assert 'mimic' not in globals() or (type(mimic) is Mimic and mimic.items == [1, 2])",
        expected={"mimic": EITHER},
        reasons={"mimic": "mimic"},
    ),
    Case(
        "one hostile object in a large structure is named by its path",
        make=r"""
        # ferry: never-replay
        class NotThis:
            def __reduce__(self): raise RuntimeError("cannot be written")
        big_structure = {"rows": [{"id": i, "payload": None} for i in range(50)]}
        big_structure["rows"][31]["payload"] = NotThis()
        untouched_structure = {"rows": list(range(50))}
        """,
        check="assert len(untouched_structure['rows']) == 50",
        expected={"big_structure": SKIPPED},
        reasons={"big_structure": "31"},
    ),
    Case(
        "an object whose pickling never ends in depth is skipped or moved, and the kernel lives",
        make=r"""
        # ferry: never-replay
        class Bottomless:
            def __reduce__(self): return Bottomless, (), {"next": Bottomless()}
        bottomless = Bottomless()
        beside_bottomless = [1]
        """,
        check="assert beside_bottomless == [1]",
        expected={"bottomless": SKIPPED},
        reasons={"bottomless": "bottomless"},
        alone=True,
    ),
)
