"""The small checks that blocks, elements and views are made of. Each yields what is wrong, in Slack's wording."""

from collections.abc import Collection, Iterator

from bridge.sandbox.slack.model import Json


def problem(what: str, path: str) -> str:
    """One line of response_metadata.messages."""
    return f"[ERROR] {what} [json-pointer:{path}]"


def extra_keys(item: Json, known: Collection[str], path: str) -> Iterator[str]:
    """Keys that Slack does not know there."""
    for key in item:
        if key not in known:
            yield problem(f"invalid additional property: {key}", path)


def string(value: object, path: str, most: int | None = None, least: int = 1) -> Iterator[str]:
    """A string of at least `least` and at most `most` characters."""
    if not isinstance(value, str):
        yield problem("missing required field or not a string", path)
    elif len(value) < least:
        yield problem(f"must be more than {least - 1} characters", path)
    elif most is not None and len(value) > most:
        yield problem(f"must be less than {most + 1} characters", path)


def optional_string(value: object, path: str, most: int, least: int = 0) -> Iterator[str]:
    """A string within its limits, or nothing."""
    if value is not None:
        yield from string(value, path, most, least)


def text_object(value: object, path: str, most: int, *, plain: bool = False, least: int = 1) -> Iterator[str]:
    """A text composition object; `plain` where Slack takes no markup."""
    if not isinstance(value, dict):
        yield problem("must be a text object", path)
        return
    kind = value.get("type")
    if kind not in (("plain_text",) if plain else ("plain_text", "mrkdwn")):
        yield problem(f"unsupported type: {kind}", f"{path}/type")
    else:
        known = ("type", "text", "emoji" if kind == "plain_text" else "verbatim")
        yield from extra_keys(value, known, path)
    yield from string(value.get("text"), f"{path}/text", most, least)


def optional_text(value: object, path: str, most: int, *, plain: bool = True) -> Iterator[str]:
    """A text object within its limits, or nothing."""
    if value is not None:
        yield from text_object(value, path, most, plain=plain)


def items(value: object, path: str, most: int, least: int = 1) -> Iterator[str]:
    """A list with as many items as Slack takes."""
    if not isinstance(value, list):
        yield problem("must be a list", path)
    elif len(value) < least:
        yield problem(f"no fewer than {least} items required", path)
    elif len(value) > most:
        yield problem(f"no more than {most} items allowed", path)


def listed(value: object) -> list[Json]:
    """The objects of a list; what is no list or no object was reported where the list was checked."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
