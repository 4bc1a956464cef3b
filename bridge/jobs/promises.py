"""Which service keeps which kind of promise."""

from collections.abc import Mapping

from bridge.services import (
    answers,
    catching_up,
    deliveries,
    entering,
    home,
    import_reports,
    incoming_pictures,
    later,
    links,
    lookups,
    marks,
    outcomes,
    own_texts,
    people,
    posts,
    roots,
)
from bridge.services.promises import Promise
from bridge.store.outbox import Kind

PROMISES: Mapping[Kind, Promise] = {
    Kind.POST: posts.POST,
    Kind.SHOW: own_texts.SHOW,
    Kind.OUTCOME: outcomes.OUTCOME,
    Kind.MEET: people.MEET,
    Kind.HOME: home.HOME,
    Kind.HOMES: home.HOMES,
    Kind.ROOTS: roots.ROOTS,
    Kind.CATCH_UP: catching_up.CATCH_UP,
    Kind.LINK: links.LINK,
    Kind.NOTICE: posts.NOTICE,
    Kind.ROOT: posts.ROOT,
    Kind.TELL: posts.TELL,
    Kind.CHANGE: posts.CHANGE,
    Kind.ALERT: posts.ALERT,
    Kind.MARK: marks.MARK,
    Kind.UNMARK: marks.UNMARK,
    Kind.TEXT: deliveries.TEXT,
    Kind.DUE: later.DUE,
    Kind.RELAY: people.RELAY,
    Kind.PRESS: answers.PRESS,
    Kind.PICTURE: incoming_pictures.PICTURE,
    Kind.LOOKUP: lookups.LOOK_UP,
    Kind.IMPORT: entering.IMPORT,
    Kind.PROGRESS: import_reports.PROGRESS,
    Kind.REJECTED: import_reports.REJECTED,
}
