"""What a thread says when somebody of the firm changes what a lead gets."""

from bridge.rules.consent import Change, Scope

_SENTENCES = {
    (Change.OPT_OUT, Scope.ALL): ":no_entry: {who} opted this lead out of all texts.",
    (Change.OPT_OUT, Scope.MARKETING): ":no_bell: {who} took this lead off marketing texts.",
    (Change.UNDO, Scope.ALL): ":white_check_mark: {who} took back the opt-out.",
    (Change.UNDO, Scope.MARKETING): ":bell: {who} took back that this lead is off marketing texts.",
}


def changed(change: Change, scope: Scope, actor: str) -> str:
    """Who did what."""
    who = f"<@{actor}>" if actor[:1] in {"U", "W"} else "The operator"
    return _SENTENCES[change, scope].format(who=who)
