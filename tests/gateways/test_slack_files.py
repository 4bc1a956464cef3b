"""Files go up as bytes and come down only from Slack, and only when they are what we pass on."""

import tempfile

import aiohttp
import pytest

from bridge.gateways import media, slack_files
from bridge.gateways.errors import GatewayError, Retry, Scope
from bridge.gateways.slack import SlackGateway
from bridge.gateways.slack_http import OwnHosts
from tests.gateways.stand import Answer, Stand, cut, endless, says, stall

TOKEN, CHANNEL, PICTURE = "xoxb-of-the-first-firm", "C0INBOX", b"\x89PNG\r\n\x1a\n" + b"p" * 1000
FILE = "/files-pri/T1-F1/download/a.png"


@pytest.fixture
def slack(session: aiohttp.ClientSession, stand: Stand) -> SlackGateway:
    gateway = SlackGateway(session, TOKEN, base_url=f"{stand.url}/api/")
    slot = {"ok": True, "file_id": "F1", "upload_url": f"{stand.url}/upload/v1/abc"}
    stand.on("/api/files.getUploadURLExternal", says(slot))
    stand.on("/upload/v1/abc", says("OK - 1008", content_type="text/plain"))
    stand.on("/api/files.completeUploadExternal", says({"ok": True, "files": [{"id": "F1"}]}))
    return gateway


async def upload(slack: SlackGateway) -> GatewayError:
    with pytest.raises(GatewayError) as caught:
        await slack.upload(CHANNEL, thread_ts="1.0", filename="a.png", content=PICTURE, title="A door")
    return caught.value


@pytest.mark.rows(70)
async def test_a_picture_goes_into_the_thread(slack: SlackGateway, stand: Stand) -> None:
    shared = await slack.upload(
        CHANNEL, thread_ts="1.0", filename="a.png", content=PICTURE, title="Picture from Ann", comment="Look"
    )
    assert shared == "F1"
    slot, put, done = stand.seen
    assert dict(slot.query) == {"filename": "a.png", "length": str(len(PICTURE)), "alt_txt": "Picture from Ann"}
    assert (put.method, put.body) == ("POST", PICTURE)
    assert "Authorization" not in put.headers
    assert dict(done.query) == {
        "files": '[{"id": "F1", "title": "Picture from Ann"}]',
        "channel_id": CHANNEL,
        "thread_ts": "1.0",
        "initial_comment": "Look",
    }


@pytest.mark.faults("F5")
@pytest.mark.parametrize(
    ("path", "answer", "code", "retry"),
    [
        ("/api/files.getUploadURLExternal", cut, "connection", Retry.LATER),
        ("/api/files.getUploadURLExternal", says({"ok": True}), "garbled", Retry.LATER),
        ("/api/files.getUploadURLExternal", says({"ok": False, "error": "file_uploads_disabled"}),
         "file_uploads_disabled", Retry.NEVER),
        ("/upload/v1/abc", cut, "connection", Retry.LATER),
        ("/upload/v1/abc", says("no", 500, "text/plain"), "http_500", Retry.LATER),
        ("/api/files.completeUploadExternal", cut, "connection", Retry.DOUBT),
        ("/api/files.completeUploadExternal", says("", 502), "http_502", Retry.DOUBT),
        ("/api/files.completeUploadExternal", says("", 429), "ratelimited", Retry.LATER),
        ("/api/files.completeUploadExternal", says({"ok": False, "error": "invalid_channel"}),
         "invalid_channel", Retry.REPAIR),
    ],
)  # fmt: skip
async def test_only_sharing_is_ever_in_doubt(
    slack: SlackGateway, stand: Stand, path: str, answer: Answer, code: str, retry: Retry
) -> None:
    stand.on(path, answer)
    error = await upload(slack)
    assert (error.code, error.retry) == (code, retry)


@pytest.mark.faults("F24")
async def test_bytes_are_sent_to_slack_only(slack: SlackGateway, stand: Stand) -> None:
    slot = {"ok": True, "file_id": "F1", "upload_url": "https://evil.example/upload"}
    stand.on("/api/files.getUploadURLExternal", says(slot))
    assert (await upload(slack)).code == "forbidden_url"


async def test_a_picture_of_staff_is_fetched(slack: SlackGateway, stand: Stand) -> None:
    stand.on(FILE, says(PICTURE, content_type="text/plain"))
    found = await slack.download(stand.url + FILE)
    assert (found.content, found.media_type) == (PICTURE, "image/png")
    assert stand.seen[0].headers["Authorization"] == f"Bearer {TOKEN}"


@pytest.mark.faults("F24")
@pytest.mark.parametrize(
    ("answer", "code", "retry"),
    [
        (says("<!DOCTYPE html><html>Sign in", content_type="text/html"), "login_page", Retry.NEVER),
        (says("\n<HTML>Sign in", content_type="image/png"), "login_page", Retry.NEVER),
        (says("<svg/>", content_type="image/png"), "unsupported_media", Retry.NEVER),
        (says(PICTURE * 6, content_type="image/png"), "too_large", Retry.NEVER),
        (endless, "too_large", Retry.NEVER),
        (says("", 404), "http_404", Retry.NEVER),
        (says("", 403), "http_403", Retry.NEVER),
        (says("", 302, Location="https://evil.example/"), "bad_redirect", Retry.NEVER),
        (says("", 302, Location="http://127.0.0.2/"), "bad_redirect", Retry.NEVER),
        (says("", 302, Location=FILE), "bad_redirect", Retry.NEVER),
        (says("", 429, Retry_After="9"), "http_429", Retry.LATER),
        (says("", 500), "http_500", Retry.LATER),
        (cut, "connection", Retry.LATER),
        (stall, "timeout", Retry.LATER),
    ],
)
async def test_a_file_that_cannot_be_passed_on(
    slack: SlackGateway, stand: Stand, monkeypatch: pytest.MonkeyPatch, answer: Answer, code: str, retry: Retry
) -> None:
    monkeypatch.setattr(media, "DOWNLOAD_SECONDS", 0.5)
    stand.on(FILE, answer)
    with pytest.raises(GatewayError) as caught:
        await slack.download(stand.url + FILE, limit=5000)
    assert (caught.value.code, caught.value.retry, caught.value.scope) == (code, retry, Scope.CALL)


@pytest.mark.parametrize("size", [0, 10, 3_000_000])
async def test_a_table_is_written_to_disk_as_it_comes(slack: SlackGateway, stand: Stand, size: int) -> None:
    content = b"Name,Phone\n"[:size].ljust(size, b"x")
    stand.on(FILE, says(content, content_type="text/csv"))
    with tempfile.TemporaryFile() as file:
        await slack.save(stand.url + FILE, file, limit=3_000_000)
        file.seek(0)
        assert file.read() == content
    assert stand.seen[0].headers["Authorization"] == f"Bearer {TOKEN}"


@pytest.mark.faults("F24")
@pytest.mark.parametrize(
    ("answer", "code", "retry"),
    [
        (says("<!DOCTYPE html><html>Sign in", content_type="text/html"), "login_page", Retry.NEVER),
        (says("\n<HTML>Sign in" + " " * 100_000, content_type="text/csv"), "login_page", Retry.NEVER),
        (says(b"x" * 200_001, content_type="text/csv"), "too_large", Retry.NEVER),
        (endless, "too_large", Retry.NEVER),
        (says("", 404), "http_404", Retry.NEVER),
        (says("", 302, Location="https://evil.example/"), "bad_redirect", Retry.NEVER),
        (says("", 500), "http_500", Retry.LATER),
        (cut, "connection", Retry.LATER),
        (stall, "timeout", Retry.LATER),
    ],
)
async def test_a_table_that_cannot_be_fetched(
    slack: SlackGateway, stand: Stand, monkeypatch: pytest.MonkeyPatch, answer: Answer, code: str, retry: Retry
) -> None:
    monkeypatch.setattr(slack_files, "SAVE_SECONDS", 0.5)
    stand.on(FILE, answer)
    with tempfile.TemporaryFile() as file, pytest.raises(GatewayError) as caught:
        await slack.save(stand.url + FILE, file, limit=200_000)
    assert (caught.value.code, caught.value.retry, caught.value.scope) == (code, retry, Scope.CALL)


async def test_a_table_is_not_fetched_from_elsewhere(slack: SlackGateway, stand: Stand) -> None:
    with tempfile.TemporaryFile() as file, pytest.raises(GatewayError) as caught:
        await slack.save("https://evil.example/leads.csv", file, limit=10)
    assert caught.value.code == "forbidden_url"
    assert stand.seen == []


async def test_a_file_is_shared_from_disk(slack: SlackGateway, stand: Stand) -> None:
    content = b"Name,Phone\n" * 100_000
    with tempfile.TemporaryFile() as file:
        file.write(content)
        file.seek(0)
        await slack.upload(CHANNEL, thread_ts=None, filename="a.csv", content=file, title="Rows")
    slot, put, _ = stand.seen
    assert slot.query["length"] == str(len(content))
    assert (put.body, put.headers["Content-Length"]) == (content, str(len(content)))


async def test_a_redirect_within_slack_is_followed_to_the_login_page(slack: SlackGateway, stand: Stand) -> None:
    stand.on(FILE, says("", 302, Location=f"{stand.url}/?redir=x"))
    stand.on("/", says("<html>", content_type="text/html"))
    with pytest.raises(GatewayError) as caught:
        await slack.download(stand.url + FILE)
    assert caught.value.code == "login_page"


@pytest.mark.faults("F24")
@pytest.mark.parametrize(
    ("base", "url", "own"),
    [
        ("https://slack.com/api/", "https://files.slack.com/files-pri/T1-F1/a.png", True),
        ("https://slack.com/api/", "https://acme.slack.com/x", True),
        ("https://slack.com/api/", "http://files.slack.com/x", False),
        ("https://slack.com/api/", "https://files.slack.com:444/x", False),
        ("https://slack.com/api/", "https://u@files.slack.com/x", False),
        ("https://slack.com/api/", "https://evilslack.com/x", False),
        ("https://slack.com/api/", "https://slack.com.evil.example/x", False),
        ("https://slack.com/api/", "http://127.0.0.1/x", False),
        ("https://slack-gov.com/api/", "https://files.slack-gov.com/x", True),
        ("https://slack-gov.com/api/", "https://files.slack.com/x", False),
        ("http://127.0.0.1:9000/api/", "http://127.0.0.1:9001/files/x", True),
        ("http://127.0.0.1:9000/api/", "https://files.slack.com/x", False),
        ("http://127.0.0.1:9000/api/", "http://127.0.0.2:9000/x", False),
        ("https://slack.com/api/", "https://[", False),
        ("https://slack.com/api/", "", False),
    ],
)
def test_where_the_token_may_go(base: str, url: str, own: bool) -> None:
    hosts = OwnHosts(base)
    if own:
        assert str(hosts.own(url)) == url
        return
    with pytest.raises(GatewayError) as caught:
        hosts.own(url)
    assert (caught.value.code, caught.value.retry) == ("forbidden_url", Retry.NEVER)
