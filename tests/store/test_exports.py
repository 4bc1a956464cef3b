"""What is handed out is one moment of one firm, however many pages it takes."""

from datetime import timedelta
from pathlib import Path

import pytest

from bridge.commands import tallied
from bridge.services import exports
from bridge.store import firms, tables
from bridge.store.exports import Wanted
from tests.bench import Bench
from tests.cast import MARIA, NOAH, OMAR
from tests.store.kept import OLD, conversation, row, said


async def test_it_is_one_moment_of_one_firm(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "PAGE", 2)
    async with bench.db.begin() as tx:
        firm = await firms.get(tx, bench.firm_id)
        other_id = await firms.install(tx, "T2", bench.now, name="Other", bot_token=None)
    maria, noah = [await conversation(bench.db, firm.id, phone) for phone in (MARIA, NOAH)]
    await row(bench.db, tables.contacts, firm_id=firm.id, phone=OMAR, created_at=OLD)
    for phone, name in ((MARIA, "Mia"), (MARIA, "Maria"), (OMAR, "Omar")):
        await row(bench.db, tables.leads, firm_id=firm.id, phone=phone, name=name, created_at=OLD)
    other = await conversation(bench.db, other_id, MARIA, "+14155550101")
    await row(bench.db, tables.leads, firm_id=other_id, phone=MARIA, name="Not theirs", created_at=OLD)
    ids = [await said(bench.db, maria, str(number), author_id="U1") for number in range(5)]
    await said(bench.db, other, "of another firm")
    last = await said(bench.db, noah, "last", OLD + timedelta(days=1))

    async with exports.opened(bench.deps, firm, Wanted()) as book:
        talks = [talk async for talk, _ in book.talks()]
        await said(bench.db, maria, "too late")
        texts = [text for talk in talks async for text in book.texts(talk)]
    assert [(talk.phone, talk.lead) for talk in talks] == [(MARIA, "Maria"), (NOAH, None), (OMAR, "Omar")]
    assert [text.id for text in texts] == [*ids, last]
    assert (book.many, book.newest) == (6, last)
    async with exports.opened(bench.deps, firm, Wanted(since=OLD + timedelta(days=1))) as book:
        assert [talk.phone async for talk, _ in book.talks()] == [NOAH]
        assert book.many == 1


def test_what_is_not_finished_is_gone_and_nothing_else(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    with pytest.raises(KeyboardInterrupt):
        _stopped_half_way(folder)
    assert [path.name for path in folder.iterdir()] == ["theirs"]


def _stopped_half_way(folder: Path) -> None:
    with tallied.fresh(folder) as filled:
        filled.add("transcripts/1.html").write("half")
        (folder / "theirs").write_text("somebody else's")
        filled.add("messages.csv").write("half")
        filled.complete("messages.csv")
        raise KeyboardInterrupt
