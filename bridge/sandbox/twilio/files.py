"""Media: the files of messages, behind Basic auth, with the bytes behind a signed link that refuses it."""

import hashlib
import hmac
import secrets
from urllib.parse import urlencode

from aiohttp import web

from .answers import media_json
from .call import Call, json_answer
from .messages import the_message
from .paging import old_style
from .records import StoredMedia
from .refused import RefusedError
from .world import World

FILTERS = frozenset({"DateCreated", "DateCreated<", "DateCreated>", "PageSize", "Page", "PageToken"})
_KEY = secrets.token_bytes(32)  # signs the links; known to nobody, valid for one run
_REFUSED = "<Error><Code>{code}</Code><Message>{message}</Message></Error>"


async def listing(call: Call) -> web.Response:
    """GET Messages/{sid}/Media.json."""
    call.only(FILTERS)
    message = the_message(call, "MessageSid")
    rows = [stored for stored in call.world.media.values() if stored.parent_sid == message.sid]
    return json_answer(old_style(call, "media_list", rows, lambda row: row.sid, media_json))


def _the_file(call: Call) -> StoredMedia:
    message = the_message(call, "MessageSid")
    stored = call.world.media.get(call.parts["Sid"])
    if stored is None or stored.parent_sid != message.sid:
        raise RefusedError(20404)
    return stored


async def fetch(call: Call) -> web.Response:
    """GET Media/{sid}.json: about the file."""
    return json_answer(media_json(_the_file(call)))


async def redirect(call: Call) -> web.Response:
    """GET Media/{sid}: the way to the bytes, good for a few hours."""
    stored = _the_file(call)
    expires = str(int(call.world.now().timestamp() + call.world.media_seconds))
    query = urlencode({"Expires": expires, "Signature": _sign(stored.sid, expires)})
    where = stored.media.redirect_to or f"{call.world.url}/cdn/{stored.account_sid}/{stored.sid}?{query}"
    return web.Response(status=307, headers={"Location": where})


async def delete(call: Call) -> web.Response:
    """DELETE Media/{sid}.json."""
    del call.world.media[_the_file(call).sid]
    return web.Response(status=204)


def _sign(sid: str, expires: str) -> str:
    return hmac.new(_KEY, f"{sid} {expires}".encode(), hashlib.sha256).hexdigest()


def _no(status: int, code: str, message: str) -> web.Response:
    """An S3 refusal, which is XML."""
    text = _REFUSED.format(code=code, message=message)
    return web.Response(status=status, text=text, content_type="application/xml")


def serve(world: World, request: web.Request) -> web.Response:
    """GET /cdn/...: the bytes, to anybody with the link, but to nobody who shows credentials as well."""
    if "Authorization" in request.headers:
        return _no(400, "InvalidArgument", "Only one auth mechanism allowed")
    expires, sid = request.query.get("Expires", ""), request.match_info["sid"]
    if not hmac.compare_digest(_sign(sid, expires), request.query.get("Signature", "")):
        return _no(403, "SignatureDoesNotMatch", "The signature does not match")
    if world.now().timestamp() > int(expires):
        return _no(403, "AccessDenied", "Request has expired")
    stored = world.media.get(sid)
    return _no(404, "NoSuchKey", "The key does not exist") if stored is None else _bytes(stored)


def _bytes(stored: StoredMedia) -> web.Response:
    """The file, with a length that may lie."""
    headers = {"Content-Type": stored.media.content_type}
    answer = web.Response(body=stored.media.content, headers=headers)
    if stored.media.declared_length is not None:
        answer.headers["Content-Length"] = str(stored.media.declared_length)
        answer.force_close()
    return answer
