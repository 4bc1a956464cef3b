"""What is written down about who did what, and who agreed to what, is only ever added to."""

import re

import pytest

from tests.house.source import ROOT, product

LEDGERS = ("audit", "consent_events")
REFUSES = "bridge/store/append_only.py"
SEALS = "bridge/store/audit.py"  # gives entries their places and hashes, once, which the database sees to
NAMED = rf"(?:tables\.)?(?:{'|'.join(LEDGERS)})\b"
CHANGED = re.compile(
    rf"\b(?:update|delete|changing|held)\(\s*{NAMED}|{NAMED}\.(?:update|delete)\(|TRUNCATE", re.IGNORECASE
)
ADDED = re.compile(rf"\b(?:insert|adding)\((?:tx\.dialect, )?{NAMED}")


@pytest.mark.faults("S26", "S27")
def test_nothing_changes_or_forgets_an_entry() -> None:
    every = {path: (ROOT / path).read_text("utf-8") for path in product() if path != REFUSES}
    assert [path for path, text in every.items() if CHANGED.search(text)] == [SEALS]
    assert CHANGED.findall(every[SEALS]) == ["update(audit"]
    assert [path for path, text in every.items() if ADDED.search(text)] == [
        "bridge/store/audit.py",
        "bridge/store/consent.py",
    ]


@pytest.mark.parametrize(
    "words", ["delete(audit)", "update(tables.consent_events)", "audit.delete()", "changing(audit, 'id')"]
)
def test_it_is_noticed(words: str) -> None:
    assert CHANGED.search(words)
