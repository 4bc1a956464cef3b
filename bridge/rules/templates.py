"""Texts with gaps, which are filled with what is known of a lead; and what is wrong with such a text.

A gap is written as in Liquid, of which this is a small part that can grow: {{ first_name }} or
{{ first_name | default: "there" }}. What fills it is never read again, so that braces in a lead's name are only
braces; and a gap that cannot be filled stays as it is, which the gate refuses.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from bridge.rules.advertising import is_promotional
from bridge.rules.keywords import is_taken
from bridge.rules.segments import too_long

FIELDS = frozenset({"first_name", "name", "source", "staff_name", "firm"})
GREETING = frozenset({"first_name", "name"})


class Kind(StrEnum):
    """What a text is for. Marketing needs a consent of its own."""

    SUPPORT = "support"
    MARKETING = "marketing"


@dataclass(frozen=True, repr=False)
class Template:
    """A text with gaps. The key is what it is known by, the title what people choose it by."""

    key: str
    title: str
    kind: Kind
    body: str

    @property
    def is_marketing(self) -> bool:
        """Whether a lead must have agreed to such texts."""
        return self.kind is Kind.MARKETING


@dataclass(frozen=True, repr=False)
class Rendered:
    """A text whose gaps are filled, and what was missing: of each gap that was not, the field, or what it says."""

    text: str
    missing: tuple[str, ...] = ()


class Wrong(StrEnum):
    """What can be wrong with a template."""

    UNKNOWN = "unknown"
    KEYWORD = "keyword"
    NO_WAY_OUT = "no_way_out"
    OFFER = "offer"
    TOO_LONG = "too_long"
    NO_NAME = "no_name"


@dataclass(frozen=True)
class Flaw:
    """One thing that is wrong, and the sentence that its author reads."""

    wrong: Wrong
    sentence: str

    @property
    def is_advice(self) -> bool:
        """Whether it can be left as it is."""
        return self.wrong is Wrong.NO_NAME


UNKNOWN = "Nothing fills “{}”. What can be filled in: {}."
KEYWORD = (
    "It asks for “{}”, which phone companies take as opting out, opting in or a call for help. Use another word."
)
NO_WAY_OUT = "Marketing texts must say how to end them, such as “Reply STOP to opt out”."
OFFER = "It reads like an offer, so it belongs to marketing."
TOO_LONG = "It is longer than a text can be."
NO_NAME = 'Texts are friendlier that greet by name: begin with “Hello {{ first_name | default: "there" }}”.'

_GAP = re.compile(r"\{\{([^{}]*)\}\}")
_INSIDE = re.compile(r"""\s*(\w+)\s*(?:\|\s*default\s*:\s*(?:"([^"]*)"|'([^']*)')\s*)?""")
_BRACES = re.compile(r"\{\{|\}\}|\{%|%\}")

_QUOTE = "[\"'“”‘’]"
_WORD = rf"{_QUOTE}?\w[\w-]*{_QUOTE}?"
_TO_THEM = r"(?:\s+(?:back|us|me|with|by|just|simply|either|only|the word))*:?\s+"
_WORDS = rf"(?P<words>{_WORD}(?:(?:\s*[,/]\s*(?:or\s+)?|\s+or\s+){_WORD})*)"
# Lower case counts only where it is asked for; capitals and quotation marks nobody uses for anything else.
_ASKED = re.compile(
    rf"(?:\b(?:reply|respond|answer|text)|(?:^|[.!?:]\s+|\b(?:or|please)\s+)(?:say|type|send|write)){_TO_THEM}{_WORDS}",
    re.IGNORECASE,
)
_STANDS_OUT = re.compile(rf"(?<!\w)(?:[A-Z]{{3,}}(?:[ -](?:OUT|ALL))?(?!\w)|{_QUOTE}[\w -]{{2,20}}{_QUOTE})")
_OUR_TEXTS = r"(?:these |our |such |all |the |more )*(?:texts|messages|offers|invitations|news)"
_WAY_OUT = re.compile(
    rf"\b(?:reply|respond|answer|text|send)(?: back| with)? {_QUOTE}?(?:stop|unsubscribe){_QUOTE}? to "
    rf"(?:opt[ -]?out|unsubscribe|stop(?=\W*$|[.!])|(?:stop|end|get no|not get|no longer get) {_OUR_TEXTS})",
    re.IGNORECASE,
)
_FOR_HELP = re.compile(r"\b(?:reply|text|send)(?: with)? help for (?:help|more|info)", re.IGNORECASE)


def render(body: str, values: Mapping[str, str]) -> Rendered:
    """Fill the gaps. A value that is empty counts as none."""
    missing: list[str] = []

    def fill(gap: re.Match[str]) -> str:
        name, default = _read(gap[1])
        value = (values.get(name, "").strip() if name in FIELDS else "") or default
        if not value or name not in FIELDS:
            missing.append(name or gap[1].strip())
            return gap[0]
        return value

    text = _GAP.sub(fill, body)
    return Rendered(text, tuple(dict.fromkeys(missing)))


def _read(inside: str) -> tuple[str, str]:
    """The field that a gap names, and its stand-in; two empty ones for what cannot be read."""
    found = _INSIDE.fullmatch(inside)
    return (found[1], found[2] or found[3] or "") if found else ("", "")


def put_in(typed: str, suggested: str, others: frozenset[str] = frozenset()) -> str:
    """What the field says once a text was chosen: nothing that somebody typed is lost.

    It takes the place of another suggestion (`others`) that was left as it is, and stands behind all else.
    """
    if not typed.strip() or typed.strip() in others:
        return suggested
    return typed if suggested in typed else f"{typed.rstrip()}\n{suggested}"


def lint(template: Template, *, extra_stop: frozenset[str] = frozenset()) -> tuple[Flaw, ...]:
    """What is wrong with a template; `extra_stop` are words that opt out of this firm's texts besides."""
    return tuple(_flaws(template, extra_stop))


def _flaws(template: Template, extra_stop: frozenset[str]) -> Iterator[Flaw]:
    body = template.body
    names = [_read(inside)[0] for inside in _GAP.findall(body)]
    if unknown := _unknown(body):
        yield Flaw(Wrong.UNKNOWN, UNKNOWN.format(unknown, ", ".join(sorted(FIELDS))))
    said = _GAP.sub(lambda gap: _read(gap[1])[1], body)
    if word := next((each for each in _asked_for(said) if is_taken(each, extra_stop)), None):
        yield Flaw(Wrong.KEYWORD, KEYWORD.format(word))
    if template.is_marketing and not _WAY_OUT.search(said):
        yield Flaw(Wrong.NO_WAY_OUT, NO_WAY_OUT)
    if not template.is_marketing and is_promotional(said):
        yield Flaw(Wrong.OFFER, OFFER)
    if too_long(said):
        yield Flaw(Wrong.TOO_LONG, TOO_LONG)
    if GREETING.isdisjoint(names):
        yield Flaw(Wrong.NO_NAME, NO_NAME)


def _unknown(body: str) -> str | None:
    """The first gap that nothing can ever fill, or braces that are none."""
    gaps = [inside for inside in _GAP.findall(body) if _read(inside)[0] not in FIELDS]
    braces = _BRACES.search(_GAP.sub("", body))
    return gaps[0].strip() or "{{ }}" if gaps else braces[0] if braces else None


def _asked_for(said: str) -> Iterator[str]:
    """The words that may be meant as answers. How to opt out and where to find help may be said, and should."""
    rest = _FOR_HELP.sub(" ", _WAY_OUT.sub(" ", said))
    for asked in _ASKED.finditer(rest):
        yield from re.findall(r"\w[\w-]*", asked["words"])
    for found in _STANDS_OUT.finditer(rest):
        yield re.sub(rf"^{_QUOTE}|{_QUOTE}$", "", found[0])
