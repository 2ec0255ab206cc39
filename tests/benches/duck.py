#!/usr/bin/env python3
"""The questions of a first pass, asked of DuckDB in one scan of the file. Prints the answers as JSON.

    duck.py FILE

Read with types, count rows that cannot be sent, group by (group, member) for the duplicates. It is spared what `validate`
also tells: which letters an id may have, what is wrong with each row, and where it stands. Memory and threads are DuckDB's
defaults. `seconds` leaves out the interpreter and the library being loaded.
"""

import json
import sys
import time

import duckdb

COLUMNS = "{'group_id': 'VARCHAR', 'member_account': 'VARCHAR', 'unread_num': 'VARCHAR', 'group_type': 'VARCHAR'}"

# The CASE keeps DuckDB 2.0 from pushing the cast into its reader, which then refuses the file for its first bad count.
QUESTIONS = """
WITH cast_rows AS (
    SELECT group_id, member_account, group_type,
           CASE WHEN unread_num <> '' THEN TRY_CAST(unread_num AS UINTEGER) END AS unread_num
    FROM {source}
), typed AS (
    SELECT *, coalesce(strlen(group_id) BETWEEN 1 AND 48 AND strlen(member_account) BETWEEN 1 AND 32
                       AND group_type IN ('Private', 'Work', 'Public', 'Community'), false)
              AND unread_num IS NOT NULL AS valid
    FROM cast_rows
), keys AS (
    SELECT count(*) AS read, count(*) FILTER (valid) AS valid,
           min(unread_num) FILTER (valid) <> max(unread_num) FILTER (valid) AS conflicting
    FROM typed GROUP BY group_id, member_account
)
SELECT sum(read)::BIGINT, sum(read - valid)::BIGINT, (sum(valid - 1) FILTER (valid > 0))::BIGINT,
       count(*) FILTER (conflicting)
FROM keys
"""


def main():
    path = sys.argv[1]
    if path.endswith(".csv"):
        source = f"read_csv('{path}', header = true, auto_detect = false, delim = ',', columns = {COLUMNS})"
    else:
        source = f"read_json('{path}', format = 'newline_delimited', columns = {COLUMNS})"
    began = time.monotonic()
    answers = duckdb.connect().execute(QUESTIONS.format(source=source)).fetchone()
    seconds = time.monotonic() - began
    read, invalid, duplicates, conflicts = answers
    print(json.dumps({"read": read, "invalid": invalid, "duplicates": duplicates, "conflicts": conflicts, "seconds": seconds}))


if __name__ == "__main__":
    main()
