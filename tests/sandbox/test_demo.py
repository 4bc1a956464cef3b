"""What the demo says when the tour is over can be typed as it stands there."""

import json
import shlex

import aiohttp

from bridge.sandbox import __main__ as demo
from bridge.sandbox.town import STRANGER, Town


async def test_the_command_that_texts_the_firm_works_as_it_is_shown() -> None:
    town = await Town.founded()
    try:
        _, _, shown = demo._where(town).partition("text the firm")
        words = shlex.split(shown.partition("the app's own health")[0].replace("\\\n", " "))
        _, url, _, header, _, body = words
        name, _, value = header.partition(": ")
        async with aiohttp.ClientSession() as http, http.post(url, data=body, headers={name: value}) as answer:
            assert answer.status == 200, await answer.text()
        assert [text.body for text in town.twilio.threads[STRANGER]] == [json.loads(body)["body"]]
    finally:
        await town.closed()
