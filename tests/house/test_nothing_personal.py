"""What people write, their numbers, and tokens cannot slip into a log by way of an exception's text."""

import ast

import pytest

from tests.house.source import product, tree

PERSONAL = {
    "account_token", "blocks", "body", "bot_token", "content", "email", "files", "from_", "payload", "phone",
    "text", "token", "words",
}  # fmt: skip


HARMLESS = {  # files that raise what is only named like something personal
    "bridge/commands/firm_settings.py": "says how many characters there are",
    "bridge/store/lines.py": "names an SQL statement",
}


@pytest.mark.faults("S6", "S22", "F25")
def test_no_record_shows_what_is_personal_when_it_is_printed() -> None:
    """assert_never, a KeyError, a task that failed: all of them print what they hold."""
    telling = []
    for path in product():
        for node in ast.walk(tree(path)):
            decorators = [ast.unparse(each) for each in getattr(node, "decorator_list", [])]
            if not isinstance(node, ast.ClassDef) or not any("dataclass" in each for each in decorators):
                continue
            fields = [each for each in node.body if isinstance(each, ast.AnnAssign)]
            shown = {ast.unparse(each.target) for each in fields if "repr=False" not in ast.unparse(each)}
            if shown & PERSONAL and not any("repr=False" in each for each in decorators):
                telling.append(f"{path}: {node.name} shows {', '.join(sorted(shown & PERSONAL))}")
    assert telling == []


@pytest.mark.faults("S22", "F25")
def test_nothing_personal_is_handed_to_a_logger() -> None:
    handed = []
    for path in product():
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("log."):
                names = {part.attr for part in ast.walk(node) if isinstance(part, ast.Attribute)}
                names |= {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
                names |= {keyword.arg for keyword in node.keywords if keyword.arg}
                if found := names & (PERSONAL | {"params", "form", "request_body", "sms", "reply", "event"}):
                    handed.append(f"{path}: {ast.unparse(node)} hands over {', '.join(sorted(found))}")
    assert handed == []


@pytest.mark.faults("S22", "F25")
def test_nothing_personal_is_put_into_an_exception() -> None:
    """Whatever catches it may log what it says; those of ours are logged with their words."""
    told = []
    for path in product():
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
                names = {part.attr for part in ast.walk(node.exc) if isinstance(part, ast.Attribute)}
                names |= {part.id for part in ast.walk(node.exc) if isinstance(part, ast.Name)}
                if (found := names & PERSONAL) and path not in HARMLESS:
                    told.append(f"{path}: {ast.unparse(node)} tells {', '.join(sorted(found))}")
    assert told == []
