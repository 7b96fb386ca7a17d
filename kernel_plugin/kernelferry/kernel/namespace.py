"""Which names of the notebook's namespace are the user's.

IPython keeps its own things among them: `In`, `Out`, `_`, `_3`, `exit`, `get_ipython`. It writes down in
`user_ns_hidden` what it has put there, so a name is the user's as soon as it holds something else than that: whoever
writes `for _ in range(3)` owns `_` from then on.
"""

from __future__ import annotations

import re
from typing import Any

Shell = Any
"""An `InteractiveShell`. IPython has changed its types too often to name them."""

# What every module has; where the shell is not started by its application, nobody hides them.
_OF_ALL_MODULES = frozenset(
    {"__name__", "__doc__", "__package__", "__loader__", "__spec__", "__builtin__", "__builtins__", "__file__",
     "__cached__", "__warningregistry__"}
)  # fmt: skip
_HISTORY = re.compile(r"In|Out|_{1,3}|_(?:ih|oh|dh)|_i{1,3}|_i?\d+")


def user_names(shell: Shell) -> dict[str, object]:
    """The names that the user has bound, `_private` ones included, each with its object; a dictionary of its own."""
    own = _own(shell)
    return {
        name: value
        for name, value in shell.user_ns.copy().items()
        if own.get(name, _NOTHING) is not value and name not in _OF_ALL_MODULES and isinstance(name, str)
    }


def shell_history_names(names: frozenset[str], shell: Shell) -> list[str]:
    """Those of some names that stand for earlier inputs and outputs, as `_3` and `Out`, and are not the user's."""
    namespace = shell.user_ns
    found = [name for name in names if _HISTORY.fullmatch(name) and name in namespace]
    own = _own(shell) if found else {}
    return sorted(name for name in found if own.get(name, _NOTHING) is namespace[name])


def _own(shell: Shell) -> dict[str, object]:
    # The last three outputs are hidden only once there are some.
    hook = shell.displayhook
    return {"_": hook._, "__": hook.__, "___": hook.___, **shell.user_ns_hidden}


_NOTHING = object()
