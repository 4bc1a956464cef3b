"""What the project's files may not hold."""

import re
from collections.abc import Iterator

import phonenumbers
import pytest

from bridge.rules.phones import e164
from tests.house.source import ROOT, product, tracked

LONGEST = 300  # lines; beyond it, ask which noun is missing
LOCKED = re.compile(r"requirements[\w-]*\.txt")
REGISTRY = re.compile(r"index[-_]url|\"resolved\": *\"http|source = \{ registry", re.IGNORECASE)
HOME = re.compile(r"(?<![\w.])/(?:home|Users)/[a-z]\w+/")
EVERYWHERE = {
    "/",
    "/tmp",
    "/var/tmp",
    "/home",
    "/root",
    "/app",
    "/srv",
    "/opt",
    "/mnt",
}  # and so nobody's in particular

# Numbers as they are written: +14155550123, (415) 555-0123, 415-555-0123.
INTERNATIONAL = re.compile(r"(?<![\w+])\+[1-9](?:[ .-]?\d){7,14}(?!\d)")
NATIONAL = re.compile(r"(?<![\w+.-])(?:\(\d{3}\) ?|\d{3}[ .-])\d{3}[ .-]\d{4}(?![\w-])")
# Given out to nobody: for fiction in North America, Britain and Australia, and Twilio's own for tests.
RESERVED = re.compile(
    r"\+1\d{3}55501\d\d|\+1\d{3}5551212|\+1500555\d{4}|\+447700900\d{3}|\+44(?:20794|\d{3}49)60\d{3}|\+61491570\d{3}"
)
PUBLISHED = {
    "+14158675309",  # in Twilio's own example of a signature
    "+14158675310",
    "+80012345678",  # libphonenumber's example of a number of no country
}


def texts() -> Iterator[tuple[str, str]]:
    """Every file of the project that is text, by its path; locked dependencies are other people's."""
    for path in tracked():
        if not LOCKED.fullmatch(path):
            try:
                yield path, (ROOT / path).read_text("utf-8")
            except UnicodeDecodeError:
                continue  # a picture


@pytest.mark.parametrize("path", [path for path in product() if "/migrations/versions/" not in path])
def test_no_file_has_grown_too_long(path: str) -> None:
    lines = len((ROOT / path).read_text("utf-8").splitlines())
    assert lines <= LONGEST, f"{path} has {lines} lines: which noun is missing?"


@pytest.mark.faults("S28")
def test_dependencies_are_what_they_were_when_they_were_locked() -> None:
    for name in ("requirements.txt", "requirements-dev.txt"):
        pinned = re.split(r"\n(?=\S)", (ROOT / name).read_text("utf-8").strip())
        assert [each for each in pinned if not re.match(r"[\w.-]+(\[[\w,-]+\])?==\S+", each)] == []
        assert [each for each in pinned if "--hash=sha256:" not in each] == []
    installs = [
        line
        for line in (ROOT / "Makefile").read_text("utf-8").splitlines()
        if " install " in line and "-r " in line
    ]
    assert len(installs) == 2
    assert [line for line in installs if "--require-hashes" not in line] == []


def test_no_file_names_a_registry() -> None:
    here = "tests/house/test_repository.py"
    assert [path for path, text in texts() if path != here and REGISTRY.search(text)] == []


def test_no_file_names_a_place_on_somebodys_machine() -> None:
    around = ROOT if ROOT.parent.as_posix() in EVERYWHERE else ROOT.parent
    found = [path for path, text in texts() if HOME.search(text) or f"{around}/" in text]
    assert found == []


def test_no_file_holds_a_telephone_number_that_somebody_may_have() -> None:
    found = {(path, number) for path, text in texts() for number in _real(text)}
    assert sorted(found) == []


@pytest.mark.parametrize(
    ("text", "real"),
    [
        ("call +1 415 555 0123 now", []),
        ("(415) 555-0123 or +14155550123", []),
        ("2026-11-22 12:00:00.000001 and 1700000000.000100", []),
        ("2345678901 and +15005550006", []),
        # put together here, so that this file does not hold one either
        ("call +1212" + "6640000", ["+1212" + "6640000"]),
        ("call (212)" + " 664-0000", ["+1212" + "6640000"]),
    ],
)
def test_what_counts_as_a_real_number(text: str, real: list[str]) -> None:
    assert list(_real(text)) == real


def _real(text: str) -> Iterator[str]:
    """Numbers in a text that could be somebody's, in E.164."""
    for written in (*INTERNATIONAL.findall(text), *NATIONAL.findall(text)):
        try:
            number = phonenumbers.parse(written, "US")
        except phonenumbers.NumberParseException:
            continue
        phone = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
        # e164 refuses what nobody has, such as 2345678901
        if e164(phone) and not RESERVED.fullmatch(phone) and phone not in PUBLISHED:
            yield phone
