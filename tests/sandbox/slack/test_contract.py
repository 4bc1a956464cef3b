"""Our table of methods against the method data that Slack publishes. The data lives outside the repository."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from bridge.sandbox.slack.core import SUBSCRIPTIONS
from bridge.sandbox.slack.methods import METHODS

DATA = Path(__file__).parents[3] / os.environ.get("CONTRACT_DATA", "../shared/vendor") / "slack"

# What our kinds may be called in the data. Anything that is JSON travels as a string in forms.
TYPES = {
    "text": {"string"},
    "flag": {"boolean", "string"},
    "number": {"number", "integer"},
    "json": {"string", "array", "boolean"},
}

pytestmark = pytest.mark.skipif(
    not DATA.is_dir(), reason=f"SKIPPED WITHOUT PROOF: no vendor data at {DATA}; set CONTRACT_DATA to where it is"
)


def published(method: str) -> dict[str, Any]:
    data: dict[str, Any] = json.loads((DATA / "methods" / f"{method}.json").read_text())
    return data


@pytest.mark.parametrize("name", METHODS)
def test_arguments(name: str) -> None:
    arguments = published(name)["args"]["properties"]
    assert set(METHODS[name].arguments) == set(arguments) - {"token"}


@pytest.mark.parametrize("name", METHODS)
def test_kinds_of_arguments(name: str) -> None:
    arguments = published(name)["args"]["properties"]
    for argument, kind in METHODS[name].arguments.items():
        described = arguments[argument]
        types = {described.get("type"), *(one.get("type") for one in described.get("anyOf", []))} - {None, "null"}
        assert not types or types & TYPES[kind], f"{argument} is {types}, not {kind}"


@pytest.mark.parametrize("name", METHODS)
def test_required_arguments(name: str) -> None:
    assert set(METHODS[name].required) == set(published(name)["args"]["required"]) - {"token"}


@pytest.mark.parametrize("name", METHODS)
def test_scopes(name: str) -> None:
    assert set(METHODS[name].scopes) == set(published(name)["scope"].get("bot", []))


@pytest.mark.parametrize("name", METHODS)
def test_rate_tiers(name: str) -> None:
    assert f"t{METHODS[name].tier}" == published(name)["rate_limits"]


@pytest.mark.parametrize("name", METHODS)
def test_json_bodies(name: str) -> None:
    assert METHODS[name].takes_json == bool(published(name).get("json_input_supported"))


@pytest.mark.parametrize("name", METHODS)
def test_errors_are_among_those_of_the_method(name: str) -> None:
    assert METHODS[name].errors <= set(published(name)["errors"])


def test_events_exist() -> None:
    events = {event["name"] for event in json.loads((DATA / "events" / "events.json").read_text())}
    missing = {
        "channel_archive",
        "channel_unarchive",
        "group_archive",
        "group_unarchive",
    }  # Slack has them, the list not
    assert events >= SUBSCRIPTIONS - missing
