"""What other programs are answered: what became of their leads, and problems, as RFC 9457 has them."""

from collections.abc import Sequence
from typing import Literal

from pydantic import BaseModel, Field

from bridge.rules.intake import LEADS_A_MINUTE, LIMIT, REQUESTS_A_MINUTE
from bridge.rules.intake_shapes import Complaint

MEDIA_TYPE = "application/problem+json"
DOCS = "/api/docs"

# Each by the last part of its type: its status, what it is, and what to do about it.
PROBLEMS: dict[str, tuple[int, str, str]] = {
    "no-json": (400, "The body is no JSON in UTF-8.", "Names may stand only once in an object."),
    "broken-off": (400, "The body did not come to its end.", "Send the request again."),
    "not-let-in": (401, "The key is not valid.", "Show it in a header: Authorization: Bearer bridge_..."),
    "no-such-address": (404, "There is nothing at this address.", ""),
    "no-such-method": (405, "This cannot be done at this address.", "The header Allow says what can."),
    "too-slow": (408, "The body took too long.", "Send the request again, with fewer leads."),
    "other-content": (
        409,
        "A lead with this id is here, and says something else.",
        "Nothing was changed. Delete it first, or enter the new signup under an id of its own.",
    ),
    "too-large": (413, "The body is too large.", f"Send up to {LIMIT:,} bytes."),
    "no-such-type": (
        415,
        "The body is of another type.",
        "Send Content-Type: application/json, without a Content-Encoding.",
    ),
    "not-entered": (422, "It cannot be entered.", "What is wrong with it, errors says."),
    "too-many": (
        429,
        "That was too much for a minute.",
        f"A key may make {REQUESTS_A_MINUTE:,} requests a minute, with {LEADS_A_MINUTE:,} leads in them. The "
        "header Retry-After says how many seconds to wait.",
    ),
    "our-mistake": (500, "Something went wrong on our side.", "Tell your operator the incident."),
    "busy": (
        503,
        "This is busy right now.",
        "Send the request again after the seconds that Retry-After says. What was entered is known by its id.",
    ),
}


class Problem(BaseModel):
    """What went wrong (RFC 9457)."""

    type: str = Field(description="Which problem this is: an address, at which it is explained.")
    title: str = Field(description="What it is.")
    status: int = Field(description="The HTTP status.")
    detail: str | None = Field(None, description="What to do about it.")
    errors: list[Complaint] | None = Field(None, description="What is wrong with which part.")


class Result(BaseModel):
    """What became of a lead."""

    id: str | None = Field(description="Yours; null where none could be read.")
    status: Literal["created", "known", "conflict", "rejected"] = Field(
        description="created: it is entered. known: it was here before, and said the same. conflict: one with this "
        "id was here before, and says something else; nothing was changed. rejected: it cannot be entered."
    )
    error: Problem | None = Field(None, description="Why it is in conflict or rejected.")


class Results(BaseModel):
    """What became of several leads, in their order."""

    results: list[Result]


def problem(base_url: str, kind: str, *, errors: Sequence[Complaint] = (), detail: str = "") -> Problem:
    """A problem of this kind."""
    status, title, advice = PROBLEMS[kind]
    said = {"type": f"{base_url}{DOCS}#{kind}", "title": title, "status": status}
    said |= {"detail": detail or advice} if detail or advice else {}
    return Problem.model_validate(said | ({"errors": list(errors)} if errors else {}))


def result(base_url: str, identity: str | None, status: str, errors: Sequence[Complaint] = ()) -> Result:
    """What became of a lead."""
    kind = {"conflict": "other-content", "rejected": "not-entered"}.get(status)
    if kind is None:
        return Result.model_validate({"id": identity, "status": status})
    error = problem(base_url, kind, errors=errors)
    return Result.model_validate({"id": identity, "status": status, "error": error})


def written(answer: BaseModel) -> bytes:
    """As JSON. What was not said of a problem is left out."""
    return answer.model_dump_json(exclude_unset=True).encode()
