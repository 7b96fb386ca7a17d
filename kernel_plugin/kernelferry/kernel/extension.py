"""`%load_ext kernelferry`: Kernel Ferry at work in an IPython shell.

Only what has to watch from the start is imported here; see `attachment`.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

from kernelferry.kernel.attachment import attached
from kernelferry.kernel.namespace import Shell

if TYPE_CHECKING:
    from kernelferry.api import LoadReport, SaveReport
    from kernelferry.kernel.engine import Engine, Target

RESTORE = "KERNELFERRY_RESTORE"
"""The environment variable that names a checkpoint to load before the kernel answers anybody."""


def load_ipython_extension(shell: Shell) -> None:
    """Begin to watch cells, and offer `%ferry`; where a checkpoint is named in the environment, load it."""
    attached(shell).tracker.start()

    def ferry(line: str) -> Any:
        """Save and load the session: %ferry save PATH, %ferry load PATH, %ferry plan, %ferry report."""
        from kernelferry.api import FerryError  # noqa: PLC0415 - see the module's docstring
        from kernelferry.kernel import magics  # noqa: PLC0415 - likewise

        try:
            return magics.run(engine_of(shell), line)
        except FerryError as exc:
            raise _Plainly(exc) from None

    shell.register_magic_function(ferry, "line", "ferry")
    shell.set_custom_exc((_Plainly,), _show)
    source = os.environ.pop(RESTORE, None)
    if source:
        _restore(shell, source)


def unload_ipython_extension(shell: Shell) -> None:
    """Stop watching."""
    attached(shell).tracker.stop()
    shell.magics_manager.magics["line"].pop("ferry", None)


def engine_of(shell: Shell) -> Engine:
    """Return the engine of a shell; there is one."""
    found = attached(shell)
    if found.engine is None:
        from kernelferry.kernel.engine import Engine  # noqa: PLC0415 - see the module's docstring

        found.engine = Engine(found)
    engine: Engine = found.engine
    return engine


def save(target: Target, **options: Any) -> SaveReport:
    """Save the session of this kernel; see `Engine.save` for the options."""
    found: Any = engine_of(_shell()).save(target, **options)
    return found  # type: ignore[no-any-return]


def load(source: Target, **options: Any) -> LoadReport:
    """Load a session into this kernel; see `Engine.load` for the options."""
    return engine_of(_shell()).load(source, **options)


def _shell() -> Shell:
    ipython: Any = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    if shell is None:
        from kernelferry.api import FerryError  # noqa: PLC0415 - see the module's docstring

        raise FerryError(
            problem="There is no notebook session in this process.",
            state="Nothing was saved or loaded.",
            remedy="Call this in a cell of a notebook, or at IPython's prompt.",
        )
    return shell


def _restore(shell: Shell, source: str) -> None:
    from kernelferry.api import FerryError  # noqa: PLC0415 - see the module's docstring

    engine = engine_of(shell)
    try:
        engine.load(source)
    except FerryError as exc:
        # The kernel must start all the same: nothing is lost that was not lost before. Nobody hears its streams yet, so
        # it is told to the log, and to whoever asks for the report.
        engine.failure = exc
        print(f"Kernel Ferry: {exc}", file=sys.__stderr__)


class _Plainly(Exception):  # noqa: N818 - a message
    """An error of ours, to be shown without a traceback."""


def _show(shell: Shell, _kind: Any, value: BaseException, _traceback: Any, tb_offset: Any = None) -> list[str]:
    del tb_offset
    lines = [f"FerryError: {value}"]
    shell._showtraceback(_Plainly, value, lines)  # noqa: SLF001 - how IPython shows what is no traceback
    return lines
