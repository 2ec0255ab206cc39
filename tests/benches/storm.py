#!/usr/bin/env python3
"""A storm of signals over one import, against a server that injects every class of fault.

    storm.py BINARY [--signal KILL|TERM] [--kills 200] [--rows 20000] [--seed 1]

Starts the simulator on a port that the system chooses, begins an import, ends it again and again by the signal at random
moments, resumes it each time, and at the end compares the server's book with the input and with what the log said:
every value right, no recorded success repeated, repeats within what was in flight or lost. Prints the figures; exit 0 if
all of it holds. Ends only processes that it started.
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request

FAULTS = ["http502=0.03", "reset=0.03", "lost=0.03", "code:10002=0.03", "code:60007=0.03", "nonjson=0.03"]


def get(url):
    with urllib.request.urlopen(url, timeout=60) as answer:
        return answer.read().decode()


def book(url):
    """(value, committed calls) of each row at the server."""
    rows = {}
    for line in get(url + "/simulator/unread").splitlines():
        member = json.loads(line)
        rows[int(member["member_account"][1:])] = (member["unread_num"], member["calls"])
    return rows


def recorded(path, start):
    """Rows with a succeeded line, from byte `start` of the log; and where its whole lines end."""
    rows, end = [], start
    with open(path, "rb") as log:
        log.seek(start)
        for line in log:
            if not line.endswith(b"\n"):
                break
            end += len(line)
            if line.startswith(b'{"row":') and b'"status":"succeeded"' in line:
                rows.append(json.loads(line)["row"])
    return rows, end


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary")
    parser.add_argument("--signal", default="KILL", choices=["KILL", "TERM"])
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--rows", type=int, default=20000)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    dice = random.Random(args.seed)
    number = getattr(signal, "SIG" + args.signal)
    binary = os.path.abspath(args.binary)
    with tempfile.TemporaryDirectory() as home:
        csv, log = os.path.join(home, "in.csv"), os.path.join(home, "log.jsonl")
        with open(csv, "w") as out:
            out.write("group_id,member_account,unread_num\n")
            out.writelines(f"g{row % 200},m{row},{row % 997}\n" for row in range(1, args.rows + 1))
        env = dict(os.environ, IM_UNREAD_SECRET_KEY="storm-key", HOME=home)
        faults = [word for fault in FAULTS for word in ("--fault", fault)]
        server = subprocess.Popen(
            [binary, "simulate", "--from-input", csv, "--latency", "5ms..80ms", "--seed", str(args.seed), *faults],
            env=env, cwd=home, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        try:
            url = server.stdout.readline().strip()
            ok = storm(args, dice, number, binary, csv, log, env, home, url)
        finally:
            server.terminate()
            server.wait()
    return 0 if ok else 1


def storm(args, dice, number, binary, csv, log, env, home, url):
    begin = [binary, "import", csv, "--endpoint", url, "--sdk-app-id", "1400000001", "--checkpoint", log, "--yes"]
    resume = [binary, "resume", log, "--yes"]
    known, place, wrong, endings = {}, 0, [], {}
    kills, started = 0, time.monotonic()
    while True:
        command = resume if os.path.exists(log) else begin
        run = subprocess.Popen(command, env=env, cwd=home, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        if kills < args.kills:
            # The moment is one of progress: so many bytes further in the log, or a bounded time.
            goal = (os.path.getsize(log) if os.path.exists(log) else 0) + dice.randrange(0, 24000)
            limit = time.monotonic() + 20
            while run.poll() is None and time.monotonic() < limit:
                if os.path.exists(log) and os.path.getsize(log) >= goal:
                    break
                time.sleep(dice.random() * 0.01)
            if run.poll() is None:
                run.send_signal(number)
                kills += 1
        complaint = run.communicate()[1].decode()
        endings[run.returncode] = endings.get(run.returncode, 0) + 1
        now = book(url)
        rows, place = recorded(log, place)
        for row, calls in known.items():
            if now[row][1] != calls:
                wrong.append(f"row {row} was recorded and sent again")
        known.update((row, now[row][1]) for row in rows)
        if run.returncode == 0:
            break
        if run.returncode == 1:
            # A row whose attempts were used up in one session goes again in the next.
            continue
        if run.returncode not in (-number, 128 + number):
            wrong.append(f"exit {run.returncode}: {complaint[-400:]}")
            break
    final = book(url)
    wrong += [f"row {row} has {value}" for row, (value, calls) in final.items() if value != row % 997 or calls == 0]
    stats = json.loads(get(url + "/simulator/stats"))["commands"]["set_unread_msg_num"]
    repeats = sum(calls - 1 for _, calls in final.values())
    print(json.dumps({
        "signal": args.signal, "kills": kills, "endings": endings, "rows": args.rows, "seconds": round(time.monotonic() - started),
        "committed_calls": sum(calls for _, calls in final.values()), "repeats": repeats, "answers_lost_by_the_server": stats["lost"],
        "repeats_for_kills": repeats - stats["lost"], "busiest_second": stats["busiest_second"], "wrong": len(wrong),
    }, indent=1))
    for line in wrong[:20]:
        print(line, file=sys.stderr)
    return not wrong and stats["busiest_second"] <= 200


if __name__ == "__main__":
    sys.exit(main())
