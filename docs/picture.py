"""`make picture`: plays the tour for real and draws what it said, as docs/tour.svg."""

import asyncio
import io
import sys
from contextlib import redirect_stdout
from pathlib import Path

from rich.cells import cell_len
from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

from bridge.sandbox.__main__ import tour
from bridge.sandbox.process import AppFailed
from bridge.sandbox.tour import TourFailed

PICTURE = Path(__file__).with_name("tour.svg")
COLUMNS = 104  # as wide as stays readable where a README is shown
MARGIN = 11  # of a line of the tour: who, and in which direction

# As rich draws it by itself, but with whatever font the reader has: a picture that is looked at calls nobody.
SVG = """\
<svg viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg" role="img">
<title>The tour of make demo, as it appears in the terminal</title>
<style>
.{unique_id}-matrix {{
  font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace;
  font-size: {char_height}px; line-height: {line_height}px;
}}
.{unique_id}-title {{ font-family: system-ui, sans-serif; font-size: 18px; font-weight: bold; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}"/>
</clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


class Terminal(io.StringIO):
    """What is printed here is printed as to a person, with bold and grey."""

    def isatty(self) -> bool:
        """It is not, but nobody can tell."""
        return True


def told() -> str:
    """Everything the tour says. Raises SystemExit when it fails: there is no picture of what did not happen."""
    terminal = Terminal()
    with redirect_stdout(terminal):
        try:
            asyncio.run(tour())
        except (TourFailed, AppFailed) as failure:
            sys.exit(str(failure))
    return terminal.getvalue().strip("\n")


def drawn(said: str) -> str:
    """The same as a picture."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), color_system="truecolor", force_terminal=True)
    for line in said.split("\n"):
        for part in _folded(Text.from_ansi(line), console):
            console.print(part, no_wrap=True, crop=False)
    drawing = console.export_svg(title="make demo", theme=MONOKAI, code_format=SVG, unique_id="tour")
    return "\n".join(line.rstrip() for line in drawing.splitlines()) + "\n"


def _folded(line: Text, console: Console) -> list[Text]:
    """A line that is too long goes on below its own beginning."""
    if cell_len(line.plain) <= COLUMNS:
        return [line]
    first, *rest = line[MARGIN:].wrap(console, COLUMNS - MARGIN)
    return [line[:MARGIN] + first, *(Text(" " * MARGIN) + part for part in rest)]


if __name__ == "__main__":
    PICTURE.write_text(drawn(told()), "utf-8")
