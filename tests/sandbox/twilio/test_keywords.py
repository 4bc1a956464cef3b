"""STOP, START and HELP as Twilio and the toll-free network settle them."""

from typing import Any

import pytest
from twilio.base.exceptions import TwilioRestException

from bridge.sandbox.twilio import PretendTwilio

ACCOUNT, OURS, LEAD, SERVICE = "AC" + "a" * 32, "+14155550100", "+14155550111", "MG" + "b" * 32
TOLLFREE = "+18335550100"


async def send(client: Any, sender: str = OURS) -> int | None:
    """Try to text the lead; the code that it was refused with."""
    try:
        await client.messages.create_async(to=LEAD, from_=sender, body="Hi")
    except TwilioRestException as refusal:
        return int(refusal.code)
    return None


@pytest.mark.parametrize("word", ["STOP", "stop", " Stop\n", "QUIT", "OptOut", "revoke", "END"])
async def test_stop_blocks_confirms_and_is_still_forwarded(
    twilio: PretendTwilio, app: Any, client: Any, word: str
) -> None:
    await twilio.text(LEAD, OURS, word)
    assert (app.calls[0].form["Body"], "OptOutType" in app.calls[0].form) == (word, False)
    [confirmation] = twilio.texts_to(LEAD)
    assert confirmation.automatic
    assert confirmation.body.startswith("You have successfully been unsubscribed.")
    assert twilio.opted_out == {(OURS, LEAD)}
    assert await send(client) == 21610
    await twilio.text(LEAD, OURS, word)
    assert len(twilio.texts_to(LEAD)) == 1


@pytest.mark.parametrize("word", ["STOP please", "OPT OUT", "stop.", "JOIN", "Yes"])
async def test_other_words_are_only_words(twilio: PretendTwilio, client: Any, word: str) -> None:
    await twilio.text(LEAD, OURS, word)
    assert (twilio.opted_out, twilio.texts_to(LEAD)) == (set(), [])
    assert await send(client) is None


@pytest.mark.parametrize("word", ["START", "yes", "Unstop"])
async def test_start_frees_again(twilio: PretendTwilio, client: Any, word: str) -> None:
    await twilio.text(LEAD, OURS, "STOP")
    await twilio.text(LEAD, OURS, word)
    assert twilio.texts_to(LEAD)[1].body.startswith("You have successfully been re-subscribed")
    assert await send(client) is None


async def test_help_is_answered_by_twilio(twilio: PretendTwilio, app: Any) -> None:
    await twilio.text(LEAD, OURS, "HELP")
    assert twilio.texts_to(LEAD)[0].automatic
    assert len(app.calls) == 1


async def test_the_tollfree_network_has_its_own_rules(twilio: PretendTwilio, app: Any, client: Any) -> None:
    twilio.add_number(ACCOUNT, TOLLFREE, kind="tollfree", sms_url=app.url)
    await twilio.text(LEAD, TOLLFREE, "CANCEL")
    assert await send(client, TOLLFREE) is None
    await twilio.settled()
    await twilio.text(LEAD, TOLLFREE, "stop")
    assert twilio.texts_to(LEAD)[-1].body.startswith("NETWORK MSG: You replied with the word")
    for word in ("YES", "HELP"):
        await twilio.text(LEAD, TOLLFREE, word)
        assert await send(client, TOLLFREE) == 21610
    assert await send(client, OURS) is None
    await twilio.text(LEAD, TOLLFREE, "UNSTOP")
    assert await send(client, TOLLFREE) is None
    assert len(app.calls) == 5
    assert not any("NETWORK" in message.body for message in twilio.messages())


async def test_a_service_is_blocked_as_a_whole(twilio: PretendTwilio, app: Any, client: Any) -> None:
    twilio.add_service(ACCOUNT, SERVICE, inbound_request_url=app.url)
    for phone in ("+14155550101", "+14155550102"):
        twilio.add_number(ACCOUNT, phone, messaging_service_sid=SERVICE)
    await twilio.text(LEAD, "+14155550101", "STOP")
    assert twilio.opted_out == {(SERVICE, LEAD)}
    assert await send(client, "+14155550102") == 21610
    with pytest.raises(TwilioRestException, match="unsubscribed"):
        await client.messages.create_async(to=LEAD, messaging_service_sid=SERVICE, body="Hi")
    assert await send(client, OURS) is None


async def test_advanced_opt_out_names_the_word(twilio: PretendTwilio, app: Any) -> None:
    twilio.add_service(ACCOUNT, SERVICE, inbound_request_url=app.url, advanced_opt_out=True)
    twilio.add_number(ACCOUNT, "+14155550101", messaging_service_sid=SERVICE)
    for word in ("Quit", "Start", "info", "Hello"):
        await twilio.text(LEAD, "+14155550101", word)
    assert [call.form.get("OptOutType") for call in app.calls] == ["STOP", "START", "HELP", None]
    assert all(message.direction == "inbound" for message in twilio.messages())


async def test_a_block_set_by_hand_counts(twilio: PretendTwilio, client: Any) -> None:
    twilio.opted_out.add((OURS, LEAD))
    assert await send(client) == 21610
