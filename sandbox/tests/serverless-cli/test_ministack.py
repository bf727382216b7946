"""The same stack on an AWS emulator that others wrote: the checker is not tuned to our own.

It has no Textract, enforces no policies and records no events of branches; the checker is
told so, and lists what it leaves out. Where it is looser than AWS otherwise (events
without ids, Task* events for functions, a log stream for each invocation) the checker
neither trips nor is fooled.
"""

import contextlib
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

from kit import CREDENTIALS, LIMIT, REGION, ROOT, TARGET, Kit, say

# The same that bench/workflow.py measures beside.
VENV = TARGET / "bench-workflow-venv"
REQUIREMENTS = ROOT / "bench" / "workflow" / "requirements.txt"
WITHOUT = ["--without", "textract,iam,branch-events"]


class Ministack:
    """A running ministack."""

    def __init__(self):
        subprocess.run([sys.executable, "-m", "venv", VENV], check=True)
        pip = [VENV / "bin" / "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "--requirement", REQUIREMENTS], check=True)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.endpoint = f"http://127.0.0.1:{port}"
        self.folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        settings = {
            "GATEWAY_PORT": str(port),
            "BIND_HOST": "127.0.0.1",
            "MINISTACK_REGION": REGION,
            "SFTP_ENABLED": "0",
            "IOT_MTLS_ENABLED": "0",
            # It unpacks the functions there.
            "TMPDIR": self.folder.name,
            # The functions inherit these.
            "AWS_ENDPOINT_URL": self.endpoint,
            **CREDENTIALS,
        }
        self.log = pathlib.Path(self.folder.name, "log")
        with open(self.log, "w") as log:
            self.process = subprocess.Popen(
                [VENV / "bin" / "ministack"],
                cwd=self.folder.name,
                env={**os.environ, **settings},
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        begun = time.monotonic()
        while time.monotonic() - begun < LIMIT:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                return
            with contextlib.suppress(subprocess.TimeoutExpired):
                # That it ends is all that can come before it answers.
                self.process.wait(timeout=0.1)
                break
        raise RuntimeError(f"ministack does not answer:\n{self.log.read_text()}")

    def end(self):
        # It leaves its functions behind; they are in its group.
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.folder.cleanup()


class OnMinistack(unittest.TestCase):
    def test_deployed_and_verified(self):
        kit = Kit("ministack")
        self.addCleanup(kit.end)
        server = Ministack()
        self.addCleanup(server.end)
        kit.endpoint = server.endpoint
        kit.sls("deploy")

        printed = kit.verify("--all", *WITHOUT)
        left_out = [line.strip() for line in printed.splitlines() if "Left out" in line or "Not judged:" in line]
        left_out += sorted({line.strip() for line in printed.splitlines() if "--without branch-events" in line})
        summary = printed.splitlines()[-1]
        say(f"ministack: {summary}")
        for line in left_out:
            say(f"  {line}")
        self.assertIn("5 of 6 tasks passed, 1 not judged: ", summary)
        self.assertNotIn("    failed", printed)
        self.assertEqual(sum("Left out" in line for line in left_out), 9, printed)
        self.assertIn("Note: Left out: the endpoint does not enforce policies (--without iam)", printed)

        # Wrong solutions do not pass there either.
        for file, old, new, task, check in [
            ("handler/workflow/workflow.asl.yml", "NumericGreaterThan: 100", "NumericGreaterThan: 105", "5", "matched-path"),
            ("handler/src/calculate_score/mod.rs", "it + cloud + node", "it + cloud + node + 5", "4", "score"),
        ]:
            with self.subTest(check):
                kit.replace(file, old, new)
                kit.sls("deploy")
                printed = kit.verify("--task", task, *WITHOUT, code=1)
                self.assertRegex(printed, rf"failed +{check} ")
                kit.replace(file, new, old)
