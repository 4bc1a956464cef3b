"""A lead's pictures are in the thread, as bytes; one that cannot be had leaves a line that says so."""

import asyncio
from typing import Any

import pytest

from bridge.sandbox.slack import PretendFile
from bridge.sandbox.twilio.records import PretendMedia
from bridge.store import tables
from tests.cast import ACCOUNT, LAW, MANY, MARIA, NOAH, OWN_ACCOUNT
from tests.stage import Stage

JPEG = b"\xff\xd8\xff\xe0" + b"j" * 500
PNG = b"\x89PNG\r\n\x1a\n" + b"p" * 500
GIF = b"GIF89a" + b"g" * 500
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HTML = b"<!doctype html><script>alert(1)</script>"
LOST = "A picture came with this text, but it could not be fetched"
MEDIA = "https://api.twilio.com/2010-04-01/Accounts/{account}/Messages/{message}/Media/ME" + "0" * 32


def pictures(stage: Stage) -> list[PretendFile]:
    """The files in the first firm's workspace, in the order in which they came."""
    return stage.slack.files(LAW.team_id)


def shown(stage: Stage, phone: str = MARIA) -> list[str]:
    """A thread from top to bottom: what was said, and the names of files."""
    return [
        " ".join(file["title"] for file in message["files"]) if message.get("files") else message["text"]
        for message in stage.thread(phone)
    ]


def downloads(stage: Stage) -> list[str]:
    """Which files Twilio was asked for."""
    return [request.path for request in stage.twilio.requests if request.operation in {"media_bytes", "cdn"}]


@pytest.mark.rows(70)
async def test_a_picture_is_in_the_thread_behind_its_text(stage: Stage) -> None:
    await stage.lead_texts("This is the letter", media=[PretendMedia(JPEG)])

    assert shown(stage) == ["This is the letter", "Picture from the lead"]
    (picture,) = pictures(stage)
    assert picture.content == JPEG
    assert picture.thread_ts == stage.root()["ts"]
    assert picture.name.endswith(".jpg")
    assert "1 picture" in str(stage.thread()[0]["blocks"])
    asked = [request for request in stage.twilio.requests if request.operation == "media_bytes"]
    assert [request.authorised for request in asked] == [True]
    assert "api.twilio.com" not in str(stage.slack.messages(LAW.team_id, LAW.channel))


@pytest.mark.rows(70)
async def test_a_picture_without_words(stage: Stage) -> None:
    await stage.lead_texts("", media=[PretendMedia(GIF, "image/gif")])

    assert shown(stage) == ["(no words)", "Picture from the lead"]
    assert [picture.content for picture in pictures(stage)] == [GIF]


@pytest.mark.rows(70, 72)
async def test_ten_pictures_come_in_their_order_while_others_write(stage: Stage) -> None:
    album = [PretendMedia(JPEG + bytes([number])) for number in range(10)]
    await asyncio.gather(
        stage.twilio.text(MARIA, LAW.number, "The whole flat", media=album),
        stage.twilio.text(NOAH, LAW.number, "Mine", media=[PretendMedia(PNG, "image/png")]),
    )
    await stage.settle()

    maria = [picture.content for picture in pictures(stage) if picture.thread_ts == stage.root(MARIA)["ts"]]
    assert maria == [media.content for media in album]
    assert shown(stage) == ["The whole flat", *["Picture from the lead"] * 10]
    assert shown(stage, NOAH) == ["Mine", "Picture from the lead"]


@pytest.mark.rows(70)
@pytest.mark.faults("F24")
async def test_what_is_no_picture_is_not_passed_on(stage: Stage) -> None:
    bad = {
        "svg": PretendMedia(SVG, "image/jpeg"),
        "html": PretendMedia(HTML, "image/png"),
        "exe": PretendMedia(b"MZ" + b"\0" * 200, "image/gif"),
        "empty": PretendMedia(b"", "image/jpeg"),
        "too large": PretendMedia(JPEG, declared_length=20_000_001),
        "elsewhere": PretendMedia(JPEG, redirect_to="http://192.0.2.7/picture.jpg"),
        "local file": PretendMedia(JPEG, redirect_to="file:///etc/passwd"),
        "metadata": PretendMedia(JPEG, redirect_to="http://169.254.169.254/latest/meta-data/"),
    }
    said = dict(zip(MANY, bad, strict=False))
    for phone, what in said.items():
        await stage.twilio.text(phone, LAW.number, what, media=[bad[what]])
    await stage.settle()

    assert pictures(stage) == []
    for phone, what in said.items():
        words, line = stage.said(phone)
        assert (words, line[: len(LOST)]) == (what, LOST)
    assert {row.state for row in await stage.rows(tables.pictures.select())} == {"lost"}


@pytest.mark.rows(70)
@pytest.mark.faults("F24")
async def test_a_link_to_anywhere_else_is_never_followed(stage: Stage) -> None:
    other = await stage.lead_texts("With a picture", phone=NOAH, media=[PretendMedia(PNG)])
    before = downloads(stage)
    sid = "SM" + "5" * 32
    links = [
        "http://192.0.2.7/picture.jpg",
        "https://api.twilio.com.evil.example/2010-04-01/",
        MEDIA.format(account=OWN_ACCOUNT, message=sid),
        MEDIA.format(account=ACCOUNT, message=other),
        MEDIA.format(account=ACCOUNT, message=sid) + "?x=1",
        MEDIA.format(account=ACCOUNT, message=sid).replace("https", "http"),
        "file:///etc/passwd",
        "x" * 3000,
    ]
    extra = {"NumMedia": str(len(links))} | {f"MediaUrl{n}": link for n, link in enumerate(links)}

    await stage.lead_texts("Look here", sid=sid, extra=extra)

    assert downloads(stage) == before
    assert stage.said()[0] == "Look here"
    assert [line[: len(LOST)] for line in stage.said()[1:]] == [LOST] * len(links)
    assert len(pictures(stage)) == 1


@pytest.mark.rows(70)
@pytest.mark.parametrize(
    "trouble",
    [{"status": 404}, {"status": 500}, {"drop": True}, {"status": 429, "retry_after": 20}, {"code": 20003}],
    ids=str,
)
async def test_a_picture_that_is_not_there_yet_is_asked_for_again(stage: Stage, trouble: dict[str, Any]) -> None:
    stage.twilio.fail("media_bytes", times=2, **trouble)
    await stage.twilio.text(MARIA, LAW.number, "Letter", media=[PretendMedia(JPEG)])
    await stage.wait(seconds=3)
    await stage.lead_texts("Did you get it?")  # Twilio's trouble keeps nothing else waiting
    assert "Did you get it?" in stage.said()

    for _ in range(3):
        await stage.wait(seconds=5)
    assert [picture.content for picture in pictures(stage)] == [JPEG]


@pytest.mark.rows(70)
async def test_a_picture_that_is_gone_leaves_a_line(stage: Stage) -> None:
    stage.twilio.fail("media_bytes", times=1_000, status=404)
    await stage.twilio.text(MARIA, LAW.number, "Letter", media=[PretendMedia(JPEG)])
    for _ in range(8):
        await stage.wait(seconds=20)

    assert stage.said() == ["Letter", f"{LOST} (it is gone)."]
    assert pictures(stage) == []


@pytest.mark.rows(70)
async def test_an_expired_link_to_the_bytes_is_asked_for_anew(stage: Stage) -> None:
    stage.twilio.media_seconds = -60
    await stage.twilio.text(MARIA, LAW.number, "Letter", media=[PretendMedia(JPEG)])
    await stage.settle(ahead=0)
    assert pictures(stage) == []

    stage.twilio.media_seconds = 3600
    for _ in range(2):
        await stage.wait(seconds=5)
    assert [picture.content for picture in pictures(stage)] == [JPEG]


@pytest.mark.rows(70, 72)
async def test_a_slow_picture_keeps_no_text_waiting(stage: Stage) -> None:
    stage.twilio.fail("cdn", hang=1.0)
    await stage.twilio.text(MARIA, LAW.number, "Slow", media=[PretendMedia(JPEG)])
    await stage.twilio.text(MARIA, LAW.number, "Quick")
    await stage.until(lambda: stage.roots() != [] and "Quick" in shown(stage))
    assert pictures(stage) == []

    await stage.settle()
    assert shown(stage) == ["Slow", "Quick", "Picture from the lead"]


@pytest.mark.rows(70)
@pytest.mark.faults("F5")
@pytest.mark.parametrize("method", ["files.getUploadURLExternal", "files.completeUploadExternal"])
async def test_whatever_happens_on_the_way_a_picture_is_there_once(stage: Stage, method: str) -> None:
    troubles: list[dict[str, Any]] = [
        {"status": 429, "retry_after": 2}, {"status": 500}, {"drop": True}, {"accept_first": True, "drop": True},
        {"accept_first": True, "status": 503}, {"body": "<html>", "status": 200},
    ]  # fmt: skip
    for phone, trouble in zip(MANY, troubles, strict=False):
        stage.slack.fail(method, **trouble)
        await stage.twilio.text(phone, LAW.number, "Letter", media=[PretendMedia(JPEG)])
        for _ in range(3):
            await stage.wait(seconds=5)
        assert shown(stage, phone) == ["Letter", "Picture from the lead"], trouble


@pytest.mark.rows(70)
@pytest.mark.faults("F7")
async def test_a_picture_waits_for_an_archived_channel_like_everything_else(stage: Stage) -> None:
    stage.twilio.fail("cdn", hang=0.3)
    await stage.twilio.text(MARIA, LAW.number, "Letter", media=[PretendMedia(JPEG)])
    await stage.until(lambda: stage.roots() != [] and shown(stage) == ["Letter"])
    await stage.slack.archive(LAW.team_id, LAW.channel)
    await stage.settle()
    await stage.lead_texts("And this")
    assert pictures(stage) == []
    (alert,) = stage.slack.dms(LAW.team_id, LAW.admin)
    assert f"The channel <#{LAW.channel}> does not take my pictures" in alert["text"]

    await stage.slack.unarchive(LAW.team_id, LAW.channel)
    await stage.settle()
    assert sorted(shown(stage)) == ["And this", "Letter", "Picture from the lead"]


@pytest.mark.rows(61, 70)
@pytest.mark.faults("F7")
async def test_a_picture_whose_thread_was_lost_meanwhile_comes_into_the_new_one(stage: Stage) -> None:
    stage.twilio.fail("cdn", hang=0.5)
    stage.twilio.fail("media_bytes", status=404)
    await stage.twilio.text(MARIA, LAW.number, "Letter", media=[PretendMedia(JPEG)])
    await stage.until(lambda: stage.roots() != [] and shown(stage) == ["Letter"])
    await stage.slack.delete(LAW.team_id, LAW.channel, stage.root()["ts"])
    for _ in range(3):
        await stage.wait(seconds=5)

    assert len(stage.roots()) == 1
    assert shown(stage)[-2:] == ["A picture from the lead follows.", "Picture from the lead"]
    assert [picture.content for picture in pictures(stage)] == [JPEG]


@pytest.mark.rows(70)
@pytest.mark.faults("F7")
async def test_trouble_with_twilio_s_password_is_no_trouble_of_slack_s(stage: Stage) -> None:
    stage.twilio.fail("media_bytes", times=1_000, status=401)
    await stage.twilio.text(MARIA, LAW.number, "Letter", media=[PretendMedia(JPEG)])
    await stage.lead_texts("Did it arrive?")
    assert stage.said()[:2] == ["Letter", "Did it arrive?"]
    assert await stage.count(tables.routes, tables.routes.c.off_reason.is_not(None)) == 0

    for _ in range(8):
        await stage.wait(seconds=60)
    assert stage.said()[2].startswith(LOST)
    await stage.lead_texts("Hello?")
    assert stage.said()[-1] == "Hello?"
