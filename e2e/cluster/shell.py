"""Run external programs, and say plainly what failed."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from e2e.cluster.errors import CommandError


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


def succeeds(argv: Sequence[str | Path]) -> bool:
    """Say whether a program ends with status 0; its output is dropped."""
    try:
        run(argv)
    except CommandError:
        return False
    return True
