"""The app as its manifest makes it: its commands, shortcuts, tabs, scopes and subscriptions.

The keys are those of https://docs.slack.dev/reference/app-manifest.
"""

from pathlib import Path
from typing import Any

import yaml

from bridge.sandbox.slack.model import Json

FILE = Path(__file__).parents[3] / "manifest.yml"


class Manifest:
    """What Slack reads in a manifest, and shows to people."""

    def __init__(self, given: Json) -> None:
        features = given.get("features", {})
        tabs = features.get("app_home", {})
        self.name = str(given.get("display_information", {}).get("name", "App"))
        self.commands: list[Json] = [_told(one, _COMMAND) for one in features.get("slash_commands", ())]
        self.shortcuts: list[Json] = [_told(one, _SHORTCUT) for one in features.get("shortcuts", ())]
        self.has_home = bool(tabs.get("home_tab_enabled"))
        self.can_be_messaged = not tabs.get("messages_tab_read_only_enabled")
        self.scopes = set(given.get("oauth_config", {}).get("scopes", {}).get("bot", ()))
        self.events = set(given.get("settings", {}).get("event_subscriptions", {}).get("bot_events", ()))

    @classmethod
    def read(cls, path: Path = FILE) -> "Manifest":
        """From a file. Raises OSError and yaml.YAMLError."""
        return cls(yaml.safe_load(path.read_text("utf-8")))

    def has_command(self, command: str) -> bool:
        return any(one["command"] == command for one in self.commands)

    def has_shortcut(self, callback_id: str, kind: str) -> bool:
        """`kind` is "global" or "message"."""
        return any((one["callback_id"], one["type"]) == (callback_id, kind) for one in self.shortcuts)

    def shown(self) -> Json:
        """What people see of it."""
        return {
            "name": self.name,
            "commands": self.commands,
            "shortcuts": self.shortcuts,
            "has_home": self.has_home,
            "can_be_messaged": self.can_be_messaged,
        }


_COMMAND = ("command", "description", "usage_hint")
_SHORTCUT = ("name", "type", "callback_id", "description")


def _told(one: Json, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: str(one.get(name, "")) for name in names}
