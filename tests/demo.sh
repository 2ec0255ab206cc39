#!/bin/sh
# A rehearsal on one machine: a flawed export of some 3,000 rows goes into a simulated app.
# Usage: demo.sh BINARY DIRECTORY
set -eu
binary=$1
work=$2
rm -rf "$work"
mkdir -p "$work"
log=$work/unread.checkpoint.jsonl

run() {
    printf '\n$ im-unread'
    printf ' %s' "$@"
    printf '\n'
    "$binary" "$@"
}

# Some rows are invalid and some are refused, so the import ends with 1: done, but not all well.
status=0
run import samples/demo/unread.csv --simulator --simulator-world samples/demo/world.json \
    --on-invalid skip --yes --checkpoint "$log" || status=$?
[ "$status" -eq 1 ] || { echo "the import ended with $status, not 1" >&2; exit 1; }

run status "$log"
run failures "$log" --output "$work/failures.csv"
printf '\n$ head -n 4 %s\n' "$work/failures.csv"
head -n 4 "$work/failures.csv"
printf '\n$ head -n 4 %s\n' "$log"
head -n 4 "$log" | cut -c 1-240
printf '\nThe checkpoint and the failures are in %s.\n' "$work"
