"""auth.test, team.info and users.*: who the app is, where, and among whom."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from bridge.sandbox.slack.ask import Ask
from bridge.sandbox.slack.conversations import paged
from bridge.sandbox.slack.model import Json, Person, Refusal


def auth_test(ask: Ask) -> Json:
    """auth.test"""
    bot = ask.team.people.get(ask.team.bot_user_id)
    return {
        "url": f"https://{ask.team.domain}.slack.com/",
        "team": ask.team.name,
        "user": bot.name if bot else "bridge",
        "team_id": ask.team.id,
        "user_id": ask.team.bot_user_id,
        "bot_id": ask.team.bot_id,
        "is_enterprise_install": False,
    }


def team_info(ask: Ask) -> Json:
    """team.info, of the own workspace."""
    if ask.get("team", ask.team.id) != ask.team.id:
        raise Refusal("team_not_found")
    team = ask.team
    return {"team": {"id": team.id, "name": team.name, "domain": team.domain, "email_domain": "", "icon": {}}}


def info(ask: Ask) -> Json:
    """users.info"""
    person = ask.team.people.get(str(ask.get("user")))
    if person is None:
        raise Refusal("user_not_found")
    return {"user": describe(ask, person)}


def everyone(ask: Ask) -> Json:
    """users.list"""
    page, cursor = paged(ask, list(ask.team.people.values()), usual=1000)
    described = [describe(ask, person) for person in page]
    return {"members": described, "cache_ts": int(ask.core.clock()), "response_metadata": {"next_cursor": cursor}}


def describe(ask: Ask, person: Person) -> Json:
    """A user in the shape of users.info. The e-mail address needs a scope of its own."""
    profile: Json = {
        "real_name": person.name,
        "display_name": person.name,
        "real_name_normalized": person.name,
        "display_name_normalized": person.name,
        "team": person.home_team,
    }
    if person.email and "users:read.email" in ask.team.scopes:
        profile["email"] = person.email
    described = {
        "id": person.id,
        "team_id": person.home_team,
        "name": person.name.lower().replace(" ", "."),
        "deleted": person.deleted,
        "profile": profile,
        "is_bot": person.bot,
        "is_app_user": False,
        "updated": 1,
    }
    return described if person.deleted else {**described, **_standing(person)}


def _standing(person: Person) -> Json:
    """What Slack leaves out for deactivated people."""
    return {
        "color": "9f69e7",
        "real_name": person.name,
        "tz": person.tz,
        "tz_label": person.tz,
        "tz_offset": _seconds_east(person.tz),
        "is_admin": person.admin or person.owner,
        "is_owner": person.owner,
        "is_primary_owner": False,
        "is_restricted": person.guest is not None,
        "is_ultra_restricted": person.guest == "single",
        "is_stranger": person.stranger,
        "is_email_confirmed": True,
    }


def _seconds_east(tz: str) -> int:
    offset = datetime.now(UTC).astimezone(ZoneInfo(tz)).utcoffset()
    return int(offset.total_seconds()) if offset else 0
