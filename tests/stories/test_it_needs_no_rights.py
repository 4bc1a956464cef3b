"""The app runs without any right of a superuser, and writes nowhere but where its database is."""

import asyncio
import os
import re
import shutil
import signal
import stat
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy.engine import make_url

from bridge.sandbox.ports import free_port
from tests import cast
from tests.cast import LAW, MARIA
from tests.databases import connected, run
from tests.installed import Installed
from tests.pretenders import services
from tests.stage import Stage
from tests.store.scratch import only_postgres

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
        environ = cast.environment(f"sqlite:///{data}/bridge.db", free_port(), slack, twilio)
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


@asynccontextmanager
async def a_role_as_documented(url: str) -> AsyncIterator[str]:
    """The same database for somebody who may do what docs/operations.md grants, and nothing else."""
    grants = re.findall(
        r"^(?:GRANT|ALTER DEFAULT).*;$", (ROOT / "docs/operations.md").read_text("utf-8"), re.MULTILINE
    )
    name = f"bridge_{os.getpid()}"
    await run(url, f"CREATE ROLE {name} LOGIN; " + "".join(grants).replace("TO bridge;", f"TO {name};"))
    yield make_url(url).set(username=name).render_as_string(hide_password=False)
    await run(url, f"DROP OWNED BY {name}; DROP ROLE {name}")


@only_postgres
@pytest.mark.faults("S10")
async def test_the_role_in_the_papers_is_enough_and_cannot_change_a_table(
    database_url: str, installed: Installed
) -> None:
    async with installed.stage(database_url):
        pass
    async with a_role_as_documented(database_url) as url:
        async with Stage.set(url, installed._tell) as stage:
            await stage.lead_texts("Hello?")
            await stage.staff_says("Hi")
            assert stage.phone() == ["Hi"]
        async with connected(url) as connection:
            for change in ("CREATE TABLE mine (id int)", "ALTER TABLE messages ADD mine int", "DROP TABLE audit"):
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    await connection.execute(change)
