"""How many texts are taken in, and how soon each is acknowledged."""

from benchmarks import load
from benchmarks.bench import CONNECTIONS, GUESS, Bench, Rate, flooded, mean, middle
from benchmarks.figures import Figure
from benchmarks.wire import pool


async def accepted(bench: Bench) -> list[Figure]:
    """As fast as 64 connections are answered, with the limit measured before and after each round."""
    rate, limit = await _accepted(bench)
    bench.accepted = rate
    return [Figure("accepted", bench.title, rate.per_second, limit.per_second, rate.cpu, limit.cpu)]


async def _accepted(bench: Bench) -> tuple[Rate, Rate]:
    guess = await _round(bench, GUESS)
    rounds, before = [], await bench.limit.rate(bench.sizes.accepting)
    for number in range(bench.sizes.rounds):
        bench.say(f"texts accepted, round {number + 1}")
        found = await _round(bench, int(guess.per_second * bench.sizes.accepting))
        after = await bench.limit.rate(bench.sizes.accepting)
        rounds.append((found, mean(before, after)))
        before = after
    return middle(rounds)


async def _round(bench: Bench, count: int) -> Rate:
    """What was accepted must also reach Slack; that is waited for, but not counted."""
    rate = await flooded(bench.rig.url, bench.rig.some_texts(count), bench.rig.cpu)
    await bench.rig.seen.settled()
    return rate


async def acknowledged(bench: Bench) -> list[Figure]:
    """At half of that rate, by the clock."""
    rate = (bench.accepted or (await _accepted(bench))[0]).per_second / 2
    bench.say(f"acknowledgements at {rate:,.0f} a second")
    control = await bench.limit.latencies(rate, bench.sizes.acknowledging)
    requests = bench.rig.some_texts(int(rate * bench.sizes.acknowledging))
    before = bench.rig.cpu()
    async with pool(bench.rig.url, CONNECTIONS) as opened:
        with load.no_pauses():
            took = await load.by_the_clock(opened.timed(requests), rate, len(requests))
    cpu = (bench.rig.cpu() - before) / len(requests) * 1e6
    await bench.rig.seen.settled()
    p99, of_limit = load.percentile(took, 0.99) * 1000, load.percentile(control, 0.99) * 1000
    return [Figure("ack", bench.title, p99, of_limit, cpu)]
