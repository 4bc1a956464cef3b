"""Files that were fetched and lie open here until they are needed again."""

from collections import OrderedDict
from typing import BinaryIO

MOST = 4


class Shelf:
    """They have no names, so that whatever becomes of this process, nothing of them stays on its disk.

    Who uses a file takes it off; it is read by nobody else meanwhile. The one that was put there first goes first.
    """

    def __init__(self) -> None:
        self._files: OrderedDict[int, BinaryIO] = OrderedDict()

    def take(self, number: int) -> BinaryIO | None:
        """The file of this number, if it lies here."""
        return self._files.pop(number, None)

    def put(self, number: int, file: BinaryIO) -> None:
        """Keep it for a while."""
        self.drop(number)
        while len(self._files) >= MOST:
            self._files.popitem(last=False)[1].close()
        self._files[number] = file

    def drop(self, number: int) -> None:
        """Nobody needs it any more."""
        if (file := self.take(number)) is not None:
            file.close()

    def close(self) -> None:
        """Nobody needs any of them."""
        for number in list(self._files):
            self.drop(number)
