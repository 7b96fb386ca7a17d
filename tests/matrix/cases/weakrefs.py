"""Weak references: they move with what they refer to, and keep nothing alive."""

from __future__ import annotations

from tests.matrix.case import SKIPPED, Case

CASES = (
    Case(
        "a weak reference refers to the moved object, and does not keep it alive",
        make=r"""
        import weakref
        class Target: pass
        weak_target = Target()
        weak = weakref.ref(weak_target)
        """,
        check=r"""
        import gc
        assert weak() is weak_target
        del weak_target
        gc.collect()
        assert weak() is None
        """,
    ),
    Case(
        "the callback of a weak reference is called after the move",
        make=r"""
        import weakref
        class Watched: pass
        deaths = []
        watched = Watched()
        watching = weakref.ref(watched, lambda ref: deaths.append("gone"))
        """,
        check=r"""
        import gc
        assert watching() is watched and deaths == []
        del watched
        gc.collect()
        assert deaths == ["gone"]
        """,
    ),
    Case(
        "a dead weak reference is dead afterwards",
        make=r"""
        import weakref
        class Mortal: pass
        dead = weakref.ref(Mortal())
        """,
        check="assert dead() is None",
    ),
    Case(
        "a dictionary with weak keys loses what dies, and only that",
        make=r"""
        import weakref
        class Owner: pass
        owner_a, owner_b = Owner(), Owner()
        by_owner = weakref.WeakKeyDictionary({owner_a: [1], owner_b: "b"})
        """,
        check=r"""
        import gc
        assert by_owner[owner_a] == [1] and len(by_owner) == 2 and type(by_owner).__name__ == "WeakKeyDictionary"
        del owner_b
        gc.collect()
        assert list(by_owner) == [owner_a]
        """,
    ),
    Case(
        "a dictionary with weak values and a weak set lose what dies, and only that",
        make=r"""
        import weakref
        class Cached: pass
        cached_a, cached_b = Cached(), Cached()
        weak_values = weakref.WeakValueDictionary(a=cached_a, b=cached_b)
        weak_set = weakref.WeakSet([cached_a, cached_b])
        """,
        check=r"""
        import gc
        assert weak_values["a"] is cached_a and cached_b in weak_set and len(weak_set) == 2
        del cached_b
        gc.collect()
        assert list(weak_values) == ["a"] and list(weak_set) == [cached_a]
        """,
    ),
    Case(
        "an object that only a weak dictionary knows is not kept alive by the move",
        make=r"""
        import weakref
        class Transient:
            pass
        transient_pool = weakref.WeakValueDictionary()
        def transient_holder():
            transient_pool["t"] = Transient()
        transient_holder()
        """,
        check="assert len(transient_pool) == 0 and type(transient_pool).__name__ == 'WeakValueDictionary'",
    ),
    Case(
        "a weak method calls the method of the moved object",
        make=r"""
        import weakref
        class Speaker:
            def speak(self): return "hi"
        speaker = Speaker()
        weak_speak = weakref.WeakMethod(speaker.speak)
        """,
        check=r"""
        import gc
        assert weak_speak()() == "hi" and weak_speak().__self__ is speaker
        del speaker
        gc.collect()
        assert weak_speak() is None
        """,
    ),
    Case(
        "a proxy speaks for the moved object",
        make=r"""
        import weakref
        class Real:
            def __init__(self): self.n = 1
        real = Real()
        weak_proxy = weakref.proxy(real)
        """,
        check=r"""
        weak_proxy.n += 1
        assert real.n == 2 and type(weak_proxy) is weakref.ProxyType
        """,
    ),
    Case(
        "a finalizer runs when the moved object dies, once",
        make=r"""
        import weakref
        class Resource: pass
        released = []
        resource = Resource()
        finalizer = weakref.finalize(resource, released.append, "released")
        """,
        check=r"""
        import gc
        assert finalizer.alive and released == []
        del resource
        gc.collect()
        assert released == ["released"] and not finalizer.alive
        """,
    ),
    Case(
        "a tree with weak references to parents is one tree",
        make=r"""
        import weakref
        class Branch:
            def __init__(self, parent=None):
                self.children = []
                self._parent = parent and weakref.ref(parent)
                if parent: parent.children.append(self)
            @property
            def parent(self): return self._parent and self._parent()
        trunk = Branch()
        twig = Branch(Branch(trunk))
        """,
        check="assert twig.parent.parent is trunk and trunk.children[0].children == [twig] and trunk.parent is None",
    ),
    Case(
        "a class with __del__ is not finalised by being moved",
        make=r"""
        class Noisy:
            ended = []
            def __init__(self, name): self.name = name
            def __del__(self): Noisy.ended.append(self.name)
        noisy = Noisy("n")
        """,
        check=r"""
        import gc
        assert Noisy.ended == [] and noisy.name == "n"
        del noisy
        gc.collect()
        assert Noisy.ended == ["n"]
        """,
    ),
    Case(
        "a weak reference to an object that cannot move goes with it, named",
        make=r"""
        # ferry: never-replay
        import weakref
        class Stuck:
            def __init__(self): self.gen = (i for i in range(3))
        stuck = Stuck()
        weak_stuck = {"ref": weakref.ref(stuck)}
        """,
        check="assert ('stuck' in globals()) == ('weak_stuck' in globals())",
        expected={"stuck": SKIPPED, "weak_stuck": SKIPPED},
        reasons={"stuck": "generator", "weak_stuck": "generator"},
    ),
)
