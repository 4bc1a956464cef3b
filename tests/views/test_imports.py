"""Names of files and columns are other people's words: they are shown as they are, and fit."""

import json
from dataclasses import replace
from typing import Any

import pytest

from bridge.sandbox.slack.blocks import check_blocks, check_view
from bridge.sandbox.slack.elements import check_options
from bridge.views import imports as views
from bridge.views.imports import Told
from tests.views.test_threads import HOSTILE, ODD, mrkdwn

TOLD = Told(
    view_id="V0123456789", looks=1, name="leads.csv", state="asking", reason=None, headings=["Name", "Phone"],
    columns={"phone": "Phone"}, good=1000, bad=4, known=1, problems=[[2, "No."]], entered=1, repeated=1, rejected=1,
)  # fmt: skip
STATES = ("looking", "asking", "running", "done", "failed", "canceled")


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("words", [*HOSTILE, *ODD])
def test_no_name_is_more_than_a_name(words: str, state: str) -> None:
    plain = views.message(replace(TOLD, state=state))
    columns = {"phone": words, "name": words}
    shown = views.message(replace(TOLD, state=state, name=words, headings=[words] * 200, columns=columns))
    assert check_blocks(list(shown.blocks), "message") == []
    assert {"<", ">"} & set("".join(mrkdwn(shown))) == {"<", ">"} & set("".join(mrkdwn(plain)))


@pytest.mark.parametrize("code", [*views.WRONG, "bug-12345678", "timeout", None])
def test_every_trouble_is_one_sentence_that_says_what_to_do(code: str | None) -> None:
    shown = views.message(replace(TOLD, state="failed", reason=code))
    assert "Drop" in shown.text or "drop" in shown.text
    assert "Until then: 1 entered, 1 were here before." in shown.text


@pytest.mark.parametrize(
    "headings", [[], ["Phone"], [f"Column {n}" for n in range(300)], HOSTILE, ["x" * 500, "\t"]]
)
def test_the_menus_take_whatever_columns_there_are(headings: list[str]) -> None:
    fields = [*(f"field {number}" for number in range(30)), "phone"]
    view: dict[str, Any] = views.choose("V1", fields, headings, {"phone": headings[-1]} if headings else {})
    assert check_view(view) == []
    assert list(check_options(views.offered(headings, ""), "/options")) == []
    assert len(json.dumps(view)) < 20_000
    state = {
        block["block_id"]: {views.COLUMN: {"selected_option": block["element"]["initial_option"]}}
        for block in view["blocks"]
    }
    assert views.chosen_in(state, headings) == ({"phone": headings[-1]} if headings else {})


def test_a_column_is_found_by_any_part_of_its_name() -> None:
    headings = [f"Column {number}" for number in range(300)]
    found = views.offered(headings, "UMN 29")
    assert [each["value"] for each in found] == ["-", "29", *(str(number) for number in range(290, 300))]


def test_the_other_modals_are_good() -> None:
    for view in (views.drop(), views.looking(), views.declined("No & <never>.")):
        assert check_view(view) == []


@pytest.mark.parametrize(
    ("name", "called"),
    [("leads.csv", "leads.rejected.csv"), ("", "leads.rejected.csv"), ("../a/b.csv", "..-a-b.rejected.csv")],
)
def test_what_comes_back_is_called_like_what_came(name: str, called: str) -> None:
    assert views.rejected_name(name) == called
