#!/usr/bin/env bash
# Measures what a user waits for, with the release binary on this machine. Prints a table.
#
#   run.sh BINARY [ROWS [TURNS]]      ROWS of the large inputs, 10 million if not given; 5 TURNS
#
# Every figure stands beside one that anybody can repeat: `wc -l` on the same file, and DuckDB (from PyPI, into a virtual
# environment below target/) with the same questions. Needs python3 and 210 bytes below TMPDIR a row, and takes some
# twenty minutes.
set -euo pipefail
binary=$(realpath "$1")
cd "$(dirname "$0")"
rows=${2:-10000000}
turns=${3:-5}
venv=../../target/venv
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

heading() { printf '\n%-44s %9s %9s %9s %12s\n' "$1" 'wall s' 'cpu s' 'peak MiB' 'M rows/s'; }

[ -x "$venv/bin/python" ] || python3 -m venv "$venv"
"$venv/bin/python" -c 'import duckdb' 2>/dev/null || "$venv/bin/pip" install --quiet duckdb
python3 generate.py inputs "$rows" "$work"
heading "$rows rows, medians of $turns turns"
python3 versus.py "$binary" "$venv/bin/python" "$rows" "$turns" "$work"/{rows.csv,quoted.csv,rows.jsonl}
rm "$work"/*.{csv,jsonl}

python3 generate.py checkpoint "$rows" "$work"
heading "a finished checkpoint, $rows rows"
python3 measure.py 'wc -l' "$rows" -- wc -l "$work/run.jsonl"
python3 measure.py 'im-unread status' "$rows" -- "$binary" status "$work/run.jsonl"
rm "$work/run.jsonl"

printf '\n12,000 rows against the simulator in a process of its own\n'
python3 pace.py "$binary" "$work" 1ms 50ms 300ms
