"""Objects that everything hangs on, and that do nothing to the user's names by being held: loops, shells, sockets.

From an `asyncio.Event` a path leads to the event loop, from there to the kernel, and from the kernel to every object of
the session. Whoever follows what objects hold stops here: what a loop or a shell will call is known by other means.
They are known by their names, so that nothing has to be imported.
"""

from __future__ import annotations

import weakref

_CLASSES = frozenset(
    {
        ("asyncio.events", "AbstractEventLoop"),
        ("tornado.ioloop", "IOLoop"),
        ("IPython.core.interactiveshell", "InteractiveShell"),
        ("ipykernel.kernelbase", "Kernel"),
        ("ipykernel.iostream", "OutStream"),
        ("comm.base_comm", "BaseComm"),
        ("comm.base_comm", "CommManager"),
        ("traitlets.config.application", "Application"),
        ("zmq.sugar.context", "Context"),
        ("zmq.sugar.socket", "Socket"),
        ("zmq.eventloop.zmqstream", "ZMQStream"),
        ("jupyter_client.session", "Session"),
        ("kernelferry.kernel.tracker", "Tracker"),
    }
)
_known: weakref.WeakKeyDictionary[type, bool] = weakref.WeakKeyDictionary()


def is_machinery(cls: type) -> bool:
    """Whether objects of a class are not followed."""
    try:
        return _known[cls]
    except KeyError:
        found = _known[cls] = any((base.__module__, base.__name__) in _CLASSES for base in cls.__mro__)
        return found
