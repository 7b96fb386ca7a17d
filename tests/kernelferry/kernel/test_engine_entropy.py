"""What comes from nowhere comes but once: a cell that has asked for it is not run again if its values can be stored."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kernelferry.kernel.player import Player, Request

SOURCES = {
    "the operating system": "import os\nx = os.urandom(8)",
    "a new identity": "import uuid\nx = uuid.uuid4().hex",
    "a secret": "import secrets\nx = secrets.token_hex()",
    "the clock": "import time\nx = time.time_ns()",
    "the date": "import datetime\nx = str(datetime.datetime.now())",
    "a generator without a seed": "import numpy as np\nx = np.random.default_rng().random()",
    "a generator of the system": "import random\nx = random.SystemRandom().random()",
    "an address": "x = id(object())",
    "the process": "import os\nx = os.getpid()",
}


@pytest.fixture(scope="module")
def player() -> Iterator[Player]:
    with Player(1) as player:
        yield player


@pytest.mark.parametrize("source", SOURCES)
def test_what_comes_from_nowhere_is_not_run_again_where_it_can_be_stored(
    player: Player, tmp_path: Path, source: str
) -> None:
    cells = ["%load_ext kernelferry", SOURCES[source], f"%ferry save {tmp_path} --json"]
    player.begin(Request(cells, len(cells), expensive=1))
    assert player.end().report["x"][0] == "stored"


def test_what_comes_from_a_generator_that_has_a_seed_may_be_run_again(player: Player, tmp_path: Path) -> None:
    cells = ["%load_ext kernelferry", "import random\nx = random.random()", f"%ferry save {tmp_path} --json"]
    player.begin(Request(cells, len(cells), expensive=1))
    assert player.end().report["x"][0] == "recomputed"


def test_what_was_read_from_the_environment_before_it_changed_is_not_read_again(player: Player, tmp_path: Path) -> None:
    cells = ["%load_ext kernelferry", "import os", "x = os.environ.get('KF')", "os.environ['KF'] = '1'"]
    player.begin(Request([*cells, f"%ferry save {tmp_path} --json"], len(cells) + 1, expensive=1))
    assert player.end().report["x"][0] == "stored"
