"""Firms are set up by hand, also while the app serves."""

import asyncio
import signal
import stat
import time
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from tests import cast
from tests.cast import DENTAL, LAW
from tests.commands.operator import Operator, install


@pytest.mark.rows(1, 66)
async def test_an_operator_sets_a_firm_up_while_the_app_serves(bare_operator: Operator, tmp_path: Path) -> None:
    operator = bare_operator
    assert "python -m bridge migrate" in await operator.fails("firms", "list")
    assert not operator.database.exists()
    assert "up to date" in await operator.succeeds("migrate")
    assert "no firm yet" in await operator.succeeds("firms", "list")
    assert "no firm yet" in await operator.fails("firms", "show")

    serving = await operator.serve()
    listed = await operator.succeeds("firms", "list")
    assert all(part in listed for part in (LAW.team_id, LAW.name, "two-way off", LAW.channel, "included"))
    assert operator.twilio.numbers[LAW.number].settings["SmsUrl"].startswith(operator.environ["PUBLIC_BASE_URL"])

    assert "is on" in await operator.succeeds("firms", "two-way", "on")
    operator.slack.add_channel(LAW.team_id, "C0OTHER", "other")
    assert "C0OTHER" in await operator.succeeds("firms", "set-channel", "C0OTHER", LAW.team_id)
    assert "nobody is charged" in await operator.succeeds("firms", "set-plan", "add-on")
    assert "this text" in await operator.succeeds("firms", "set-help", "Call {number}.")
    assert "time-zone is America/Chicago" in await operator.succeeds(
        "firms", "prefer", "time-zone", "America/Chicago"
    )
    assert "typed-numbers is on" in await operator.succeeds("firms", "prefer", "typed-numbers", "on")
    assert "confirm" in await operator.succeeds("firms", "reply-mode", "C0OTHER", "confirm")
    shown = await operator.succeeds("firms", "show", LAW.team_id)
    for part in ("add-on", "C0OTHER", "Call {number}.", "installed", "the operator's"):
        assert part in shown
    assert operator.sql("SELECT channel_id, reply_mode FROM channels") == [("C0OTHER", "confirm")]
    actions = {row[0] for row in operator.sql("SELECT action FROM audit WHERE actor = 'operator'")}
    assert actions == {
        "connect_number", "two_way", "set_channel", "set_plan", "set_help", "set_reply_mode", "prefer"
    }  # fmt: skip

    await operator.twilio.text(cast.MARIA, LAW.number, "Hello there")
    async with asyncio.timeout(15):  # the running app has noticed what the commands changed
        while not operator.slack.roots(LAW.team_id, "C0OTHER"):
            await asyncio.sleep(0.05)
    await operator.succeeds("firms", "set-plan", "included")  # nobody charges here, which the doctor would tell
    examined = await operator("doctor")
    assert (examined.status, examined.err) == (0, ""), examined
    assert "already" in await operator.fails("serve", PORT="0")

    serving.send_signal(signal.SIGTERM)
    started = time.monotonic()
    assert await serving.wait() == 0
    assert time.monotonic() - started < 10
    assert stat.S_IMODE(operator.database.stat().st_mode) == 0o600


async def test_an_account_of_its_own_is_kept_sealed(operator: Operator, tmp_path: Path) -> None:
    install(operator, DENTAL.team_id)
    secret = tmp_path / "token"
    secret.write_text(f"{cast.OWN_TOKEN}\n")
    await operator.succeeds("firms", "set-twilio", cast.OWN_ACCOUNT, "--token-file", str(secret))
    [(account, sealed)] = operator.sql("SELECT account_sid, account_token FROM firms")
    assert account == cast.OWN_ACCOUNT
    assert Fernet(cast.KEY).decrypt(sealed).decode() == cast.OWN_TOKEN
    assert cast.OWN_TOKEN not in str(operator.sql("SELECT facts FROM audit"))
    connected = await operator.succeeds("firms", "set-number", DENTAL.number, "--keyword-replies", "bridge")
    assert "is connected" in connected
    assert operator.sql("SELECT account_sid, keyword_replies FROM numbers") == [(cast.OWN_ACCOUNT, "bridge")]
    piped = await operator.succeeds("firms", "set-twilio", cast.OWN_ACCOUNT, typed="another-token\n")
    assert "another-token" not in piped
    [(sealed,)] = operator.sql("SELECT account_token FROM firms")
    assert Fernet(cast.KEY).decrypt(sealed) == b"another-token"
    assert "one word" in await operator.fails("firms", "set-twilio", cast.OWN_ACCOUNT, status=2)
