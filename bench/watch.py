#!/usr/bin/env python3
"""How long `checker watch` takes from a saved change to the new verdict.

Changes one line of a function in a clone of the project, again and again, and prints the
median time until the new verdict is there, the handler built again included. Ends by exit
code 1 where it is over the limit.
"""

import os
import pathlib
import signal
import statistics
import subprocess
import sys
import tempfile
import time

from verify import ROOT, TARGET

RUNS = 10
LIMIT_SECONDS = 3.0
FILE = pathlib.Path("handler/src/calculate_score/mod.rs")
LINE = "    Ok(output.as_object().cloned().unwrap_or_default())\n"


def next_verdict(watch):
    """Reads on to the end of a verdict; gives its lines."""
    lines = []
    for line in watch.stdout:
        if line.startswith("Watching "):
            return lines
        lines.append(line)
    sys.exit("checker watch ended:\n" + "".join(lines))


def main():
    subprocess.run(["cargo", "build", "--quiet", "--bins"], cwd=ROOT, check=True)
    with tempfile.TemporaryDirectory() as folder:
        clone = pathlib.Path(folder, "kit")
        subprocess.run(["git", "clone", "--quiet", ROOT, clone], check=True)
        checker = TARGET / "debug" / "checker"
        subprocess.run([checker, "start", "5"], cwd=clone, check=True, stdout=subprocess.DEVNULL)
        file = clone / FILE
        text = file.read_text()
        if LINE not in text:
            sys.exit(f"{FILE} has no line to change: {LINE!r}")
        # Crates that others wrote are compiled by now, and shared. The clone's own have another
        # version, or cargo would take them for the project's.
        manifest = clone / "Cargo.toml"
        manifest.write_text(manifest.read_text().replace('version = "0.1.0"', 'version = "0.1.0-watch"', 1))
        environment = {
            **os.environ,
            "CARGO_BUILD_BUILD_DIR": str(TARGET),
            "CARGO_TARGET_DIR": str(clone / "target"),
        }
        watch = subprocess.Popen(
            [checker, "watch", "--user", "bench", "--task", "4"],
            cwd=clone,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        try:
            next_verdict(watch)
            times = []
            for number in range(RUNS):
                changed = f'    info!("change {number}");\n{LINE}'
                begun = time.perf_counter()
                file.write_text(text.replace(LINE, changed, 1))
                lines = next_verdict(watch)
                times.append(time.perf_counter() - begun)
                if not any(line.startswith("1 of 1 tasks passed") for line in lines):
                    sys.exit("no verdict:\n" + "".join(lines))
        finally:
            watch.send_signal(signal.SIGINT)
            watch.wait()
    median = statistics.median(times)
    print(f"checker watch: median {median:.2f} s of {RUNS} changes ({min(times):.2f} to {max(times):.2f} s)")
    if median > LIMIT_SECONDS:
        sys.exit(f"over the limit of {LIMIT_SECONDS} s")


if __name__ == "__main__":
    main()
