#!/usr/bin/env python3
"""How long a participant waits for a verdict, and how much memory it takes.

Runs `checker verify --user bench --task 1` as whole processes, with the handler
built, and prints the median wall time and the peak memory of the checker and all
that it starts together. Ends by exit code 1 where the median is over the limit.
Linux only: memory is read from /proc.
"""

import os
import pathlib
import statistics
import subprocess
import sys
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
TARGET = ROOT / os.environ.get("CARGO_TARGET_DIR", "target")
RUNS = 10
LIMIT_SECONDS = 1.0


def parent_and_memory(process):
    """A process's parent, and its proportional share of memory in KiB."""
    stat = (process / "stat").read_text()
    parent = int(stat.rpartition(")")[2].split()[1])
    rollup = (process / "smaps_rollup").read_text()
    share = next(line for line in rollup.splitlines() if line.startswith("Pss:"))
    return parent, int(share.split()[1])


def memory_of_tree(root):
    """The memory of a process and all below it, in KiB."""
    seen = {}
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            seen[int(process.name)] = parent_and_memory(process)
        except (OSError, StopIteration):
            pass  # it has just ended, or is another user's
    tree, grown = {root}, True
    while grown:
        below = {it for it, (parent, _) in seen.items() if parent in tree}
        grown = not below <= tree
        tree |= below
    return sum(memory for it, (_, memory) in seen.items() if it in tree)


def run(watched):
    """One run: wall time in seconds, and peak memory in MiB where it is watched."""
    command = [TARGET / "debug" / "checker", "verify", "--user", "bench", "--task", "1"]
    begun = time.perf_counter()
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    peak = 0
    printed = []
    reader = threading.Thread(target=lambda: printed.append(process.stdout.read()))
    reader.start()
    while watched and process.poll() is None:
        peak = max(peak, memory_of_tree(process.pid))
    code = process.wait()
    took = time.perf_counter() - begun
    reader.join()
    if code != 0:
        sys.exit(f"checker verify ended by exit code {code}:\n{printed[0]}")
    return took, peak / 1024


def main():
    subprocess.run(["cargo", "build", "--quiet", "--bins"], cwd=ROOT, check=True)
    run(watched=False)
    times = [run(watched=False)[0] for _ in range(RUNS)]
    _, peak = run(watched=True)
    median = statistics.median(times)
    print(f"checker verify --task 1: median {median:.2f} s of {RUNS} runs ({min(times):.2f} to {max(times):.2f} s)")
    print(f"peak memory of the checker and its processes together: {peak:.0f} MiB")
    if median > LIMIT_SECONDS:
        sys.exit(f"over the limit of {LIMIT_SECONDS} s")


if __name__ == "__main__":
    main()
