"""Whatever a text holds and whoever sends it: it is stored, shown as it is, and nothing in it can act."""

import pytest

from bridge.sandbox.slack.markup import disguised_links
from bridge.store import tables
from tests.cast import ACCOUNT, LAW, MARIA
from tests.stage import Stage

NO_PHONE = "There is no phone number here that can be texted, so this was not sent."

SENDERS = [
    "32665",
    "AMAZON",
    "whatsapp:+14155550199",
    "rcs:acme_agent",
    "+447700900123",
    "Jos\u00e9 & <Co>",
    "anonymous",
]

ODD = {
    "emoji": "👩‍👩‍👧‍👦 🏳️‍🌈 🇺🇸 👍🏽",
    "right to left": "שלום \u202eevil\u202c العربية",
    "line separators": "one\u2028two\u2029three\x0bfour\x0cfive\x85six",
    "zero width": "a\u200bb\u200dc\ufeffd",
    "combining": "Z" + "\u0300\u0316" * 200,
    "one grapheme": "e" + "\u0301" * 1599,
    "controls": "bell\x07 escape\x1b[31m delete\x7f",
    "spaces": "   leading and trailing   ",
    "new lines": "\n\nfirst\r\nsecond\n",
    "private use": "\ue000\U0010fffd",
    "longest": "x" * 1600,
    "longest of emoji": "😀" * 800,
    "json": '{"text": "hi"}',
    "percent": "100%25 %s %(name)s {0}",
}

MARKUP = [
    "<!channel> <!here> <!everyone>", f"<@{LAW.agent}> look", "<!subteam^S012345>", f"<#{LAW.channel}>",
    "<https://evil.example|bank.example>", "https://evil.example/path?a=1&b=2", "<mailto:a@b.example|mail>",
    "*bold* _soft_ ~gone~ `code` ```block```", "> quoted\n- list\n1. one", ":tada: :no_entry:",
    "&lt;!channel&gt; &amp;",
    "@here @channel @everyone", "<!date^1392734382^{date}|x>", "<script>alert(1)</script>", "(no words)",
]  # fmt: skip


def literal(stage: Stage, phone: str) -> list[str]:
    """The texts in a thread as Slack shows them: in blocks that interpret nothing."""
    blocks = [block for message in stage.thread(phone) for block in message["blocks"]]
    leaves = [
        leaf
        for block in blocks
        if block["type"] == "rich_text"
        for box in block["elements"]
        for leaf in box["elements"]
    ]
    assert {leaf["type"] for leaf in leaves} <= {"text"}
    assert not any(leaf.get("style") for leaf in leaves)
    return [leaf["text"] for leaf in leaves]


@pytest.mark.rows(60, 64)
@pytest.mark.faults("F21")
async def test_odd_senders_get_a_thread_of_their_own_and_cannot_be_texted(stage: Stage) -> None:
    for sender in SENDERS:
        await stage.twilio.text(sender, LAW.number, f"From {sender}")
    await stage.settle()

    assert {hook.status for hook in stage.twilio.webhooks} == {200}
    roots = stage.roots()
    assert len(roots) == len(SENDERS)
    for sender, root in zip(SENDERS, sorted(roots, key=lambda root: float(root["ts"])), strict=True):
        under = stage.slack.thread(LAW.team_id, LAW.channel, root["ts"])
        assert len(under) == 2, sender
        assert under[1]["blocks"][0]["elements"][0]["elements"][0]["text"] == f"From {sender}"
    texts = [root["text"] for root in roots]
    assert {"32665", "AMAZON", "whatsapp:+14155550199", "Jos\u00e9 &amp; &lt;Co&gt;"} <= set(texts)

    for root in roots:
        if root["text"] in {"32665", "AMAZON", "whatsapp:+14155550199", "rcs:acme_agent"}:
            await stage.slack.say(LAW.team_id, LAW.channel, LAW.agent, "Hello", thread_ts=root["ts"])
    await stage.settle()
    assert stage.told() == [NO_PHONE] * 4
    assert all(text.direction == "inbound" for text in stage.twilio.messages())


@pytest.mark.rows(60)
@pytest.mark.faults("F21")
async def test_a_text_to_our_number_by_another_channel_is_ours_too(stage: Stage) -> None:
    params = {
        "MessageSid": "SM" + "7" * 32, "AccountSid": ACCOUNT, "From": "whatsapp:+14155550199", "NumMedia": "0",
        "To": f"whatsapp:{LAW.number}", "Body": "By WhatsApp", "ProfileName": "A Person", "WaId": "14155550199",
    }  # fmt: skip
    status, _ = await stage.twilio.post_webhook(f"{stage.app.url}/twilio/sms", params)
    await stage.settle()

    assert status == 200
    (root,) = stage.roots()
    assert root["text"] == "whatsapp:+14155550199"


@pytest.mark.rows(60)
@pytest.mark.faults("F21")
async def test_every_character_arrives_as_it_was_written(stage: Stage) -> None:
    said = await stage.strangers_text(list(ODD.values()))

    stored = {row.body for row in await stage.rows(tables.messages.select())}
    assert stored == set(ODD.values())
    for phone, words in said.items():
        assert literal(stage, phone) == [words]
    assert {hook.status for hook in stage.twilio.webhooks} == {200}


@pytest.mark.rows(60)
@pytest.mark.faults("F21")
@pytest.mark.parametrize("body", ["", " ", "\n\t", "\u200b"])
async def test_a_text_of_nothing_is_shown_as_that(stage: Stage, body: str) -> None:
    await stage.lead_texts(body)
    await stage.lead_texts("Sorry, that was an accident")

    assert len(stage.said()) == 2
    assert await stage.count(tables.messages) == 2


@pytest.mark.rows(60)
@pytest.mark.faults("F17", "F21")
async def test_what_no_database_can_store_is_left_out_or_replaced(stage: Stage) -> None:
    said = await stage.strangers_text(["before\0after", "\0", "lone \ud800 surrogate", "STOP\0", "\udfff"])
    stage.skip(minutes=5)
    await stage.sweep_for_missed_texts()

    shown = [stage.said(phone) for phone in said]
    assert shown[0] == ["beforeafter"]
    assert shown[2] == ["lone \ufffd surrogate"]
    assert "opted out" in shown[3][0]
    assert shown[4] == ["\ufffd"]
    assert await stage.count(tables.messages) == 5


@pytest.mark.rows(60)
@pytest.mark.faults("F22", "S19")
async def test_nothing_that_a_lead_writes_notifies_anybody_or_hides_where_it_leads(stage: Stage) -> None:
    said = await stage.strangers_text(MARKUP)

    for phone, words in said.items():
        assert literal(stage, phone) == [words]
    for message in stage.slack.messages(LAW.team_id, LAW.channel):
        assert message["notifies"] == [], message["text"]
        assert disguised_links(message) == [], message["text"]
    posts = [call.args for call in stage.slack.calls if call.method == "chat.postMessage"]
    for args in posts:
        assert args["unfurl_links"] is args["unfurl_media"] is args["link_names"] is False
        assert args["parse"] == "none"


@pytest.mark.faults("F22", "S19")
async def test_nor_does_a_lead_s_name(stage: Stage) -> None:
    await stage.signup("<!channel> *Eve* <https://evil.example|bank>\n\u202eevil", MARIA)
    await stage.lead_texts("Hi")
    await stage.lead_texts("STOP")

    root = stage.root()
    assert root["notifies"] == []
    assert disguised_links(root) == []
    assert root["blocks"][0]["elements"][0]["elements"] == [
        {
            "type": "text",
            "text": "<!channel> *Eve* <https://evil.example|bank> evil · (415) 555-0111",
            "style": {"bold": True},
        }
    ]


@pytest.mark.faults("F8")
async def test_what_slack_refuses_as_blocks_is_shown_as_plain_words(stage: Stage) -> None:
    await stage.lead_texts("Before")
    for error in ("invalid_blocks", "msg_blocks_too_long", "msg_too_long"):
        stage.slack.fail("chat.postMessage", error=error)
        await stage.lead_texts(f"<!channel> {error} & more")

    escaped = [
        f"&lt;!channel&gt; {error} &amp; more"
        for error in ("invalid_blocks", "msg_blocks_too_long", "msg_too_long")
    ]
    assert stage.said() == ["Before", *escaped]
    assert all(message["notifies"] == [] for message in stage.thread())


@pytest.mark.faults("F8", "F29")
async def test_what_slack_refuses_altogether_is_said_to_be_missing_and_the_rest_goes_on(stage: Stage) -> None:
    await stage.lead_texts("Before")
    stage.slack.fail("chat.postMessage", error="no_text")
    await stage.lead_texts("Impossible")
    await stage.lead_texts("After")

    assert [line[:48] for line in stage.said()] == [
        "Before",
        "A message from this lead could not be shown here",
        "After",
    ]
    assert await stage.count(tables.outbox, tables.outbox.c.state == "dead") == 1
