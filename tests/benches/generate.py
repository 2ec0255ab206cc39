#!/usr/bin/env python3
"""Writes large files: rows.csv, quoted.csv and rows.jsonl, or run.jsonl, a checkpoint in which every call succeeded.

    generate.py inputs|checkpoint ROWS DIRECTORY

The checkpoint is written by the rules of `src/checkpoint/FORMAT.md` alone. Only its first lines and the checksums depend
on this file; a sum of eight kilobytes of table does for CRC-32C, a line at a time.
"""

import contextlib
import json
import sys

ROWS_A_GROUP = 200


def table():
    """CRC-32C over two bytes at a time."""
    single = []
    for byte in range(256):
        value = byte
        for _ in range(8):
            value = (value >> 1) ^ (0x82F63B78 if value & 1 else 0)
        single.append(value)
    return single


TABLE = table()


def crc(data, value=0xFFFFFFFF):
    for byte in data:
        value = TABLE[(value ^ byte) & 255] ^ (value >> 8)
    return value


def signed(content):
    """`content` lacks its closing brace."""
    data = content.encode()
    return data + b',"crc":"%08x"}\n' % (crc(data) ^ 0xFFFFFFFF)


def cells(row):
    """One row in 1,000 repeats the one before, one in 1,009 has a count that is none."""
    if row % 1000 == 999:
        row -= 1
    count = "x" if row % 1009 == 1008 else str(row % 997)
    return f"@TGS#G{row // ROWS_A_GROUP:07d}", f"user_{row * 7919 % 10_000_019:08d}", count


def inputs(rows, directory):
    names = ["rows.csv", "quoted.csv", "rows.jsonl"]
    with contextlib.ExitStack() as files:
        csv, quoted, lines = (files.enter_context(open(f"{directory}/{name}", "w", buffering=1 << 20)) for name in names)
        csv.write("group_id,member_account,unread_num,group_type\n")
        quoted.write('"group_id","member_account","unread_num","group_type"\n')
        for group, member, count in map(cells, range(rows)):
            csv.write(f"{group},{member},{count},Public\n")
            quoted.write(f'"{group}","{member}","{count}","Public"\n')
            number = '"x"' if count == "x" else count
            lines.write(f'{{"group_id":"{group}","member_account":"{member}","unread_num":{number},"group_type":"Public"}}\n')


def main():
    what, rows, directory = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    {"inputs": inputs, "checkpoint": checkpoint}[what](rows, directory)


def checkpoint(rows, directory):
    at = "2026-01-02T03:04:05.678Z"
    header = {
        "type": "header", "format": 1, "run": "0123456789abcdef", "tool": "0.1.0", "created": at,
        "inputs": [{"path": f"{directory}/rows.csv", "bytes": 41 * rows, "hash": "00"}],
        "target": {"endpoint": "https://console.tim.qq.com", "sdk_app_id": 1400000001, "identifier": "administrator"},
        "options": {"format": "auto", "column": [], "delimiter": "", "on_duplicate": "error", "on_invalid": "stop", "skip_zero": False},
        "rows": rows, "calls": rows,
    }
    compact = {"separators": (",", ":")}
    # Lines differ in their row alone, so the checksum goes on from that of the common end.
    tail = (
        f',"status":"succeeded","group_id":"@TGS#G0000001","member_account":"user_00000001","unread_num":5,"code":0,'
        f'"info":"","attempts":1,"at":"{at}","ms":12'
    ).encode()
    shift = [crc(tail, 1 << bit) ^ crc(tail, 0) for bit in range(32)]
    nothing = crc(tail, 0)

    def over_tail(value):
        total, bit = nothing, 0
        while value:
            if value & 1:
                total ^= shift[bit]
            value >>= 1
            bit += 1
        return total ^ 0xFFFFFFFF

    with open(f"{directory}/run.jsonl", "wb", buffering=1 << 20) as log:
        log.write(signed(json.dumps(header, **compact)[:-1]))
        log.write(signed(f'{{"type":"session","event":"started","at":"{at}","admitted":0,"reason":null'))
        log.write(signed(f'{{"type":"admitted","calls":{rows},"at":"{at}"'))
        for row in range(1, rows + 1):
            head = b'{"row":%d' % row
            log.write(b'%b%b,"crc":"%08x"}\n' % (head, tail, over_tail(crc(head))))
        log.write(signed(f'{{"type":"session","event":"completed","at":"{at}","admitted":{rows},"reason":null'))


if __name__ == "__main__":
    main()
