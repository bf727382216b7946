"""The commands of the other services, and a CV from upload to result."""

import base64
import json
import pathlib
import uuid

from sandbox import SandboxTest

MACHINE = "arn:aws:states:eu-west-1:123456789012:stateMachine:scan-cv-alice-ScanCvWorkflow"
TOPIC = "arn:aws:sns:eu-west-1:123456789012:scan-cv-alice-scan-failed"
SCAN_FILE = "scan-cv-alice-dev-scan-file"
# A function that calls no other service.
SCORE = "scan-cv-alice-dev-calculate-score"
BRANCHES = json.dumps(
    [{"key": "t.txt", "itExperience": 5, "cloudExperience": 0, "nodeExperience": 0, "isExcluded": False}]
)


class StepFunctions(SandboxTest):
    def start(self, name, text='{"key": "cv.txt"}'):
        return self.aws.json(
            "stepfunctions", "start-execution", "--state-machine-arn", MACHINE, "--name", name, "--input", text
        )["executionArn"]

    def ended(self, execution):
        def look():
            found = self.aws.json("stepfunctions", "describe-execution", "--execution-arn", execution)
            return found if found["status"] != "RUNNING" else None

        return self.aws.until("the execution to end", look)

    def test_list_state_machines(self):
        machines = self.aws.json("stepfunctions", "list-state-machines")["stateMachines"]
        self.assertEqual([it["stateMachineArn"] for it in machines], [MACHINE])
        described = self.aws.json("stepfunctions", "describe-state-machine", "--state-machine-arn", MACHINE)
        self.assertEqual((described["status"], described["type"]), ("ACTIVE", "STANDARD"))
        self.assertEqual(json.loads(described["definition"])["StartAt"], "checkFileType")

    def test_executions(self):
        path = self.aws.home / "one.txt"
        path.write_text("AWS")
        self.aws.run("s3", "cp", path, "s3://scan-cv-input-alice/one.txt")
        text = '{"key": "one.txt", "extension": "txt"}'
        execution = self.start("one", text)
        ended = self.ended(execution)
        self.assertEqual((ended["name"], ended["status"], ended["input"]), ("one", "SUCCEEDED", text))
        history = self.aws.json("stepfunctions", "get-execution-history", "--execution-arn", execution)["events"]
        types = [event["type"] for event in history]
        self.assertEqual(types[:3], ["ExecutionStarted", "ChoiceStateEntered", "ChoiceStateExited"])
        self.assertEqual(types[-1], "ExecutionSucceeded")
        self.assertEqual(types.count("ParallelStateStarted"), 1)
        self.assertEqual(types.count("LambdaFunctionSucceeded"), 6)
        self.assertEqual(types.count("TaskSucceeded"), 1)
        listed = self.aws.json("stepfunctions", "list-executions", "--state-machine-arn", MACHINE)["executions"]
        self.assertIn(execution, [it["executionArn"] for it in listed])

    def test_refusals(self):
        self.ended(self.start("taken"))
        arguments = ["stepfunctions", "start-execution", "--state-machine-arn", MACHINE]
        self.assertRefused("ExecutionAlreadyExists", *arguments, "--name", "taken", "--input", "{}")
        self.assertRefused("InvalidName", *arguments, "--name", "a b")
        self.assertRefused("InvalidExecutionInput", *arguments, "--input", "{")
        self.assertRefused("StateMachineDoesNotExist", *arguments[:3], f"{MACHINE}X")
        self.assertRefused("InvalidArn", *arguments[:3], "arn:x")
        missing = MACHINE.replace("stateMachine", "execution") + ":none"
        self.assertRefused("ExecutionDoesNotExist", "stepfunctions", "describe-execution", "--execution-arn", missing)
        self.assertRefused("ExecutionDoesNotExist", "stepfunctions", "stop-execution", "--execution-arn", missing)
        self.assertRefused("UnrecognizedClientException", "stepfunctions", "list-state-machines", key="AKIAUNKNOWN")
        self.assertRefused("InvalidSignatureException", "stepfunctions", "list-state-machines", secret="wrong")

    def test_unknown_operation(self):
        text = self.assertRefused("UnknownOperationException", "stepfunctions", "list-map-runs", "--execution-arn", f"{MACHINE}:x")
        self.assertIn("ListMapRuns", text)

    def test_unknown_service(self):
        for command in (["dynamodb", "list-tables"], ["ssm", "describe-parameters"], ["apigateway", "get-rest-apis"]):
            with self.subTest(command[0]):
                text = self.assertRefused("UnknownOperationException", *command)
                self.assertIn(f"The sandbox does not have the service {command[0]}.", text)


class Upload(SandboxTest):
    def test_a_cv_becomes_an_execution(self):
        nonce = uuid.uuid4().hex
        path = self.aws.home / "cv.txt"
        path.write_text("ten years")
        self.aws.run("s3", "cp", path, f"s3://scan-cv-input-alice/{nonce}.txt")

        def lines():
            found = self.aws.json(
                "logs", "filter-log-events", "--log-group-name", f"/aws/lambda/{SCAN_FILE}", "--filter-pattern", f'"{nonce}"'
            )
            return [event["message"] for event in found["events"]]

        def execution():
            found = self.aws.json("stepfunctions", "list-executions", "--state-machine-arn", MACHINE)
            named = [it for it in found["executions"] if it["name"].startswith(nonce[:20])]
            return named and named[0]["status"] == "SUCCEEDED"

        self.aws.until("the execution", execution)
        self.aws.until("the log", lines)
        groups = self.aws.json("logs", "describe-log-groups")["logGroups"]
        self.assertEqual({it["retentionInDays"] for it in groups}, {14})

    def test_get_log_events(self):
        self.aws.run("lambda", "invoke", "--function-name", SCORE, "--payload", BRANCHES, "out.json")
        group = ["--log-group-name", f"/aws/lambda/{SCORE}"]
        streams = self.aws.json("logs", "describe-log-streams", *group)["logStreams"]
        stream = ["--log-stream-name", streams[-1]["logStreamName"]]
        events = self.aws.json("logs", "get-log-events", *group, *stream, "--start-from-head")["events"]
        words = [event["message"].split()[0] for event in events]
        self.assertEqual((words[0], words[-1]), ("START", "REPORT"))


class Others(SandboxTest):
    def invoke(self, function, payload, *more):
        out = self.aws.home / "out.json"
        answer = self.aws.json("lambda", "invoke", "--function-name", function, "--payload", payload, *more, out)
        return answer, json.loads(out.read_text() or "null")

    def test_invoke(self):
        answer, _ = self.invoke(SCORE, BRANCHES, "--log-type", "Tail")
        self.assertEqual((answer["StatusCode"], answer.get("FunctionError")), (200, None))
        tail = base64.b64decode(answer["LogResult"]).decode()
        self.assertIn("REPORT RequestId: ", tail)
        answer, payload = self.invoke(SCAN_FILE, '{"Records": 1}')
        self.assertEqual(answer["FunctionError"], "Unhandled")
        self.assertEqual(sorted(payload), ["errorMessage", "errorType"])
        answer, _ = self.invoke(SCORE, BRANCHES, "--invocation-type", "Event")
        self.assertEqual(answer["StatusCode"], 202)

    def test_functions(self):
        names = [it["FunctionName"] for it in self.aws.json("lambda", "list-functions")["Functions"]]
        self.assertEqual((len(names), names[0], names[-1]), (8, SCORE, SCAN_FILE))
        found = self.aws.json("lambda", "get-function-configuration", "--function-name", SCAN_FILE)
        self.assertEqual((found["Runtime"], found["Timeout"], found["MemorySize"]), ("provided.al2023", 10, 128))
        self.assertRefused("ResourceNotFoundException", "lambda", "get-function", "--function-name", "none")
        self.assertRefused("UnrecognizedClientException", "lambda", "list-functions", key="AKIAUNKNOWN")

    def test_textract(self):
        document = pathlib.Path(__file__).resolve().parents[1] / "documents" / "libreoffice.pdf"
        self.aws.run("s3", "cp", document, "s3://scan-cv-input-alice/printed.pdf")
        analyze = ["textract", "analyze-document", "--feature-types", "TABLES", "FORMS", "--document"]
        place = {"S3Object": {"Bucket": "scan-cv-input-alice", "Name": "printed.pdf"}}
        found = self.aws.json(*analyze, json.dumps(place))
        lines = [it["Text"] for it in found["Blocks"] if it["BlockType"] == "LINE"]
        self.assertEqual((lines[0], lines[-1]), ("Zoë Ångström-Nowak", "Efficient workflows since 2016."))
        place["S3Object"]["Name"] = "none.pdf"
        self.assertRefused("InvalidS3ObjectException", *analyze, json.dumps(place))

    def test_logs(self):
        group = "/test/group"
        self.aws.run("logs", "create-log-group", "--log-group-name", group)
        self.aws.run("logs", "create-log-stream", "--log-group-name", group, "--log-stream-name", "s")
        self.assertRefused("ResourceAlreadyExistsException", "logs", "create-log-group", "--log-group-name", group)
        self.assertRefused("ResourceNotFoundException", "logs", "filter-log-events", "--log-group-name", "/none")
        self.assertRefused("InvalidParameterException", "logs", "put-retention-policy", "--log-group-name", group, "--retention-in-days", "2")

    def test_topics(self):
        topics = self.aws.json("sns", "list-topics")["Topics"]
        self.assertEqual(topics, [{"TopicArn": TOPIC}])
        published = self.aws.json("sns", "publish", "--topic-arn", TOPIC, "--message", "refused")
        self.assertEqual(len(published["MessageId"]), 36)
        self.assertRefused("NotFound", "sns", "publish", "--topic-arn", f"{TOPIC}-none", "--message", "x")
        self.assertRefused("InvalidClientTokenId", "sns", "list-topics", key="AKIAUNKNOWN")

    def test_queues(self):
        # The AWS CLI of version 1 has a host of its own for SQS, whatever the environment says.
        here = ["--endpoint-url", self.aws.endpoint]
        made = self.aws.json("sqs", "create-queue", *here, "--queue-name", "orders", "--attributes", "VisibilityTimeout=60")
        queue = [*here, "--queue-url", made["QueueUrl"]]
        self.assertEqual(self.aws.json("sqs", "get-queue-url", *here, "--queue-name", "orders"), made)
        self.assertEqual(self.aws.json("sqs", "list-queues", *here)["QueueUrls"], [made["QueueUrl"]])
        kind = json.dumps({"kind": {"DataType": "String", "StringValue": "new"}})
        sent = self.aws.json("sqs", "send-message", *queue, "--message-body", "one", "--message-attributes", kind)
        asked = ["--attribute-names", "All", "--message-attribute-names", "All", "--wait-time-seconds", "20"]
        [seen] = self.aws.json("sqs", "receive-message", *queue, *asked)["Messages"]
        self.assertEqual((seen["MessageId"], seen["Body"]), (sent["MessageId"], "one"))
        self.assertEqual(seen["MD5OfMessageAttributes"], sent["MD5OfMessageAttributes"])
        receipt = ["--receipt-handle", seen["ReceiptHandle"]]
        self.aws.run("sqs", "change-message-visibility", *queue, *receipt, "--visibility-timeout", "5")
        self.aws.run("sqs", "delete-message", *queue, *receipt)
        attributes = self.aws.json("sqs", "get-queue-attributes", *queue, "--attribute-names", "All")["Attributes"]
        self.assertEqual(attributes["ApproximateNumberOfMessagesNotVisible"], "0")
        self.aws.run("sqs", "set-queue-attributes", *queue, "--attributes", "DelaySeconds=1")
        subscribed = ["--protocol", "sqs", "--notification-endpoint", attributes["QueueArn"]]
        heard = self.aws.json("sns", "subscribe", "--topic-arn", TOPIC, *subscribed)["SubscriptionArn"]
        [listed] = self.aws.json("sns", "list-subscriptions-by-topic", "--topic-arn", TOPIC)["Subscriptions"]
        self.assertEqual((listed["SubscriptionArn"], listed["Endpoint"]), (heard, attributes["QueueArn"]))
        self.aws.run("sns", "unsubscribe", "--subscription-arn", heard)
        self.aws.run("sqs", "purge-queue", *queue)
        self.aws.run("sqs", "delete-queue", *queue)
        # By the name that it has had since SQS spoke XML.
        gone = "AWS.SimpleQueueService.NonExistentQueue"
        self.assertRefused(gone, "sqs", "send-message", *queue, "--message-body", "x")
        self.assertRefused(gone, "sqs", "get-queue-url", *here, "--queue-name", "orders")
        self.assertRefused("InvalidParameterValue", "sqs", "create-queue", *here, "--queue-name", "a b")

    def test_queues_of_boto3(self):
        import boto3

        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
        sqs = boto3.resource("sqs", endpoint_url=self.aws.endpoint, region_name="eu-west-1", **keys)
        queue = sqs.create_queue(QueueName="python", Attributes={"ReceiveMessageWaitTimeSeconds": "20"})
        queue.send_message(MessageBody="Zoë")
        [message] = queue.receive_messages(MaxNumberOfMessages=10)
        self.assertEqual(message.body, "Zoë")
        message.delete()
        queue.reload()
        self.assertEqual(queue.attributes["ApproximateNumberOfMessages"], "0")
        queue.delete()
        with self.assertRaises(sqs.meta.client.exceptions.QueueDoesNotExist):
            queue.send_message(MessageBody="x")

    def test_identity(self):
        identity = self.aws.json("sts", "get-caller-identity")
        self.assertEqual(identity["Account"], "123456789012")
        self.assertTrue(identity["Arn"].startswith("arn:aws:iam::123456789012:"))
        self.assertRefused("InvalidClientTokenId", "sts", "get-caller-identity", key="AKIAUNKNOWN")
        self.assertRefused("SignatureDoesNotMatch", "sts", "get-caller-identity", secret="wrong")
        self.assertRefused("InvalidAction", "sts", "get-session-token")
