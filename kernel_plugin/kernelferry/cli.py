"""The command line: `kernelferry version`.

It runs in images that are not ours, so it reports what is there and imports nothing that might not be.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib import metadata, util

import kernelferry
from kernelferry.api import CURRENT

# Extra → distribution → module. Written down, because there is no metadata to ask where the project runs from a source
# tree; a test compares it with pyproject.toml.
EXTRAS = {
    "kernel": {"dill": "dill", "networkx": "networkx"},
    "sidecar": {
        "jupyter-client": "jupyter_client",
        "minio": "minio",
        "prometheus-client": "prometheus_client",
        "pyjwt": "jwt",
        "tornado": "tornado",
    },
    "operator": {
        "kopf": "kopf",
        "kubernetes": "kubernetes",
        "prometheus-client": "prometheus_client",
        "pyjwt": "jwt",
    },
}


@dataclass(frozen=True)
class VersionReport:
    """What a bug report needs; `extras` maps each extra to its packages, and those to a version, None where missing."""

    distribution: str
    wire_contract: str
    python: str
    platform: str
    extras: dict[str, dict[str, str | None]]


def version_report() -> VersionReport:
    """Look at this installation, without importing what it looks for: that could take seconds, or fail."""
    return VersionReport(
        distribution=kernelferry.__version__,
        wire_contract=str(CURRENT),
        python=f"{platform.python_version()} ({platform.python_implementation()})",
        platform=platform.platform(),
        extras={
            extra: {name: _installed(name, module) for name, module in packages.items()}
            for extra, packages in EXTRAS.items()
        },
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Args:
        argv: the arguments after the program's name; those of the process by default.

    Returns:
        The exit status. Wrong arguments end the process with status 2, as argparse does.
    """
    parser = argparse.ArgumentParser(prog="kernelferry", description="Moves notebook kernels between pods.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    version = commands.add_parser("version", help="say what is installed here, for a bug report")
    version.add_argument("--json", action="store_true", help="for programs to read")
    args = parser.parse_args(argv)
    report = version_report()
    print(json.dumps(asdict(report), indent=2) if args.json else _as_text(report))
    return 0


def _installed(distribution: str, module: str) -> str | None:
    if util.find_spec(module) is None:
        return None
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return "unknown"  # importable all the same, from a source tree for example


def _as_text(report: VersionReport) -> str:
    lines = [
        f"kernel-ferry   {report.distribution}",
        f"wire contract  {report.wire_contract}",
        f"Python         {report.python}",
        f"platform       {report.platform}",
    ]
    for extra, packages in report.extras.items():
        words = [f"{name} {version or 'MISSING'}" for name, version in packages.items()]
        lines.append(f"[{extra}]".ljust(15) + ", ".join(words))
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
