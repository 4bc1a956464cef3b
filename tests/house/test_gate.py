"""One gate: every text passes services/sending.py, and one file alone hands texts to Twilio."""

import ast

from tests.house import source

SENDING = "bridge/services/sending.py"


def test_only_deliveries_hands_texts_to_twilio() -> None:
    assert source.callers("send") == {"bridge/services/deliveries.py"}
    written = {path: source.called(path) for path in source.product()}
    creating = {
        path for path, called in written.items() if any(each.endswith("messages.create_async") for each in called)
    }
    assert creating == {"bridge/gateways/twilio.py"}


def test_texts_are_queued_by_the_gate_alone() -> None:
    assert source.callers("send_text") == {SENDING}
    assert source.callers("add_outbound") == {SENDING}
    holding_back = "bridge/store/restored.py"
    naming = {"bridge/jobs/promises.py", "bridge/services/announce.py", holding_back}
    assert _mentioning("Kind.TEXT") == naming


def test_nobody_stores_or_releases_a_text_without_asking_the_gate() -> None:
    assert _of_the_gate("store") == set()
    assert _of_the_gate("dispatch") == {"bridge/services/answers.py", "bridge/services/later.py"}
    assert _of_the_gate("postpone") == {"bridge/services/answers.py", "bridge/services/later.py"}
    for releasing in ("bridge/services/answers.py", "bridge/services/later.py"):
        assert "sending.refuse_now" in source.called(releasing)


def test_the_gate_looks_again_when_the_sending_begins() -> None:
    begin = next(
        node
        for node in ast.walk(source.tree("bridge/services/deliveries.py"))
        if isinstance(node, ast.AsyncFunctionDef) and node.name == "_begin"
    )
    assert "sending.refuse_now" in {ast.unparse(node) for node in ast.walk(begin)}


def _of_the_gate(name: str) -> set[str]:
    """The files that use this inner part of it."""
    return {path for path in source.product() if f"sending.{name}" in source.called(path)}


def _mentioning(words: str) -> set[str]:
    return {
        path
        for path in source.product()
        for node in ast.walk(source.tree(path))
        if isinstance(node, ast.Attribute) and ast.unparse(node) == words
    }
