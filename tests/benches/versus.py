#!/usr/bin/env python3
"""The first pass, DuckDB with the same questions, and `wc -l`, one after the other in turns, so that a slow minute of the
machine is everybody's. Prints medians, and the median of the ratios within a turn.

    versus.py BINARY PYTHON ROWS TURNS FILE…

PYTHON is an interpreter that has the `duckdb` package. The answers of both have to be equal.
"""

import json
import os
import pathlib
import statistics
import sys

from measure import line, run


def checked(result, *codes):
    if result.status not in codes:
        sys.exit(f"ended with {result.status}: {result.output}")
    return result


def ours(binary, path):
    # Invalid rows are in the file on purpose.
    result = checked(run([binary, "validate", "-q", "--output", "json", path]), 0, 3)
    rows = json.loads(result.output)["rows"]
    return result, {name: rows[name] for name in ("read", "invalid", "duplicates")}


def duck(python, path):
    script = pathlib.Path(__file__).with_name("duck.py")
    result = checked(run([python, str(script), path]), 0)
    answers = json.loads(result.output)
    assert answers.pop("conflicts") == 0
    return result._replace(wall=answers.pop("seconds")), answers


def main():
    binary, python, rows, turns, *paths = sys.argv[1:]
    for path in paths:
        runs = {"wc -l": [], "im-unread validate": [], "DuckDB": []}
        for _ in range(int(turns)):
            runs["wc -l"].append(checked(run(["wc", "-l", path]), 0))
            first, found = ours(binary, path)
            second, answers = duck(python, path)
            assert found == answers, f"{found} is not {answers}"
            runs["im-unread validate"].append(first)
            runs["DuckDB"].append(second)
        size = os.path.getsize(path) / 1e6
        print(f"\n{pathlib.Path(path).name}, {size:.0f} MB: {found}")
        for name, results in runs.items():
            middle = [statistics.median(getattr(one, part) for one in results) for part in ("wall", "cpu", "peak")]
            print(line(name, int(rows), *middle))
        pairs = zip(runs["im-unread validate"], runs["DuckDB"])
        ratios = [first.wall / second.wall for first, second in pairs]
        print(f"of DuckDB's time: {statistics.median(ratios):.2f} (median of {turns} turns, {min(ratios):.2f} to {max(ratios):.2f})")


if __name__ == "__main__":
    main()
