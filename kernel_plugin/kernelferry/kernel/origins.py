"""Who opens this file: the cell, a library on its behalf, or the machinery around them.

Told by the frames on the stack, which is walked only when a file is opened or a process is started.
"""

from __future__ import annotations

import enum
import os
import sys
from types import FrameType

from kernelferry.kernel.paths import is_installed

_SYSTEM = ("/proc/", "/sys/", "/etc/", "/dev/urandom", "/dev/random", "/usr/lib/", "/lib/", "/usr/share/zoneinfo/",
           "/usr/share/fonts/", "/usr/share/mime/", "/usr/share/locale/")  # fmt: skip
"""What libraries read there is about the machine, such as its number of processors or its time zone."""

_SHOWS_SOURCE = tuple(os.sep + name for name in ("linecache.py", "inspect.py", "tokenize.py"))
_DEEPEST = 200
"""Frames that are looked at. Recursion of the user's own can be deep, and its innermost frames decide."""


class Origin(enum.Enum):
    """Whose deed it is."""

    USER = "the cell, its functions, or a module of the user's"
    LIBRARY = "a library"
    IMPORT = "the import system, reading code"
    LIBRARY_IMPORT = "a library that is being imported"
    SOURCE_LINES = "who shows lines of source, mostly in a traceback"

    def explains(self, path: str, *, writing: bool) -> bool:
        """Whether an access to a file follows from what is installed, and says nothing about the cell."""
        match self:
            case Origin.USER:
                return False
            case Origin.IMPORT:
                return True
            case Origin.SOURCE_LINES:
                return not writing
            case Origin.LIBRARY_IMPORT:
                # It looks around, and reads its settings: those of the machine where it is imported.
                return not writing or "/matplotlib" in path or is_installed(path)
            case _ if writing:
                # The cache of fonts, which matplotlib renews when it finds others.
                return "/matplotlib/fontlist" in path or "/__pycache__/" in path
            case _:
                return is_installed(path) or path.startswith(_SYSTEM) or "/matplotlib/fontlist" in path


def origin(namespace: object) -> Origin:
    """Look at the calling frames.

    Args:
        namespace: the notebook's; its frames are the user's.
    """
    # 0 is this function; the callers within this package are known to be neither a library nor the user's.
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 - there is no other way to the caller
    innermost = ""
    for _ in range(_DEEPEST):
        if frame is None or frame.f_globals is namespace:
            break
        name = frame.f_code.co_filename
        # The shell's own `open` is no library's deed.
        if not name.startswith(_OURSELVES) and frame.f_code.co_name != "_modified_open":
            if name.startswith("<frozen importlib") or "/importlib/metadata/" in name:
                return Origin.LIBRARY_IMPORT if innermost else Origin.IMPORT
            if not is_installed(name) and not name.startswith("<"):
                return Origin.LIBRARY if innermost else Origin.USER
            if not innermost and name.endswith(_SHOWS_SOURCE):
                return Origin.SOURCE_LINES
            innermost = innermost or name
        frame = frame.f_back
    return Origin.LIBRARY if innermost else Origin.USER


_OURSELVES = os.path.dirname(__file__)  # noqa: PTH120 - compared with other plain texts
