"""manifest.yml asks Slack for what the app listens to and calls, and for nothing more."""

import ast
import inspect
import re
from collections.abc import Callable, Iterable
from typing import Any, cast

import jsonschema
import pytest
import yaml
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.web.async_client import AsyncWebClient

from bridge import handlers
from bridge.commands import manifest as command
from bridge.services.deps import Deps
from tests.house import source, vendor

URL = "https://your-app.example.com/slack/events"
KINDS = {"channels", "groups"}  # of conversations that the app is in: public and private channels
MESSAGES = {f"message.{kind}" for kind in KINDS}  # Bolt's "message" is, to Slack, one event per kind

# Slack's data lacks these two; its reference has them.
MORE_EVENTS = {"channel_unarchive": ["channels:read"], "group_unarchive": ["groups:read"]}
# Files are fetched from their own address, which is no method of the Web API.
DOWNLOADING = ("bridge/gateways/slack_files.py", "download", "files:read")


class Recorder(AsyncApp):
    """An app that notes what is registered on it."""

    def __init__(self) -> None:
        super().__init__(signing_secret="secret", authorize=_nobody)
        self.noted: dict[str, set[Any]] = {}

    def _note(self, kind: str, constraint: Any) -> None:
        self.noted.setdefault(kind, set()).add(constraint)

    def event(self, event: Any, *more: Any, **named: Any) -> Callable[..., Any]:
        self._note("event", event)
        return super().event(event, *more, **named)

    def command(self, command: Any, *more: Any, **named: Any) -> Callable[..., Any]:
        self._note("command", command)
        return super().command(command, *more, **named)

    def action(self, constraints: Any, *more: Any, **named: Any) -> Callable[..., Any]:
        self._note("interactive", constraints)
        return super().action(constraints, *more, **named)

    def view(self, constraints: Any, *more: Any, **named: Any) -> Callable[..., Any]:
        self._note("interactive", constraints)
        return super().view(constraints, *more, **named)

    def options(self, constraints: Any, *more: Any, **named: Any) -> Callable[..., Any]:
        self._note("options", constraints)
        return super().options(constraints, *more, **named)

    def shortcut(self, constraints: Any, *more: Any, **named: Any) -> Callable[..., Any]:
        self._note("shortcut", constraints)
        return super().shortcut(constraints, *more, **named)


async def _nobody(**_: object) -> AuthorizeResult:
    """Authorises nobody."""
    raise AssertionError


@pytest.fixture(scope="module")
def manifest() -> Any:
    return yaml.safe_load(command.text())


@pytest.fixture(scope="module")
def registered() -> dict[str, set[Any]]:
    app = Recorder()
    handlers.listen(app, cast("Deps", None))
    assert len(app._async_listeners) == sum(map(len, app.noted.values())), "a kind of listener is not noted here"
    return app.noted


def test_it_is_valid(manifest: Any) -> None:
    schema = vendor.slack("manifest.schema.2.0.0.json")
    jsonschema.Draft7Validator(schema, format_checker=jsonschema.FormatChecker()).validate(manifest)
    assert manifest["_metadata"] == {"major_version": 2}


def test_its_events_are_those_somebody_listens_to(manifest: Any, registered: dict[str, set[Any]]) -> None:
    assert set(manifest["settings"]["event_subscriptions"]["bot_events"]) == _events(registered)
    assert manifest["settings"]["event_subscriptions"]["request_url"] == URL


def test_its_commands_and_buttons_are_those_somebody_answers(
    manifest: Any, registered: dict[str, set[Any]]
) -> None:
    commands = manifest["features"]["slash_commands"]
    assert {each["command"] for each in commands} == registered["command"]
    assert all(each["url"] == URL and each["usage_hint"] for each in commands)
    shortcuts = {each["callback_id"] for each in manifest["features"].get("shortcuts", ())}
    assert shortcuts == registered.get("shortcut", set())
    interactivity = manifest["settings"]["interactivity"]
    assert interactivity["is_enabled"] is bool({"interactive", "options", "shortcut"} & set(registered))
    assert interactivity["request_url"] == URL
    assert ("message_menu_options_url" in interactivity) is ("options" in registered)


def test_it_switches_on_what_is_used_and_nothing_else(manifest: Any) -> None:
    home = manifest["features"]["app_home"]
    assert home["messages_tab_enabled"]  # admins are written to directly
    assert home["home_tab_enabled"] is ("app_home_opened" in str(manifest["settings"]["event_subscriptions"]))
    for name in ("org_deploy_enabled", "socket_mode_enabled", "token_rotation_enabled"):
        assert manifest["settings"][name] is False


@pytest.mark.faults("S9")
def test_its_scopes_are_those_that_methods_and_events_need(manifest: Any, registered: dict[str, set[Any]]) -> None:
    needed = {scope for method in _methods() for scope in _of_method(method)}
    needed |= {scope for event in _events(registered) for scope in _of_event(event)}
    needed |= {"commands"} if registered.get("command") or registered.get("shortcut") else set()
    needed |= {"chat:write.customize"} if _posts_under_other_names() else set()
    path, function, scope = DOWNLOADING
    assert function in {node.name for node in ast.walk(source.tree(path)) if isinstance(node, ast.AsyncFunctionDef)}
    scopes = manifest["oauth_config"]["scopes"]
    assert scopes == {"bot": sorted(needed | {scope})}


def test_doctor_reads_the_same_scopes(manifest: Any) -> None:
    assert sorted(command.scopes()) == manifest["oauth_config"]["scopes"]["bot"]


def test_the_placeholder_is_in_every_address(manifest: Any) -> None:
    assert command.text().count(command.PLACEHOLDER) == command.text().count(URL)
    assert command.text().count("https://your-app") == 4
    assert URL.startswith(command.PLACEHOLDER)


def _events(registered: dict[str, set[Any]]) -> set[str]:
    return {name for event in registered["event"] for name in (MESSAGES if event == "message" else {event})}


def _methods() -> set[str]:
    """The Web API methods that the gateways name, under Slack's own names."""
    names = {
        node.attr
        for path in source.product()
        if path.startswith("bridge/gateways/slack")
        for node in ast.walk(source.tree(path))
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "self._api"
    }
    assert len(names) > 15, "the gateways call Slack in another way now"
    return {_slack_name(name) for name in names}


def _slack_name(name: str) -> str:
    """chat_postMessage is chat.postMessage: the SDK says so itself."""
    found = re.search(r"api_call\(\s*\"([\w.]+)\"", inspect.getsource(getattr(AsyncWebClient, name)))
    assert found is not None, name
    return found[1]


def _of_method(method: str) -> set[str]:
    return _fitting(vendor.slack(f"methods/{method}.json")["scope"].get("bot", ()))


def _of_event(name: str) -> set[str]:
    known = {event["name"]: event.get("scopes", []) for event in vendor.slack("events/events.json")}
    return _fitting({**MORE_EVENTS, **known}[name])


def _fitting(scopes: Iterable[str]) -> set[str]:
    """Where each kind of conversation has a scope of its own, those of the kinds that the app is in."""
    families = {"channels", "groups", "im", "mpim"}
    return {scope for scope in scopes if scope.partition(":")[0] not in families - KINDS}


def _posts_under_other_names() -> bool:
    return any(
        keyword.arg == "username"
        for path in source.product()
        if not path.startswith("bridge/gateways/")
        for call in source.calls(path)
        for keyword in call.keywords
    )
