"""The tour is played for real, and says so when something does not happen."""

import asyncio
import sys
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from bridge.sandbox import tour
from bridge.sandbox.process import App
from bridge.sandbox.tour import REFUSED, Tour, TourFailed
from bridge.sandbox.town import Town
from tests.forked import start


async def test_the_tour_plays_to_its_end() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bridge.sandbox", "--once",
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    said, complaints = await process.communicate()
    assert process.returncode == 0, complaints.decode()
    lines = said.decode()
    assert "phone  ← Of course. Friday at 3 pm?" in lines
    assert REFUSED in lines
    assert lines.rstrip().endswith("Welcome back! See you on Friday.")
    assert complaints == b""


async def test_an_effect_that_does_not_come_ends_the_tour(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two-way texting stays off, so no thread opens: the tour must notice by itself."""
    monkeypatch.setattr(tour, "PATIENCE", 1.0)
    town = await Town.founded()
    app = App(town.app_url, town.environment(str(tmp_path / "bridge.db"), Fernet.generate_key().decode()), start)
    try:
        await app.start()
        with pytest.raises(TourFailed, match="the thread did not come"):
            await Tour(town, app, lambda _: None).play()
    finally:
        await app.stop()
        await town.closed()
