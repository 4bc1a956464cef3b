"""Which tests prove which row of docs/features.md.

python -m tests.house.rows           one line per row: number, tab, how many tests, tab, their ids
python -m tests.house.rows --check   the rows whose state does not fit their tests
"""

import ast
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from tests.house import features
from tests.house.features import DONE, LATER, ROWS
from tests.house.source import ROOT, tree

Proofs = Mapping[int, Sequence[str]]


def collect() -> tuple[Proofs, list[str]]:
    """Row numbers with the ids of their tests; and what is wrong. A test counts once, whatever its parameters."""
    proofs: defaultdict[int, list[str]] = defaultdict(list)
    errors: list[str] = []
    for path in sorted(found.relative_to(ROOT).as_posix() for found in (ROOT / "tests").rglob("test_*.py")):
        module = tree(path)
        of_all = [mark for node in module.body if isinstance(node, ast.Assign) for mark in _marks(node)]
        marked = {
            test.name: [mark for each in test.decorator_list for mark in _marks(each)] for test in _tests(module)
        }
        for name, marks in marked.items():
            for number in dict.fromkeys(_numbers([*of_all, *marks])):
                proofs[number].append(f"{path}::{name}")
        if len(list(_marks(module))) != len(of_all) + sum(map(len, marked.values())):
            errors.append(f"{path}: a mark that belongs to no test")
    unknown = sorted(set(proofs) - set(ROWS))
    errors += [f"there is no row {number}: {' '.join(proofs[number])}" for number in unknown]
    return {number: proofs[number] for number in ROWS}, errors


def _tests(module: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in module.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
            yield node


def _marks(node: ast.AST) -> Iterator[ast.Call]:
    for each in ast.walk(node):
        if isinstance(each, ast.Call) and ast.unparse(each.func) == "pytest.mark.rows":
            yield each


def _numbers(marks: Sequence[ast.Call]) -> Iterator[int]:
    for mark in marks:
        yield from (int(ast.literal_eval(number)) for number in mark.args)


def mismatches(proofs: Proofs) -> list[str]:
    """What to change in docs/features.md, row by row, or to prove."""
    rows = features.read()
    wrong = [f"{number}: missing" for number in ROWS if number not in rows]
    wrong += [f"{number}: there is no such row" for number in rows if number not in ROWS]
    for number, row in sorted(rows.items()):
        tests = len(proofs.get(number, ()))
        if row.state not in features.STATES:
            wrong.append(f"{number}: “{row.state}” is no state")
        elif row.state == DONE and not tests:
            wrong.append(f"{number}: done, but no test names it")
        elif row.state == LATER and tests:
            wrong.append(f"{number}: later, but tests name it: {' '.join(proofs[number])}")
    return wrong


def main(arguments: Sequence[str]) -> int:
    """Print what was asked for; the exit status."""
    proofs, errors = collect()
    lines = [f"{number}\t{len(tests)}\t{' '.join(tests)}" for number, tests in proofs.items()]
    wrong: list[str] = []
    if arguments == ["--check"]:
        lines = wrong = [] if errors else mismatches(proofs)
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stderr.write("".join(f"{error}\n" for error in errors))
    return int(bool(errors or wrong))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
