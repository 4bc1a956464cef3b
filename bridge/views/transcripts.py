"""A conversation as a page that opens in any browser, today and in ten years: no scripts, nothing from elsewhere.

Everything that somebody wrote is escaped, and each piece of it is turned around in itself alone.
"""

from collections.abc import Iterable
from html import escape
from zoneinfo import ZoneInfo

from bridge.rules.carrier import verdict
from bridge.rules.consent import Event
from bridge.rules.exports import Attachment, Edit, Talk, Text, local
from bridge.rules.mrkdwn import plain_name
from bridge.rules.phones import national

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 48rem; margin: 2rem auto; padding: 0 1rem; color: #1d1c1d }
article { margin: 1rem 0; padding: .6rem 1rem; border-left: 4px solid #b0b7c3; break-inside: avoid }
article.out { border-color: #1264a3 }
article p { margin: .3rem 0; white-space: pre-wrap; overflow-wrap: anywhere }
li bdi { white-space: pre-wrap }
header, small, li { color: #454245; overflow-wrap: anywhere }
"""
DIRECTIONS = {"in": "received", "out": "sent out"}


def head(firm: str, talk: Talk, zone: ZoneInfo, until: str) -> str:
    """How the page begins. `until` says what is in it."""
    title = escape(f"{plain_name(talk.lead or '') or 'No name'}, {national(talk.phone)}")
    told = f"Texts with {plain_name(firm)}. {until} Times are of {zone.key}."
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        f'<meta name="viewport" content="width=device-width">\n'
        f"<title>{title}</title><style>{_STYLE}</style></head><body>\n"
        f"<header><h1><bdi>{title}</bdi></h1><p>{escape(told)}</p></header>\n<main>\n"
    )


def said(text: Text, zone: ZoneInfo) -> str:
    """One text: who, when, which way, its words, its pictures, and what became of it."""
    about = f" · about <bdi>{escape(plain_name(text.subject, 200))}</bdi>" if text.subject else ""
    way, at = "out" if text.direction == "out" else "in", escape(local(text.created_at, zone))
    return (
        f'<article class="{way}" id="m{text.id}">'
        f"<header><b><bdi>{escape(_author(text))}</bdi></b> · {at}{about}</header>"
        f"{_words(text)}{_attached(text.attachments)}{_edited(text, zone)}"
        f"<small>{escape(_fate(text))}</small></article>\n"
    )


def _author(text: Text) -> str:
    if text.direction == "in":
        return "The lead"
    if text.author_id is None:
        return "The app"
    return f"{plain_name(text.author_name or '') or 'Staff'} ({text.author_id})"


def _words(text: Text) -> str:
    if text.forgotten_at is not None:
        return f"<p><i>Deleted on {text.forgotten_at:%Y-%m-%d}: its time was over.</i></p>"
    return f'<p dir="auto">{escape(text.body)}</p>' if text.body.strip() else "<p><i>(no words)</i></p>"


def _attached(every: Iterable[Attachment]) -> str:
    lines = "".join(f"<li><bdi>{escape(_named(each))}</bdi></li>" for each in every)
    return f"<ul>{lines}</ul>" if lines else ""


def _edited(text: Text, zone: ZoneInfo) -> str:
    """What was made of it in Slack: the phone still has what stands above."""
    lines = "".join(f"<li>{_edit(each, zone)}</li>" for each in text.edits)
    return f"<ul>{lines}</ul>" if lines else ""


def _edit(edit: Edit, zone: ZoneInfo) -> str:
    by = f" by {escape(edit.by_id)}" if edit.by_id else ""
    what = "Deleted in Slack" if edit.deleted else "Edited in Slack"
    told = f"{what}{by}, {escape(local(edit.at, zone))}"
    return f'{told}: <bdi dir="auto">{escape(edit.after)}</bdi>' if edit.after else told


def _named(each: Attachment) -> str:
    rest = [each.media_type, None if each.state == "done" else each.state]
    return " · ".join([plain_name(each.name or "") or "a picture", *(one for one in rest if one)])


def _fate(text: Text) -> str:
    parts = [f"#{text.id}", DIRECTIONS.get(text.direction, text.direction), text.state, text.purpose, text.sid]
    parts += ["came late"] if text.late else []
    parts += ["came while two-way SMS was off, and was not shown"] if text.unshown else []
    parts += [f"error {text.error_code}: {verdict(text.error_code).sentence}"] if text.error_code else []
    return " · ".join(part for part in parts if part)


def foot(events: Iterable[Event], zone: ZoneInfo) -> str:
    """How it ends: what was ever said about texting this number."""
    lines = "".join(f"<li><bdi>{escape(_event(each, zone))}</bdi></li>\n" for each in events)
    return f"</main>\n<h2>Consent</h2>\n<ul>\n{lines or '<li>Nothing was said.</li>'}</ul>\n</body></html>\n"


def _event(event: Event, zone: ZoneInfo) -> str:
    proof = "; ".join(f"{name}: {plain_name(str(value), 200)}" for name, value in event.evidence.items() if value)
    what = f"{event.change} ({event.scope}), by {event.actor}, {event.source}"
    return " · ".join(part for part in (local(event.at, zone), what, proof) if part)
