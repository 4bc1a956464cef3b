"""Strangers, and firms among each other: whoever knocks with somebody else's ids, links or files gets nothing."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlencode

import pytest

from bridge import handlers
from bridge.sandbox.slack.model import PretendFile
from bridge.sandbox.twilio import PretendMedia
from bridge.services import installs
from bridge.store import tables
from bridge.store.channels import ReplyMode
from bridge.views import threads as views
from tests.cast import DENTAL, LAW, MARIA, NOAH, OWN_ACCOUNT
from tests.handlers.knock import FORM, JSON, SMS, STATUS, knock, receipt, slack, text, twilio
from tests.stage import Stage

PNG = b"\x89PNG\r\n\x1a\n" + b"p" * 500
BUTTONS = [views.SEND_AGAIN, views.IT_ARRIVED, views.SEND_HELD, views.KEEP_INSIDE]
LOST = ":warning: A picture came with this text, but it could not be fetched (Twilio did not hand it out)."


class Inside:
    """A server of our own network that nobody out there should ever reach."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.2:{port}"
        self.callers = 0


@asynccontextmanager
async def inside() -> AsyncIterator[Inside]:
    found: list[Inside] = []

    async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        found[0].callers += 1
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nConnection: close\r\n\r\n" + PNG)
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.2", 0) as server:
        found.append(Inside(server.sockets[0].getsockname()[1]))
        yield found[0]


async def held_reply(stage: Stage) -> tuple[int, str]:
    """A reply of Harbor Law's that waits for its author's word: its id, and the ts of the message in Slack."""
    deps = stage.app.deps
    await installs.set_reply_mode(deps, stage.law, LAW.channel, ReplyMode.CONFIRM, stage.clock())
    await stage.lead_texts("Hello?")
    ts = await stage.staff_says("Only if you say so")
    (held,) = await stage.rows(tables.messages.select().where(tables.messages.c.state == "held"))
    return int(held.id), ts


def press(action_id: str, message_id: int, **more: Any) -> bytes:
    """Somebody of Bright Dental presses a button, as Slack tells it, with an id that was never theirs."""
    button = {"action_id": action_id, "type": "button", "value": str(message_id), "text": {"text": "x"}}
    payload = {
        "type": "block_actions",
        "team": {"id": DENTAL.team_id},
        "user": {"id": DENTAL.agent, "team_id": DENTAL.team_id},
        "api_app_id": "A1",
        "container": {"type": "message", "channel_id": DENTAL.channel, "message_ts": "1.2", "thread_ts": "1.1"},
        "channel": {"id": DENTAL.channel, "name": "leads"},
        "actions": [button],
    }
    return urlencode({"payload": json.dumps(payload | more)}).encode()


async def everything(stage: Stage) -> list[Any]:
    """What Harbor Law has: its texts, and what it promised."""
    m, o = tables.messages, tables.outbox
    kept = await stage.rows(m.select().where(m.c.firm_id == stage.law.id).order_by(m.c.id))
    return [*kept, *await stage.rows(o.select().where(o.c.firm_id == stage.law.id).order_by(o.c.id))]


async def test_a_button_with_another_firms_text_does_nothing(stage: Stage) -> None:
    stage.dental_plays = True
    message_id, _ = await held_reply(stage)
    before = await everything(stage)
    for button in BUTTONS:
        assert (await slack(stage, press(button, message_id), FORM)).status == 200
        assert (await slack(stage, press(button, 999_999), FORM)).status == 200
    await stage.settle()
    assert await everything(stage) == before
    assert stage.phone(MARIA) == []
    for ephemeral in stage.slack.ephemerals(DENTAL.team_id):
        assert ephemeral["text"] == "Somebody was faster: this is settled already."


async def test_a_button_pressed_from_another_workspace_does_nothing(stage: Stage) -> None:
    """In a channel that two workspaces share, strangers see our buttons."""
    message_id, _ = await held_reply(stage)
    before = await everything(stage)
    stranger = {"user": {"id": DENTAL.agent, "team_id": DENTAL.team_id}, "team": {"id": LAW.team_id}}
    for button in BUTTONS:
        assert (await slack(stage, press(button, message_id, **stranger), FORM)).status == 200
    await stage.settle()
    assert await everything(stage) == before


async def test_another_firm_cannot_write_into_our_threads(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    before = await everything(stage)
    ts, root = stage.slack.new_ts(), stage.root()["ts"]
    where = {"channel": LAW.channel, "channel_type": "channel", "user": DENTAL.agent, "team": DENTAL.team_id}
    reply = {"type": "message", "text": "Hi from next door", "ts": ts, "event_ts": ts, "thread_ts": root, **where}
    deleted = {"type": "message", "subtype": "message_deleted", "deleted_ts": root, "ts": ts, **where}
    for number, event in enumerate((reply, deleted, {"type": "app_uninstalled"})):
        sent = {"type": "event_callback", "team_id": DENTAL.team_id, "event_id": f"Ev{number}", "event": event}
        stage.dental_plays = True
        assert (await slack(stage, sent)).status == 200
    await stage.settle()
    assert await everything(stage) == before
    off = await stage.rows(tables.routes.select().where(tables.routes.c.off_reason.is_not(None)))
    assert [(route.firm_id, route.name) for route in off] == [(stage.dental.id, "slack")]
    await stage.lead_texts("Still the same thread")
    assert len(stage.roots()) == 1


@pytest.mark.faults("F18")
async def test_another_account_cannot_speak_for_our_texts_or_numbers(stage: Stage) -> None:
    stage.twilio.lose_status = True
    await stage.lead_texts("Hello?")
    await stage.staff_says("Hi")
    (sent,) = await stage.rows(tables.messages.select().where(tables.messages.c.direction == "out"))
    before = await everything(stage)
    stage.dental_plays = True

    async def as_dental(form: dict[str, str], path: str) -> int:
        return (await twilio(stage, {**form, "AccountSid": OWN_ACCOUNT}, path, account=OWN_ACCOUNT)).status

    failed = {"MessageStatus": "failed", "ErrorCode": "21610"}
    for sender in (LAW.number, DENTAL.number, NOAH):
        for path in (f"{STATUS}?mid={sent.id}", STATUS):
            assert await as_dental(receipt(sent.sid, From=sender, **failed), path) == 204
    assert await as_dental(text(Body="STOP", To=LAW.number), SMS) == 403
    await stage.settle()
    assert await everything(stage) == before
    assert not (await stage.contact()).opted_out
    # and the other way round: our signature opens nothing of theirs
    assert (await twilio(stage, text(To=DENTAL.number))).status == 403
    forged = receipt(sent.sid, AccountSid=OWN_ACCOUNT)
    assert (await twilio(stage, forged, f"{STATUS}?mid={sent.id}")).status == 403


@pytest.mark.rows(70)
@pytest.mark.faults("F24")
async def test_a_picture_is_never_fetched_from_anywhere_but_its_own_message(stage: Stage) -> None:
    """A webhook's word is not enough: no address inside, no other account, no other text."""
    own = await stage.lead_texts("Mine", media=[PretendMedia(PNG, "image/png")])
    stage.dental_plays = True
    theirs = await stage.twilio.text(NOAH, DENTAL.number, "Theirs", media=[PretendMedia(PNG, "image/png")])
    await stage.settle()
    asked_before = len(stage.twilio.requests)
    async with inside() as server:
        place = stage.twilio.log[own].media_urls[0]
        urls = [
            server.url,
            server.url + "/2010-04-01" + place.partition("/2010-04-01")[2],
            f"https://api.twilio.com@{server.url[7:]}/x",
            "http://169.254.169.254/latest/meta-data/",
            "http://[::ffff:127.0.0.2]:80/",
            "file:///etc/passwd",
            stage.twilio.log[theirs].media_urls[0],
            place,
            f"{stage.twilio.url}/_/state",
            f"{stage.app.url}/metrics",
        ]
        form = text(Body="Look", NumMedia=str(len(urls)))
        form |= {f"MediaUrl{n}": url for n, url in enumerate(urls)}
        form |= {f"MediaContentType{n}": "image/png" for n in range(len(urls))}
        assert (await twilio(stage, form)).status == 200
        await stage.settle()
        assert server.callers == 0
    assert [each.path for each in stage.twilio.requests[asked_before:] if "Media" in each.path] == []
    told = [line for line in stage.said() if "could not be fetched" in line]
    assert len(told) == len(urls)
    assert len(stage.slack.files(LAW.team_id)) == 1


@pytest.mark.rows(70)
@pytest.mark.faults("F24")
async def test_a_redirect_away_from_twilio_is_not_followed(stage: Stage) -> None:
    async with inside() as server:
        for target in (server.url, "http://169.254.169.254/", "file:///etc/passwd", "http://[::ffff:127.0.0.2]/"):
            await stage.lead_texts("Look", media=[PretendMedia(PNG, "image/png", redirect_to=target)])
        assert server.callers == 0
    assert len([line for line in stage.said() if "could not be fetched" in line]) == 4
    assert stage.slack.files(LAW.team_id) == []


@pytest.mark.faults("F24")
async def test_a_file_that_is_not_slacks_gets_neither_our_token_nor_a_visit(stage: Stage) -> None:
    """Slack also shares files that stand elsewhere; their address comes in the same field."""
    await stage.lead_texts("What does it look like?")
    await stage.staff_says("Like this", files=[PretendFile("door.png", PNG, "image/png")])
    assert len(stage.twilio.texts_to(MARIA)[-1].media_urls) == 1
    async with inside() as server:
        for number, url in enumerate((server.url + "/x.png", "http://169.254.169.254/x.png", "file:///etc/passwd")):
            ts = stage.slack.new_ts()
            file: dict[str, Any] = {
                "id": f"F{number}",
                "name": "x.png",
                "mimetype": "image/png",
                "filetype": "png",
                "size": 500,
            }
            file |= {"mode": "external", "is_external": True, "url_private": url, "url_private_download": url}
            event: dict[str, Any] = {
                "type": "message",
                "subtype": "file_share",
                "text": "and this",
                "ts": ts,
                "event_ts": ts,
            }
            event |= {"channel": LAW.channel, "channel_type": "channel", "user": LAW.agent, "files": [file]}
            assert await stage.slack.send_event(LAW.team_id, {**event, "thread_ts": stage.root()["ts"]}) == [200]
            stage.skip(seconds=5)
            await stage.settle()
        assert server.callers == 0
    assert stage.phone(MARIA) == ["Like this"]


@pytest.mark.faults("S1", "S2", "S3")
async def test_no_route_does_anything_for_a_stranger(stage: Stage) -> None:
    """Whatever is sent to whichever route, with whichever method."""
    before = await everything(stage)
    for path, verifier in handlers.VERIFIERS.items():
        place = path.replace("{firm_id}", "1").replace("{picture_id}", "1").replace("{until}", "9999999999")
        place = place.replace("{signature}", "x")
        for method in ("GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"):
            for body, headers in ((b"", {}), (urlencode(text()).encode(), FORM), (b'{"type": "x"}', JSON)):
                answer = await knock(stage, place, body, headers, method)
                if verifier.startswith("anybody") and method == "GET":
                    assert answer.status == 200, (path, method)
                else:
                    assert answer.status in {400, 401, 403, 404, 405}, (path, method)
    assert await everything(stage) == before == []
