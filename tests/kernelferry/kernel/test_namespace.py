"""Which names are the user's."""

from __future__ import annotations

from typing import Any

from kernelferry.kernel.namespace import user_names


def test_a_fresh_shell_has_no_names_of_the_user(shell: Any) -> None:
    assert user_names(shell) == {}
    shell.run_cell("1 + 1", store_history=True)
    shell.run_cell("_", store_history=True)
    assert user_names(shell) == {}


def test_private_names_and_dunder_names_of_the_user_count(shell: Any) -> None:
    shell.run_cell("_private = 1\n__version__ = 2\n_3x = 3\n__ = 4")
    assert user_names(shell) == {"_private": 1, "__version__": 2, "_3x": 3, "__": 4}


def test_a_name_of_the_shell_is_the_user_s_once_it_is_bound_to_something_else(shell: Any) -> None:
    shell.run_cell("open = 1\nfor _ in range(3): pass\nexit = None")
    assert user_names(shell) == {"open": 1, "_": 2, "exit": None}
    shell.run_cell("del open")
    assert "open" not in user_names(shell)


def test_names_pushed_as_the_shell_s_own_are_not_the_user_s(shell: Any) -> None:
    shell.push({"theirs": 1}, interactive=False)
    shell.push({"mine": 1})
    assert user_names(shell) == {"mine": 1}


def test_the_answer_is_a_copy(shell: Any) -> None:
    user_names(shell)["x"] = 1
    assert "x" not in shell.user_ns
