"""Every task's start is the same template to us as to the real Serverless CLI."""

import concurrent.futures
import json
import re
import subprocess
import unittest
import zipfile

from kit import CHECKER, ROOT, TARGET, Kit, say

# Where an artifact lies in the bucket: each deployment has its time.
TIME = re.compile(r"/\d{13}-\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/")
LEAST_STARTS = 6


class Starts(unittest.TestCase):
    def setUp(self):
        self.kit = Kit("starts")
        self.addCleanup(self.kit.end)
        build = ["cargo", "build", "--quiet", "--package", "serverless-template", "--example", "template"]
        subprocess.run(build, cwd=ROOT, check=True)

    def git(self, *arguments):
        identity = ["-c", "user.name=Kit", "-c", "user.email=kit@example.com", "-c", "commit.gpgsign=false"]
        return self.kit.run(["git", *identity, *arguments], 0)

    def trees(self):
        """A folder for the start of each task."""
        self.git("init", "--quiet", "--initial-branch=main")
        self.git("add", "--all", "--", ".", ":!node_modules")
        self.git("commit", "--quiet", "--message", "The kit")
        self.kit.run([CHECKER, "branches", "build"], 0)
        branches = self.git("for-each-ref", "--format=%(refname:short)", "refs/heads/task").split()
        for branch in branches:
            folder = self.kit.root.parent / branch.replace("/", "-")
            self.git("worktree", "add", "--quiet", folder, branch)
            yield folder

    def theirs(self, folder):
        """What the CLI packages; it only wants the artifact to exist."""
        (folder / "node_modules").symlink_to(ROOT / "node_modules")
        archive = folder / "target" / "lambda" / "handler" / "bootstrap.zip"
        archive.parent.mkdir(parents=True)
        zipfile.ZipFile(archive, "w").close()
        environment = self.kit.environment(SCAN_CV_BUILD="none")
        command = ["npx", "sls", "package"]
        result = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        return {
            kind: json.loads(TIME.sub("/local/", self.packaged(folder, kind).read_text()))
            for kind in ("create", "update")
        }

    @staticmethod
    def packaged(folder, kind):
        return folder / ".serverless" / f"cloudformation-template-{kind}-stack.json"

    def ours(self, folder):
        return json.loads(self.kit.run([TARGET / "debug" / "examples" / "template", folder], 0))

    def test_starts(self):
        folders = list(self.trees())
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            packaged = list(pool.map(self.theirs, folders))
        self.maxDiff = None
        for folder, theirs in zip(folders, packaged):
            with self.subTest(folder.name):
                self.assertEqual(self.ours(folder), theirs)
        say(f"starts: {len(folders)} templates compared")
        self.assertGreaterEqual(len(folders), LEAST_STARTS)
        # The starts are no copies of one another.
        self.assertEqual(len({json.dumps(it) for it in packaged}), len(folders))
