"""Where a session lived: what a reader elsewhere may have to know."""

from __future__ import annotations

import platform
import sys

from kernelferry.api import Environment


def environment() -> Environment:
    """Describe this process. Versions are those that imported packages say they have: no metadata is read for it."""
    packages = {}
    for name, module in list(sys.modules.items()):
        if "." in name or name.startswith("_") or name in sys.stdlib_module_names:
            continue
        version = getattr(module, "__version__", None)
        if isinstance(version, str):
            packages[name] = version
    return Environment(
        python=platform.python_version(),
        implementation=sys.implementation.name,
        platform=sys.platform,
        machine=platform.machine(),
        packages=dict(sorted(packages.items())),
    )


def differences(then: Environment, now: Environment) -> list[str]:
    """Say in what two environments differ that may matter; packages that are not imported here are not compared."""
    found = []
    if (then.implementation, _minor(then.python)) != (now.implementation, _minor(now.python)):
        found.append(f"{then.implementation} {then.python} there, {now.implementation} {now.python} here")
    if then.machine != now.machine:
        found.append(f"{then.machine} there, {now.machine} here")
    for name, version in then.packages.items():
        here = now.packages.get(name)
        if here is not None and here != version:
            found.append(f"{name} {version} there, {here} here")
    return found


def _minor(version: str) -> str:
    return ".".join(version.split(".")[:2])
