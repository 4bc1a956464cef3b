"""The control: an aiohttp handler that parses the form and checks Twilio's signature, and nothing else."""

import asyncio
import base64
import hmac
import sys
from urllib.parse import parse_qsl

from aiohttp import web

from benchmarks.providers import TOKEN, serve

EMPTY = '<?xml version="1.0" encoding="UTF-8"?><Response />'


def app(url: str) -> web.Application:
    """What answers at this URL."""
    signed_url, key = f"{url}/twilio/sms", TOKEN.encode()

    async def on_sms(request: web.Request) -> web.Response:
        params = dict(parse_qsl((await request.read()).decode(), keep_blank_values=True))
        signed = signed_url + "".join(name + params[name] for name in sorted(params))
        expected = base64.b64encode(hmac.digest(key, signed.encode(), "sha1"))
        if not hmac.compare_digest(expected, request.headers["X-Twilio-Signature"].encode()):
            raise web.HTTPForbidden
        return web.Response(text=EMPTY, content_type="text/xml")

    made = web.Application()
    made.router.add_post("/twilio/sms", on_sms)
    return made


if __name__ == "__main__":
    port = int(sys.argv[1])
    asyncio.run(serve(app(f"http://127.0.0.1:{port}"), port))
