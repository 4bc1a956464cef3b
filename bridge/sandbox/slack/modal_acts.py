"""What people do in modals: fill in, submit, close, search in menus that the app fills."""

import json
from typing import Any

from bridge.sandbox.slack import inputs, modals
from bridge.sandbox.slack.blocks import check_view, view_is_too_large
from bridge.sandbox.slack.checks import listed
from bridge.sandbox.slack.clicks import Clicks
from bridge.sandbox.slack.elements import check_option_groups, check_options
from bridge.sandbox.slack.model import DeliveryResult, FieldErrors, Json, Refusal, View

_USUAL_QUERY = 3


class ModalActs(Clicks):
    """Submitting, closing, and the options of external menus."""

    async def submit(self, team_id: str, user_id: str, view_id: str, values: Json) -> DeliveryResult:
        """Fill in and send a modal, then do with it what the app answers.

        `values` are by block id or action id: {"message": "hello"} or {"block": {"action": "hello"}}; options by
        their value, files as a list, and "" for a field that was cleared. Raises FieldErrors where Slack's client
        would not send the form, LookupError for unknown names.
        """
        view = self.find_view(team_id, user_id, view_id)
        self._fill_in(team_id, view, values)
        result = await self.interact(
            team_id, user_id, {"type": "view_submission", "view": view.shown(), "response_urls": []}
        )
        if result.problem is None:
            result.problem = self._obey(team_id, user_id, view, result)
        return result

    async def close_view(
        self, team_id: str, user_id: str, view_id: str, *, everything: bool = False
    ) -> DeliveryResult | None:
        """Cancel a modal, or `everything` in the stack; the app hears of it only if it asked to."""
        view = self.find_view(team_id, user_id, view_id)
        stack = self.workspace(team_id).modals[user_id]
        del stack[0 if everything else stack.index(view) :]
        self.announce("view", team_id=team_id, user=user_id, view_id=view_id)
        if not view.body["notify_on_close"]:
            return None
        payload = {"type": "view_closed", "view": view.shown(), "is_cleared": everything}
        return await self.interact(team_id, user_id, payload, trigger=False)

    async def options(
        self, team_id: str, user_id: str, view_id_or_message: str | tuple[str, str], action_id: str, query: str
    ) -> DeliveryResult:
        """Type into a menu that the app fills; in a view by its id, in a message by (channel, ts).

        Nothing is sent while the query is shorter than the menu asks for: problem "min_query_length".
        """
        origin, blocks = self._menu_origin(team_id, user_id, view_id_or_message)
        block, element = inputs.find_element(blocks, action_id)
        if len(query) < element.get("min_query_length", _USUAL_QUERY):
            return DeliveryResult(problem="min_query_length")
        about = {"action_id": action_id, "block_id": block["block_id"], "value": query}
        payload = {"type": "block_suggestion", **origin, **about}
        result = await self.interact(team_id, user_id, payload, trigger=False)
        if result.problem is None:
            result.problem = self._offer(team_id, action_id, result.json)
        return result

    def _fill_in(self, team_id: str, view: View, values: Json) -> None:
        """Put what was typed into the view's state, next to what was there and what the app put there first."""
        unused = set(values)
        state: Json = {}
        wrong: dict[str, str] = {}
        for block, element in inputs.stateful(view.body["blocks"]):
            block_id, action_id = block["block_id"], element["action_id"]
            unused -= {block_id, action_id}
            found = view.values.get(block_id, {}).get(action_id) or inputs.first_state(element)
            given = _given(values, block_id, action_id)
            if given == "":
                found = inputs.empty_state(element)
            elif given is not None:
                offered = self.offered.get((team_id, action_id), ())
                found = inputs.state_of(element, self.uploaded(team_id, view.user_id, given), offered)
            if block["type"] == "input" and (why := inputs.refused_by_client(block, element, found)):
                wrong[block_id] = why
            state.setdefault(block_id, {})[action_id] = found
        if wrong:
            raise FieldErrors(wrong)
        if unused:
            raise LookupError(f"the view has no {sorted(unused)}: it has {state}")
        view.values = state

    def _obey(self, team_id: str, user_id: str, view: View, result: DeliveryResult) -> str | None:
        """Do what the answer to a submission says; the problem that the person sees when it makes no sense."""
        if result.status != 200 or (result.text.strip() and not isinstance(result.json, dict)):
            return "invalid_response"
        answer = result.json or {}
        action = answer.get("response_action")
        stack = self.workspace(team_id).modals.get(user_id, [])
        try:
            if action == "errors":
                return _check_errors(view, answer.get("errors"))
            if action == "clear":
                stack.clear()
            elif action in ("update", "push"):
                self._show_next(team_id, user_id, view, action, answer.get("view"))
            elif action is not None:
                return f"invalid_response: {action}"
            elif view in stack:
                stack.remove(view)
        except Refusal as refusal:
            return f"{refusal.error}: {' '.join(refusal.messages)}"
        finally:
            self.announce("view", team_id=team_id, user=user_id, view_id=view.id)
        return None

    def _show_next(self, team_id: str, user_id: str, view: View, action: str, given: Any) -> None:
        if view_is_too_large(given):
            raise Refusal("view_too_large")
        if problems := check_view(given):
            raise Refusal("invalid_view", problems)
        if action == "push":
            modals.push(self, self.workspace(team_id), user_id, given)
        else:
            modals.replace(self, self.workspace(team_id), view, given)

    def _menu_origin(self, team_id: str, user_id: str, where: str | tuple[str, str]) -> tuple[Json, list[Json]]:
        if isinstance(where, str):
            view = self.find_view(team_id, user_id, where)
            return {"container": {"type": "view", "view_id": view.id}, "view": view.shown()}, view.body["blocks"]
        channel = self.channel(team_id, where[0])
        message = self._message_shown(self.workspace(team_id), channel, where[1], user_id)
        container = {
            "type": "message",
            "message_ts": message["ts"],
            "channel_id": channel.id,
            "is_ephemeral": bool(message.get("is_ephemeral")),
        }
        about = {"container": container, "channel": {"id": channel.id, "name": channel.name}, "message": message}
        return about, message.get("blocks", [])

    def _offer(self, team_id: str, action_id: str, answer: Any) -> str | None:
        """Remember the options that the app offered, so that they can be picked."""
        if not isinstance(answer, dict):
            return "invalid_response"
        if "option_groups" in answer:
            groups = listed(answer["option_groups"])
            problems = list(check_option_groups(answer["option_groups"], "/option_groups"))
            offered = [option for group in groups for option in listed(group.get("options"))]
        else:
            problems = list(check_options(answer.get("options"), "/options", least=0))
            offered = listed(answer.get("options"))
        if problems:
            return f"invalid_options: {problems[0]}"
        self.offered[team_id, action_id] = offered
        return None


def _given(values: Json, block_id: str, action_id: str) -> Any:
    """What the test typed into one field, under whichever name it used."""
    if block_id in values:
        given = values[block_id]
        return given[action_id] if isinstance(given, dict) and action_id in given else given
    return values.get(action_id)


def _check_errors(view: View, errors: Any) -> str | None:
    """Slack shows field errors only at input blocks that exist, and each must say something."""
    known = {block["block_id"] for block in view.body["blocks"] if block["type"] == "input"}
    if not isinstance(errors, dict) or not errors or not known.issuperset(errors):
        return f"invalid_errors: {json.dumps(errors)}"
    return None
