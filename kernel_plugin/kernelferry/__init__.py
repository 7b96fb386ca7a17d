"""Kernel Ferry: a running notebook kernel moves to another pod, and its state with it.

This package is what runs in the kernel's pod. It is imported into every kernel, so importing it costs next to nothing:
each thing it offers is fetched when it is first asked for.
"""

__all__ = ["__version__"]

__version__: str


def __getattr__(name: str) -> str:
    # PEP 562. Reading the metadata loads the email parser, tens of milliseconds that a kernel's start must not pay.
    if name != "__version__":
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    from importlib import metadata  # noqa: PLC0415 - see above

    try:
        return metadata.version("kernel-ferry")
    except metadata.PackageNotFoundError:
        return "0+uninstalled"  # run from a source tree; a valid version, lower than every release
