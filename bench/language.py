#!/usr/bin/env python3
"""How fast the States Language is interpreted, beside two other interpreters.

Runs one machine (`language/loop.asl.json`: Pass, Map and Choice states, 4,999
transitions) on `states-language`, on moto and on aws-local-stepfunctions in turn,
each on one core, and prints the median of their transitions per second and the
ratios. The first two record the full history, the third keeps none. Then the memory
that a history takes, and that of ten thousand executions that wait at once. Ends by
exit code 1 where a figure misses its limit.
"""

import json
import os
import pathlib
import statistics
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
TARGET = ROOT / os.environ.get("CARGO_TARGET_DIR", "target")
PEERS = ROOT / "bench" / "language"
MACHINE = PEERS / "loop.asl.json"
INPUT = '{"count": 0}'
ROUNDS = 5
LEAST_TIMES_MOTO = 100
LEAST_TIMES_LOCAL = 5
WAITING = 10_000


def call(*command):
    """What a program prints, read as JSON."""
    ended = subprocess.run([str(word) for word in command], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    if ended.returncode:
        sys.exit(f"{command[0]} ended by exit code {ended.returncode}")
    return json.loads(ended.stdout)


def install():
    """The interpreter in release, and its peers below target/ and node_modules/."""
    build = ["cargo", "build", "--release", "--quiet", "--package", "states-language", "--examples"]
    subprocess.run(build, cwd=ROOT, check=True)
    venv = TARGET / "bench-venv"
    subprocess.run([sys.executable, "-m", "venv", venv], check=True)
    pip = [venv / "bin" / "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "--requirement", PEERS / "requirements.txt"], check=True)
    npm = ["npm", "ci", "--no-audit", "--no-fund", "--loglevel=error"]
    subprocess.run(npm, cwd=PEERS, check=True)
    return venv / "bin" / "python", PEERS / "node_modules" / "node" / "bin" / "node"


def main():
    python, node = install()
    examples = TARGET / "release" / "examples"
    interpreters = {
        "states-language": [examples / "throughput", MACHINE, INPUT, "20"],
        "moto": [python, PEERS / "moto_peer.py", MACHINE, INPUT],
        "aws-local-stepfunctions": [node, PEERS / "local_peer.mjs", MACHINE, INPUT, "20"],
    }
    runs = {name: [] for name in interpreters}
    for _ in range(ROUNDS):
        for name, command in interpreters.items():
            runs[name].append(call(*command))
    speed = {}
    for name, results in runs.items():
        each = [it["transitions"] / it["seconds"] for it in results]
        speed[name] = statistics.median(each)
        print(f"{name}: {speed[name]:,.0f} transitions a second ({min(each):,.0f} to {max(each):,.0f})")
    times_moto = speed["states-language"] / speed["moto"]
    times_local = speed["states-language"] / speed["aws-local-stepfunctions"]
    print(f"states-language is {times_moto:.0f} times as fast as moto, {times_local:.1f} times as aws-local-stepfunctions")

    kept = runs["states-language"][0]
    if kept["bytes"] is not None:
        print(f"10,000 events of history: {kept['bytes'] / kept['events'] * 10_000 / 2**20:.1f} MiB")
    waiting = call(examples / "waiting", WAITING, "3")
    memory = "" if waiting["bytes"] is None else f", {waiting['bytes'] / WAITING / 1024:.1f} KiB each"
    print(f"{WAITING:,} executions waited 3 s at once and succeeded in {waiting['seconds']:.2f} s{memory}")

    if times_moto < LEAST_TIMES_MOTO or times_local < LEAST_TIMES_LOCAL:
        sys.exit(f"below the limits: {LEAST_TIMES_MOTO} times moto, {LEAST_TIMES_LOCAL} times aws-local-stepfunctions")


if __name__ == "__main__":
    main()
