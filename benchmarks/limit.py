"""The control: an aiohttp handler that parses the form and checks Twilio's signature, and nothing else."""

import sys
from urllib.parse import parse_qsl

from aiohttp import web
from twilio.request_validator import RequestValidator

from benchmarks.providers import TOKEN

EMPTY = '<?xml version="1.0" encoding="UTF-8"?><Response />'


def main(port: int) -> None:
    """Serve on this port until killed."""
    url, validator = f"http://127.0.0.1:{port}", RequestValidator(TOKEN)

    async def on_sms(request: web.Request) -> web.Response:
        params = dict(parse_qsl((await request.read()).decode(), keep_blank_values=True))
        if not validator.validate(url + request.raw_path, params, request.headers["X-Twilio-Signature"]):
            raise web.HTTPForbidden
        return web.Response(text=EMPTY, content_type="text/xml")

    app = web.Application()
    app.router.add_post("/twilio/sms", on_sms)
    web.run_app(app, host="127.0.0.1", port=port, access_log=None, print=None)


if __name__ == "__main__":
    main(int(sys.argv[1]))
