"""/metrics moves when a thing happens, once for each, and shows nothing about anybody."""

import re
from typing import Any

import pytest
from prometheus_client import Counter, Gauge, Histogram

from bridge import metrics
from bridge.gateways import slack_http, twilio_http
from bridge.refusals import Refusal
from bridge.rules.carrier import State
from bridge.store import agenda
from bridge.store.outbox import Kind
from tests.cast import LAW, MARIA, NOAH, SIGNING_SECRET, TOKEN
from tests.handlers.figures import Figures, look
from tests.handlers.knock import SMS, STATUS, knock, receipt, slack, text, twilio
from tests.house.source import ROOT
from tests.stage import Stage

BEYOND = "/nowhere/+14155550111"


async def rises(stage: Stage, before: Figures, *expected: tuple[float, str, str]) -> None:
    """Since then just these series have risen, of the families that are named; each as (by, family, labels)."""
    now = await look(stage)
    families = {name for _, name, _ in expected}
    rise = {
        (name, " ".join(sorted(labels))): value - before.of(name, *labels)
        for (name, labels), value in now.values.items()
        if name in families
    }
    wanted = {(name, " ".join(sorted(labels.split()))): by for by, name, labels in expected}
    assert {series: by for series, by in rise.items() if by} == {series: by for series, by in wanted.items() if by}


async def test_a_conversation_is_counted_once_for_each_thing_that_happens(stage: Stage) -> None:
    before = await look(stage)
    await stage.lead_texts("Hello?")
    await stage.staff_says("Hello!")
    await rises(
        stage,
        before,
        (1, "bridge_texts_total", "in received"),
        (1, "bridge_texts_total", "out queued"),
        (1, "bridge_texts_total", "out sending"),
        (1, "bridge_texts_total", "out sent"),
        (1, "bridge_texts_total", "out delivered"),
        (1, "bridge_webhook_to_thread_seconds_count", ""),
        (1, "bridge_reply_to_carrier_seconds_count", ""),
        (0, "bridge_refusals_total", ""),
        (0, "bridge_duplicates_total", ""),
        (0, "bridge_retries_total", ""),
        (0, "bridge_given_up_total", ""),
        (0, "bridge_reconciliations_total", ""),
    )
    now = await look(stage)
    for by, name, labels in [
        (2, "bridge_calls_total", ("slack", "chat.postMessage", "ok")),
        (2, "bridge_call_seconds_count", ("slack", "chat.postMessage")),
        (1, "bridge_calls_total", ("twilio", "messages.create", "ok")),
        (1, "bridge_call_seconds_count", ("twilio", "messages.create")),
        (1, "bridge_outbox_wait_seconds_count", ("post",)),
        (1, "bridge_outbox_wait_seconds_count", ("text",)),
        (1, "bridge_requests_total", (SMS, "200")),
        (1, "bridge_request_seconds_count", (SMS,)),
    ]:
        assert now.of(name, *labels) - before.of(name, *labels) == by, (name, labels)
    for family in ("bridge_webhook_to_thread_seconds_sum", "bridge_reply_to_carrier_seconds_sum"):
        assert 0 < now.of(family) - before.of(family) < 9
    assert abs(now.of("bridge_clock_ahead_seconds", "slack")) < 5
    assert abs(now.of("bridge_clock_ahead_seconds", "twilio")) < 5
    assert (now.of("bridge_database_answers"), now.of("bridge_worker_stuck")) == (1, 0)
    assert now.of("bridge_outbox_oldest_due_seconds") == 0
    assert now.of("process_resident_memory_bytes") > 0


async def test_a_reply_whose_author_must_be_looked_up_first_counts_from_when_it_came(stage: Stage) -> None:
    name = "bridge_reply_to_carrier_seconds_sum"
    await stage.lead_texts("Hello?")
    before = await look(stage)
    stage.slack.fail("users.info", status=429, retry_after=20)
    await stage.staff_types("Hello!")
    await stage.wait(seconds=20)
    await stage.settle()
    assert stage.phone() == ["Hello!"]
    assert 20 <= (await look(stage)).of(name) - before.of(name) < 40


async def test_what_comes_again_is_counted_as_prevented(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    await stage.staff_says("Hello!")
    stage.slack.duplicates = 1
    before, form = await look(stage), text(Body="Again?")
    for _ in range(3):
        assert (await twilio(stage, form)).status == 200
    seen = receipt(stage.twilio.texts_to(MARIA)[0].sid)
    assert (await twilio(stage, seen, STATUS)).status == 204
    ts = await stage.staff_says("Hello again!")
    await stage.slack.edit(LAW.team_id, LAW.channel, ts, "Hello again and again!")
    await stage.settle()
    await rises(
        stage,
        before,
        (2, "bridge_duplicates_total", "text"),
        (1, "bridge_duplicates_total", "receipt"),
        (1, "bridge_duplicates_total", "reply"),
        (1, "bridge_duplicates_total", "edit"),
        (1, "bridge_texts_total", "in received"),
        *((1, "bridge_texts_total", f"out {state}") for state in ("queued", "sending", "sent", "delivered")),
    )


async def test_what_is_declined_is_counted_by_its_reason(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    before = await look(stage)
    await stage.staff_says("x" * 1601)
    await stage.staff_says("I am a guest", user=LAW.guest)
    await stage.staff_says("The same")
    await stage.staff_says("The same")
    await stage.turn_two_way(on=False)
    await stage.staff_says("Off")
    await rises(
        stage,
        before,
        (1, "bridge_refusals_total", "too_long"),
        (1, "bridge_refusals_total", "not_staff"),
        (1, "bridge_refusals_total", "duplicate"),
        (1, "bridge_refusals_total", "two_way_off"),
    )


async def test_trouble_outside_is_counted_by_what_came_of_it(stage: Stage) -> None:
    """Retries, outcomes that were settled, questions to staff, and what was given up."""
    await stage.lead_texts("Hello?")
    before = await look(stage)
    stage.slack.fail("chat.postMessage", status=500)
    await stage.lead_texts("Posted at the second try")
    stage.slack.fail("chat.postMessage", status=500, accept_first=True)
    await stage.lead_texts("Posted unseen")
    stage.twilio.fail("create", status=429, retry_after=1)
    await stage.staff_says("Twilio was busy")
    stage.twilio.lose_status = True
    stage.twilio.fail("create", drop=True, accept_first=True)
    await stage.staff_types("Sent unseen")
    await stage.wait(seconds=10)
    stage.twilio.fail("create", drop=True)
    await stage.staff_types("Never seen")
    for _ in range(4):
        await stage.wait(minutes=1)
    stage.slack.fail("reactions.add", error="invalid_name")
    await stage.staff_says("// a note")
    await rises(
        stage,
        before,
        (2, "bridge_retries_total", "post doubt"),
        (1, "bridge_retries_total", "text later"),
        (3, "bridge_retries_total", "text doubt"),
        (1, "bridge_reconciliations_total", "slack repeated"),
        (1, "bridge_reconciliations_total", "slack happened"),
        (1, "bridge_reconciliations_total", "twilio happened"),
        (1, "bridge_reconciliations_total", "twilio asked"),
        (1, "bridge_given_up_total", "mark"),
    )
    now = await look(stage)
    for ended, method in [("doubt", "chat.postMessage"), ("busy", "messages.create"), ("never", "reactions.add")]:
        assert now.of("bridge_calls_total", method, ended) > before.of("bridge_calls_total", method, ended)
    assert now.of("bridge_texts_total", "unknown") - before.of("bridge_texts_total", "unknown") == 1


async def test_what_waits_and_what_is_broken_is_shown(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    await stage.slack.archive(LAW.team_id, LAW.channel)
    await stage.lead_texts("Is anybody there?")
    now = await look(stage)
    assert now.of("bridge_outbox_rows", "post", "ready") == 1
    assert now.of("bridge_outbox_rows", "ready") == 1
    assert (now.of("bridge_routes_off", "post"), now.of("bridge_routes_off")) == (1, 1)
    assert now.of("bridge_outbox_oldest_due_seconds") == 0  # it waits for a repair, and nobody is late
    await stage.twilio.text(NOAH, LAW.number, "No webhook brings this", deliver=False)
    stage.skip(minutes=2)
    await stage.sweep_for_missed_texts()
    assert (await look(stage)).of("bridge_backfilled_total") - now.of("bridge_backfilled_total") == 1


async def test_the_age_of_what_is_late_is_shown(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    async def never(*_: object) -> agenda.Outlook:
        return agenda.Outlook(is_due=False, next_due=None)

    with monkeypatch.context() as patch:
        patch.setattr(agenda, "outlook", never)
        await stage.twilio.text(MARIA, LAW.number, "Nobody posts this")
        stage.skip(seconds=90)
        now = await look(stage)
    assert 90 <= now.of("bridge_outbox_oldest_due_seconds", "post") < 120
    assert now.of("bridge_outbox_oldest_due_seconds", "text") == 0


@pytest.mark.faults("F25", "S22")
async def test_no_caller_makes_a_series_and_nobody_is_named(stage: Stage) -> None:
    await stage.lead_texts("canary words")
    await stage.staff_says("canary reply")
    before = await look(stage)
    for path in (BEYOND, "/nowhere", "/twilio/sms/+14155550112"):
        assert (await knock(stage, path, headers={"X": "canary"})).status == 404
    assert (await knock(stage, SMS, b"From=canary")).status == 400
    assert (await twilio(stage, text(), **{"X-Twilio-Signature": "canary"})).status == 403
    assert (await slack(stage, b"{canary")).status == 400
    assert (await knock(stage, SMS, method="PUT")).status == 405
    now = await look(stage)
    assert now.of("bridge_requests_total", "other", "404") - before.of("bridge_requests_total", "other", "404") == 3
    assert now.of("bridge_requests_total", SMS, "403") - before.of("bridge_requests_total", SMS, "403") == 1
    canaries = ["canary", "CANARY", "5550111", "5550112", "nowhere", *vars(LAW).values(), TOKEN, SIGNING_SECRET]
    assert [each for each in canaries if each in now.text] == []
    for path in (BEYOND, "/other", "/+14155550119"):
        await knock(stage, path)
    assert set((await look(stage)).values) == set(now.values)


def instruments() -> dict[str, dict[str, tuple[str, ...]]]:
    """Every figure of ours as Prometheus names it, with its labels and what they may be."""
    made: dict[str, dict[str, tuple[str, ...]]] = {}
    for each in vars(metrics).values():
        instrument = each._instrument if isinstance(each, metrics.Family) else each
        if isinstance(instrument, Counter | Gauge | Histogram):
            name = instrument._name + ("_total" if isinstance(instrument, Counter) else "")
            sets = each._sets if isinstance(each, metrics.Family) else ()
            made[name] = dict(zip(instrument._labelnames, sets, strict=True))
    return made


def test_every_figure_is_in_the_papers_and_nothing_else() -> None:
    paper = (ROOT / "docs/operations.md").read_text("utf-8")
    table = paper.partition("## Figures")[2].partition("### Alarms")[0]
    rows = re.findall(r"^\| `(bridge_\w+)(?:\{([\w, ]+)\})?` \|", table, re.MULTILINE)
    told = {name: labels.split(", ") if labels else [] for name, labels in rows}
    assert told == {name: list(labels) for name, labels in instruments().items()}
    shown = {family.name for family in metrics.REGISTRY.collect()}
    assert {name.removesuffix("_total") for name in told} == {name for name in shown if name.startswith("bridge_")}


def test_every_alarm_is_about_a_figure_that_there_is() -> None:
    paper = (ROOT / "docs/operations.md").read_text("utf-8")
    section = paper.partition("### Alarms")[2].partition("## ")[0]
    alarms = re.findall(r"^\* \*\*[^*]+\*\*: (.+)", section, re.MULTILINE)
    assert len(alarms) > 10
    every = instruments()
    for name, matchers in re.findall(r"(bridge_\w+)(?:\{([^}]*)\})?", " ".join(alarms)):
        labels = every[re.sub("_(bucket|count|sum)$", "", name)]
        for label, values in re.findall(r'(\w+)[=!~]+"([^"]*)"', matchers):
            assert set(values.split("|")) <= set(labels[label]), (name, label)


def test_the_sets_are_those_of_the_product() -> None:
    assert set(metrics.STATES) == {state.value for state in State} | {"received"}
    assert set(metrics.KINDS) == {kind.value for kind in Kind}
    assert set(metrics.REASONS) == {refusal.name.lower() for refusal in Refusal}


def test_every_call_that_is_made_has_a_name_of_its_own() -> None:
    """A new call that nobody named would be counted as "other"."""
    sources = [(ROOT / f"bridge/gateways/{name}.py").read_text("utf-8") for name in ("slack", "slack_files")]
    called = {name for source in sources for name in re.findall(r"_api\.(\w+)\(", source) if name != "_http"}
    slacks = {name.replace("_", ".", 1) for name in called}
    assert slacks | set(twilio_http._OPERATIONS) <= set(metrics.METHODS)
    assert slack_http._method("https://slack.com/api/chat.postMessage") in metrics.METHODS


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        (("POST", "/2010-04-01/Accounts/AC1/Messages.json"), "messages.create"),
        (("get", "/2010-04-01/Accounts/AC1/Messages.json?PageToken=x"), "messages.list"),
        (("GET", "/2010-04-01/Accounts/AC1/Messages/SM1.json"), "messages.fetch"),
        (("GET", "/2010-04-01/Accounts/AC1/Messages/SM1/Media.json"), "media.list"),
        (("GET", "/2010-04-01/Accounts/AC1/IncomingPhoneNumbers.json"), "numbers.list"),
        (("POST", "/2010-04-01/Accounts/AC1/IncomingPhoneNumbers/PN1.json"), "numbers.update"),
        (("GET", "/v1/Services"), "services.list"),
        (("GET", "/v1/Services/MG1/PhoneNumbers"), "services.numbers"),
        (("POST", "/v1/Services/MG1"), "services.update"),
        (("GET", "/v2/PhoneNumbers/+14155550111"), "lookups.fetch"),
        (("DELETE", "/v2/PhoneNumbers/+14155550111"), ""),
    ],
)
def test_a_call_to_twilio_is_named_by_its_kind(asked: Any, named: str) -> None:
    assert twilio_http._operation(asked[0], f"https://api.twilio.com{asked[1]}") == named
