"""Run external programs, and say plainly what failed."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from e2e.cluster.errors import CommandError

# What a killed tool leaves running would go on writing and hold mounts. So its programs die with it, and as the first
# process of their own namespaces they take all their children and mounts along.
_CONFINED = ("setpriv", "--pdeathsig", "KILL", "unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc")


def confined(argv: Sequence[str | Path]) -> list[str]:
    """Return the words that run a program so that it dies with us, and its children and mounts with it; needs root."""
    return [*_CONFINED, *map(str, argv)]


def without_proxy(environment: Mapping[str, str]) -> dict[str, str]:
    """Return an environment without proxies: the cluster's addresses are reached from this machine alone."""
    return {k: v for k, v in environment.items() if not k.lower().endswith("_proxy")}


def run(
    argv: Sequence[str | Path],
    *,
    stdin: str | None = None,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    timeout: float | None = None,
) -> str:
    """Run a program to its end and return its standard output.

    Args:
        argv: the program and its arguments; never passed through a shell.
        stdin: text for its standard input; none by default.
        env: the whole environment, where the inherited one will not do.
        cwd: the folder to run it in.
        timeout: seconds after which it is killed.

    Raises:
        CommandError: it ended with a non-zero status, was not found, or ran into the timeout.
    """
    words = [str(word) for word in argv]
    try:
        done = subprocess.run(
            words,
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            text=True,
            errors="replace",
            env=env,
            cwd=cwd,
            timeout=timeout,
            check=False,
        )
    except FileNotFoundError as exc:
        raise CommandError(shlex.join(words), 127, f"{words[0]}: not found") from exc
    except subprocess.TimeoutExpired as exc:
        raise CommandError(shlex.join(words), 124, f"no end within {timeout} s") from exc
    if done.returncode != 0:
        raise CommandError(shlex.join(words), done.returncode, done.stderr or done.stdout)
    return done.stdout


def succeeds(argv: Sequence[str | Path], *, timeout: float = 10.0) -> bool:
    """Say whether a program ends with status 0 in time (seconds); its output is dropped."""
    try:
        run(argv, timeout=timeout)
    except CommandError:
        return False
    return True
