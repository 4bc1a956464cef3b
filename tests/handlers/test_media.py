"""A picture is handed out by its own link only, for a while only, and looks like nothing else to a browser."""

from urllib.parse import urlsplit

import pytest

from bridge.sandbox.slack.model import PretendFile
from bridge.services import outgoing_pictures
from bridge.store import tables
from tests.cast import MARIA
from tests.handlers.knock import Answer, knock
from tests.stage import Stage

PNG = b"\x89PNG\r\n\x1a\n" + b"p" * 500


async def texted_picture(stage: Stage) -> str:
    """The path of a picture that Twilio was told to fetch and that has not arrived at the lead's phone yet."""
    await stage.lead_texts("What does it look like?")
    stage.twilio.phone_off(MARIA)
    await stage.staff_says("Like this", files=[PretendFile("door.png", PNG, "image/png")])
    (url,) = stage.twilio.messages()[-1].media_urls
    return urlsplit(url).path


def is_refused(answer: Answer) -> bool:
    """Every refusal looks the same."""
    return answer.status == 404 and answer.text in {"no such picture", "404: Not Found"}


@pytest.mark.faults("S21")
async def test_twilio_fetches_the_picture_and_gets_nothing_else(stage: Stage) -> None:
    path = await texted_picture(stage)
    answer = await knock(stage, path, method="GET")
    assert (answer.status, answer.headers["Content-Type"]) == (200, "image/png")
    assert answer.headers["Content-Length"] == str(len(PNG))
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'"
    assert (await knock(stage, path, method="HEAD")).status == 200
    assert (await knock(stage, path, method="POST")).status == 405


async def test_a_link_opens_one_picture_of_one_firm_until_it_expires(stage: Stage) -> None:
    path = await texted_picture(stage)
    _, media, firm, picture, until, signature = path.split("/")
    assert (media, firm) == ("media", str(stage.law.id))
    forged = [
        f"/media/{stage.dental.id}/{picture}/{until}/{signature}",
        f"/media/{firm}/{int(picture) + 1}/{until}/{signature}",
        f"/media/{firm}/{picture}/{int(until) + 1}/{signature}",
        f"/media/{firm}/{picture}/{until}/{signature[:-1]}",
        f"/media/{firm}/{picture}/{until}/{signature}A",
        f"/media/{firm}/{picture}/{until}/{signature.swapcase()}",
        f"/media/{firm}/{picture}/{until}/",
        f"/media/{firm}/{picture}/{until}/%ED%A0%80",
        f"/media/{firm}/{picture}/{until}/%FF%00",
        f"/media/{firm}/0{picture}/{until}/{signature}",
        f"/media/{firm}/{picture}/{until}/../{signature}",
        f"/media/{firm}/{'9' * 18}/{'9' * 12}/{signature}",
        f"/media/{firm}/{'9' * 30}/{until}/{signature}",
        f"/media/{firm}/{picture}/-1/{signature}",
        f"/media/{firm}/%D9%A1/{until}/{signature}",
        f"/media/{firm}/{picture}' OR 1=1/{until}/{signature}".replace(" ", "%20"),
    ]
    for wrong in forged:
        assert is_refused(await knock(stage, wrong, method="GET")), wrong
    assert not is_refused(await knock(stage, path, method="GET"))
    stage.clock.skipped += outgoing_pictures.FETCHABLE  # without waking the worker
    assert is_refused(await knock(stage, path, method="GET"))


async def test_the_second_firm_cannot_have_the_first_ones_picture_even_with_a_link_of_its_own(stage: Stage) -> None:
    path = await texted_picture(stage)
    picture, until = (int(part) for part in path.split("/")[3:5])
    own = outgoing_pictures.address(stage.app.deps, stage.dental.id, picture, until)
    assert is_refused(await knock(stage, urlsplit(own).path, method="GET"))


async def test_what_has_arrived_is_not_handed_out_any_more(stage: Stage) -> None:
    path = await texted_picture(stage)
    stage.twilio.phone_on(MARIA)
    await stage.settle()
    assert stage.twilio.messages()[-1].status == "delivered"
    assert is_refused(await knock(stage, path, method="GET"))
    assert await stage.count(tables.pictures, tables.pictures.c.content.is_not(None)) == 0
