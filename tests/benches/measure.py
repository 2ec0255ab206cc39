#!/usr/bin/env python3
"""Runs one command and prints a line of the table: wall time, CPU time, peak memory, rows a second.

    measure.py NAME ROWS -- COMMAND…
"""

import os
import sys
import time


def peak(process, known):
    """The high-water mark of the memory that the command itself has used so far, in KiB.

    That of `wait4` would also count what this interpreter held when it started the command.
    """
    try:
        with open(f"/proc/{process}/status") as status:
            marks = [int(line.split()[1]) for line in status if line.startswith("VmHWM:")]
    except OSError:
        marks = []
    return max([known, *marks])


def main():
    name, rows, _, *command = sys.argv[1:]
    sink = os.open(os.devnull, os.O_WRONLY)
    began = time.monotonic()
    child = os.posix_spawnp(command[0], command, os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, sink, 1)])
    most, ended = 0, 0
    while ended == 0:
        most = peak(child, most)
        time.sleep(0.002)
        ended, status, usage = os.wait4(child, os.WNOHANG)
    wall = time.monotonic() - began
    if status != 0:
        sys.exit(f"{name}: `{' '.join(command)}` ended with {os.waitstatus_to_exitcode(status)}")
    cpu = usage.ru_utime + usage.ru_stime
    print(f"{name:<44} {wall:>9.2f} {cpu:>9.2f} {most / 1024:>9.1f} {int(rows) / wall / 1e6:>12.1f}")


if __name__ == "__main__":
    main()
