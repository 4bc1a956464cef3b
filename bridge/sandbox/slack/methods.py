"""The Web API methods that are played here: their arguments, scopes, rate tier and errors of their own."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from bridge.sandbox.slack import chat, conversations, files, users, views
from bridge.sandbox.slack.ask import Ask
from bridge.sandbox.slack.model import Json

Kind = Literal["text", "flag", "number", "json"]

# Errors that any method may answer with; Slack lists them once for all.
GENERAL_ERRORS = frozenset(
    {
        "account_inactive",
        "fatal_error",
        "internal_error",
        "invalid_arguments",
        "invalid_auth",
        "invalid_json",
        "missing_scope",
        "not_authed",
        "ratelimited",
        "service_unavailable",
        "token_revoked",
        "unknown_method",
    }
)


@dataclass(frozen=True)
class Method:
    """One method. `scopes`: any one of them opens it; some look closer once the channel is known."""

    run: Callable[[Ask], Json]
    tier: int
    scopes: tuple[str, ...]
    arguments: Mapping[str, Kind]
    required: tuple[str, ...]
    errors: frozenset[str]
    takes_json: bool


def _method(
    run: Callable[[Ask], Json],
    tier: int,
    arguments: str,
    *,
    scopes: str = "",
    errors: str = "",
    takes_json: bool = True,
) -> Method:
    """`arguments` are names with ! when required and :kind when not text: "channel! blocks:json"."""
    kinds: dict[str, Kind] = {}
    required = []
    for word in arguments.split():
        name, _, kind = word.partition(":")
        kinds[name.rstrip("!")] = next(k for k in get_args(Kind) if k == (kind or "text"))
        if name.endswith("!"):
            required.append(name.rstrip("!"))
    return Method(run, tier, tuple(scopes.split()), kinds, tuple(required), frozenset(errors.split()), takes_json)


_READS = "channels:read groups:read im:read mpim:read"
_HISTORY = "channels:history groups:history im:history mpim:history"
_BLOCKS = "invalid_blocks invalid_blocks_format"
_METADATA = "invalid_metadata_format metadata_too_large"
_SAYS = f"channel_not_found markdown_text_conflict no_text too_many_attachments {_BLOCKS}"
_TRIGGER = "invalid_trigger_id expired_trigger_id exchanged_trigger_id"
_VIEW = "view_too_large duplicate_external_id"

METHODS: dict[str, Method] = {
    "auth.test": _method(users.auth_test, 5, ""),
    "chat.postMessage": _method(
        chat.post_message,
        5,
        "channel! text blocks:json attachments:json thread_ts reply_broadcast:flag metadata:json markdown_text"
        " username icon_url icon_emoji link_names:flag parse mrkdwn:flag unfurl_links:flag unfurl_media:flag"
        " as_user:flag current_draft_last_updated_ts",
        scopes="chat:write",
        errors=f"{_SAYS} {_METADATA} is_archived not_in_channel msg_blocks_too_long",
    ),
    "chat.update": _method(
        chat.update,
        3,
        "channel! ts! text blocks:json attachments:json unfurled_attachments:json metadata:json markdown_text"
        " link_names:flag parse reply_broadcast:flag as_user:flag file_ids:json",
        scopes="chat:write",
        errors=f"{_SAYS} {_METADATA} message_not_found cant_update_message is_inactive msg_too_long",
    ),
    "chat.delete": _method(
        chat.delete,
        3,
        "channel! ts! as_user:flag",
        scopes="chat:write",
        errors="channel_not_found message_not_found cant_delete_message",
    ),
    "chat.postEphemeral": _method(
        chat.post_ephemeral,
        4,
        "channel! user! text blocks:json attachments:json thread_ts metadata:json markdown_text username icon_url"
        " icon_emoji link_names:flag parse as_user:flag",
        scopes="chat:write",
        errors=f"{_SAYS} user_not_in_channel not_in_channel is_archived msg_too_long",
    ),
    "chat.getPermalink": _method(
        chat.get_permalink,
        5,
        "channel! message_ts!",
        errors="channel_not_found message_not_found",
        takes_json=False,
    ),
    "reactions.add": _method(
        chat.add_reaction,
        3,
        "channel! timestamp! name!",
        scopes="reactions:write",
        errors="already_reacted bad_timestamp channel_not_found invalid_name is_archived message_not_found"
        " no_item_specified",
    ),
    "reactions.remove": _method(
        chat.remove_reaction,
        2,
        "name! channel timestamp file file_comment",
        scopes="reactions:write",
        errors="no_reaction bad_timestamp channel_not_found invalid_name message_not_found no_item_specified",
    ),
    "conversations.info": _method(
        conversations.info,
        3,
        "channel! include_locale:flag include_num_members:flag",
        scopes=_READS,
        errors="channel_not_found missing_scope",
        takes_json=False,
    ),
    "conversations.history": _method(
        conversations.history,
        3,
        "channel! cursor include_all_metadata:flag inclusive:flag latest limit:number oldest",
        scopes=_HISTORY,
        errors="channel_not_found not_in_channel invalid_cursor invalid_ts_latest invalid_ts_oldest",
    ),
    "conversations.replies": _method(
        conversations.replies,
        3,
        "channel! ts! cursor include_all_metadata:flag inclusive:flag latest limit:number oldest",
        scopes=_HISTORY,
        errors="channel_not_found thread_not_found invalid_cursor invalid_ts_latest invalid_ts_oldest",
        takes_json=False,
    ),
    "conversations.members": _method(
        conversations.members,
        4,
        "channel! cursor limit:number",
        scopes=_READS,
        errors="channel_not_found invalid_cursor",
        takes_json=False,
    ),
    "conversations.join": _method(
        conversations.join,
        3,
        "channel!",
        scopes="channels:join",
        errors="channel_not_found is_archived method_not_supported_for_channel_type",
    ),
    "conversations.open": _method(
        conversations.open_dm,
        3,
        "channel users return_im:flag prevent_creation:flag",
        scopes="channels:manage groups:write im:write mpim:write",
        errors="channel_not_found users_list_not_supplied too_many_users user_not_found user_disabled",
    ),
    "users.info": _method(
        users.info,
        4,
        "user! include_locale:flag",
        scopes="users:read",
        errors="user_not_found",
        takes_json=False,
    ),
    "users.list": _method(
        users.everyone,
        2,
        "cursor limit:number include_locale:flag team_id",
        scopes="users:read",
        errors="invalid_cursor",
        takes_json=False,
    ),
    "views.open": _method(
        views.open_view, 4, "view!:json trigger_id interactivity_pointer", errors=f"{_TRIGGER} {_VIEW}"
    ),
    "views.push": _method(
        views.push,
        4,
        "view!:json trigger_id interactivity_pointer",
        errors=f"{_TRIGGER} {_VIEW} not_found push_limit_reached",
    ),
    "views.update": _method(
        views.update, 4, "view!:json view_id external_id hash", errors=f"{_VIEW} not_found hash_conflict"
    ),
    "views.publish": _method(
        views.publish, 4, "user_id! view!:json hash interactivity_pointer", errors=f"{_VIEW} hash_conflict"
    ),
    "files.getUploadURLExternal": _method(
        files.get_upload_url,
        4,
        "filename! length!:number snippet_type alt_txt",
        scopes="files:write",
        takes_json=False,
    ),
    "files.completeUploadExternal": _method(
        files.complete_upload,
        4,
        "files!:json channel_id channels thread_ts initial_comment blocks:json username icon_url icon_emoji",
        scopes="files:write",
        errors="channel_not_found not_in_channel file_not_found invalid_blocks posting_to_channel_denied",
    ),
    "files.info": _method(
        files.info,
        4,
        "file! count:number cursor limit:number page:number",
        scopes="files:read",
        errors="file_not_found",
        takes_json=False,
    ),
    "team.info": _method(users.team_info, 3, "team domain", scopes="team:read", errors="team_not_found"),
}
