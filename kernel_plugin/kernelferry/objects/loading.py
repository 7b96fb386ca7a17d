"""Make the components of a checkpoint again, in any order."""

from __future__ import annotations

import builtins
import io
import pickle
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import FunctionType
from typing import Any

from kernelferry.objects.collector import paused_collector
from kernelferry.objects.definitions import ClassSkeleton, FunctionSkeleton, NamedSkeleton, Ref
from kernelferry.objects.pickling import PROTOCOL, Session, Unpickler, dump_skeleton
from kernelferry.objects.quiet import quiet
from kernelferry.objects.skeletons import Skeletons


def dump_skeletons(session: Session) -> bytes:
    """Write what every definition of a checkpoint needs to exist, in an order in which they can be made.

    Each by itself, so that one whose package is missing does not take others along. Those that cannot be written have
    failed before, when their states were to be.
    """
    written: list[tuple[str, bytes]] = []
    for ref, _ in session.registry.definitions():
        try:
            written.append((ref, dump_skeleton(ref, session)))
        except Exception:  # noqa: BLE001, S112 - see above; whoever needs it is not stored
            continue
    return pickle.dumps(written, PROTOCOL)


@dataclass(frozen=True)
class Stored:
    """A component in a checkpoint.

    Args:
        marks: see `Dumped`.
        open: gives its stream and its buffers; called when it is needed.
    """

    marks: tuple[str, ...]
    open: Callable[[], tuple[Any, Iterable[Any]]]

    @property
    def definitions(self) -> Sequence[Ref]:
        """The definitions whose states it holds."""
        return [Ref(mark) for mark in self.marks if mark[0] not in "=!#"]


def _load_one(unpickler: Unpickler) -> Any:
    return unpickler.load()


class Loader:
    """Makes the components of one checkpoint again.

    Args:
        namespace: the globals that restored functions see.
        skeletons: what `dump_skeletons` wrote.
        components: by id.
        fixtures: objects of this process, by name.
    """

    def __init__(
        self,
        namespace: dict[str, Any],
        skeletons: bytes,
        components: Mapping[str, Stored],
        fixtures: Mapping[str, Any] | None = None,
    ) -> None:
        self._skeletons = Skeletons(namespace)
        self._components = components
        self._fixtures = {"namespace": namespace, "builtins": vars(builtins), **(fixtures or {})}
        self._home = {ref: key for key, stored in components.items() for ref in stored.definitions}
        # Run as if the session did it: some look for names in the frames that they are loaded from (formulas, mostly).
        self._load_one: Callable[[Unpickler], Any] = FunctionType(_load_one.__code__, namespace)
        self._begun: set[str] = set()
        self._loaded: dict[str, dict[str, Any]] = {}
        self._failed: dict[str, Exception] = {}
        for ref, written in pickle.loads(skeletons) if skeletons else []:  # noqa: S301 - its digest was checked
            self._make(Ref(ref), written)

    def load(self, component: str) -> dict[str, Any]:
        """Make a component, and return its variables by name.

        Raises:
            Exception: whatever an object's own way of being unpickled raises; the same one each time.
        """
        if component in self._failed:
            raise self._failed[component]
        if component in self._loaded or component in self._begun:
            return self._loaded.get(component, {})
        self._begun.add(component)
        try:
            with quiet(), paused_collector():
                self._loaded[component] = self._read(self._components[component])
        except Exception as exc:
            self._failed[component] = exc
            raise
        return self._loaded[component]

    def forgive(self, component: str) -> None:
        """Try again what has failed, when it is asked for the next time: what it looked up may be there by then."""
        self._failed.pop(component, None)
        self._loaded.pop(component, None)
        self._begun.discard(component)

    def _read(self, stored: Stored) -> dict[str, Any]:
        stream, buffers = stored.open()
        unpickler = self._unpickler(stream, buffers)
        variables: dict[str, Any] = {}
        for mark in stored.marks:
            value = self._load_one(unpickler)
            if mark == "#":
                continue
            if mark.startswith("="):
                variables[mark[1:]] = value
            elif mark.startswith("!"):
                self._skeletons.behave(Ref(mark[1:]), value)
            else:
                self._skeletons.fill(Ref(mark), value)
        return variables

    def _make(self, ref: Ref, written: bytes) -> None:
        try:
            with quiet():
                skeleton = self._unpickler(io.BytesIO(written), (), self._skeletons).load()
                if not isinstance(skeleton, (FunctionSkeleton, ClassSkeleton, NamedSkeleton)):
                    msg = f"a definition was expected, and {type(skeleton).__name__} was found"
                    raise pickle.UnpicklingError(msg)  # noqa: TRY301 - one of the ways in which it cannot be made
                self._skeletons.make(skeleton)
        except Exception as exc:  # noqa: BLE001 - whoever needs it will be told
            self._skeletons.failed[ref] = f"{ref} could not be made again ({type(exc).__name__}: {exc})"

    def _unpickler(self, stream: Any, buffers: Iterable[Any], only: Skeletons | None = None) -> Unpickler:
        # A skeleton needs other skeletons, but the state of none.
        find = self._found if only is None else only.get
        member = self._member if only is None else only.member
        return Unpickler(stream, buffers, find=find, member=member, fixtures=self._fixtures)

    def _member(self, ref: Ref, name: str) -> Any:
        self._found(ref)
        return self._skeletons.member(ref, name)

    def _found(self, ref: Ref) -> Any:
        # An instance that is made may need its class's methods at once (`__setstate__`, `__hash__`): so the class comes
        # first, unless it is on its way already.
        home = self._home.get(ref)
        if home is not None:
            self.load(home)
        return self._skeletons.get(ref)
