"""Our public address: do requests from outside get here as they were sent, and are forged ones refused."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from bridge.gateways.errors import GatewayError
from bridge.gateways.front_door import FrontDoor
from bridge.services import accounts
from bridge.services.deps import Deps
from bridge.services.examinations.findings import Finding, fail, ok, warn
from bridge.store import firms, numbers

FORGED = "nobody's secret"
START = "Start the app. If it runs: look at the name, the proxy and the certificate of PUBLIC_BASE_URL."
UNCHANGED = "Let the proxy pass /slack/events and /twilio/ to the app as they are; the README has an example."
COMPARE = "Restart the app if its {secret} has changed. Otherwise a proxy alters host, path or body on the way."

Knock = Callable[[str], Awaitable[int]]  # with a request signed by this secret: the status of the answer


async def look(deps: Deps) -> list[Finding]:
    """Knock as Slack, and as each Twilio account. Nothing to say while it is not known where the door is."""
    settings, found = deps.settings, []
    door = FrontDoor(settings.public_base_url)
    if not settings.public_base_url:
        return []
    if secret := settings.slack_signing_secret.get_secret_value():
        found.append(await _tried(deps, "slack", door.as_slack, [secret], believed=200, refused=401))
    async with deps.db.read() as tx:
        every = {number.account_sid for number in await numbers.everyone(tx)}
    for account_sid in sorted(every):
        who = "twilio" if len(every) == 1 else f"twilio {account_sid}"
        async with deps.db.read() as tx:
            tokens = accounts.auth_tokens(deps, account_sid, await firms.with_account(tx, account_sid))
        knock = partial(door.as_twilio, account_sid)
        found.append(await _tried(deps, who, knock, tokens, believed=204, refused=403))
    return found


async def _tried(
    deps: Deps, who: str, knock: Knock, secrets: Sequence[str], *, believed: int, refused: int
) -> Finding:
    about, place = f"door {who}", deps.settings.public_base_url
    try:
        answer = await knock(FORGED)
        if answer == believed and not _believes_all(deps, who):
            return fail(about, f"{place} believes requests that nobody signed", UNCHANGED)
        if answer not in {believed, refused}:
            return _odd(about, place, answer)
        answers = [await knock(secret) for secret in secrets]
    except GatewayError as error:
        return fail(about, f"{place} does not answer from here: {error.code}", START)
    if set(answers) == {believed}:
        return ok(about, f"{place} takes what is signed, and nothing else")
    todo = COMPARE.format(secret="signing secret" if who == "slack" else "auth token")
    return fail(about, f"{place} refuses what is rightly signed ({answers[-1]})", todo)


def _believes_all(deps: Deps, who: str) -> bool:
    """Whether it was told to, which is a finding by itself."""
    return who != "slack" and deps.settings.twilio_signatures == "log"


def _odd(about: str, place: str, answer: int) -> Finding:
    if answer == 429:
        todo = "Wait a minute, and see in /metrics whether somebody tries it with forged requests."
        return warn(about, f"{place} turns this machine away: too many forged requests came from it", todo)
    if answer == 503:
        return warn(about, f"{place} is too busy to answer", "Try again in a minute; look at /readyz.")
    told = f"{place} answers with {answer}" if answer else f"{place} answers"
    return fail(about, f"{told}, which is not this app", UNCHANGED)
