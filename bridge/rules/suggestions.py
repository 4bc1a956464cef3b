"""The suggested texts that come with the app. A test holds them to what templates have to keep."""

from bridge.rules.templates import Kind, Template

_TO = 'Hi {{ first_name | default: "there" }}'
_FIRM = '{{ firm | default: "our office" }}'
_FROM = f'this is {{{{ staff_name | default: "the team" }}}} at {_FIRM}'

SUGGESTED = (
    Template(
        "inquiry",
        "Follow up an inquiry",
        Kind.SUPPORT,
        f"{_TO}, {_FROM}. Thank you for asking about us. When is a good time to talk?",
    ),
    Template(
        "missed_call",
        "Answer a missed call",
        Kind.SUPPORT,
        f"{_TO}, {_FROM}. Sorry that we missed your call. What can we do for you? You can answer right here.",
    ),
    Template(
        "document",
        "Ask for a document that is missing",
        Kind.SUPPORT,
        f"{_TO}, {_FROM}. We still need one document from you to go on. Can you get it to us this week?",
    ),
    Template(
        "appointment",
        "Confirm an appointment",
        Kind.SUPPORT,
        f"{_TO}, {_FROM} about your appointment. Reply OK if it still suits you, or MOVE for another time.",
    ),
    Template(
        "missed_appointment",
        "Find a new time after a missed appointment",
        Kind.SUPPORT,
        f"{_TO}, {_FROM}. We missed you at your appointment. Which days would suit you for another?",
    ),
    Template(
        "met",
        "After an event",
        Kind.SUPPORT,
        f"{_TO}, {_FROM}. It was good to meet you at our event. Is there anything you would like to ask?",
    ),
    Template(
        "invitation",
        "Invite to an event",
        Kind.MARKETING,
        f"{_TO}, {_FIRM} would like to see you at our next event. Shall I send you the details? "
        "Reply STOP to opt out.",
    ),
    Template(
        "open_dates",
        "Tell of open dates",
        Kind.MARKETING,
        f"{_TO}, {_FIRM} has opened its calendar for next month. Shall I keep a time for you? "
        "Reply STOP to opt out.",
    ),
)


def by_key(key: str) -> Template | None:
    """The one that somebody chose; None for what nobody offered."""
    return next((template for template in SUGGESTED if template.key == key), None)
