"""The doctor names what is wrong and what to do."""

import json

from cryptography.fernet import Fernet

from tests.cast import LAW
from tests.commands.operator import Operator, row_of_outbox


async def test_doctor_names_what_is_wrong_and_what_to_do(operator: Operator) -> None:
    serving = await operator.serve()
    serving.terminate()
    await serving.wait()
    fresh = await operator("doctor", "--json")
    assert fresh.status == 1
    warnings = [finding["about"] for finding in json.loads(fresh.out) if finding["level"] != "ok"]
    assert warnings == [f"two-way {LAW.team_id}"]  # which is how every firm begins

    await operator.slack.archive(LAW.team_id, LAW.channel)
    operator.slack.workspaces[LAW.team_id].scopes -= {"reactions:write", "files:read"}
    operator.twilio.numbers[LAW.number].settings["SmsUrl"] = "https://elsewhere.example.com/sms"
    row_of_outbox(operator, "post", "dead")
    row_of_outbox(operator, "post", "ready")
    operator.sql("INSERT INTO routes (firm_id, name, off_reason) VALUES (1, 'update', 'missing_scope')")
    said = await operator("doctor")
    assert (said.status, said.err) == (2, "")
    lines = [line for line in said.out.splitlines() if line.startswith("fail")]
    wrong = {
        f"fail  slack {LAW.team_id}": "lacks files:read, reactions:write",
        f"fail  channel {LAW.team_id}": "archived",
        f"fail  number {LAW.team_id}": "sent elsewhere",
        f"fail  route {LAW.team_id} update": "missing_scope",
        "fail  outbox": "due for",
    }
    for (start, part), line in zip(wrong.items(), lines, strict=True):
        assert line.startswith(start), line
        assert part in line
        assert " -> " in line
    assert "1 given up" in said.out

    operator.slack.workspaces[LAW.team_id].refused_with = "token_revoked"
    other_key = Fernet.generate_key().decode()
    assert "refuses: token_revoked" in (await operator("doctor")).out
    assert "fail  key" in (await operator("doctor", ENCRYPTION_KEY=other_key)).out
    assert "no database yet" in (await operator("doctor", DATABASE_URL=f"sqlite:///{operator.database}x")).out
    assert "ENCRYPTION_KEY is missing" in (await operator("doctor", ENCRYPTION_KEY="")).out
