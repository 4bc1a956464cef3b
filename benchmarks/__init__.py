"""Figures, as ratios of controls measured in the same run. Nothing here decides a test.

__main__.py     what is measured in which order, and how it is asked for
figures.py      a figure, its goal, and whether that was reached
report.py       the table, and the JSON
accepting.py crossing.py latency.py stored.py several.py footprint.py    one kind of figure each
bench.py        what each of those is handed
sizes.py        how long each takes
rig.py          the real app between its providers, and what came of each text
providers.py    Slack and Twilio, pretended, as a process of their own
limit.py        the control, as a process of its own
load.py wire.py texts.py    how, over what, and what is asked
processes.py databases.py stock.py stock.sql    what is started, where it stores, and what is there before

`python -m benchmarks.scale` is another program: what a text costs with one firm and with ten thousand.
"""
