"""The real app, as a process of its own."""

import asyncio
import os
import sys
from collections.abc import Mapping

import aiohttp

START = 20.0  # seconds
STOP = 12.0  # seconds; the app itself takes at most ten


class AppFailed(Exception):
    """The app did not start, or a command of it failed; the text is what it said."""


class App:
    """`python -m bridge serve` with this environment, and its other commands on the same database."""

    def __init__(self, url: str, environment: Mapping[str, str]) -> None:
        self.url = url
        self._environment = {**os.environ, **environment}
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start it and wait until it says that it is ready. Raises AppFailed."""
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bridge", "serve", env=self._environment, stdout=asyncio.subprocess.DEVNULL
        )
        try:
            async with asyncio.timeout(START), aiohttp.ClientSession() as session:
                while not await self._is_ready(session):
                    if self._process.returncode is not None:
                        raise AppFailed("The app did not start; it said why above.")
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise AppFailed(f"The app was not ready within {START:.0f} seconds.") from None

    async def _is_ready(self, session: aiohttp.ClientSession) -> bool:
        try:
            async with session.get(f"{self.url}/readyz") as answer:
                return answer.status == 200
        except aiohttp.ClientError:
            return False

    async def command(self, *words: str) -> None:
        """Run one of its commands, as an operator would. Raises AppFailed."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bridge", *words, env=self._environment,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        said, _ = await process.communicate()
        if process.returncode:
            raise AppFailed(f"bridge {' '.join(words)}: {said.decode().strip()}")

    async def unfinished(self) -> float:
        """How many promises the app has not kept yet, as its metrics say."""
        async with aiohttp.ClientSession() as session, session.get(f"{self.url}/metrics") as answer:
            lines = (await answer.text()).splitlines()
        open_states = ('state="ready"', 'state="sending"', 'state="unknown"')
        rows = [line for line in lines if line.startswith("bridge_outbox_rows{")]
        return sum(float(line.rpartition(" ")[2]) for line in rows if any(state in line for state in open_states))

    async def stop(self) -> None:
        """Ask it to end, and insist when it does not."""
        process, self._process = self._process, None
        if process is None or process.returncode is not None:
            return
        process.terminate()
        try:
            async with asyncio.timeout(STOP):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
