"""A class of twenty is verified at once, behind a server that enforces AWS's rates and
behind one that throttles, breaks and drops: nobody gets a wrong verdict."""

import concurrent.futures
import io
import json
import os
import pathlib
import signal
import subprocess
import sys
import time
import unittest
import zipfile

from proxy import Enforced, Proxy, Random

sys.path.append(str(pathlib.Path(__file__).resolve().parents[3] / "sandbox" / "tests" / "serverless-cli"))

from kit import CHECKER, CREDENTIALS, LIMIT, ROOT, TARGET, Sandbox, client, say

# What the Serverless CLI makes of serverless.yml, for the user alice.
TEMPLATES = ROOT / "sandbox" / "serverless-template" / "tests" / "project.json"
USERS = [f"user-{number:02}" for number in range(20)]
# One whose workflow waits, and is interrupted in it.
SLOW = "slow"
# Those whose solution is wrong: CVs with a score of just over 100 are rejected.
WRONG = {"user-03", "user-11"}
# Some verify the task that uploads a CV twice, and one all of them.
TASKS = {user: "1" if user.endswith("5") else "5" for user in USERS}
EVERYTHING = "user-10"
# Calls that one verdict may take on average: each one counts for the whole class.
MOST_CALLS = {"FilterLogEvents": 8, "ListExecutions": 8, "DescribeExecution": 20, "GetExecutionHistory": 8}


class Class(unittest.TestCase):
    """The stacks of twenty users, in one sandbox."""

    @classmethod
    def setUpClass(cls):
        sandbox = Sandbox()
        cls.addClassCleanup(sandbox.end)
        cls.endpoint = sandbox.endpoint
        cls.deploy()

    @classmethod
    def deploy(cls):
        subprocess.run(["cargo", "build", "--quiet", "--bin", "handler"], cwd=ROOT, check=True)
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as zipped:
            executable = zipfile.ZipInfo("bootstrap")
            executable.external_attr = 0o755 << 16
            executable.compress_type = zipfile.ZIP_DEFLATED
            zipped.writestr(executable, (TARGET / "debug" / "handler").read_bytes())
        s3, formation = client("s3", cls.endpoint), client("cloudformation", cls.endpoint)
        s3.create_bucket(Bucket="code", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        s3.put_object(Bucket="code", Key="bootstrap.zip", Body=archive.getvalue())
        s3.create_bucket(Bucket="templates", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        recorded = json.loads(TEMPLATES.read_text())["update"]
        for it in recorded["Resources"].values():
            if it["Type"] == "AWS::Lambda::Function":
                it["Properties"]["Code"] = {"S3Bucket": "code", "S3Key": "bootstrap.zip"}
        for user in [*USERS, SLOW]:
            template = json.dumps(recorded).replace("alice", user)
            if user in WRONG:
                right = r"\"NumericGreaterThan\": 100"
                assert right in template, template
                template = template.replace(right, r"\"NumericGreaterThan\": 105")
            if user == SLOW:
                start = r'\"StartAt\": \"checkFileType\"'
                assert start in template, template
                wait = r'\"StartAt\": \"wait\"'
                template = template.replace(start, wait)
                state = r'\"wait\": {\"Type\": \"Wait\", \"Seconds\": 900, \"Next\": \"checkFileType\"}'
                states = r'\"States\": {'
                template = template.replace(states, f"{states}{state}, ", 1)
            # The template is too large for a request.
            s3.put_object(Bucket="templates", Key=f"{user}.json", Body=template.encode())
            stack = f"scan-cv-{user}-dev"
            formation.create_stack(
                StackName=stack,
                TemplateURL=f"https://s3.amazonaws.com/templates/{user}.json",
                Capabilities=["CAPABILITY_NAMED_IAM"],
            )
            status = formation.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"]
            assert status == "CREATE_COMPLETE", status

    def checker(self, user, endpoint, *tasks):
        """A checker that was started."""
        command = [CHECKER, "verify", "--user", user, *tasks, "--endpoint-url", endpoint, "--polite", "--json"]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        pipe = subprocess.PIPE
        return subprocess.Popen(
            command, cwd=ROOT, env={**environment, **CREDENTIALS}, stdout=pipe, stderr=pipe, text=True
        )

    def verify(self, user, endpoint):
        tasks = ["--all"] if user == EVERYTHING else ["--task", TASKS[user]]
        checker = self.checker(user, endpoint, *tasks)
        stdout, stderr = checker.communicate(timeout=LIMIT)
        return subprocess.CompletedProcess(checker.args, checker.returncode, stdout, stderr)

    def verify_class(self, name, trouble):
        """Verifies all at once; gives the results by user, and the proxy with its counts."""
        proxy = Proxy(self.endpoint, trouble)
        self.addCleanup(proxy.end)
        begun = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(len(USERS)) as pool:
            results = dict(zip(USERS, pool.map(lambda user: self.verify(user, proxy.endpoint), USERS)))
        took = time.monotonic() - begun
        troubles = ", ".join(f"{kind} {count}" for kind, count in sorted(proxy.troubles.items()))
        calls = ", ".join(f"{api} {count / len(USERS):.1f}" for api, count in sorted(proxy.calls.items()))
        say(f"{name}: {len(USERS)} users at once in {took:.0f} s; {troubles or 'no trouble'}")
        say(f"{name}: calls of one verdict: {calls}")
        return results, proxy

    def judged(self, user, result):
        """`passed`, `failed` with the checks that failed, or `error` where there is no verdict."""
        if result.returncode == 3:
            self.assertIn("error: ", result.stderr)
            return "error", set()
        self.assertIn(result.returncode, (0, 1), f"{user}: {result.stderr}")
        tasks = json.loads(result.stdout)["tasks"]
        checks = [check for task in tasks for probe in task["probes"] for check in probe["checks"]]
        failed = {check["check"] for check in checks if check["verdict"] == "failed"}
        return "passed" if result.returncode == 0 else "failed", failed

    def test_rates_of_aws(self):
        results, proxy = self.verify_class("AWS's rates", Enforced())
        for user, result in results.items():
            verdict = self.judged(user, result)
            expected = ("failed", {"matched-path"}) if user in WRONG else ("passed", set())
            self.assertEqual(verdict[0], expected[0], f"{user}: {result.stdout}{result.stderr}")
            self.assertLessEqual(expected[1], verdict[1], user)
        for api, most in MOST_CALLS.items():
            self.assertLessEqual(proxy.calls[api] / len(USERS), most, api)

    def test_trouble_at_random(self):
        results, proxy = self.verify_class("trouble", Random(1))
        self.assertGreater(sum(proxy.troubles.values()), 50)
        verdicts = {user: self.judged(user, result)[0] for user, result in results.items()}
        for user, verdict in verdicts.items():
            right = "failed" if user in WRONG else "passed"
            self.assertIn(verdict, (right, "error"), f"{user}: {results[user].stdout}{results[user].stderr}")
        errors = {user: results[user].stderr for user, verdict in verdicts.items() if verdict == "error"}
        say(f"trouble: {len(errors)} of {len(USERS)} without a verdict")
        self.assertEqual(errors, {})

    def test_one_session(self):
        """A program that verifies all by one session asks less than a process for each."""
        many, one = (Proxy(self.endpoint, lambda api: None) for _ in range(2))
        for proxy in (many, one):
            self.addCleanup(proxy.end)
        for checker in [self.checker(user, many.endpoint, "--task", "1") for user in USERS]:
            _, said = checker.communicate(timeout=LIMIT)
            self.assertEqual(checker.returncode, 0, said)
        environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        command = ["cargo", "run", "--quiet", "--example", "class", "--", one.endpoint, "1", *USERS]
        done = subprocess.run(
            command, cwd=ROOT, env={**environment, **CREDENTIALS}, capture_output=True, text=True, timeout=LIMIT
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        verdicts = [json.loads(line) for line in done.stdout.splitlines()]
        passed = {it["user"] for it in verdicts if it.get("tasks", [{}])[0].get("verdict") == "passed"}
        self.assertEqual(passed, set(USERS), done.stdout)
        calls = [sum(proxy.calls.values()) for proxy in (many, one)]
        say(f"{len(USERS)} users: {calls[0]} calls of as many processes, {calls[1]} of one session")
        self.assertLess(calls[1], calls[0])
        for api in ("GetCallerIdentity", "ListStateMachines"):
            self.assertLess(one.calls[api], len(USERS) / 2, api)

    def test_interrupted(self):
        """Whoever stops waiting leaves nothing behind, although nobody may look into logs."""
        proxy = Proxy(self.endpoint, lambda api: "throttle" if api == "FilterLogEvents" else None)
        self.addCleanup(proxy.end)
        states, s3 = client("stepfunctions", self.endpoint), client("s3", self.endpoint)
        machine = f"arn:aws:states:eu-west-1:123456789012:stateMachine:scan-cv-{SLOW}-ScanCvWorkflow"
        status = lambda: [it["status"] for it in states.list_executions(stateMachineArn=machine)["executions"]]
        checker = self.checker(SLOW, proxy.endpoint, "--task", "5")
        self.addCleanup(checker.communicate)
        begun = time.monotonic()
        while len(status()) < 5:
            self.assertLess(time.monotonic() - begun, 60, "no execution starts")
        checker.send_signal(signal.SIGINT)
        _, said = checker.communicate(timeout=60)
        self.assertEqual(checker.returncode, 3, said)
        self.assertEqual(status(), ["ABORTED"] * 5)
        for kind in ["input", "extracted", "matched", "rejected"]:
            listed = s3.list_objects_v2(Bucket=f"scan-cv-{kind}-{SLOW}")
            self.assertEqual(listed.get("Contents", []), [], kind)
