"""Under the add-on a month goes from payment to payment: what is shown, warned of, capped and billed agrees."""

from datetime import timedelta

import pytest

from bridge.refusals import Refusal
from bridge.sandbox.slack.model import PretendFile
from bridge.services import installs, usage
from bridge.store import tables
from bridge.store import usage as store
from bridge.views import billing as views
from bridge.views import portal
from tests.cast import LAW, MARIA
from tests.till import Till

PNG = b"\x89PNG\r\n\x1a\n" + b"pixels" * 20


async def begins(till: Till) -> None:
    """The add-on is enabled, and one text has gone out."""
    await till.enables()
    await till.stage.lead_texts("Hello?")
    await till.stage.staff_says("One")


async def watched(till: Till) -> list[str]:
    """What the clock does every two minutes, twice; what admins were told of usage so far."""
    for _ in range(2):
        await usage.watch(till.stage.app.deps, till.stage.clock())
    await till.stage.settle()
    return [told for told in till.messages() if "this month" in told]


@pytest.mark.rows(28, 30, 32, 34)
async def test_what_is_shown_is_what_stripe_charges(till: Till) -> None:
    await begins(till)
    await till.has_sent(259)
    for shown in (await till.portal.opens(), await till.portal.command("usage")):
        assert "*260 of 250* included outbound messages used this month, 0 left." in shown
        assert "10 over: $0.60. This month comes to $15.60 so far" in shown
        assert "The next invoice comes to $15.60 so far: $15 for the month after, and $0.60 for what is" in shown
    await till.reports()
    till.stage.skip(days=31, hours=2)
    await till.stage.settle()
    assert till.bills() == [("paid", 1500), ("paid", 1560)]
    shown = await till.portal.opens()
    assert "*0 of 250* included outbound messages used this month, 250 left." in shown
    assert "The next invoice comes to $15.00 so far: $15 for the month after." in shown


@pytest.mark.rows(34)
async def test_receipts_are_a_click_away_for_admins_alone(till: Till) -> None:
    assert "Receipts" not in await till.portal.command("usage")
    await begins(till)
    told = await till.portal.command("usage")
    link = told.partition("<http")[2].partition("|Receipts")[0]
    status, where = await till.follows(f"http{link}")
    assert (status, where.startswith(till.stripe.url)) == (303, True)
    others = type(till.portal)(till.stage, LAW.agent)
    assert "Receipts" not in await others.command("usage")
    await till.stage.turn_two_way(on=False)
    await till.portal.opens()
    assert till.portal.button(views.LINK) is not None


@pytest.mark.rows(32, 34, 35)
async def test_warnings_and_the_cap_go_by_the_paid_month(till: Till) -> None:
    till.stage.freeze()
    now = till.stage.clock()
    the_20th = (now.replace(day=1) + timedelta(days=32)).replace(day=20)
    till.stage.skip(seconds=(the_20th - now).total_seconds())
    await till.stage.prefers(monthly_cap=260)
    await begins(till)
    await till.has_sent(198)
    assert await watched(till) == []
    await till.has_sent(1)
    (first,) = await watched(till)
    assert "80 % of this month's included outbound messages are used: 200 of 250." in first
    till.stage.skip(days=15)  # the calendar's next month
    await till.has_sent(60)
    second, third = (await watched(till))[1:]
    assert "100 %" in second
    assert third.startswith(":warning: Your firm has used 260 messages this month") or "used 260" in third
    await till.stage.staff_says("One too many")
    assert (till.stage.phone(), till.stage.told()) == (["One"], [Refusal.MONTHLY_CAP.sentence])
    till.stage.skip(days=17)
    await till.stage.settle()
    assert len(await watched(till)) == 3
    await till.stage.staff_says("A new month")
    assert till.stage.phone() == ["One", "A new month"]
    await till.has_sent(199)
    assert "80 %" in (await watched(till))[3]


@pytest.mark.rows(27, 30)
async def test_only_what_was_sent_under_the_add_on_is_charged(till: Till) -> None:
    deps, law = till.stage.app.deps, till.stage.law
    await installs.set_plan(deps, law, "included", till.stage.clock())
    await till.portal.opens()
    await till.portal.presses(portal.ENABLE)
    await till.stage.lead_texts("Hello?")
    await till.stage.staff_says("Included")
    await till.stage.turn_two_way(on=False)
    await installs.set_plan(deps, law, "add-on", till.stage.clock())
    await till.portal.opens()
    await till.enables()
    await till.stage.staff_says("Charged")
    assert till.stage.phone() == ["Included", "Charged"]
    assert "*1 of 250* included" in await till.portal.command("usage")
    await till.reports()
    assert till.counted() == 1


@pytest.mark.rows(21, 30, 32)
async def test_enabled_again_in_mid_month_it_is_paid_again_and_counted_anew(till: Till) -> None:
    await begins(till)
    await till.has_sent(259)
    till.stage.skip(days=9)
    await till.portal.command("disable")
    values = {portal.WHEN: portal.AT_ONCE, portal.WHAT: portal.SILENT}
    await till.stage.slack.submit(LAW.team_id, LAW.admin, till.portal.modal["id"], values)
    await till.stage.settle()
    till.stage.skip(days=1)
    await till.portal.opens()
    await till.enables(card=None)
    shown = await till.portal.command("usage")
    assert "*0 of 250* included outbound messages used this month, 250 left." in shown
    assert "This month comes to $15.00 so far" in shown
    assert [cents for _, cents in till.bills()] == [1500, 60, 1500]


@pytest.mark.rows(36)
async def test_credits_are_what_stripe_is_told_of(till: Till) -> None:
    await till.stage.prefers(billing="credits")
    assert "$15/month + $0.06 per credit over 250/month" in await till.portal.opens()
    await begins(till)
    await till.stage.staff_says("Look", files=[PretendFile("front.png", PNG)])
    assert "*4 of 250* included credits used this month, 246 left." in await till.portal.command("usage")
    await till.reports()
    assert sorted(each.value for each in till.stripe.usage) == [1, 3]


@pytest.mark.rows(33)
@pytest.mark.parametrize("how", [{"drop": True, "accept_first": True}, {"status": 503}])
async def test_what_failed_while_its_report_was_in_doubt_is_not_charged(till: Till, how: dict[str, bool]) -> None:
    till.stage.twilio.phone_off(MARIA)
    await begins(till)
    till.stripe.fail("usage_create", times=1, **how)
    till.stripe.fail("usage", times=10_000, status=503)
    await till.reports(ahead=0)
    m = tables.messages.c
    (text,) = await till.stage.rows(tables.messages.select().where(m.direction == "out"))
    for status in ("undelivered", "undelivered", "sent"):  # twice, and what came before it last
        await till.stage.twilio.callback(text.sid, status, 30003 if status == "undelivered" else None)
    await till.stage.settle(ahead=0)
    till.stripe.heal()
    await till.reports()
    assert till.counted() == 0
    await till.reports(minutes=25 * 60)
    async with till.stage.app.deps.db.read() as tx:
        assert await store.lost(tx, till.stage.clock() - timedelta(days=60)) == {}
        assert await store.firms_to_report(tx, till.stage.clock()) == []
    assert till.stage.phone() == []
