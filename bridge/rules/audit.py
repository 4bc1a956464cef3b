"""The audit trail as a chain: each entry of a firm is sealed with a hash over itself and the hash before it.

docs/audit.md tells others how to check it without us, so what is hashed here can never change.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import takewhile
from typing import Any

FIRST = bytes(32)  # what the first entry follows
# Entries get their ids before they are committed. After so long there is none to come with a lower one; if there
# is, it is sealed behind those that were there before it.
SETTLED = timedelta(seconds=15)

CHANGED = "is not as it was when it was sealed, or is not where it was."
GONE = "Number {place} is missing, which was sealed; what follows is"
UNREADABLE = "cannot be read any more."
SHORTER = "{kept:,} entries were sealed, and there are {found:,}: the last are missing."
LONGER = "{kept:,} entries were sealed, and there are {found:,}: somebody has added to the chain."
OTHER_END = "The chain ends with another hash than was kept."
NO_HEAD = "It is not kept any more where the chain ends."
FORGED_HEAD = "Where the chain ends was not written down by this app, or with a key that it has no more."
NOT_IN_IT = "The hash that you noted is not in the chain. What was sealed then is not what is there now."


@dataclass(frozen=True)
class Entry:
    """Who did what, when, on which facts."""

    id: int
    at: datetime
    actor: str
    action: str
    facts: Any

    def known(self) -> str:
        """What it is called where no personal data may be: its id, its time and its action."""
        return f"Entry #{self.id} of {self.at:%Y-%m-%d %H:%M:%S} UTC ({self.action})"


@dataclass(frozen=True)
class Link(Entry):
    """An entry that is sealed: its place in its firm's chain, from 1 on, and its hash."""

    place: int
    hash: bytes | None


@dataclass(frozen=True)
class Head:
    """Where a firm's chain ends, as it is kept beside it. `seal` is the same under the app's key."""

    place: int
    hash: bytes
    seal: bytes | None = None

    def words(self, team_id: str) -> str:
        """What is put under the key."""
        return f"{team_id} {self.place} {self.hash.hex()}"


def spelled(team_id: str, entry: Entry) -> dict[str, Any]:
    """What is hashed of an entry."""
    return {
        "action": entry.action,
        "actor": entry.actor,
        "at": entry.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "facts": entry.facts,
        "firm": team_id,
        "id": entry.id,
    }


def canonical(record: Mapping[str, Any]) -> str:
    """The one way to write it: keys in order, no blanks, nothing but ASCII."""
    return json.dumps(record, sort_keys=True, separators=(",", ":"))


def follow(before: bytes, team_id: str, entry: Entry) -> bytes:
    """The hash of an entry that comes after the one with this hash."""
    return sha256(f"{before.hex()}{canonical(spelled(team_id, entry))}".encode()).digest()


def settled(entries: Iterable[Entry], now: datetime) -> Iterator[Entry]:
    """Those before which none will turn up. One from the future is of a clock that was ahead: it is old, too."""
    return takewhile(lambda entry: not now - SETTLED < entry.at <= now + SETTLED, entries)


def seal(team_id: str, head: Head, entries: Iterable[Entry]) -> tuple[Head, list[Link]]:
    """The entries as the chain's next ones, and where it ends then."""
    place, last, links = head.place, head.hash, []
    for entry in entries:
        place, last = place + 1, follow(last, team_id, entry)
        links.append(Link(**vars(entry), place=place, hash=last))
    return Head(place, last), links


@dataclass
class Walk:
    """A look at each entry of a firm's chain, in its order. `take` and `end` tell the first thing that is wrong."""

    team_id: str
    noted: str = ""  # the beginning of a hash that somebody wrote down
    place: int = 0
    hash: bytes = FIRST
    began: datetime | None = None
    ended: datetime | None = None
    last_id: int = 0
    late: int = 0
    noted_at: int = field(default=0)  # the place of that hash

    def take(self, link: Link) -> str | None:
        """The next entry; what is wrong with it."""
        if link.place != self.place + 1:
            return f"{GONE.format(place=self.place + 1)} {link.known()[:1].lower()}{link.known()[1:]}."
        self.hash = follow(self.hash, self.team_id, link)
        if self.hash != link.hash:
            return f"{link.known()} {CHANGED}"
        self._note(link)
        return None

    def _note(self, link: Link) -> None:
        self.place = link.place
        self.late += link.id < self.last_id
        self.last_id = max(self.last_id, link.id)
        self.began = link.at if self.began is None else min(self.began, link.at)
        self.ended = link.at if self.ended is None else max(self.ended, link.at)
        if self.noted and self.hash.hex().startswith(self.noted):
            self.noted_at = self.place

    def end(self, head: Head | None) -> str | None:
        """There is no other; what is wrong with where it ends."""
        if head is None:
            return NO_HEAD if self.place else None
        if head.place != self.place:
            return (SHORTER if self.place < head.place else LONGER).format(kept=head.place, found=self.place)
        if head.hash != self.hash:
            return OTHER_END
        return NOT_IN_IT if self.noted and not self.noted_at else None
