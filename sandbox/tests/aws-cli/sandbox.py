"""`checker sandbox` as a server for tests, and the `aws` command pointed at it."""

import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[3]
TARGET = ROOT / os.environ.get("CARGO_TARGET_DIR", "target")
LIMIT = 60


class Failed(Exception):
    """A command that ended by another exit code than 0."""

    def __init__(self, command, result):
        self.code, self.text = result.returncode, result.stderr.strip()
        super().__init__(f"{' '.join(command)}: exit code {self.code}\n{result.stdout}{self.text}")


class Sandbox:
    """A running `checker sandbox`, with the stack of a user or empty, and the `aws` command
    for it."""

    def __init__(self, user="alice"):
        self.folder = tempfile.TemporaryDirectory()
        self.home = pathlib.Path(self.folder.name)
        command = [TARGET / "debug" / "checker", "sandbox", "--port", "0"]
        if user:
            command += ["--user", user]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        for line in self.process.stdout:
            if line.startswith("The sandbox answers at "):
                self.endpoint = line.split()[4].rstrip(".")
                return
        raise RuntimeError("the sandbox ended before it answered")

    def end(self):
        """Ctrl-C: gives the exit code and what was printed since the start."""
        self.process.send_signal(signal.SIGINT)
        printed, _ = self.process.communicate(timeout=LIMIT)
        self.folder.cleanup()
        return self.process.returncode, printed

    def run(self, *arguments, key="test", secret="test", stdin=None):
        """Runs `aws` with nothing of the caller's own settings; gives its standard output."""
        command = [sys.executable, "-m", "awscli", *map(str, arguments)]
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "AWS_ACCESS_KEY_ID": key,
            "AWS_SECRET_ACCESS_KEY": secret,
            "AWS_REGION": "eu-west-1",
            "AWS_DEFAULT_REGION": "eu-west-1",
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_MAX_ATTEMPTS": "1",
            "LC_ALL": "C.UTF-8",
        }
        result = subprocess.run(
            command, env=environment, cwd=self.home, capture_output=True, text=True, input=stdin, timeout=LIMIT
        )
        if result.returncode != 0:
            raise Failed(command, result)
        return result.stdout

    def json(self, *arguments, **options):
        """As `run`, with the output read as JSON."""
        return json.loads(self.run(*arguments, "--output", "json", **options))

    def until(self, what, look):
        """Looks again and again until there is something, and gives it."""
        begun = time.monotonic()
        while time.monotonic() - begun < LIMIT:
            found = look()
            if found:
                return found
        raise AssertionError(f"waited {LIMIT} s for {what}")


class SandboxTest(unittest.TestCase):
    """Tests that share one sandbox."""

    @classmethod
    def setUpClass(cls):
        cls.aws = Sandbox()

    @classmethod
    def tearDownClass(cls):
        code, _ = cls.aws.end()
        assert code == 0, f"the sandbox ended by exit code {code}"

    def assertRefused(self, code, *arguments, **options):
        """The command fails with this error code; gives the whole text."""
        with self.assertRaises(Failed) as caught:
            self.aws.run(*arguments, **options)
        self.assertIn(f"({code})", caught.exception.text)
        return caught.exception.text
