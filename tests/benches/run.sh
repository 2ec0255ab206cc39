#!/usr/bin/env bash
# Measures what a user waits for, with the release binary on this machine. Prints a table.
#
#   run.sh BINARY [ROWS]      ROWS of the large inputs, 10 million if not given
#
# Every figure stands beside one that anybody can repeat: `wc -l` on the same file. Needs python3
# and some 4 GB below TMPDIR (about 400 bytes a row), and takes some ten minutes.
set -euo pipefail
binary=$(realpath "$1")
cd "$(dirname "$0")"
rows=${2:-10000000}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

python3 generate.py "$rows" "$work"

printf '\n%-44s %9s %9s %9s %12s\n' "$rows rows" 'wall s' 'cpu s' 'peak MiB' 'M rows/s'
measure() {
    local name=$1
    shift
    python3 measure.py "$name" "$rows" -- "$@"
}
measure 'wc -l, CSV' wc -l "$work/rows.csv"
measure 'validate, CSV' "$binary" validate -q "$work/rows.csv"
measure 'wc -l, JSON Lines' wc -l "$work/rows.jsonl"
measure 'validate, JSON Lines' "$binary" validate -q "$work/rows.jsonl"
measure 'wc -l, checkpoint' wc -l "$work/run.jsonl"
measure 'status of a finished checkpoint' "$binary" status "$work/run.jsonl"
rm "$work"/*.jsonl

printf '\n12,000 rows against the simulator in a process of its own\n'
python3 pace.py "$binary" "$work" 1ms 50ms 300ms
