"""Home lists the conversations, the latest first, with who waits for an answer and the way into the thread."""

import pytest

from bridge.views import inbox as views
from tests.cast import LAW, MANY, MARIA, NOAH
from tests.portal import Portal
from tests.stage import Stage


def _listed(portal: Portal) -> list[str]:
    return [text for text in portal.sections() if "<!date" in text]


@pytest.mark.rows(63, 77)
async def test_the_latest_is_at_the_top(stage: Stage) -> None:
    await stage.signup("Maria <Lopez>")
    await stage.lead_texts("First")
    await stage.lead_texts("Second", phone=NOAH)
    portal = Portal(stage, LAW.agent)
    await portal.opens()
    noah, maria = _listed(portal)
    assert "(415) 555-0112" in noah
    assert "Maria &lt;Lopez&gt; · (415) 555-0111" in maria
    assert "Second" in noah
    await stage.lead_texts("Third")
    maria, noah = _listed(portal)
    assert "Third" in maria
    assert "Second" in noah


@pytest.mark.rows(63, 68)
async def test_who_waits_for_an_answer_is_marked(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    portal = Portal(stage, LAW.agent)
    await portal.opens()
    (shown,) = _listed(portal)
    assert shown.startswith(views.UNREAD)
    await stage.staff_says("Hello!")
    (shown,) = _listed(portal)
    assert views.UNREAD not in shown
    assert "↩ Hello!" in shown


@pytest.mark.rows(63)
async def test_each_leads_into_its_thread(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    portal = Portal(stage, LAW.agent)
    await portal.opens()
    (shown,) = _listed(portal)
    assert shown.split("|")[0].endswith(f"/archives/{LAW.channel}/p{stage.root(MARIA)['ts'].replace('.', '')}")


@pytest.mark.rows(63)
async def test_what_does_not_fit_is_on_the_next_page(stage: Stage) -> None:
    await stage.strangers_text([f"I am number {number}" for number in range(len(MANY))])
    portal = Portal(stage, LAW.agent)
    await portal.opens()
    seen = [*_listed(portal)]
    assert len(seen) == views.PAGE
    assert portal.button(views.NEWER) is None
    for _ in range(2):
        await portal.presses(views.OLDER)
        assert len(portal.home["blocks"]) <= 100
        seen += _listed(portal)
    assert len(seen) == len(MANY)
    assert len({each.partition("I am number ")[2] for each in seen}) == len(MANY)
    assert portal.button(views.OLDER) is None
    await portal.presses(views.NEWER)
    assert _listed(portal) == seen[views.PAGE : 2 * views.PAGE]
    await portal.opens()
    assert _listed(portal) == seen[: views.PAGE]


async def test_words_of_leads_are_words(stage: Stage) -> None:
    await stage.lead_texts("<!channel> *bold* <https://evil.example|here> " + "x" * 1500)
    portal = Portal(stage, LAW.agent)
    await portal.opens()
    (shown,) = _listed(portal)
    assert "&lt;!channel&gt;" in shown
    assert len(shown) < 600
