"""`make browser`: a Chromium for the tests of the page. The system's own where there is one.

Otherwise the system's package manager brings one, if this is root on Debian; else Playwright fetches its own.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playwright.async_api import Browser, async_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def path() -> str | None:
    """Where the system's own Chromium is; None leaves it to Playwright."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


@asynccontextmanager
async def opened() -> AsyncIterator[Browser]:
    """A browser without a window."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path(), args=["--no-sandbox"])
        yield browser
        await browser.close()


def install() -> None:
    """See to it that there is one. Raises CalledProcessError."""
    if path() is not None:
        return
    if os.geteuid() == 0 and shutil.which("apt-get"):
        _run("apt-get", "update", "-qq")
        _run("apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium")
    else:
        _run(sys.executable, "-m", "playwright", "install", "chromium")


def _run(*words: str) -> None:
    sys.stderr.write(f"Getting a browser for the tests: {' '.join(words)}\n")
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 (our own words)


if __name__ == "__main__":
    install()
