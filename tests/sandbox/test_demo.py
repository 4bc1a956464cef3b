"""`make demo` says where the page is, serves it before anything else, and ends when it is told to."""

import asyncio
import re
import signal
import sys

import aiohttp


async def test_the_page_is_where_the_demo_says() -> None:
    demo = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bridge.sandbox", "--empty",
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert demo.stdout is not None
    try:
        said = ""
        while not (found := re.search(r"http://\S+", said)):
            line = await demo.stdout.readline()
            assert line, "it ended without saying where"
            said += line.decode()
        async with aiohttp.ClientSession() as http, http.get(found[0]) as page:
            assert page.status == 200
            assert "Two-way SMS" in await page.text()
        demo.send_signal(signal.SIGINT)
        _, complaints = await demo.communicate()
        assert complaints == b""
        assert demo.returncode == 0
    finally:
        if demo.returncode is None:
            demo.kill()
            await demo.wait()
