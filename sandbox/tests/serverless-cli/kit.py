"""A copy of the project to deploy, and the real commands to do it with."""

import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[3]
TARGET = ROOT / os.environ.get("CARGO_TARGET_DIR", "target")
CHECKER = TARGET / "debug" / "checker"
REGION = "eu-west-1"
STACK = "scan-cv-alice-dev"
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
LIMIT = 300


class Kit:
    """The copy: what is tracked by git or would be, with node_modules beside it."""

    def __init__(self, name):
        self.folder = tempfile.TemporaryDirectory()
        self.root = pathlib.Path(self.folder.name, "kit")
        self.endpoint = None
        listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate"]
        for name_of_file in subprocess.check_output(listed, cwd=ROOT, text=True).split("\0"):
            source = ROOT / name_of_file
            if name_of_file and source.is_file():
                target = self.root / name_of_file
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source, target)
        (self.root / "node_modules").symlink_to(ROOT / "node_modules")
        # What others wrote is compiled by now, and shared. The copy's own crates have another
        # version, or cargo would take them for the project's.
        self.replace("Cargo.toml", 'version = "0.1.0"', f'version = "0.1.0-{name}"')

    def end(self):
        self.folder.cleanup()

    def replace(self, file, old, new):
        """Replaces a text that stands in a file."""
        path = self.root / file
        text = path.read_text()
        assert old in text, f"{file} has no {old!r}"
        path.write_text(text.replace(old, new, 1))

    def environment(self, **more):
        """Nothing of the caller's own AWS settings."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "SLS_", "STUDENT"))}
        return {
            **kept,
            **CREDENTIALS,
            "CARGO_BUILD_BUILD_DIR": str(TARGET),
            "CARGO_TARGET_DIR": str(self.root / "target"),
            "NODE_NO_WARNINGS": "1",
            "STUDENT_NAME": "alice",
            **more,
        }

    def sls(self, *arguments, code=0, **more):
        """Runs the Serverless CLI as a participant does; gives all that it printed."""
        here = {"AWS_ENDPOINT_URL": self.endpoint} if self.endpoint else {}
        return self.run(["npx", "sls", *arguments], code, **here, **more)

    def verify(self, *arguments, code=0):
        """Runs the checker against the endpoint; gives what it printed."""
        command = [CHECKER, "verify", "--user", "alice", "--endpoint-url", self.endpoint, *arguments]
        return self.run(command, code)

    def run(self, command, code, **more):
        command = [str(word) for word in command]
        result = subprocess.run(
            command,
            cwd=self.root,
            env=self.environment(**more),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=LIMIT,
        )
        if result.returncode != code:
            raise AssertionError(f"{' '.join(command)}: exit code {result.returncode}\n{result.stdout}")
        return result.stdout

    def client(self, service):
        """A client of boto3 for the endpoint."""
        return client(service, self.endpoint)


class Sandbox:
    """A running `checker sandbox`, with nothing in it."""

    def __init__(self):
        command = [CHECKER, "sandbox", "--port", "0"]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        for line in self.process.stdout:
            if said := re.match(r"The sandbox answers at (\S+)", line):
                self.endpoint = said.group(1)
                return
        raise RuntimeError("the sandbox ended before it answered")

    def end(self):
        self.process.send_signal(signal.SIGINT)
        self.process.communicate(timeout=LIMIT)
        return self.process.returncode


def client(service, endpoint):
    """A client of boto3."""
    import boto3

    return boto3.client(
        service,
        region_name=REGION,
        endpoint_url=endpoint,
        aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
    )


def built_in(printed):
    """How many seconds the build took, as the CLI printed it."""
    return float(re.search(r"Built the handler in ([\d.]+) s", printed).group(1))


def say(text):
    """A line for people, whatever becomes of the tests."""
    print(text, file=sys.stderr, flush=True)
