"""The app runs without any right of a superuser, and writes nowhere but where its database is."""

import asyncio
import os
import shutil
import signal
import stat
import sys
from pathlib import Path

import pytest

from tests import cast
from tests.cast import LAW, MARIA
from tests.pretenders import services

ROOT = Path(__file__).parents[2]


def powerless() -> list[str]:
    """What to put in front of a command so that even root is nobody special."""
    if os.geteuid():
        return []
    tool = shutil.which("setpriv")
    if tool is None:
        pytest.skip("tests run as root, and there is no setpriv to take root's rights away")
    return [tool, "--no-new-privs", "--bounding-set=-all", "--inh-caps=-all"]


def written(folder: Path) -> dict[str, str]:
    """Every file below a folder, with its mode."""
    return {str(path.relative_to(folder)): oct(stat.S_IMODE(path.stat().st_mode)) for path in folder.rglob("*")}


@pytest.mark.faults("S10", "S11")
async def test_a_process_without_rights_in_a_folder_it_cannot_write_to_does_its_work(tmp_path: Path) -> None:
    data, home = tmp_path / "data", tmp_path / "home"
    home.mkdir(0o555)
    async with services() as (slack, twilio):
        environ = cast.environment(f"sqlite:///{data}/bridge.db", cast.free_port(), slack, twilio)
        environ |= {"HOME": str(home), "TMPDIR": str(home), "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
        process = await asyncio.create_subprocess_exec(
            *powerless(), sys.executable, "-m", "bridge", "serve",
            cwd=home, env=environ, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        try:
            assert process.stdout is not None
            async with asyncio.timeout(30):
                assert b"bridge is ready" in await process.stdout.readline()
            await twilio.text(MARIA, LAW.number, "Hello?")
            assert twilio.webhooks[-1].status == 200
            files = written(data)
            assert {"bridge.db", "bridge.db-wal"} <= set(files)
            assert set(files.values()) == {"0o600"}
            assert oct(stat.S_IMODE(data.stat().st_mode)) == "0o700"
            assert written(home) == {}
            process.send_signal(signal.SIGTERM)
            async with asyncio.timeout(20):
                assert await process.wait() == 0
        finally:
            if process.returncode is None:
                process.kill()
            await process.communicate()
