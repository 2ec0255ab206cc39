#!/usr/bin/env python3
"""Runs one command and prints a line of the table: wall time, CPU time, peak memory, rows a second.

    measure.py NAME ROWS -- COMMAND…
"""

import collections
import os
import sys
import tempfile
import time

Run = collections.namedtuple("Run", "wall cpu peak status output")
"""Seconds, seconds, KiB, the exit code, and what the command wrote to its standard output."""


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


def run(command):
    """Runs the command to its end."""
    with tempfile.TemporaryFile() as output:
        actions = [(os.POSIX_SPAWN_DUP2, output.fileno(), 1)]
        began = time.monotonic()
        child = os.posix_spawnp(command[0], command, os.environ, file_actions=actions)
        most, ended = 0, 0
        while ended == 0:
            most = peak(child, most)
            time.sleep(0.002)
            ended, status, usage = os.wait4(child, os.WNOHANG)
        wall = time.monotonic() - began
        output.seek(0)
        code = os.waitstatus_to_exitcode(status)
        return Run(wall, usage.ru_utime + usage.ru_stime, most, code, output.read().decode())


def line(name, rows, wall, cpu, kibibytes):
    """A line of the table."""
    return f"{name:<44} {wall:>9.2f} {cpu:>9.2f} {kibibytes / 1024:>9.1f} {rows / wall / 1e6:>12.1f}"


def main():
    name, rows, _, *command = sys.argv[1:]
    result = run(command)
    if result.status != 0:
        sys.exit(f"{name}: `{' '.join(command)}` ended with {result.status}")
    print(line(name, int(rows), result.wall, result.cpu, result.peak))


if __name__ == "__main__":
    main()
