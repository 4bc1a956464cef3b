"""The gateway and the pretend Slack, which refuses what Slack refuses: scopes, spent triggers, closed channels."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest

from bridge.gateways import slack_http
from bridge.gateways.errors import GatewayError, Retry, Scope
from bridge.gateways.slack import SlackGateway
from bridge.gateways.slack_shapes import Channel, Posted
from bridge.sandbox.slack import PretendFile, PretendSlack

TEAM, CHANNEL, ANN, TOKEN = "T0ACME", "C0LEADS", "U0ANN", "xoxb-acme"
PICTURE = b"\x89PNG\r\n\x1a\n" + b"p" * 500
SECTION = [{"type": "section", "text": {"type": "plain_text", "text": "Hello"}}]
LONG_AGO = datetime.now(UTC) - timedelta(hours=1)


@pytest.fixture
async def pretend_slack() -> AsyncIterator[PretendSlack]:
    """A workspace with one channel and one person."""
    running = PretendSlack(signing_secret="s3cret")
    await running.start()
    running.add_workspace(TEAM, name="Acme", bot_token=TOKEN, bot_user_id="U0BOT", bot_id="B0BOT")
    running.add_person(TEAM, ANN, "Ann", admin=True)
    running.add_channel(TEAM, CHANNEL, "leads", members=[ANN])
    yield running
    await running.stop()


@pytest.fixture
def slack(session: aiohttp.ClientSession, pretend_slack: PretendSlack) -> SlackGateway:
    return SlackGateway(session, TOKEN, base_url=f"{pretend_slack.url}/api/")


async def post(slack: SlackGateway, key: str = "k", thread_ts: str | None = None) -> Posted:
    return await slack.post(CHANNEL, text="Hello", blocks=SECTION, thread_ts=thread_ts, key=key)


async def test_the_life_of_a_thread(slack: SlackGateway, pretend_slack: PretendSlack) -> None:
    root = await post(slack, "root")
    reply = await post(slack, "reply", root.ts)
    assert (root.thread_ts, reply.thread_ts, reply.channel) == (None, root.ts, CHANNEL)
    await slack.update(CHANNEL, root.ts, text="Changed", blocks=SECTION)
    await slack.react(CHANNEL, reply.ts, "eyes")
    await slack.react(CHANNEL, reply.ts, "eyes")
    assert pretend_slack.reactions(TEAM, CHANNEL, reply.ts) == ["eyes"]
    await slack.unreact(CHANNEL, reply.ts, "eyes")
    await slack.unreact(CHANNEL, reply.ts, "eyes")
    assert pretend_slack.reactions(TEAM, CHANNEL, reply.ts) == []
    await slack.tell(CHANNEL, ANN, text="Only you", thread_ts=root.ts)
    assert [line["text"] for line in pretend_slack.ephemerals(TEAM, CHANNEL, ANN)] == ["Only you"]
    assert (await slack.permalink(CHANNEL, root.ts)).startswith("https://")
    texts = [message["text"] for message in pretend_slack.thread(TEAM, CHANNEL, root.ts)]
    assert texts == ["Changed", "Hello"]
    await slack.delete(CHANNEL, reply.ts)
    await slack.delete(CHANNEL, reply.ts)
    assert len(pretend_slack.thread(TEAM, CHANNEL, root.ts)) == 1


async def test_who_and_where(slack: SlackGateway, pretend_slack: PretendSlack) -> None:
    me = await slack.auth_test()
    assert (me.team_id, me.team_name, me.bot_user_id, me.bot_id) == (TEAM, "Acme", "U0BOT", "B0BOT")
    assert "chat:write" in me.scopes
    ann = await slack.person(ANN)
    assert (ann.name, ann.team_id, ann.is_admin, ann.is_guest) == ("Ann", TEAM, True, False)
    pretend_slack.add_person(TEAM, "U0BOB", "Bob", stranger=True)
    bob = await slack.person("U0BOB")
    assert bob.is_stranger
    assert bob.team_id != TEAM
    pretend_slack.add_channel(TEAM, "C0OUT", "partners", bot_member=False, shared=True)
    assert await slack.channel(CHANNEL) == Channel(CHANNEL, "leads", False, True, False, False)
    assert await slack.channel("C0OUT") == Channel("C0OUT", "partners", False, False, False, True)


@pytest.mark.faults("F5")
@pytest.mark.parametrize("in_thread", [True, False])
@pytest.mark.parametrize("fault", [{"drop": True}, {"status": 500}, {"body": "<html>"}, {"hang": 5.0}])
async def test_a_post_of_unknown_outcome_is_found_again(
    slack: SlackGateway,
    pretend_slack: PretendSlack,
    monkeypatch: pytest.MonkeyPatch,
    in_thread: bool,
    fault: dict[str, Any],
) -> None:
    monkeypatch.setattr(slack_http, "CALL_SECONDS", 0.5)
    thread_ts = (await post(slack, "root")).ts if in_thread else None
    pretend_slack.fail("chat.postMessage", accept_first=True, **fault)
    with pytest.raises(GatewayError) as caught:
        await post(slack, "lost", thread_ts)
    assert caught.value.retry is Retry.DOUBT
    found = await slack.find_posted(CHANNEL, thread_ts=thread_ts, key="lost", oldest=LONG_AGO)
    assert found is not None
    assert found.thread_ts == thread_ts
    assert len(pretend_slack.messages(TEAM, CHANNEL)) == (2 if in_thread else 1)
    assert await slack.find_posted(CHANNEL, thread_ts=thread_ts, key="other", oldest=LONG_AGO) is None


@pytest.mark.faults("F7")
async def test_a_thread_that_is_gone(slack: SlackGateway, pretend_slack: PretendSlack) -> None:
    root = await post(slack, "root")
    await slack.delete(CHANNEL, root.ts)
    astray = await post(slack, "astray", root.ts)
    assert astray.thread_ts is None
    assert await slack.find_posted(CHANNEL, thread_ts=root.ts, key="astray", oldest=LONG_AGO) == astray


@pytest.mark.faults("F6", "F7")
async def test_what_is_closed_says_how_much_is_closed(slack: SlackGateway, pretend_slack: PretendSlack) -> None:
    async def refusal() -> tuple[str, Retry, Scope]:
        with pytest.raises(GatewayError) as caught:
            await post(slack)
        return caught.value.code, caught.value.retry, caught.value.scope

    await pretend_slack.archive(TEAM, CHANNEL)
    assert await refusal() == ("is_archived", Retry.REPAIR, Scope.CHANNEL)
    await pretend_slack.unarchive(TEAM, CHANNEL)
    await pretend_slack.remove_bot(TEAM, CHANNEL)
    assert await refusal() == ("not_in_channel", Retry.REPAIR, Scope.CHANNEL)
    await pretend_slack.revoke_token(TEAM)
    assert await refusal() == ("token_revoked", Retry.REPAIR, Scope.ACCOUNT)


async def test_a_missing_scope_is_for_an_admin(slack: SlackGateway, pretend_slack: PretendSlack) -> None:
    pretend_slack.workspace(TEAM).scopes.discard("users:read")
    with pytest.raises(GatewayError) as caught:
        await slack.person(ANN)
    assert (caught.value.code, caught.value.scope) == ("missing_scope", Scope.CHANNEL)


@pytest.mark.rows(70)
async def test_files_go_up_and_come_down(slack: SlackGateway, pretend_slack: PretendSlack) -> None:
    root = await post(slack)
    await slack.upload(
        CHANNEL, thread_ts=root.ts, filename="a.png", content=PICTURE, title="From Lee", comment="Look"
    )
    (file,) = pretend_slack.files(TEAM)
    assert (file.content, file.title, file.thread_ts) == (PICTURE, "From Lee", root.ts)
    shared = PretendFile("door.png", PICTURE)
    await pretend_slack.say(TEAM, CHANNEL, ANN, "", thread_ts=root.ts, files=[shared])
    url = f"{pretend_slack.url}/files-pri/{TEAM}-{shared.id}/download/door.png"
    assert (await slack.download(url)).media_type == "image/png"
    stranger = SlackGateway(slack._session, "xoxb-other", base_url=f"{pretend_slack.url}/api/")
    with pytest.raises(GatewayError) as caught:
        await stranger.download(url)
    assert caught.value.code == "login_page"


async def test_modals_and_home(slack: SlackGateway, pretend_slack: PretendSlack) -> None:
    modal = {"type": "modal", "title": {"type": "plain_text", "text": "Enable"}, "blocks": SECTION}
    trigger = pretend_slack.triggers.new(TEAM, ANN, pretend_slack.clock())
    shown = await slack.open_view(trigger, modal)
    assert [view["id"] for view in pretend_slack.views(TEAM, ANN)] == [shown.view_id]
    with pytest.raises(GatewayError) as caught:
        await slack.open_view(trigger, modal)
    assert (caught.value.code, caught.value.retry) == ("exchanged_trigger_id", Retry.NEVER)
    changed = await slack.update_view(shown.view_id, modal, view_hash=shown.hash)
    assert changed.hash != shown.hash
    with pytest.raises(GatewayError) as caught:
        await slack.update_view(shown.view_id, modal, view_hash=shown.hash)
    assert (caught.value.code, caught.value.retry) == ("hash_conflict", Retry.NEVER)
    await slack.publish_home(ANN, {"type": "home", "blocks": SECTION})
    home = pretend_slack.home(TEAM, ANN)
    assert home is not None
    assert home["type"] == "home"


async def test_an_interaction_is_answered_five_times(slack: SlackGateway, pretend_slack: PretendSlack) -> None:
    url = pretend_slack.new_response_url(TEAM, CHANNEL, ANN)
    for _ in range(5):
        await slack.respond(url, {"text": "Done"})
    assert len(pretend_slack.ephemerals(TEAM, CHANNEL, ANN)) == 5
    with pytest.raises(GatewayError) as caught:
        await slack.respond(url, {"text": "Done"})
    assert caught.value.retry is Retry.NEVER
