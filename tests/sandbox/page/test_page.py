"""The page in a real browser, used as by hand."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

from playwright.async_api import expect

from bridge.sandbox.tour import REFUSED
from tests.sandbox.page.conftest import Demo, Screen

MARKUP = "<b>hi</b> & <script>alert(1)</script> *no* <@U01ADA> :wave:"
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de"
    "0000000c4944415408d763f8cfc000000301010018dd8db00000000049454e44ae426082"
)


async def _a_thread(demo: Demo, words: str = "Can I move my appointment?") -> Screen:
    """Somebody has texted, and Ben has the thread open."""
    screen = await demo.open()
    await screen.be("Ben")
    await screen.page.get_by_role("button", name="New phone").click()
    await screen.text(words)
    await screen.open_thread("555-0111")
    await expect(screen.said(words)).to_be_visible()
    return screen


async def test_the_tour_by_hand(demo: Demo) -> None:
    screen = await _a_thread(demo)
    await screen.reply("Of course. Friday at 3 pm?")
    await expect(screen.bubble("Of course. Friday at 3 pm?")).to_contain_text("delivered")
    marks = screen.said("Of course.").locator(".reaction")
    await expect(marks.and_(screen.page.get_by_title("heavy_check_mark"))).to_be_visible()
    await expect(marks).to_have_count(1)  # the one before may stand beside it for a moment
    await screen.reply("// she is the client with the harbour lease")
    await expect(screen.said("harbour lease").locator(".reaction")).to_have_attribute("title", re.compile("memo"))
    await screen.text("STOP")
    await expect(screen.said("⛔ opted out").last).to_be_visible()
    await screen.reply("Are you still there?")
    refusal = screen.thread.locator(".ephemeral", has_text=REFUSED)
    await expect(refusal).to_contain_text("Only visible to you")
    await screen.text("START")
    await expect(screen.said("opted in")).to_be_visible()
    await screen.reply("Welcome back!")
    await expect(screen.bubble("Welcome back!")).to_be_visible()
    await expect(screen.bubble("harbour lease")).to_have_count(0)
    await expect(screen.bubble("Are you still there?")).to_have_count(0)


async def test_what_is_typed_on_a_phone_is_shown_as_it_is(demo: Demo) -> None:
    screen = await _a_thread(demo, MARKUP)
    words = screen.thread.locator(".message .rich", has_text="alert(1)")
    await expect(words).to_have_text(MARKUP)
    assert await screen.page.locator(".messages b:text-is('hi'), .messages script").count() == 0


async def test_two_people_see_the_same_thread_live_and_only_their_own_refusals(demo: Demo) -> None:
    ben = await _a_thread(demo)
    ada = await demo.open()
    await ada.open_thread("555-0111")
    await ada.reply("I have a slot on Friday")
    await expect(ben.said("I have a slot on Friday")).to_contain_text("Ada")
    await expect(ben.bubble("I have a slot on Friday")).to_be_visible()
    await ben.text("STOP")
    await expect(ada.said("⛔ opted out").last).to_be_visible()
    await ben.reply("Hello?")
    await expect(ben.thread.locator(".ephemeral")).to_have_count(1)
    await expect(ada.said("Hello?").locator(".reaction").first).to_be_visible()
    await expect(ada.thread.locator(".ephemeral")).to_have_count(0)


async def test_the_app_is_stopped_and_what_was_sent_meanwhile_arrives(demo: Demo) -> None:
    screen = await _a_thread(demo)
    await screen.page.get_by_role("button", name="Stop the app").click()
    await expect(screen.page.get_by_text("The app is stopped")).to_be_visible()
    await screen.text("Are you there?")
    await expect(screen.bubble("Are you there?")).to_be_visible()
    await screen.reply("One moment please")
    # A minute passes at Twilio: what is younger counts as on its way, and is asked for three minutes later.
    demo.town.twilio.date_ahead = 60.0
    demo.town.twilio.now = lambda: datetime.now(UTC) + timedelta(minutes=1)
    await screen.page.get_by_role("button", name="Start the app").click()
    await expect(screen.page.get_by_text("The app is running")).to_be_visible()
    await expect(screen.bubble("One moment please")).to_be_visible(timeout=30_000)
    await expect(screen.said("Are you there?")).to_be_visible(timeout=30_000)
    await expect(screen.said("Are you there?")).to_have_count(1)


async def test_pictures_go_both_ways(demo: Demo, tmp_path: Path) -> None:
    picture = tmp_path / "pixel.png"
    picture.write_bytes(PIXEL)
    screen = await _a_thread(demo)
    await screen.phone.locator("input[type=file]").set_input_files(picture)
    await screen.text("My letter")
    await expect(screen.thread.locator(".files img")).to_be_visible()
    await screen.thread.locator("input[type=file]").set_input_files(picture)
    await screen.reply("Our answer")
    await expect(screen.bubble("Our answer").locator("img")).to_be_visible()


async def test_a_reload_shows_the_same(demo: Demo) -> None:
    screen = await _a_thread(demo)
    await screen.page.reload()
    await expect(screen.said("Can I move my appointment?")).to_be_visible()
    await expect(screen.page.get_by_label("You are")).to_have_value("U01BEN")


async def test_what_somebody_is_typing_survives_what_happens_meanwhile(demo: Demo) -> None:
    screen = await _a_thread(demo)
    await screen.thread.locator("textarea").fill("I am just")
    await screen.text("one more thing")
    await expect(screen.said("one more thing")).to_be_visible()
    await expect(screen.thread.locator("textarea")).to_have_value("I am just")


async def test_what_nobody_has_seen_is_counted(demo: Demo) -> None:
    screen = await demo.open("/#channel=app")
    await screen.page.get_by_role("button", name="New phone").click()
    await screen.text("Hello?")
    unread = screen.page.locator(".sidebar .unread")
    await expect(unread).to_have_text("1")
    await screen.page.get_by_role("link", name="leads").click()
    await expect(unread).to_have_count(0)
    await screen.page.reload()
    await expect(screen.page.get_by_role("link", name="leads")).to_be_visible()
    await expect(unread).to_have_count(0)


async def test_trouble_begins_and_ends(demo: Demo) -> None:
    screen = await _a_thread(demo)
    await screen.page.get_by_role("button", name="Behind the glass").click()
    down = screen.page.get_by_role("switch", name="Slack is down")
    limited = screen.page.get_by_role("switch", name="Slack is rate limited")
    twice = screen.page.get_by_role("switch", name="Everything is delivered twice")
    await limited.click()
    await expect(limited).to_be_checked()
    await twice.click()
    await down.click()
    await expect(down).to_be_checked()
    await expect(limited).not_to_be_checked()  # one trouble at a time for each service
    await expect(twice).to_be_checked()
    await screen.text("Are you there?")
    await expect(screen.page.locator(".crossed .bad", has_text="chat.postMessage").first).to_contain_text(
        "service_unavailable"
    )
    await expect(screen.said("Are you there?")).to_have_count(0)
    await expect(screen.page.locator(".crossed tr", has_text="Twilio → App").first).to_contain_text("✓")
    await expect(screen.page.locator(".glass .side li").first).to_be_visible()
    await screen.page.reload()
    await expect(down).to_be_checked()
    await down.click()
    await expect(screen.said("Are you there?")).to_be_visible(timeout=30_000)
    await expect(screen.said("Are you there?")).to_have_count(1)
    await expect(down).not_to_be_checked()
    assert await screen.page.locator(".notice.error").count() == 0


async def test_twilio_in_trouble(demo: Demo) -> None:
    screen = await _a_thread(demo)
    await screen.page.get_by_role("button", name="Behind the glass").click()
    await screen.page.get_by_role("switch", name="Twilio takes texts and says nothing").click()
    await screen.reply("Friday at 3 pm?")
    await expect(screen.bubble("Friday at 3 pm?")).to_be_visible()
    await expect(screen.page.locator(".crossed .bad", has_text="App → Twilio")).to_have_count(0)
    await expect(screen.said("Friday").locator(".reaction").first).to_be_visible(timeout=30_000)
    await expect(screen.bubble("Friday at 3 pm?")).to_have_count(1)


async def test_an_app_that_dies_by_itself_is_seen_and_started_again(demo: Demo) -> None:
    screen = await _a_thread(demo)
    assert demo.app._process is not None
    demo.app._process.kill()
    await expect(screen.page.get_by_text("The app is stopped")).to_be_visible()
    await screen.page.get_by_role("button", name="Start the app").click()
    await expect(screen.page.get_by_text("The app is running")).to_be_visible()
    await screen.text("And now?")
    await expect(screen.said("And now?")).to_be_visible()
