"""Classes of the session, and their instances."""

from __future__ import annotations

from tests.matrix.case import Case

CASES = (
    Case(
        "instances in several containers have one class, which the name stands for",
        make=r"""
        class Point:
            made = 0
            def __init__(self, x): self.x = x; Point.made += 1
        points = [Point(i) for i in range(3)]
        point_by_name = {"first": points[0]}
        """,
        check=r"""
        assert all(type(p) is Point for p in points) and point_by_name["first"] is points[0] and Point.made == 3
        assert Point(9).x == 9 and Point.made == 4 and Point.__module__ == "__main__"
        """,
    ),
    Case(
        "super works with and without arguments, through several bases",
        make=r"""
        class Base:
            def who(self): return ["Base"]
        class Left(Base):
            def who(self): return ["Left", *super().who()]
        class Right(Base):
            def who(self): return ["Right", *super(Right, self).who()]
        class Both(Left, Right):
            def who(self): return ["Both", *super().who()]
            @classmethod
            def named(cls): return cls.__name__, __class__
        both = Both()
        """,
        check=r"""
        assert both.who() == ["Both", "Left", "Right", "Base"] and Both.named() == ("Both", Both)
        assert Both.__mro__ == (Both, Left, Right, Base, object) and isinstance(both, Right)
        assert Base.__subclasses__() == [Left, Right]
        """,
    ),
    Case(
        "class methods, static methods, properties and their setters work",
        make=r"""
        class Account:
            fee = 1
            def __init__(self, balance): self._balance = balance
            @classmethod
            def empty(cls): return cls(0)
            @staticmethod
            def rounded(x): return round(x)
            @property
            def balance(self): "what there is"; return self._balance - self.fee
            @balance.setter
            def balance(self, new): self._balance = new
            @balance.deleter
            def balance(self): self._balance = None
        account = Account(10)
        """,
        check=r"""
        assert account.balance == 9 and Account.empty().balance == -1 and account.rounded(2.6) == 3
        account.balance = 5
        Account.fee = 2
        assert account.balance == 3 and Account.balance.__doc__ == "what there is"
        del account.balance
        assert account._balance is None
        """,
    ),
    Case(
        "slots hold their values, stay empty where they were, and still forbid others",
        make=r"""
        class Slotted:
            __slots__ = ("a", "b", "__weakref__")
        class Wider(Slotted):
            __slots__ = "c"
        class Open(Slotted): pass
        class Private:
            __slots__ = ("__secret",)
            def __init__(self): self.__secret = 7
            def reveal(self): return self.__secret
        slotted, wider, open_slotted, private_slot = Slotted(), Wider(), Open(), Private()
        slotted.a, wider.b, wider.c, open_slotted.a, open_slotted.extra = [1], slotted, 3, 4, wider
        """,
        check=r"""
        assert slotted.a == [1] and not hasattr(slotted, "b") and wider.b is slotted and wider.c == 3
        assert open_slotted.a == 4 and open_slotted.extra is wider and private_slot.reveal() == 7
        try:
            wider.d = 1
        except AttributeError:
            pass
        else:
            raise AssertionError("slots forbid nothing")
        """,
    ),
    Case(
        "an instance made before its class was defined again keeps the old class",
        make=r"""
        class Model:
            def version(self): return 1
        old_model = Model()
        OldModel = Model
        # %%
        class Model:
            def version(self): return 2
        new_model = Model()
        """,
        check=r"""
        assert old_model.version() == 1 and new_model.version() == 2 and Model().version() == 2
        assert type(old_model) is OldModel is not Model and type(new_model) is Model
        """,
    ),
    Case(
        "instances of a class whose name is deleted still share that class",
        make=r"""
        class Ghost:
            def boo(self): return "boo"
        ghost_one, ghost_two = Ghost(), Ghost()
        del Ghost
        """,
        check=r"""
        assert ghost_one.boo() == "boo" and type(ghost_one) is type(ghost_two) and "Ghost" not in globals()
        """,
    ),
    Case(
        "class and instance that refer to each other do so afterwards",
        make=r"""
        class Singleton:
            instance = None
            def __new__(cls):
                if cls.instance is None: cls.instance = super().__new__(cls)
                return cls.instance
        single = Singleton()
        single.kind = Singleton
        Singleton.everything = {"me": Singleton, "one": single}
        """,
        check=r"""
        assert Singleton.instance is single is Singleton() and single.kind is Singleton is type(single)
        assert Singleton.everything["me"] is Singleton and single.everything["one"] is single
        """,
    ),
    Case(
        "nested classes are the attributes of their outer class",
        make=r"""
        class Outer:
            class Inner:
                def __init__(self, outer): self.outer = outer
            def __init__(self): self.inner = self.Inner(self)
        outer = Outer()
        """,
        check=r"""
        assert type(outer.inner) is Outer.Inner and outer.inner.outer is outer
        assert Outer.Inner.__qualname__ == "Outer.Inner" and not hasattr(Outer, "__wrapped__")
        """,
    ),
    Case(
        "two classes of one name made by a factory are two classes",
        make=r"""
        def class_for(tag):
            class Tagged:
                label = tag
                def read(self): return tag, self.label
            return Tagged
        TaggedA, TaggedB = class_for("a"), class_for("b")
        tagged = [TaggedA(), TaggedB(), TaggedA()]
        """,
        check=r"""
        assert [t.read() for t in tagged] == [("a", "a"), ("b", "b"), ("a", "a")]
        assert type(tagged[0]) is type(tagged[2]) is TaggedA is not TaggedB
        """,
    ),
    Case(
        "a class made by type(), and one made by types.new_class, move",
        make=r"""
        import types
        Quick = type("Quick", (dict,), {"size": lambda self: len(self), "tags": ["q"]})
        Newer = types.new_class("Newer", (Quick,), {}, lambda ns: ns.update(extra=1))
        quick, newer = Quick(a=1), Newer(b=2, c=3)
        """,
        check=r"""
        assert quick.size() == 1 and newer.size() == 2 and newer == {"b": 2, "c": 3} and newer.extra == 1
        assert Newer.tags is Quick.tags and type(newer) is Newer
        """,
    ),
    Case(
        "methods added to a class later, and methods on one instance, are there",
        make=r"""
        import types
        class Patchable: pass
        def shout(self): return f"{self.name}!"
        Patchable.shout = shout
        patchable = Patchable()
        patchable.name = "x"
        patchable.whisper = types.MethodType(lambda self: self.name + "…", patchable)
        """,
        check=r"""
        assert patchable.shout() == "x!" and Patchable.shout is shout
        assert patchable.whisper() == "x…" and patchable.whisper.__self__ is patchable
        """,
    ),
    Case(
        "bound methods keep their object, unbound ones their function",
        make=r"""
        class Meter:
            def __init__(self): self.total = 0
            def add(self, n): self.total += n; return self.total
            @classmethod
            def make(cls): return cls()
        meter = Meter()
        add_to_meter, plain_add, make_meter = meter.add, Meter.add, Meter.make
        listeners = [meter.add, make_meter]
        """,
        check=r"""
        assert add_to_meter(2) == 2 and listeners[0](3) == 5 and meter.total == 5
        assert plain_add(meter, 1) == 6 and plain_add is Meter.__dict__["add"]
        assert type(make_meter()) is Meter and make_meter.__self__ is Meter and listeners[0] == meter.add
        """,
    ),
    Case(
        "changed bases and a changed __class__ stay changed",
        make=r"""
        class Before: pass
        class After:
            def now(self): return "after"
        class Child(Before): pass
        converted, child_of_after = Before(), Child()
        converted.__class__ = After
        Child.__bases__ = (After,)
        """,
        check=r"""
        assert converted.now() == "after" and child_of_after.now() == "after"
        assert type(converted) is After and Child.__bases__ == (After,)
        """,
    ),
    Case(
        "instances with user-defined hash and equality are found in dicts and sets",
        make=r"""
        class Key:
            def __init__(self, name): self.name = name
            def __hash__(self): return hash(self.name)
            def __eq__(self, other): return isinstance(other, Key) and other.name == self.name
        key_a = Key("a")
        keyed, key_set, frozen_keys = {key_a: 1, Key("b"): 2}, {key_a, Key("c")}, frozenset([key_a])
        """,
        check=r"""
        assert keyed[Key("a")] == 1 and keyed[Key("b")] == 2 and Key("c") in key_set and key_a in frozen_keys
        assert next(k for k in keyed if k.name == "a") is key_a is next(iter(frozen_keys))
        """,
    ),
    Case(
        "a set whose members hold the set is the same knot, with hashes that need their state",
        make=r"""
        class Member:
            def __init__(self, n): self.n, self.club = n, None
            def __hash__(self): return hash(("member", self.n))
            def __eq__(self, other): return self.n == other.n
        club = set()
        for n in range(3):
            m = Member(n); m.club = club; club.add(m)
        member_of = {m: club}
        m.by_member = member_of
        """,
        check=r"""
        assert Member(1) in club and all(each.club is club for each in club)
        assert member_of[Member(2)] is club and m.by_member is member_of and m in member_of
        """,
    ),
    Case(
        "instances in sets that hash by identity are found by it",
        make=r"""
        class Plain: pass
        plain_one, plain_two = Plain(), Plain()
        plain_set, plain_scores = {plain_one, plain_two}, {plain_one: "one", plain_two: "two"}
        """,
        check="assert plain_one in plain_set and plain_scores[plain_two] == 'two' and Plain() not in plain_set",
    ),
)
