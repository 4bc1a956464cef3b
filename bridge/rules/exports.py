"""What was said as it is handed out: as records, as rows of a table, and what each file is called."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from bridge.rules.consent import Event
from bridge.rules.phones import national

MESSAGE_COLUMNS = (
    "message", "conversation", "at", "local", "number", "lead", "firm_number", "direction", "author", "author_name",
    "purpose", "category", "subject", "body", "state", "error_code", "sid", "late", "shown", "mms", "segments",
    "send_at", "waived_by", "channel", "ts", "pictures", "edits", "forgotten_at",
)  # fmt: skip
CONSENT_COLUMNS = ("number", "at", "local", "change", "scope", "source", "actor", "late", "until", "evidence")


@dataclass(frozen=True, repr=False)
class Attachment:
    """A picture of a text. Its bytes are not ours: they are at Twilio or in Slack, where `url` says."""

    name: str | None
    media_type: str | None
    url: str
    state: str


@dataclass(frozen=True, repr=False)
class Edit:
    """What somebody made of a text in Slack, where Slack tells who; nothing stands after a deletion.

    told_at: when that was, by Slack's clock, as it writes it; at: when we heard of it.
    """

    at: datetime
    told_at: str
    by_id: str | None
    deleted: bool
    before: str
    after: str | None


@dataclass(frozen=True, repr=False)
class Talk:
    """A number, and the firm's conversation with it, if there is one; the lead as the newest signup says it."""

    contact_id: int
    phone: str
    conversation_id: int | None
    lead: str | None = None


@dataclass(frozen=True, repr=False)
class Text:
    """A text as it is stored. An `unshown` one came while two-way SMS was off; at `forgotten_at` its words went."""

    id: int
    firm_number: str
    direction: str
    purpose: str | None
    category: str
    subject: str | None
    body: str
    state: str
    sid: str | None
    error_code: str | None
    segments: int | None
    mms: bool
    author_id: str | None
    origin_channel: str | None
    origin_ts: str | None
    late: bool
    unshown: bool
    send_at: datetime | None
    waived_by: str | None
    forgotten_at: datetime | None
    created_at: datetime
    author_name: str | None = None
    attachments: Sequence[Attachment] = field(default=())
    edits: Sequence[Edit] = field(default=())


def message(talk: Talk, text: Text, zone: ZoneInfo) -> dict[str, Any]:
    """A text as a record: one line of JSON."""
    return {
        "message": text.id, "conversation": talk.conversation_id, "at": utc(text.created_at),
        "local": local(text.created_at, zone), "number": talk.phone, "lead": talk.lead,
        "firm_number": text.firm_number, "direction": text.direction, "author": text.author_id,
        "author_name": text.author_name, "purpose": text.purpose, "category": text.category,
        "subject": text.subject, "body": text.body, "state": text.state, "error_code": text.error_code,
        "sid": text.sid, "late": text.late, "shown": not text.unshown, "mms": text.mms, "segments": text.segments,
        "send_at": text.send_at and utc(text.send_at), "waived_by": text.waived_by, "channel": text.origin_channel,
        "ts": text.origin_ts, "pictures": [vars(each) for each in text.attachments],
        "edits": [_edit(each, zone) for each in text.edits],
        "forgotten_at": text.forgotten_at and utc(text.forgotten_at),
    }  # fmt: skip


def _edit(edit: Edit, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "at": utc(edit.at), "local": local(edit.at, zone), "ts": edit.told_at, "by": edit.by_id,
        "deleted": edit.deleted, "before": edit.before, "after": edit.after,
    }  # fmt: skip


def consent(talk: Talk, event: Event, zone: ZoneInfo) -> dict[str, Any]:
    """An entry of the consent ledger as a record."""
    return {
        "number": talk.phone, "at": utc(event.at), "local": local(event.at, zone), "change": event.change,
        "scope": event.scope, "source": event.source, "actor": event.actor, "late": event.late,
        "until": event.until and utc(event.until), "evidence": dict(event.evidence),
    }  # fmt: skip


def row(record: Mapping[str, Any], columns: Iterable[str]) -> list[str]:
    """A record as the cells of a table, for people."""
    return [_cell(name, record[name]) for name in columns]


def _cell(name: str, value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case list() if name == "edits":
            return "; ".join(f"{each['local']}: {_what(each['deleted'], each['after'])}" for each in value)
        case list():
            return "; ".join(each["name"] or each["media_type"] or each["url"] for each in value)
        case dict():
            return "; ".join(f"{key}: {said}" for key, said in value.items() if said)
    return national(value) if name in {"number", "firm_number"} else str(value)


def _what(is_deleted: bool, after: str | None) -> str:
    return "deleted" if is_deleted else "edited" if after is None else f"edited to: {after}"


def utc(moment: datetime) -> str:
    """As programs read it."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def local(moment: datetime, zone: ZoneInfo) -> str:
    """Where the firm is, with how far that is from UTC: an hour that comes twice is told apart."""
    there = moment.astimezone(zone)
    return f"{there:%Y-%m-%d %H:%M:%S} {there:%Z} (UTC{there.isoformat()[-6:]})"


def day(typed: datetime | None, zone: ZoneInfo) -> datetime | None:
    """When a day begins where the firm is."""
    return None if typed is None else typed.replace(tzinfo=zone).astimezone(UTC)


def transcript(talk: Talk) -> str:
    """What the file of a conversation is called: by its number, and by what no other has."""
    digits = re.sub(r"[^0-9A-Za-z]", "", talk.phone)[:40]
    return f"{digits or 'unknown'}-{talk.conversation_id}.html"
