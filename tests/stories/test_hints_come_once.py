"""Hints about length, odd characters and haste: to the author alone, each once a day, and they hold nothing up."""

import pytest

from bridge.rules.content import SEVERAL, SHORTENER, UNICODE
from bridge.services.hints import IN_A_ROW
from bridge.store import tables
from tests.cast import LAW, MARIA, NOAH
from tests.stage import Stage

LONG = "We look forward to seeing you. " * 6
ONE = "1 message"
TWO = SEVERAL.format(2, ONE, 160)


@pytest.mark.rows(186)
async def test_two_segments_are_told_once_a_day_to_whom_it_concerns(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    await stage.staff_says(LONG)
    assert (len(stage.phone()), stage.told()) == (1, [TWO])
    stage.skip(minutes=5)
    await stage.staff_says(LONG)
    await stage.staff_says(LONG, user=LAW.second_agent)
    assert (stage.told(), stage.told(LAW.second_agent)) == ([TWO], [TWO])
    assert stage.said() == ["Hello?"]
    stage.skip(hours=24)
    await stage.staff_says(LONG)
    assert stage.told() == [TWO, TWO]
    assert len(stage.phone()) == 4


@pytest.mark.rows(187)
async def test_a_character_that_makes_segments_short_is_named(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    await stage.staff_says("See you then 👍")
    assert stage.told() == [UNICODE.format("👍")]
    await stage.staff_says("ł" * 71)
    assert stage.told()[1:] == [SEVERAL.format(2, ONE, 70)]  # each kind by itself
    assert stage.phone() == ["See you then 👍", "ł" * 71]


async def test_a_short_link_is_told_and_goes_out(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    await stage.staff_says("Look: https://bit.ly/abc")
    assert stage.told() == [SHORTENER.format("bit.ly")]
    assert stage.phone() == ["Look: https://bit.ly/abc"]


@pytest.mark.rows(188)
async def test_three_texts_to_one_lead_within_a_minute_are_told_once(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    for word in ("One", "Two"):
        await stage.staff_says(word)
    assert stage.told_of_haste() == []
    for word in ("Three", "Four", "Five"):
        await stage.staff_says(word)
    assert stage.told_of_haste() == [IN_A_ROW.format(3)]
    assert stage.phone() == ["One", "Two", "Three", "Four", "Five"]


@pytest.mark.rows(188)
async def test_three_texts_to_several_leads_or_over_minutes_are_not(stage: Stage) -> None:
    for phone in (MARIA, NOAH):
        await stage.lead_texts("Hello?", phone=phone)
    for word in ("One", "Two", "Three", "Four"):
        await stage.staff_says(word, phone=MARIA if word in {"One", "Three"} else NOAH)
    stage.skip(seconds=61)
    for word in ("Five", "Six", "Seven"):
        await stage.staff_says(word)
        stage.skip(seconds=31)
    assert stage.told_of_haste() == []


@pytest.mark.rows(188)
async def test_colleagues_are_counted_apart(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    for user in (LAW.agent, LAW.second_agent, LAW.admin):
        await stage.staff_says("Hello from me", user=user)
    assert [stage.told_of_haste(user) for user in (LAW.agent, LAW.second_agent, LAW.admin)] == [[], [], []]


@pytest.mark.faults("F2")
async def test_slack_repeats_itself_and_the_hint_is_told_once(stage: Stage) -> None:
    stage.slack.duplicates = 3
    await stage.lead_texts("Hello?")
    await stage.staff_says(LONG)
    assert (stage.told(), len(stage.phone())) == ([TWO], 1)


async def test_an_ordinary_reply_looks_nothing_up_for_it(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    await stage.staff_says("Yes.")
    heard: list[str] = []
    stage.app.deps.db._writer._lines.listeners.append(heard.append)
    stage.skip(seconds=61)
    await stage.staff_says("See you tomorrow at two.")
    ordinary = [words for words in heard if "INSERT INTO seen" in words]
    heard.clear()
    stage.skip(seconds=61)
    await stage.staff_says("And bring the papers, please.")
    await stage.staff_says(LONG)
    both = [words for words in heard if "INSERT INTO seen" in words]
    assert len(both) == 2 * len(ordinary) + 1
    assert await stage.count(tables.seen, tables.seen.c.key.like("hint:%")) == 1
