"""The doctor on each firm's Slack."""

from bridge.store import firms
from tests.cast import DENTAL, LAW
from tests.services.examinations.rounds import visit
from tests.stage import Stage
from tests.store.scratch import only_sqlite

ABOUT, CHANNEL = f"slack {LAW.team_id}", f"channel {LAW.team_id}"


@only_sqlite
async def test_a_token_that_does_not_work_is_told_from_a_slack_that_does_not_answer(stage: Stage) -> None:
    slack = stage.slack
    slack.fail("auth.test", status=503, team_id=LAW.team_id)
    assert (await visit(stage)).complaints == [f"warn {ABOUT}: Slack does not answer: http_503"]
    slack.fail("auth.test", status=429, retry_after=1, team_id=LAW.team_id)
    assert (await visit(stage)).complaints == [f"warn {ABOUT}: Slack does not answer: ratelimited"]
    slack.workspaces[LAW.team_id].refused_with = "token_revoked"
    told = await visit(stage)
    assert told.complaints == [f"fail {ABOUT}: Slack refuses: token_revoked"]
    assert "SLACK_BOT_TOKEN" in told.of(ABOUT).todo
    assert told.of(f"slack {DENTAL.team_id}").level == "ok"


@only_sqlite
async def test_scopes_that_were_not_granted_are_named(stage: Stage) -> None:
    stage.slack.workspaces[LAW.team_id].scopes -= {"reactions:write", "files:read"}
    told = await visit(stage)
    assert told.complaints == [f"fail {ABOUT}: the token works, but lacks files:read, reactions:write"]
    assert "python -m bridge manifest" in told.of(ABOUT).todo


@only_sqlite
async def test_a_channel_must_be_there_and_ours(stage: Stage) -> None:
    slack, team, channel = stage.slack, LAW.team_id, LAW.channel
    assert (await visit(stage)).of(CHANNEL).says == f"threads open in {channel}"
    await slack.share_channel(team, channel)
    (shared,) = (await visit(stage)).complaints
    assert shared.startswith(f"warn {CHANNEL}: {channel} is shared with another company")
    await slack.share_channel(team, channel, shared=False)
    await slack.archive(team, channel)
    assert (await visit(stage)).complaints == [f"fail {CHANNEL}: {channel} is archived"]
    await slack.unarchive(team, channel)
    await slack.remove_bot(team, channel)
    assert (await visit(stage)).complaints == [f"fail {CHANNEL}: the app is not a member of {channel}"]
    await slack.delete_channel(team, channel)
    assert (await visit(stage)).complaints == [f"fail {CHANNEL}: {channel} is gone, or the app was never invited"]
    slack.fail("conversations.info", error="missing_scope", channel=channel)
    assert (await visit(stage)).complaints == [f"fail {CHANNEL}: Slack refuses: missing_scope"]
    async with stage.app.deps.db.begin() as tx:
        await firms.change(tx, stage.law.id, channel_id=None)
    assert (await visit(stage)).complaints == [f"fail {CHANNEL}: none is set, so no thread can open"]
