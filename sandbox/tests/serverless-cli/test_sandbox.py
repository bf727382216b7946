"""The life of a stack: the real Serverless CLI against `checker sandbox`, from the first
deployment to the removal. One test, since each step needs the one before."""

import json
import time
import unittest

from kit import STACK, Kit, Sandbox, built_in, say

# Seconds of a deployment beyond the build: nearly all of them are the CLI's own.
LIMIT_DEPLOY = 6
BRANCHES = json.dumps(
    [{"key": "t.txt", "itExperience": 5, "cloudExperience": 0, "nodeExperience": 0, "isExcluded": False}]
)


class Deployment(unittest.TestCase):
    def setUp(self):
        self.kit = Kit("deployment")
        self.addCleanup(self.kit.end)
        self.sandbox = Sandbox()
        self.addCleanup(self.sandbox.end)
        self.kit.endpoint = self.sandbox.endpoint

    def deploy(self, what):
        """Deploys, and says how long the CLI took beside the build."""
        # Built before, so that what is timed is the deployment.
        self.kit.run(["cargo", "build", "--quiet", "--bin", "handler"], 0)
        begun = time.perf_counter()
        printed = self.kit.sls("deploy")
        build = built_in(printed)
        beyond = time.perf_counter() - begun - build
        say(f"{what}: {beyond:.1f} s beyond {build:.1f} s of building and zipping")
        self.assertIn(f"Service deployed to stack {STACK}", printed)
        self.assertLess(beyond, LIMIT_DEPLOY)

    def status(self):
        return self.kit.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"][0]["StackStatus"]

    def test_life_of_a_stack(self):
        kit = self.kit
        self.deploy("deploy")
        bucket = kit.client("cloudformation").describe_stack_resource(
            StackName=STACK, LogicalResourceId="ServerlessDeploymentBucket"
        )["StackResourceDetail"]["PhysicalResourceId"]
        objects = kit.client("s3").list_objects_v2(Bucket=bucket)["Contents"]
        zipped = next(it for it in objects if it["Key"].endswith("bootstrap.zip"))
        self.assertRegex(zipped["ETag"], r"-\d+\"$", "a large upload goes in parts")

        printed = kit.verify("--all")
        self.assertIn("6 of 6 tasks passed: ", printed)
        self.assertNotIn("Note:", printed)
        self.assertIn("scan-cv-alice-dev-scan-file", kit.sls("info"))
        self.assertIn("Started SF execution", kit.sls("logs", "-f", "scan-file"))
        score = kit.sls("invoke", "-f", "calculate-score", "-d", BRANCHES)
        self.assertEqual(json.loads(score)["calculatedScore"], 5, score)
        execution = kit.sls("invoke", "stepf", "--name", "ScanCvWorkflow", "--data", "{}", code=1)
        self.assertIn("The choice state's condition path references an invalid value", execution)
        self.assertIn("No changes to deploy", kit.sls("deploy"))

        self.change_without_deploying()
        self.deploy("redeploy")
        self.assertNotIn("Note:", kit.verify("--task", "5"))
        self.assertIn("Object seen", kit.sls("logs", "-f", "scan-file"))
        self.fail_half_way()

        printed = kit.sls("remove")
        self.assertIn("has been successfully removed", printed)
        self.nothing_is_left()
        self.assertEqual(self.sandbox.end(), 0)

    def change_without_deploying(self):
        """What is changed and not deployed is told of."""
        kit = self.kit
        kit.replace("handler/src/scan_file/mod.rs", '"Object created"', '"Object seen"')
        printed = kit.verify("--task", "5")
        self.assertIn("Note: scan-file was deployed from other sources than those in handler/", printed)
        self.assertNotIn("the deployed workflow", printed)
        self.assertIn("It is not what is in this folder that was verified", printed.splitlines()[-1])
        kit.replace("handler/workflow/workflow.asl.yml", "Comment: ", "Comment: After a change, ")
        printed = kit.verify("--task", "5")
        self.assertIn(
            "Note: the deployed workflow is another one than in handler/workflow/workflow.asl.yml (/Comment differs): "
            "you changed it after the last deploy.",
            printed,
        )

    def fail_half_way(self):
        """A bad role takes the whole deployment back."""
        kit = self.kit
        logs = kit.client("logs")
        group = {"logGroupNamePrefix": "/aws/lambda/scan-cv-alice-dev-scan-file"}
        kit.replace("serverless.yml", "logRetentionInDays: 14", "logRetentionInDays: 30")
        kit.replace("handler/workflow/workflow.iam.yml", "Effect: Allow", "Effect: Permit")
        printed = kit.sls("deploy", code=1)
        self.assertIn("UPDATE_FAILED: ScanCvWorkflowRole (AWS::IAM::Role)", printed)
        self.assertIn("Invalid effect", printed)
        self.assertEqual(self.status(), "UPDATE_ROLLBACK_COMPLETE")
        self.assertEqual(logs.describe_log_groups(**group)["logGroups"][0]["retentionInDays"], 14)
        # What was deployed before works on.
        kit.verify("--task", "5")

    def nothing_is_left(self):
        kit = self.kit
        left = {
            "buckets": kit.client("s3").list_buckets()["Buckets"],
            "functions": kit.client("lambda").list_functions()["Functions"],
            "groups": kit.client("logs").describe_log_groups()["logGroups"],
            "roles": kit.client("iam").list_roles()["Roles"],
            "machines": kit.client("stepfunctions").list_state_machines()["stateMachines"],
            "topics": kit.client("sns").list_topics().get("Topics", []),
            "stacks": kit.client("cloudformation").describe_stacks()["Stacks"],
        }
        self.assertEqual(left, {name: [] for name in left})
