"""A picture posted in the thread reaches the phone, by a link that opens that one picture and nothing else."""

from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest

from bridge.refusals import Refusal
from bridge.sandbox.slack.model import PretendFile
from bridge.store import tables
from tests.cast import LAW, MARIA, NOAH
from tests.stage import Stage

PNG = b"\x89PNG\r\n\x1a\n" + b"pixels" * 20
JPEG = b"\xff\xd8\xff\xe0" + b"pixels" * 20
GIF = b"GIF89a" + b"pixels" * 20


@pytest.mark.rows(73)
async def test_words_and_pictures_arrive_together_and_in_order(stage: Stage) -> None:
    await stage.lead_texts("What does it look like?")
    files = [PretendFile("front.png", PNG), PretendFile("back.jpg", JPEG), PretendFile("wave.gif", GIF)]
    ts = await stage.staff_says("Front, back, and a wave:", files=files)
    [text] = stage.twilio.texts_to(MARIA)
    assert text.body == "Front, back, and a wave:"
    assert [(each.content, each.content_type) for each in text.media] == [
        (PNG, "image/png"),
        (JPEG, "image/jpeg"),
        (GIF, "image/gif"),
    ]
    assert stage.marks(ts) == ["heavy_check_mark"]


@pytest.mark.rows(73)
async def test_a_picture_needs_no_words(stage: Stage) -> None:
    await stage.lead_texts("What does it look like?")
    ts = await stage.staff_says("", files=[PretendFile("front.png", PNG)])
    [text] = stage.twilio.texts_to(MARIA)
    assert (text.body, [each.content for each in text.media]) == ("", [PNG])
    assert (stage.marks(ts), stage.told()) == (["heavy_check_mark"], [])


@pytest.mark.rows(118, 119)
async def test_two_pictures_in_a_moment_are_two_texts(stage: Stage) -> None:
    await stage.lead_texts("What does it look like?")
    await stage.staff_types("", files=[PretendFile("front.png", PNG)])
    await stage.staff_types("", files=[PretendFile("back.jpg", JPEG)])
    await stage.settle()
    assert [text.media[0].content for text in stage.twilio.texts_to(MARIA)] == [PNG, JPEG]


@pytest.mark.rows(114)
@pytest.mark.faults("F23", "F24")
async def test_other_files_are_refused_and_nothing_of_the_message_is_sent(stage: Stage) -> None:
    await stage.lead_texts("What does it look like?")
    for files in (
        [PretendFile("offer.pdf", b"%PDF-1.7 offer")],
        [PretendFile("plan.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>")],
        [PretendFile("notes.txt", b"not for leads")],
        [PretendFile("front.png", PNG), PretendFile("offer.pdf", b"%PDF-1.7 offer")],
        [PretendFile("huge.png", PNG + bytes(5_000_000))],
        [PretendFile("half.png", PNG + bytes(2_500_000)), PretendFile("other.png", PNG + bytes(2_500_000))],
        [PretendFile(f"{number}.png", PNG) for number in range(11)],
    ):
        ts = await stage.staff_says("Here you are", files=files)
        assert stage.marks(ts) == ["no_entry"], files[0].name
    assert stage.told() == [Refusal.BAD_FILE.sentence] * 7
    assert stage.twilio.texts_to(MARIA) == []
    assert await stage.count(tables.pictures) == 0


@pytest.mark.rows(80)
@pytest.mark.faults("F23", "F24")
async def test_a_picture_that_slack_will_not_hand_over_is_told_and_nothing_is_sent(stage: Stage) -> None:
    await stage.lead_texts("What does it look like?")
    stage.slack.workspace(LAW.team_id).scopes.discard("files:read")  # Slack answers 200, with its login page
    ts = await stage.staff_says("Here you are", files=[PretendFile("front.png", PNG)])
    assert creates(stage) == []
    assert stage.said()[1:] == [Refusal.LOST_FILE.sentence]
    assert stage.marks(ts) == ["no_entry"]


@pytest.mark.rows(80)
@pytest.mark.faults("F24")
async def test_what_only_says_that_it_is_a_picture_is_not_passed_on(stage: Stage) -> None:
    await stage.lead_texts("What does it look like?")
    for content in (b"<html><script>alert(1)</script>", b"<svg/>", b"%PDF-1.7", b"MZ\x90"):
        ts = await stage.staff_says("Here you are", files=[PretendFile("front.png", content)])
        assert stage.marks(ts) == ["no_entry"], content
    assert creates(stage) == []
    assert stage.said()[1:] == [Refusal.LOST_FILE.sentence] * 4


@pytest.mark.rows(80)
@pytest.mark.faults("F24")
async def test_a_picture_larger_than_it_said_is_not_passed_on(stage: Stage) -> None:
    await stage.lead_texts("What does it look like?")
    file = PretendFile("front.png", PNG)
    stage.twilio.fail("create", status=429, retry_after=60)
    await stage.staff_types("First")
    await stage.staff_types("Here you are", files=[file])
    await stage.settle()
    file.content = PNG + bytes(6_000_000)
    stage.skip(seconds=61)
    await stage.settle()
    assert stage.phone() == ["First"]
    assert stage.said()[1:] == [Refusal.LOST_FILE.sentence]


@pytest.mark.rows(72)
async def test_a_picture_that_slack_is_slow_to_hand_over_holds_up_its_own_lead_only(stage: Stage) -> None:
    await stage.lead_texts("What does it look like?")
    await stage.lead_texts("Hello?", phone=NOAH)
    await stage.staff_says("Known by now.")
    stage.slack.fail("download", hang=2)
    await stage.staff_types("Here you are", files=[PretendFile("front.png", PNG)])
    await stage.staff_types("Nice, isn't it?")
    await stage.staff_types("Hello!", phone=NOAH)
    await stage.until(lambda: stage.phone(NOAH) == ["Hello!"], seconds=1.5)
    assert stage.phone() == ["Known by now."]
    await stage.settle()
    # In the order in which they were handed over; the carrier itself takes longer for a picture.
    bodies = [sent.params["Body"] for sent in creates(stage)]
    assert bodies == ["Known by now.", "Hello!", "Here you are", "Nice, isn't it?"]


@pytest.mark.rows(72, 80)
@pytest.mark.faults("F5")
@pytest.mark.parametrize("how", [{"status": 500}, {"status": 429, "retry_after": 600}], ids=["500", "429"])
async def test_slacks_trouble_with_a_picture_stops_no_text_and_ends_after_four_hours(
    stage: Stage, how: dict[str, Any]
) -> None:
    await stage.lead_texts("What does it look like?")
    await stage.lead_texts("Hello?", phone=NOAH)
    await stage.staff_says("Known by now.")
    stage.slack.fail("download", times=None, **how)
    ts = await stage.staff_types("Here you are", files=[PretendFile("front.png", PNG)])
    await stage.settle(ahead=0)
    await stage.staff_says("Hello!", phone=NOAH)
    assert stage.phone(NOAH) == ["Hello!"]
    stage.skip(hours=4, seconds=1)
    await stage.settle()
    assert stage.phone() == ["Known by now."]
    assert stage.said()[1:] == [Refusal.STALE.sentence]
    assert stage.marks(ts) == ["no_entry"]


# --- the link


@pytest.mark.faults("S1", "S21")
async def test_the_link_opens_this_picture_to_whoever_has_it(stage: Stage) -> None:
    link = await link_of_a_picture_on_its_way(stage)
    status, headers, body = await fetch("GET", link)
    assert (status, body) == (200, PNG)
    assert headers["Content-Type"] == "image/png"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"
    status, headers, body = await fetch("HEAD", link)
    assert (status, headers["Content-Length"], body) == (200, str(len(PNG)), b"")


@pytest.mark.faults("S1", "F18")
async def test_no_other_link_opens_anything(stage: Stage) -> None:
    link = await link_of_a_picture_on_its_way(stage)
    firm, picture, until, signature = urlsplit(link).path.split("/")[2:]
    base = link.removesuffix(urlsplit(link).path)
    await stage.staff_says("Another", files=[PretendFile("other.png", PNG + b"other")])
    tampered = [
        f"{firm}/{int(picture) + 1}/{until}/{signature}",
        f"{firm}/{picture}/{int(until) + 60}/{signature}",
        f"{int(firm) + 1}/{picture}/{until}/{signature}",
        f"{firm}/{picture}/{until}/{signature[:-1]}",
        *[f"{firm}/{picture}/{until}/{signature[:-1]}{last}" for last in "AB" if last != signature[-1]],
        f"{firm}/{picture}/{until}/",
        f"{firm}/{picture}/{until}/%C3%A4",
        f"{firm}/{picture}/{until}",
        f"{firm}/../{picture}/{until}/{signature}",
        f"{firm}/-1/{until}/{signature}",
        f"{firm}/{'9' * 30}/{until}/{signature}",
    ]
    for path in tampered:
        for method in ("GET", "HEAD"):
            status, _, body = await fetch(method, f"{base}/media/{path}")
            assert status == 404, path
            assert PNG not in body
    assert (await fetch("GET", link))[0] == 200


@pytest.mark.faults("S1")
async def test_the_link_expires(stage: Stage) -> None:
    link = await link_of_a_picture_on_its_way(stage)
    stage.skip(hours=4, minutes=30)  # Twilio may hold a text for four hours before it fetches
    assert (await fetch("GET", link))[0] == 200
    stage.skip(minutes=31)
    assert (await fetch("GET", link))[0] == 404


@pytest.mark.faults("S1")
async def test_the_bytes_are_forgotten_once_the_text_has_arrived(stage: Stage) -> None:
    link = await link_of_a_picture_on_its_way(stage)
    stage.twilio.phone_on(MARIA)
    await stage.settle()
    assert (await fetch("GET", link))[0] == 404
    assert [row.content for row in await stage.rows(tables.pictures.select())] == [None]


async def link_of_a_picture_on_its_way(stage: Stage) -> str:
    """Sent to a phone that is off, so that the picture may still be fetched."""
    await stage.lead_texts("What does it look like?")
    stage.twilio.phone_off(MARIA)
    await stage.staff_says("Here you are", files=[PretendFile("front.png", PNG)])
    [create] = creates(stage)
    return str(create.params["MediaUrl"])


def creates(stage: Stage) -> list[Any]:
    return [request for request in stage.twilio.requests if request.operation == "create"]


async def fetch(method: str, url: str) -> tuple[int, Any, bytes]:
    async with aiohttp.ClientSession() as session, session.request(method, url) as answer:
        return answer.status, answer.headers, await answer.read()
