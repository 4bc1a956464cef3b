"""The measured programs, each as a process of its own."""

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
from cryptography.fernet import Fernet

from benchmarks import providers

SIGNING_SECRET = "bench-signing-secret"
START = 20.0  # seconds


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@asynccontextmanager
async def limit() -> AsyncIterator[str]:
    """The control's URL."""
    port = free_port()
    async with _process("-m", "benchmarks.limit", str(port), environment={}):
        url = f"http://127.0.0.1:{port}"
        await _until_answering(f"{url}/")
        yield url


@asynccontextmanager
async def app(database_url: str, providers_url: str) -> AsyncIterator[str]:
    """The real app's URL: storage durable, signatures on, Slack's pacing off."""
    port = free_port()
    environment = {
        "DATABASE_URL": database_url,
        "ENCRYPTION_KEY": Fernet.generate_key().decode(),
        "PUBLIC_BASE_URL": f"http://127.0.0.1:{port}",
        "PORT": str(port),
        "SLACK_SIGNING_SECRET": SIGNING_SECRET,
        "SLACK_BOT_TOKEN": "xoxb-bench",
        "SLACK_API_URL": f"{providers_url}/slack/api/",
        "SLACK_INBOX_CHANNEL": providers.CHANNEL,
        "SLACK_POSTS_PER_SECOND": "0",
        "TWILIO_ACCOUNT_SID": providers.ACCOUNT,
        "TWILIO_AUTH_TOKEN": providers.TOKEN,
        "TWILIO_NUMBER": providers.NUMBER,
        "TWILIO_API_URL": f"{providers_url}/twilio",
        "LOG_LEVEL": "WARNING",
    }
    url = f"http://127.0.0.1:{port}"
    async with _process("-m", "bridge", "serve", environment=environment):
        await _until_answering(f"{url}/readyz")
        async with _process("-m", "bridge", "firms", "two-way", "on", environment=environment) as command:
            await command.wait()
        yield url


@asynccontextmanager
async def _process(*words: str, environment: dict[str, str]) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, *words, env={**os.environ, **environment}, stdout=asyncio.subprocess.DEVNULL
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()


async def _until_answering(url: str) -> None:
    async with asyncio.timeout(START), aiohttp.ClientSession() as session:
        while True:
            try:
                async with session.get(url) as answer:
                    if answer.status in {200, 404}:
                        return
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.05)
