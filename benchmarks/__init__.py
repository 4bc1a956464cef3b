"""Figures, as ratios of controls measured in the same run. Nothing here decides a test.

__main__.py     what is measured in which order, and how it is told
figures.py      a figure, its goal, and whether that was reached
report.py       the table, and the JSON
accepting.py crossing.py latency.py stock.py scaling.py footprint.py    one kind of figure each
rig.py          the real app between its providers, and what came of each text
providers.py    Slack and Twilio, pretended, as a process of their own
limit.py        the control, as a process of its own
load.py wire.py texts.py    who asks, how, and what
processes.py databases.py   what is started, and where it stores
"""
