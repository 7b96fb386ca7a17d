"""Files that are open for writing: what waits in their buffers is written out before a session is saved.

That is for the session's own process to do: if a forked child did it, the parent would write it a second time.
"""

from __future__ import annotations

import fcntl
import gc
import io
import os
import stat

_WRITERS = frozenset({io.TextIOWrapper, io.BufferedWriter, io.BufferedRandom})


def open_for_writing() -> frozenset[tuple[int, int]]:
    """Return the regular files that this process has open for writing, as descriptor and inode.

    Raises:
        OSError: this system does not tell.
    """
    found = set()
    for name in os.listdir("/proc/self/fd"):  # noqa: PTH208 - names are all that is wanted
        try:
            status = os.fstat(int(name))
            if stat.S_ISREG(status.st_mode) and fcntl.fcntl(int(name), fcntl.F_GETFL) & os.O_ACCMODE != os.O_RDONLY:
                found.add((int(name), status.st_ino))
        except OSError:
            continue  # closed since: that of the listing itself, for one
    return frozenset(found)


def flush_open_files(known: frozenset[tuple[int, int]] = frozenset()) -> None:
    """Write out what waits in the buffers of all files that are open for writing.

    Args:
        known: files that need no such thing. Where there are no others, nobody has to be looked for: asking for all
            objects takes a tenth of a second for a million of them.
    """
    try:
        if open_for_writing() <= known:
            return
    except OSError:
        pass  # then they are looked for
    for found in [each for each in gc.get_objects() if type(each) in _WRITERS]:
        try:
            if not found.closed and found.writable():
                found.flush()
        except (OSError, ValueError):
            continue  # it will be refused, with a reason, if a variable leads to it
