"""A clone of the project that is made each task's solution, and mutants of it."""

import os
import pathlib
import re
import shutil
import signal
import subprocess

from mutate import TASKS

ROOT = pathlib.Path(__file__).resolve().parents[3]
TARGET = ROOT / os.environ.get("CARGO_TARGET_DIR", "target")
CHECKER = TARGET / "debug" / "checker"

# Seconds that a verdict may take, a build included.
LIMIT = 300
# Seconds that the checker has to end its processes.
GRACE = 10

COLOUR = re.compile(r"\x1b\[[0-9;]*m")
# What participants edit.
EDITED = ("handler", "serverless.yml")


class Clone:
    """The working tree as it is, changes included, as a repository of its own."""

    def __init__(self, folder):
        self.root = pathlib.Path(folder, "kit")
        self.temporary = pathlib.Path(folder, "temporary")
        self.temporary.mkdir()
        subprocess.run(["git", "clone", "--quiet", ROOT, self.root], check=True)
        # A task's branch would be taken from there, however old it is.
        self.git("remote", "remove", "origin")
        self.git("checkout", "--quiet", "-B", "main")
        self.take_working_tree()
        # Crates that others wrote are compiled by now, and shared. The clone's own have another
        # version, or cargo would take them for the project's.
        manifest = self.root / "Cargo.toml"
        manifest.write_text(manifest.read_text().replace('version = "0.1.0"', 'version = "0.1.0-mutants"', 1))
        self.git("add", "--all")
        who = ("-c", "user.name=mutants", "-c", "user.email=mutants@localhost", "-c", "commit.gpgSign=false")
        self.git(*who, "commit", "--quiet", "--no-verify", "--message", "The working tree")
        self.trees = {task: self.rendered(task) for task in TASKS}
        self.git("checkout", "--quiet", "--force", "main")
        self.paths = {path for pair in self.trees.values() for tree in pair for path in tree}

    def git(self, *arguments, given=None):
        """What git prints."""
        command = ["git", *arguments]
        return subprocess.run(command, cwd=self.root, check=True, stdout=subprocess.PIPE, input=given, text=True).stdout

    def take_working_tree(self):
        """Copies what is there, less what git ignores."""
        listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        names = subprocess.run(listed, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout
        for name in filter(None, names.split("\0")):
            source, copy = ROOT / name, self.root / name
            if source.exists():
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(source, copy)
            elif copy.exists():
                copy.unlink()

    def rendered(self, task):
        """A task's start and solution, as the checker renders them: text by path."""
        self.git("checkout", "--quiet", "--force", "main")
        self.git("clean", "--quiet", "--force", "-d")
        self.ask("start", task)
        start = self.read()
        self.git("apply", "--whitespace=nowarn", given=COLOUR.sub("", self.ask("solution", task, "--give-up")))
        return start, self.read()

    def ask(self, *arguments):
        """What the checker prints."""
        command = [CHECKER, *arguments]
        return subprocess.run(command, cwd=self.root, check=True, stdout=subprocess.PIPE, text=True).stdout

    def read(self):
        """The text of each file that participants edit, by its path."""
        listed = self.git("ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *EDITED)
        files = {name: self.root / name for name in listed.split("\0") if name}
        return {name: file.read_text() for name, file in files.items() if file.exists()}

    def fill(self, task, mutant=None):
        """Makes the working tree a task's solution, or a mutant of it. Files that are right stay
        as they are, so that cargo builds nothing again for them."""
        tree = dict(self.trees[task][1])
        if mutant:
            tree[mutant.file] = mutant.apply(tree[mutant.file])
        for path in self.paths:
            file = self.root / path
            if path not in tree:
                file.unlink(missing_ok=True)
            elif not file.exists() or file.read_text() != tree[path]:
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(tree[path])

    def verify(self, task):
        """The exit code of `checker verify`, None where it does not end, and what it said."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        environment.update(
            CARGO_BUILD_BUILD_DIR=str(TARGET),
            CARGO_TARGET_DIR=str(TARGET / "mutants"),
            # What a killed one leaves behind goes with the clone.
            TMPDIR=str(self.temporary),
        )
        process = subprocess.Popen(
            [CHECKER, "verify", "--user", "alice", "--task", task, "--json"],
            cwd=self.root,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            printed, errors = process.communicate(timeout=LIMIT)
            return process.returncode, printed, errors
        except subprocess.TimeoutExpired:
            return None, "", f"no verdict within {LIMIT} s"
        finally:
            end(process)


def end(process):
    """Ends the checker as Ctrl-C does, with all that it runs."""
    if process.poll() is not None:
        return
    process.send_signal(signal.SIGINT)
    try:
        process.communicate(timeout=GRACE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
