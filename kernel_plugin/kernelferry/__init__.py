"""Kernel Ferry: a running notebook kernel moves to another pod, and its state with it.

This package is what runs in the kernel's pod. It is imported into every kernel, so importing it costs next to nothing:
each thing it offers is fetched when it is first asked for.

    %load_ext kernelferry
    %ferry save my-session          # or kernelferry.save("my-session")
    %ferry load my-session          # in another kernel
"""

TYPE_CHECKING = False  # `typing` itself is dear, and a kernel's start would pay for it
if TYPE_CHECKING:
    from typing import Any

__all__ = ["__version__", "load", "load_ipython_extension", "save", "unload_ipython_extension"]

_OF_KERNEL = frozenset({"load", "load_ipython_extension", "save", "unload_ipython_extension"})


def __getattr__(name: str) -> "Any":
    # PEP 562. Reading the metadata loads the email parser, tens of milliseconds that a kernel's start must not pay.
    if name in _OF_KERNEL:
        from kernelferry.kernel import extension  # noqa: PLC0415 - see above

        return getattr(extension, name)
    if name != "__version__":
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    from importlib import metadata  # noqa: PLC0415 - see above

    try:
        return metadata.version("kernel-ferry")
    except metadata.PackageNotFoundError:
        return "0+uninstalled"  # run from a source tree; a valid version, lower than every release
