"""What a machine may lack that some tests need: they are skipped, saying so, and fail where that is forbidden."""

import os
from pathlib import Path
from typing import NoReturn

import pytest

SHARED = Path(__file__).parents[3] / "shared" / "data"
"""Real input beside the project, which tests marked `shared` read."""


def without(what: str, why: str) -> NoReturn:
    """Skip the test for want of a server or a program; fail in CI, or where MOTESPLATS_REQUIRE_... asks for it."""
    required = f"MOTESPLATS_REQUIRE_{what.upper()}"
    if os.environ.get("CI") == "true" or os.environ.get(required) == "1":
        pytest.fail(f"{what} is required here: {why}", pytrace=False)
    pytest.skip(why)
