"""What people do with what the app shows: buttons, menus, commands, shortcuts. Each waits for the app's answer."""

import copy
import json
from typing import Any
from urllib.parse import urlencode

from bridge.sandbox.slack import files, inputs, posts
from bridge.sandbox.slack.blocks import check_blocks
from bridge.sandbox.slack.core import Core
from bridge.sandbox.slack.model import Channel, DeliveryResult, Json, Person, PretendFile, View, Workspace
from bridge.sandbox.slack.triggers import ResponseUrl


class Clicks(Core):
    """Interactions from messages, the Home tab and anywhere in Slack. For submitting modals see Modals."""

    async def click(
        self,
        team_id: str,
        user_id: str,
        channel_id: str,
        ts: str,
        action_id: str,
        *,
        value: str | None = None,
        selected: Any = None,
        block_id: str | None = None,
    ) -> DeliveryResult:
        """Use a button or menu of a message, also of an ephemeral one. `value` picks among equal buttons."""
        team, channel = self.workspace(team_id), self.channel(team_id, channel_id)
        shown = self._message_shown(team, channel, ts, user_id)
        block, element = inputs.find_element(shown.get("blocks", []), action_id, value, block_id)
        state = self._state(team_id, element, selected)
        chosen = team.chosen.setdefault((user_id, channel_id, ts), {})
        if inputs.has_state(element):
            chosen.setdefault(block["block_id"], {})[action_id] = state
            self.announce("chosen", team_id=team_id, user=user_id, ts=ts)
        origin = {
            "container": _message_container(channel, shown),
            "channel": {"id": channel.id, "name": _channel_name(channel)},
            "state": {"values": copy.deepcopy(chosen)},
            "response_url": self.new_response_url(team_id, channel_id, user_id, shown),
        }
        if not shown.get("is_ephemeral"):
            origin["message"] = posts.shown(channel, channel.messages[ts])
        action = inputs.action_of(block, element, state, self.new_ts())
        return await self.interact(team_id, user_id, {"type": "block_actions", **origin, "actions": [action]})

    async def click_view(
        self,
        team_id: str,
        user_id: str,
        view_id: str,
        action_id: str,
        *,
        value: str | None = None,
        selected: Any = None,
        block_id: str | None = None,
    ) -> DeliveryResult:
        """Use a button or menu of an open modal or Home tab.

        An input that does not dispatch keeps what was chosen and tells the app nothing: status 0. A Home may have
        been published anew just as somebody pressed: then it is what is called the same there.
        """
        view = self.find_view(team_id, user_id, view_id)
        is_gone = view.body["type"] == "home" and block_id not in {one["block_id"] for one in view.body["blocks"]}
        block, element = inputs.find_element(view.body["blocks"], action_id, value, None if is_gone else block_id)
        state = self._state(team_id, element, self.uploaded(team_id, user_id, selected))
        if state is not None and inputs.has_state(element):
            view.values.setdefault(block["block_id"], {})[action_id] = state
            self.announce("view", team_id=team_id, user=user_id, view_id=view.id)
        if block["type"] == "input" and not block.get("dispatch_action"):
            return DeliveryResult()
        action = inputs.action_of(block, element, state, self.new_ts())
        origin = {"container": {"type": "view", "view_id": view.id}, "view": view.shown()}
        return await self.interact(team_id, user_id, {"type": "block_actions", **origin, "actions": [action]})

    async def command(
        self, team_id: str, user_id: str, channel_id: str, command: str, text: str = ""
    ) -> DeliveryResult:
        """Type a slash command in a channel; Slack knows none in threads. What the app answers is shown."""
        team, person = self._with_commands(team_id), self.person(team_id, user_id)
        if self.manifest and not self.manifest.has_command(command):
            raise LookupError(f"{command} is no command here. To send it as a message, put a space before it.")
        channel = self.channel(team_id, channel_id)
        fields = {
            "token": "retired-verification-token",
            "team_id": team.id,
            "team_domain": team.domain,
            "channel_id": channel.id,
            "channel_name": _channel_name(channel),
            "user_id": person.id,
            "user_name": _login(person),
            "command": command,
            "text": text,
            "api_app_id": team.app_id,
            "is_enterprise_install": "false",
            "response_url": self.new_response_url(team_id, channel_id, user_id),
            "trigger_id": self.triggers.new(team_id, user_id, self.clock()),
        }
        result = await self.postman.ask("command", team_id, fields, urlencode(fields).encode())
        if result.status == 200:
            result.problem = self._show_answer(team, channel, user_id, result)
        return result

    async def shortcut(
        self,
        team_id: str,
        user_id: str,
        callback_id: str,
        *,
        channel_id: str | None = None,
        message_ts: str | None = None,
    ) -> DeliveryResult:
        """Use a global shortcut, or one on a message; there are none on ephemeral messages."""
        self._with_commands(team_id)
        kind = "global" if message_ts is None else "message"
        if self.manifest and not self.manifest.has_shortcut(callback_id, kind):
            raise LookupError(f"the app has no {kind} shortcut {callback_id}")
        payload: Json = {"type": "shortcut", "callback_id": callback_id, "action_ts": self.new_ts()}
        if channel_id is not None and message_ts is not None:
            channel = self.channel(team_id, channel_id)
            shown = posts.shown(channel, channel.messages[message_ts])
            payload |= {
                "type": "message_action",
                "message_ts": message_ts,
                "message": shown,
                "channel": {"id": channel.id, "name": _channel_name(channel)},
                "response_url": self.new_response_url(team_id, channel_id, user_id, shown),
            }
        return await self.interact(team_id, user_id, payload)

    async def interact(self, team_id: str, user_id: str, payload: Json, *, trigger: bool = True) -> DeliveryResult:
        """Send a payload about a person, with what all of them carry."""
        team, person = self.workspace(team_id), self.person(team_id, user_id)
        about: Json = {
            "user": {
                "id": person.id,
                "username": _login(person),
                "name": _login(person),
                "team_id": person.home_team,
            },
            "team": {"id": team.id, "domain": team.domain},
            "api_app_id": team.app_id,
            "token": "retired-verification-token",
            "enterprise": None,
            "is_enterprise_install": False,
        }
        if trigger:
            about["trigger_id"] = self.triggers.new(team_id, user_id, self.clock())
        payload = {**payload, **about}
        form = urlencode({"payload": json.dumps(payload)}).encode()
        return await self.postman.ask(str(payload["type"]), team_id, payload, form)

    def find_view(self, team_id: str, user_id: str, view_id: str) -> View:
        """An open modal of the person, or their Home tab."""
        team = self.workspace(team_id)
        home = team.homes.get(user_id)
        for view in [*team.modals.get(user_id, []), *([home] if home else [])]:
            if view.id == view_id:
                return view
        raise LookupError(f"{user_id} has no view {view_id} open")

    def uploaded(self, team_id: str, user_id: str, given: Any) -> Any:
        """What was put into a field; of files, what Slack tells about them once they are uploaded."""
        if not isinstance(given, list) or not all(isinstance(each, PretendFile) for each in given):
            return given
        return [files.upload(self, self.workspace(team_id), file, user_id) for file in given]

    def new_response_url(self, team_id: str, channel_id: str, user_id: str, shown: Json | None = None) -> str:
        about = shown or {}
        url = ResponseUrl(team_id, channel_id, user_id, self.clock(), about.get("ts"), about.get("thread_ts"))
        return f"{self.url}/response/{self.triggers.new_url(url)}"

    def _with_commands(self, team_id: str) -> Workspace:
        """The workspace, if the app has commands and shortcuts there at all."""
        team = self.workspace(team_id)
        if "commands" not in team.scopes:
            raise LookupError(f"the app has no scope commands in {team_id}, so Slack shows none")
        return team

    def _message_shown(self, team: Workspace, channel: Channel, ts: str, user_id: str) -> Json:
        """A message of the channel, or one that only this person sees."""
        message = channel.messages.get(ts)
        if message is not None and not message.deleted:
            return message.body
        for shown in team.ephemerals:
            if (shown["ts"], shown["channel"], shown["user"]) == (ts, channel.id, user_id):
                return shown
        raise LookupError(f"{user_id} sees no message {ts} in {channel.id}")

    def _state(self, team_id: str, element: Json, selected: Any) -> Json | None:
        if selected is None or element["type"] == "button":
            return None
        return inputs.state_of(element, selected, self.offered.get((team_id, element["action_id"]), ()))

    def _show_answer(self, team: Workspace, channel: Channel, user_id: str, result: DeliveryResult) -> str | None:
        """Show what a command was answered with; the problem when Slack could not."""
        answer: Json = result.json if isinstance(result.json, dict) else {"text": result.text}
        blocks: list[Json] = answer.get("blocks") or []
        if blocks:
            if problems := check_blocks(blocks, "message"):
                return f"invalid_command_response: {problems[0]}"
            answer = {**answer, "blocks": posts.with_ids(self, blocks)}
        if not answer.get("text") and not answer.get("blocks"):
            return None
        body = {**app_body(team), "text": answer.get("text", ""), "blocks": answer.get("blocks")}
        if answer.get("response_type") == "in_channel":
            posts.place(self, team, channel, {key: value for key, value in body.items() if value is not None})
        else:
            posts.show_ephemeral(self, team, channel, user_id, body)
        return None


def app_body(team: Workspace) -> Json:
    """The author of what the app says without the Web API."""
    return {"user": team.bot_user_id, "bot_id": team.bot_id, "app_id": team.app_id, "team": team.id}


def _message_container(channel: Channel, shown: Json) -> Json:
    container = {
        "type": "message",
        "message_ts": shown["ts"],
        "channel_id": channel.id,
        "is_ephemeral": bool(shown.get("is_ephemeral")),
    }
    return {**container, "thread_ts": shown["thread_ts"]} if "thread_ts" in shown else container


def _channel_name(channel: Channel) -> str:
    """Slack does not tell the names of private channels in payloads."""
    return {"im": "directmessage", "group": "privategroup", "channel": channel.name}[channel.kind]


def _login(person: Person) -> str:
    return person.name.lower().replace(" ", ".")
