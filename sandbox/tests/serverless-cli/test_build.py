"""How the plugin builds the handler: what it runs, and what it says when it cannot."""

import json
import os
import pathlib
import shutil
import sys
import tempfile
import unittest

from kit import Kit

# In the place of cargo-lambda: takes down what it was asked for, and writes a zip.
FAKE = """#!{python}
import json, pathlib, sys, zipfile
arguments = sys.argv[1:]
pathlib.Path({log!r}).open("a").write(json.dumps(arguments) + "\\n")
if "--lambda-dir" in arguments:
    folder = pathlib.Path(arguments[arguments.index("--lambda-dir") + 1], "handler")
    folder.mkdir(parents=True)
    zipfile.ZipFile(folder / "bootstrap.zip", "w").close()
"""


class Build(unittest.TestCase):
    """For AWS: there is no endpoint."""

    def setUp(self):
        self.kit = Kit("build")
        self.addCleanup(self.kit.end)
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        # A cargo that finds no commands beyond its own.
        (self.folder / "bin").mkdir()
        for name in ["cargo", "node", "npx"]:
            (self.folder / "bin" / name).symlink_to(shutil.which(name))
        (self.folder / "home").mkdir()
        self.settings = {
            "PATH": f"{self.folder / 'bin'}:/usr/bin:/bin",
            "CARGO_HOME": str(self.folder / "home"),
            "RUSTUP_HOME": os.environ.get("RUSTUP_HOME", os.path.expanduser("~/.rustup")),
        }

    def test_without_cargo_lambda(self):
        printed = self.kit.sls("package", code=1, **self.settings)
        self.assertIn("cargo-lambda, which compiles for Lambda, is not installed.", printed)
        self.assertIn("pip3 install cargo-lambda", printed)

    def test_with_cargo_lambda(self):
        for architecture, expected in [("x86_64", []), ("arm64", ["--arm64"])]:
            with self.subTest(architecture):
                self.kit.replace("serverless.yml", "architecture: ", f"architecture: {architecture} # ")
                shutil.rmtree(self.kit.root / "target", ignore_errors=True)
                log = self.folder / f"{architecture}.log"
                fake = self.folder / "bin" / "cargo-lambda"
                fake.write_text(FAKE.format(python=sys.executable, log=str(log)))
                fake.chmod(0o755)
                self.kit.sls("package", **self.settings)
                asked = [json.loads(line) for line in log.read_text().splitlines()]
                into = ["--lambda-dir", str(self.kit.root / "target" / "lambda")]
                build = ["lambda", "build", "--release", "--bin", "handler", "--output-format", "zip", *expected, *into]
                self.assertEqual(asked, [["lambda", "--version"], build])

    def test_names_and_endpoints(self):
        """What is given wrongly is named before anything is built."""
        here = "http://127.0.0.1:1"
        for given, problem in [
            ({"STUDENT_NAME": "Alice"}, 'STUDENT_NAME is "Alice". Use 1 to 20 characters of a-z, 0-9 and -'),
            ({"AWS_ENDPOINT_URL": "localhost:4566"}, "AWS_ENDPOINT_URL is localhost:4566: it has to be a whole URL"),
        ]:
            with self.subTest(problem):
                printed = self.kit.sls("package", code=1, **{"AWS_ENDPOINT_URL": here, **given})
                self.assertIn(problem, printed)
                self.assertNotIn("Building", printed)

    def test_a_handler_that_does_not_compile(self):
        self.kit.replace("handler/src/scan_file/mod.rs", "pub async fn handle", "pub async fin handle")
        printed = self.kit.sls("package", code=1, AWS_ENDPOINT_URL="http://127.0.0.1:1")
        self.assertIn("handler/src/scan_file/mod.rs", printed)
        self.assertIn("The handler does not compile: see cargo's messages above.", printed)
