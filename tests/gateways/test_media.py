"""Files are what their first bytes say, and names do not lead into our own network."""

import pytest

from bridge.gateways.errors import GatewayError, Retry
from bridge.gateways.media import PublicOnly, is_public, sniff, typed


@pytest.mark.faults("F24")
@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "image/jpeg"),
        (b"\x89PNG\r\n\x1a\n\x00", "image/png"),
        (b"GIF89a\x01", "image/gif"),
        (b"GIF87a\x01", "image/gif"),
        (b"RIFF\x24\x00\x00\nWEBPVP8 ", "image/webp"),
        (b"\x00\x00\x00\x18ftypheic\x00", "image/heic"),
        (b"\x00\x00\x00\x18ftypmif1\x00", "image/heic"),
        (b"\x00\x00\x00\x18ftypisom\x00", "video/mp4"),
        (b"\x00\x00\x00\x18ftypmp42\x00", "video/mp4"),
        (b"\x00\x00\x00\x18ftyp3gp4\x00", "video/3gpp"),
        (b"ID3\x03\x00", "audio/mpeg"),
        (b"\xff\xfb\x90\x00", "audio/mpeg"),
        (b"#!AMR\n\x3c", "audio/amr"),
        (b"BEGIN:VCARD\r\nVERSION:3.0", "text/vcard"),
        (b"\xef\xbb\xbfbegin:vcard\nversion:2.1", "text/vcard"),
        (b"%PDF-1.7\n", "application/pdf"),
    ],
)
def test_known_files_are_recognised(content: bytes, media_type: str) -> None:
    assert sniff(content) == media_type


@pytest.mark.faults("F24")
@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"<?xml version='1.0'?><svg/>",
        b"<!DOCTYPE html><html>",
        b"<html><img src=x>",
        b"MZ\x90\x00",
        b"PK\x03\x04",
        b"\x00\x00\x00\x18ftypavif\x00",
        b"\x00\x00\x00\x18ftypqt  \x00",
        b"RIFF\x24\x00\x00\x00WAVEfmt ",
        b"\xff\xfeh\x00t\x00m\x00l\x00",  # UTF-16 text
        b"\xff\xf1\x50\x80",  # AAC
        b" \xff\xd8\xff",
        b"BEGIN:VCALENDAR\r\n",
        b"plain words",
    ],
)
def test_everything_else_is_refused(content: bytes) -> None:
    assert sniff(content) is None
    with pytest.raises(GatewayError) as caught:
        typed(content)
    assert (caught.value.code, caught.value.retry) == ("unsupported_media", Retry.NEVER)


@pytest.mark.faults("F24")
@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.1", "224.0.0.1",
     "::1", "::", "fe80::1%eth0", "fd00::1", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "ff02::1", "no address"],
)  # fmt: skip
def test_addresses_of_our_own_network_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700:4700::1111", "::ffff:8.8.8.8"])
def test_public_addresses_are(address: str) -> None:
    assert is_public(address)


@pytest.mark.faults("F24")
async def test_a_name_that_leads_to_this_machine_is_not_found() -> None:
    resolver = PublicOnly()
    with pytest.raises(OSError, match="no public address"):
        await resolver.resolve("localhost", 443)
    await resolver.close()
