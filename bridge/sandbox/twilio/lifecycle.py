"""The way of an outbound text: queued, sent, delivered, with a status callback for each step after the first."""

import asyncio
from dataclasses import replace

from . import pictures
from .records import FINAL, PretendMessage
from .texts import segments
from .wire import Hook, together
from .world import World


async def carry(world: World, message: PretendMessage) -> None:
    """Take an accepted text to the phone, or to whatever becomes of it."""
    slow = world.behaviour(message.to).slow
    await world.pause(world.slow_status if slow else world.status_delay)
    if message.status == "canceled":
        return None
    _choose_sender(world, message)
    if (error := await pictures.fetch(world, message)) is not None:
        return step(world, message, "failed", error)
    message.date_sent = world.now()
    step(world, message, "sent")
    await world.pause(world.status_delay)
    if message.to in world.off:
        return world.off[message.to].append(message)
    return arrive(world, message)


def _choose_sender(world: World, message: PretendMessage) -> None:
    """A messaging service picks one of its numbers; only then is the text cut into segments."""
    if message.status != "accepted":
        return
    pool = [number for number in world.numbers.values() if number.service_sid == message.messaging_service_sid]
    message.from_ = message.from_ or pool[0].phone
    message.num_segments = 1 if message.is_mms else segments(message.body)
    step(world, message, "queued")


def arrive(world: World, message: PretendMessage) -> None:
    """The end of the way: the phone rings, or the carrier says why not."""
    if (error := world.behaviour(message.to).undelivered) is not None:
        return step(world, message, "undelivered", error)
    step(world, message, "delivered")
    ring(world, message)
    return None


def ring(world: World, message: PretendMessage) -> None:
    """The phone has the text, and keeps it as it is whatever happens to the resource later."""
    world.threads.setdefault(message.to, []).append(replace(message))
    world.announce("phone", phone=message.to, sid=message.sid)


def step(world: World, message: PretendMessage, status: str, error_code: int | None = None) -> None:
    """Move to a state and tell the app."""
    world.move(message, status, error_code)
    callback = _callback_url(world, message)
    if callback is None or world.lose_status:
        return
    message.callbacks_held.append(callback_params(world, message))
    if world.disorder and status not in FINAL:
        return
    held, message.callbacks_held = message.callbacks_held, []
    for params in reversed(held) if world.disorder else held:
        after = world.callback_tails.get(message.sid)
        hook = Hook(message.account_sid, "status", callback, params)
        world.callback_tails[message.sid] = world.spawn(_call_back(world, hook, after))


async def _call_back(world: World, hook: Hook, after: asyncio.Task[None] | None) -> None:
    """Send one callback once the one before it has ended, while the text itself goes on."""
    if after is not None:
        await asyncio.wait([after])
    await together(world, hook, 1)
    if world.callback_tails.get(hook.params["MessageSid"]) is asyncio.current_task():
        del world.callback_tails[hook.params["MessageSid"]]


def _callback_url(world: World, message: PretendMessage) -> str | None:
    """The StatusCallback of the create, else of the messaging service that sends."""
    service = world.services.get(message.messaging_service_sid or "")
    return message.status_callback or (service.settings.get("StatusCallback") if service else None) or None


def callback_params(
    world: World, message: PretendMessage, status: str | None = None, error_code: int | None = None
) -> dict[str, str]:
    """The parameters of a status callback, for the message's present state or another one."""
    status, error_code = status or message.status, error_code or message.error_code
    params = {"SmsSid": message.sid, "SmsStatus": status, "MessageStatus": status, "To": message.to}
    params |= {"MessageSid": message.sid, "AccountSid": message.account_sid, "From": message.from_}
    params["ApiVersion"] = "2010-04-01"
    if service := world.service_of(message.from_):
        params["MessagingServiceSid"] = service.sid
    if status in {"delivered", "undelivered"}:
        params["RawDlrDoneDate"] = world.now().strftime("%y%m%d%H%M")
    if error_code is not None and status in {"failed", "undelivered"}:
        params["ErrorCode"] = str(error_code)
    return params
