"""Bringing in leads: the modal into which a table is dropped, and the message that shows what becomes of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bridge.rules.mrkdwn import escape, plain_name
from bridge.views import modals
from bridge.views.modals import View, field, option
from bridge.views.shown import Block, Shown, actions, button, line, section

NEW = "import_new"  # the button in Home
FILE = "import_file"
ENTER, CANCEL, COLUMNS, CHOSEN = "import_enter", "import_cancel", "import_columns", "import_chosen"
NOT_GIVEN_BACK = "not_given_back"
REJECTED = "Rows that could not be entered, with the reasons"

LOOKING = "I am looking through the file and will write to you."
HINT = (
    "A CSV file in UTF-8, of up to 10 MB, with what its columns are called in the first line. "
    "Nothing is entered before you have seen what I understood."
)
ONE_FILE = "Slack did not hand the file over. Drop it again."
TOO_LARGE = "It is larger than 50 MB. Divide it into several files, and drop each of them."
NO_ADDRESS = "Choose a column with phone numbers, or one with e-mail addresses."
UNREADABLE = "Slack does not let me read it. Drop it again; if that does not help, the app must be installed anew."
GONE = "It is not in Slack any more. Drop it again."
WRONG = {
    "not_csv": "It is no CSV file in UTF-8. Save it as “CSV UTF-8”, and drop it again.",
    "empty": "There are no rows in it. Drop one whose first line names its columns, with rows below.",
    "changed": "It was changed after I had looked through it. Drop it again.",
    "too_large": TOO_LARGE,
    "login_page": UNREADABLE,
    "forbidden_url": UNREADABLE,
    "bad_redirect": UNREADABLE,
    "http_401": UNREADABLE,
    "http_403": UNREADABLE,
    "http_404": GONE,
    "http_410": GONE,
}
OTHERWISE = "It could not be read. Drop it again; if that does not help, tell your operator: {code}."

COLUMN = "import_column"
NO_COLUMN = option("-", "(no column)")
MOST_COLUMNS = 99  # that a menu can offer besides
_WIDTH = 20  # characters of the bar


@dataclass(frozen=True, repr=False)
class Told:
    """What is known about a table; the fields are those of store.imports.Import."""

    view_id: str
    looks: int
    name: str
    state: str
    reason: str | None
    headings: Sequence[str]
    columns: Mapping[str, str] | None
    good: int
    bad: int
    known: int
    problems: Sequence[Sequence[Any]]
    entered: int
    repeated: int
    rejected: int


def drop() -> View:
    """Drop a table here."""
    element: Block = {"type": "file_input", "action_id": FILE, "filetypes": ["csv"], "max_files": 1}
    asked = field(FILE, "Leads", element, hint=HINT)
    return modals.modal("Import leads", [asked], submit="Look through it", close="Cancel", callback_id=FILE)


def files_in(state: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What was dropped: of a view's state.values."""
    (found,) = (state.get(FILE) or {"": {}}).values()
    return list(found.get("files") or [])


def looking() -> View:
    """It was dropped."""
    return _told(LOOKING)


def declined(sentence: str) -> View:
    """Nothing can be dropped here, or chosen."""
    return _told(sentence)


def _told(sentence: str) -> View:
    return modals.modal("Import leads", [section(escape(sentence))], close="Done", callback_id="import_told")


def choose(view_id: str, fields: Sequence[str], headings: Sequence[str], columns: Mapping[str, str]) -> View:
    """Which column is which field?"""
    blocks = []
    for name in fields:
        column = columns.get(name, "")
        first = _column(list(headings).index(column), column) if column in headings else NO_COLUMN
        menu: Block = {
            "type": "external_select",
            "action_id": COLUMN,
            "min_query_length": 0,
            "initial_option": first,
        }
        blocks.append(field(f"column:{name}", name.capitalize(), menu))
    return modals.modal(
        "Change columns",
        blocks,
        submit="Look again",
        close="Cancel",
        callback_id=CHOSEN,
        private_metadata=view_id,
    )


def offered(headings: Sequence[str], query: str) -> list[Block]:
    """What a menu of columns shows, while somebody types or before. In the view itself a hundred would not fit."""
    words = query.casefold().strip()
    found = [_column(number, name) for number, name in enumerate(headings) if words in name.casefold()]
    return [NO_COLUMN, *found[:MOST_COLUMNS]]


def _column(number: int, name: str) -> Block:
    return option(str(number), plain_name(name) or "(unnamed)")


def chosen_in(state: Mapping[str, Any], headings: Sequence[str]) -> dict[str, str]:
    """The column of each field that has one: of a view's state.values."""
    found = {block.removeprefix("column:"): modals.value_of(state, block) for block in state}
    numbers = {name: int(value) for name, value in found.items() if value.isdecimal()}
    return {name: headings[number] for name, number in numbers.items() if number < len(headings)}


def _name(told: Told) -> str:
    return f"*{escape(plain_name(told.name)).replace('*', '')}*"


def message(told: Told) -> Shown:
    """What is true now about a table."""
    sentence, *blocks = _MESSAGES[told.state](told)
    return Shown(sentence, [section(sentence), *blocks])


def _looking(told: Told) -> list[Any]:
    return [f":hourglass_flowing_sand: Looking through {_name(told)} once more."]


def _asking(told: Told) -> list[Any]:
    columns, new = told.columns or {}, told.good - told.known
    found: list[Any] = [_understood(told), line(_columns(told.headings, columns))]
    found += [line(f"Row {number:,}: {escape(why)}") for number, why in told.problems]
    if told.bad > len(told.problems):
        found.append(line("You get all rows that cannot be entered back as a file, with the reasons."))
    value = f"{told.view_id}:{told.looks}"
    buttons = [button("Change columns", COLUMNS, value), button("Cancel", CANCEL, value)]
    if new:
        found.append(
            line("Twilio is asked once for each new number what kind of line it is, and charges for that.")
        )
        buttons.insert(0, button(f"Enter {_leads(new)}", ENTER, value, style="primary"))
    return [*found, actions(*buttons)]


def _leads(many: int) -> str:
    return f"{many:,} lead" if many == 1 else f"{many:,} leads"


def _understood(told: Told) -> str:
    if not {"phone", "email"} & set(told.columns or {}):
        return f"No column of {_name(told)} looks like phone numbers or e-mail addresses. Choose one."
    known = f", of which {told.known:,} were here before" if told.known else ""
    return f"I looked through {_name(told)}: {told.good:,} rows can be entered{known}, {told.bad:,} cannot."


def _columns(headings: Sequence[str], columns: Mapping[str, str]) -> str:
    named = [f"{name}: “{_shown(column)}”" for name, column in columns.items()]
    unused = [f"“{_shown(column)}”" for column in headings if column not in columns.values()]
    told = " · ".join(named) or "No column is understood."
    return f"{told} · not used: {', '.join(unused[:MOST_SHOWN])}" if unused else told


MOST_SHOWN = 10  # columns that are not used


def _shown(column: str) -> str:
    return escape(plain_name(column, 40))


def _running(told: Told) -> list[Any]:
    seen, rows = told.entered + told.repeated + told.rejected, max(told.good + told.bad, 1)
    done = min(seen / rows, 1)
    bar = "█" * int(done * _WIDTH) + "░" * (_WIDTH - int(done * _WIDTH))
    stop = actions(button("Stop", CANCEL, f"{told.view_id}:{told.looks}"))
    return [f"Entering {_name(told)}: {seen:,} of {rows:,} rows.", line(f"{bar} {int(done * 100)} %"), stop]


def _done(told: Told) -> list[Any]:
    rest = f" {told.rejected:,} could not be entered." if told.rejected else ""
    if told.rejected:
        lost = told.reason == NOT_GIVEN_BACK
        rest += " Slack did not take the file with them." if lost else " You get them as a file, with the reasons."
    return [f":white_check_mark: {_name(told)} is in: {_entered(told)}.{rest}"]


def _entered(told: Told) -> str:
    return f"{told.entered:,} entered, {told.repeated:,} were here before"


def _canceled(told: Told) -> list[Any]:
    if not told.entered + told.repeated:
        return [f"{_name(told)} was canceled. Nothing was entered."]
    return [f"{_name(told)} was stopped: {_entered(told)}. Drop it again to go on; nothing is entered twice."]


def _failed(told: Told) -> list[Any]:
    code = told.reason or ""
    why = WRONG.get(code) or OTHERWISE.format(code=escape(code))
    entered = f" Until then: {_entered(told)}." if told.entered + told.repeated else ""
    return [f":warning: {_name(told)}: {why}{entered}"]


_MESSAGES = {
    "looking": _looking,
    "asking": _asking,
    "running": _running,
    "done": _done,
    "failed": _failed,
    "canceled": _canceled,
}


def rejected_name(name: str) -> str:
    """What the file with the rows is called that could not be entered."""
    return f"{(plain_name(name.removesuffix('.csv')) or 'leads').replace('/', '-')}.rejected.csv"
