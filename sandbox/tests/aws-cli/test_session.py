"""One long session with the SDK for Python and the AWS CLI: a stack of a bucket, a function
and a workflow comes, is used, is changed, and goes; and what AWS refuses is refused."""

import io
import json
import sys
import unittest
import zipfile

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import ClientError
from recorder import Recorder
from sandbox import Failed, Sandbox

LEAST_CALLS = 60
STACK = "session"
BUCKET = "session-input"
CODE = "session-code"
FUNCTION = "session-score"
LOG_GROUP = f"/aws/lambda/{FUNCTION}"
MACHINE = "arn:aws:states:eu-west-1:123456789012:stateMachine:session-workflow"
TOPIC = "arn:aws:sns:eu-west-1:123456789012:"
MIB = 1024 * 1024

# A function without any library: it speaks Lambda's Runtime API itself.
BOOTSTRAP = f"""#!{sys.executable}
import json, os, urllib.request

api = os.environ["AWS_LAMBDA_RUNTIME_API"]
runtime = (api if "://" in api else "http://" + api) + "/2018-06-01/runtime/invocation"
while True:
    with urllib.request.urlopen(runtime + "/next") as answer:
        name, event = answer.headers["Lambda-Runtime-Aws-Request-Id"], json.load(answer)
    print("Scored", json.dumps(event), flush=True)
    if event.get("fail"):
        kind, result = "error", {{"errorType": "Unreadable", "errorMessage": "no text"}}
    else:
        kind, result = "response", {{"score": 5 * event.get("words", 0), "by": os.environ["VERSION"]}}
    urllib.request.urlopen(urllib.request.Request(f"{{runtime}}/{{name}}/{{kind}}", json.dumps(result).encode()))
"""


def topic(name):
    return {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": name}}


def template(version="1", more=None, **properties):
    """The stack's template."""
    assume = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": ["lambda.amazonaws.com", "states.amazonaws.com"]},
                "Action": "sts:AssumeRole",
            }
        ],
    }
    allowed = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": ["lambda:InvokeFunction", "logs:*"], "Resource": "*"}],
    }
    definition = {
        "StartAt": "score",
        "States": {"score": {"Type": "Task", "Resource": "${score}", "End": True}},
    }
    resources = {
        "Role": {
            "Type": "AWS::IAM::Role",
            "Properties": {
                "AssumeRolePolicyDocument": assume,
                "Policies": [{"PolicyName": "all", "PolicyDocument": allowed}],
            },
        },
        "LogGroup": {
            "Type": "AWS::Logs::LogGroup",
            "Properties": {"LogGroupName": LOG_GROUP, "RetentionInDays": 14, **properties},
        },
        "Score": {
            "Type": "AWS::Lambda::Function",
            "DependsOn": ["LogGroup"],
            "Properties": {
                "FunctionName": FUNCTION,
                "Runtime": "provided.al2023",
                "Handler": "bootstrap",
                "Code": {"S3Bucket": CODE, "S3Key": "bootstrap.zip"},
                "Role": {"Fn::GetAtt": ["Role", "Arn"]},
                "Environment": {"Variables": {"VERSION": version}},
            },
        },
        "Input": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": BUCKET}},
        "Workflow": {
            "Type": "AWS::StepFunctions::StateMachine",
            "Properties": {
                "StateMachineName": "session-workflow",
                "RoleArn": {"Fn::GetAtt": ["Role", "Arn"]},
                "DefinitionString": {
                    "Fn::Sub": [json.dumps(definition), {"score": {"Fn::GetAtt": ["Score", "Arn"]}}]
                },
            },
        },
        **(more or {}),
    }
    outputs = {"WorkflowArn": {"Value": {"Ref": "Workflow"}}, "Bucket": {"Value": {"Ref": "Input"}}}
    return json.dumps({"Description": "A session", "Resources": resources, "Outputs": outputs})


class Recording(unittest.TestCase):
    def test_faults_are_found(self):
        """An answer that leaves out, adds or makes up something is a problem."""

        class Answer:
            def __init__(self, status, body):
                self.status_code, self.content = status, body.encode()

        def problems(service, operation, status, body, parsed):
            recorder = Recorder()
            client = boto3.client(service, region_name="eu-west-1")
            recorder.keep(Answer(status, body), parsed, client.meta.service_model.operation_model(operation))
            return recorder.problems

        machine = {"name": "a", "type": "SLOW"}
        found = problems("stepfunctions", "ListStateMachines", 200, '{"machines": []}', {"stateMachines": [machine]})
        self.assertIn("stepfunctions ListStateMachines: /stateMachines/0/creationDate is missing", found)
        self.assertTrue(any("/stateMachines/0/type: 'SLOW' is not one of" in it for it in found), found)
        self.assertIn("stepfunctions ListStateMachines: /machines is unknown", found)
        found = problems("stepfunctions", "StopExecution", 400, "", {"Error": {"Code": "NoSuchExecution", "Message": "x"}})
        self.assertEqual(found, ["stepfunctions StopExecution: stepfunctions has no error NoSuchExecution"])
        found = problems("cloudformation", "ListStacks", 200, "<a><Stacks/></a>", {})
        self.assertEqual(found, ["cloudformation ListStacks: the element Stacks is unknown"])


class Session(unittest.TestCase):
    def setUp(self):
        self.aws = Sandbox(user=None)
        self.addCleanup(self.aws.end)
        self.recorder = Recorder()
        self.commands = 0
        for service in ("cloudformation", "s3", "lambda", "stepfunctions", "logs", "sns"):
            setattr(self, service, self.client(service))

    def client(self, service):
        return self.recorder.watch(
            boto3.client(
                service,
                region_name="eu-west-1",
                endpoint_url=self.aws.endpoint,
                aws_access_key_id="test",
                aws_secret_access_key="test",
                config=Config(retries={"total_max_attempts": 1}),
            )
        )

    def refused(self, code, call, **arguments):
        """The call is refused with this code; gives the message."""
        with self.assertRaises(ClientError) as caught:
            call(**arguments)
        error = caught.exception.response["Error"]
        self.assertEqual(error["Code"], code, error)
        return error["Message"]

    def cli(self, *arguments):
        """Runs `aws`; gives what it printed as JSON, or nothing."""
        self.commands += 1
        printed = self.aws.run(*arguments, "--output", "json")
        return json.loads(printed) if printed.strip() else None

    def cli_refused(self, code, *arguments):
        self.commands += 1
        with self.assertRaises(Failed) as caught:
            self.aws.run(*arguments)
        self.assertIn(f"({code})", caught.exception.text)

    def test_session(self):
        self.upload_the_code()
        self.a_stack_comes()
        self.objects()
        self.the_function()
        self.the_workflow()
        self.the_logs()
        self.the_stack_changes()
        self.the_command_line()
        self.the_stack_goes()
        self.a_stack_that_cannot_be_made()
        self.what_replaces_and_what_stays()
        counts = self.recorder.counts()
        by_service = ", ".join(f"{service} {count}" for service, count in sorted(counts.items()))
        total = sum(counts.values()) + self.commands
        codes = self.recorder.refused()
        print(
            f"session: {total} calls: AWS CLI {self.commands}, boto3 {sum(counts.values())} ({by_service}); "
            f"{len(codes)} kinds of refusal",
            file=sys.stderr,
            flush=True,
        )
        self.assertFalse(self.recorder.problems, "\n".join(self.recorder.problems))
        self.assertGreaterEqual(total, LEAST_CALLS)

    def upload_the_code(self):
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as zipped:
            executable = zipfile.ZipInfo("bootstrap")
            executable.external_attr = 0o755 << 16
            zipped.writestr(executable, BOOTSTRAP)
        place = {"LocationConstraint": "eu-west-1"}
        self.s3.create_bucket(Bucket=CODE, CreateBucketConfiguration=place)
        self.s3.put_object(Bucket=CODE, Key="bootstrap.zip", Body=archive.getvalue())
        self.refused("BucketAlreadyOwnedByYou", self.s3.create_bucket, Bucket=CODE, CreateBucketConfiguration=place)
        self.refused("InvalidBucketName", self.s3.create_bucket, Bucket="Code_", CreateBucketConfiguration=place)
        self.assertEqual(self.s3.get_bucket_location(Bucket=CODE)["LocationConstraint"], "eu-west-1")

    def a_stack_comes(self):
        formation = self.cloudformation
        named = {"Capabilities": ["CAPABILITY_IAM"]}
        valid = formation.validate_template(TemplateBody=template())
        self.assertEqual(valid["Capabilities"], ["CAPABILITY_IAM"])
        create = formation.create_stack
        self.refused("InsufficientCapabilitiesException", create, StackName=STACK, TemplateBody=template())
        self.refused("ValidationError", create, StackName="1", TemplateBody=template(), **named)
        self.refused("ValidationError", create, StackName=STACK, TemplateBody="{", **named)
        unknown = {"X": {"Type": "AWS::S3::Cupboard"}}
        message = self.refused("ValidationError", create, StackName=STACK, TemplateBody=template(more=unknown), **named)
        self.assertEqual(message, "Template format error: Unrecognized resource types: [AWS::S3::Cupboard]")
        dangling = {"X": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": {"Ref": "Y"}}}}
        message = self.refused("ValidationError", create, StackName=STACK, TemplateBody=template(more=dangling), **named)
        self.assertEqual(
            message, "Template format error: Unresolved resource dependencies [Y] in the Resources block of the template"
        )
        circle = {
            "X": {"Type": "AWS::SNS::Topic", "DependsOn": "Y"},
            "Y": {"Type": "AWS::SNS::Topic", "DependsOn": "X"},
        }
        message = self.refused("ValidationError", create, StackName=STACK, TemplateBody=template(more=circle), **named)
        self.assertTrue(message.startswith("Circular dependency between resources: ["), message)

        stack = create(StackName=STACK, TemplateBody=template(), Tags=[{"Key": "class", "Value": "one"}], **named)
        formation.get_waiter("stack_create_complete").wait(StackName=STACK, WaiterConfig={"Delay": 1})
        self.refused("AlreadyExistsException", create, StackName=STACK, TemplateBody=template(), **named)
        found = formation.describe_stacks(StackName=stack["StackId"])["Stacks"][0]
        outputs = {it["OutputKey"]: it["OutputValue"] for it in found["Outputs"]}
        self.assertEqual(outputs, {"WorkflowArn": MACHINE, "Bucket": BUCKET})
        self.assertEqual(found["Tags"], [{"Key": "class", "Value": "one"}])
        events = formation.describe_stack_events(StackName=STACK)["StackEvents"]
        self.assertEqual((events[0]["ResourceStatus"], events[0]["LogicalResourceId"]), ("CREATE_COMPLETE", STACK))
        self.assertEqual(events[-1]["ResourceStatusReason"], "User Initiated")
        listed = formation.list_stack_resources(StackName=STACK)["StackResourceSummaries"]
        self.assertEqual({it["ResourceStatus"] for it in listed}, {"CREATE_COMPLETE"})
        self.assertEqual(len(listed), 5)
        self.assertEqual(len(formation.describe_stack_resources(StackName=STACK)["StackResources"]), 5)
        one = formation.describe_stack_resource(StackName=STACK, LogicalResourceId="Score")
        self.assertEqual(one["StackResourceDetail"]["PhysicalResourceId"], FUNCTION)
        self.refused(
            "ValidationError", formation.describe_stack_resource, StackName=STACK, LogicalResourceId="Nothing"
        )
        self.assertEqual(formation.get_template(StackName=STACK)["TemplateBody"], json.loads(template()))
        summaries = formation.list_stacks(StackStatusFilter=["CREATE_COMPLETE"])["StackSummaries"]
        self.assertEqual([it["StackName"] for it in summaries], [STACK])
        message = self.refused("ValidationError", formation.describe_stacks, StackName="none")
        self.assertEqual(message, "Stack with id none does not exist")
        self.refused("ValidationError", formation.describe_stack_events, StackName="none")

    def objects(self):
        s3 = self.s3
        content = bytes(range(256)) * (12 * MIB // 256)
        parts = TransferConfig(multipart_threshold=MIB, multipart_chunksize=5 * MIB, max_concurrency=2)
        s3.upload_fileobj(io.BytesIO(content), BUCKET, "large.pdf", Config=parts)
        head = s3.head_object(Bucket=BUCKET, Key="large.pdf")
        self.assertEqual(head["ContentLength"], len(content))
        self.assertTrue(head["ETag"].endswith('-3"'), head["ETag"])
        self.assertEqual(s3.get_object(Bucket=BUCKET, Key="large.pdf")["Body"].read(), content)
        upload = s3.create_multipart_upload(Bucket=BUCKET, Key="by hand")["UploadId"]
        mine = {"Bucket": BUCKET, "Key": "by hand", "UploadId": upload}
        tag = s3.upload_part(PartNumber=1, Body=b"x" * 10, **mine)["ETag"]
        s3.upload_part(PartNumber=2, Body=b"y", **mine)
        self.assertEqual(len(s3.list_parts(**mine)["Parts"]), 2)
        both = {"Parts": [{"PartNumber": 1, "ETag": tag}, {"PartNumber": 2, "ETag": tag}]}
        self.refused("InvalidPart", s3.complete_multipart_upload, MultipartUpload=both, **mine)
        self.assertEqual(len(s3.list_multipart_uploads(Bucket=BUCKET)["Uploads"]), 1)
        s3.abort_multipart_upload(**mine)
        self.refused("NoSuchUpload", s3.list_parts, **mine)
        s3.put_object(Bucket=BUCKET, Key="Zoë CV.txt", Body=b"ten years", Metadata={"by": "zoe"})
        s3.copy_object(Bucket=BUCKET, Key="copy.txt", CopySource={"Bucket": BUCKET, "Key": "Zoë CV.txt"})
        listed = s3.list_objects_v2(Bucket=BUCKET)["Contents"]
        self.assertEqual([it["Key"] for it in listed], ["Zoë CV.txt", "copy.txt", "large.pdf"])
        self.refused("NoSuchKey", s3.get_object, Bucket=BUCKET, Key="none")
        self.refused("404", s3.head_object, Bucket=BUCKET, Key="none")
        self.refused("NoSuchBucket", s3.list_objects_v2, Bucket="session-none")
        self.refused("InvalidRange", s3.get_object, Bucket=BUCKET, Key="copy.txt", Range="bytes=99-")
        self.refused("PreconditionFailed", s3.put_object, Bucket=BUCKET, Key="copy.txt", Body=b"", IfNoneMatch="*")
        deleted = s3.delete_objects(Bucket=BUCKET, Delete={"Objects": [{"Key": "copy.txt"}, {"Key": "never there"}]})
        self.assertEqual(len(deleted["Deleted"]), 2)
        self.refused("BucketNotEmpty", s3.delete_bucket, Bucket=BUCKET)

    def the_function(self):
        functions = getattr(self, "lambda")
        found = functions.get_function(FunctionName=FUNCTION)["Configuration"]
        self.assertEqual((found["State"], found["Handler"]), ("Active", "bootstrap"))
        self.assertEqual(len(functions.list_functions()["Functions"]), 1)
        answer = functions.invoke(FunctionName=FUNCTION, Payload=b'{"words": 3}', LogType="Tail")
        self.assertEqual(json.load(answer["Payload"]), {"score": 15, "by": "1"})
        answer = functions.invoke(FunctionName=FUNCTION, Payload=b'{"fail": true}')
        self.assertEqual((answer["FunctionError"], json.load(answer["Payload"])["errorType"]), ("Unhandled", "Unreadable"))
        answer = functions.invoke(FunctionName=FUNCTION, Payload=b"{}", InvocationType="Event")
        self.assertEqual(answer["StatusCode"], 202)
        self.refused("InvalidRequestContentException", functions.invoke, FunctionName=FUNCTION, Payload=b"{")
        self.refused("ResourceNotFoundException", functions.invoke, FunctionName="none", Payload=b"{}")
        self.refused("ResourceNotFoundException", functions.get_policy, FunctionName=FUNCTION)

    def the_workflow(self):
        states = self.stepfunctions
        self.assertEqual(states.describe_state_machine(stateMachineArn=MACHINE)["status"], "ACTIVE")
        self.assertEqual(len(states.list_state_machines()["stateMachines"]), 1)
        started = states.start_execution(stateMachineArn=MACHINE, name="one", input='{"words": 2}')["executionArn"]
        ended = self.ended(started)
        self.assertEqual((ended["status"], ended["output"]), ("SUCCEEDED", '{"score":10,"by":"1"}'))
        again = states.start_execution(stateMachineArn=MACHINE, name="two", input='{"fail": true}')["executionArn"]
        self.assertEqual(self.ended(again)["error"], "Unreadable")
        events = states.get_execution_history(executionArn=again, reverseOrder=True)["events"]
        self.assertEqual(events[0]["type"], "ExecutionFailed")
        self.assertIn("LambdaFunctionFailed", [event["type"] for event in events])
        failed = states.list_executions(stateMachineArn=MACHINE, statusFilter="FAILED")["executions"]
        self.assertEqual([it["name"] for it in failed], ["two"])
        self.refused("ExecutionAlreadyExists", states.start_execution, stateMachineArn=MACHINE, name="one", input="{}")
        self.refused("InvalidExecutionInput", states.start_execution, stateMachineArn=MACHINE, input="{")
        self.refused("StateMachineDoesNotExist", states.start_execution, stateMachineArn=f"{MACHINE}-none")
        self.refused("ExecutionDoesNotExist", states.describe_execution, executionArn=f"{started}-none")
        self.refused("InvalidArn", states.list_executions, stateMachineArn="arn:none")
        wrong = {"StartAt": "a", "States": {"b": {"Type": "Pass", "End": True}}}
        role = states.describe_state_machine(stateMachineArn=MACHINE)["roleArn"]
        self.refused(
            "InvalidDefinition", states.create_state_machine, name="wrong", definition=json.dumps(wrong), roleArn=role
        )
        checked = states.validate_state_machine_definition(definition=json.dumps(wrong))
        self.assertEqual((checked["result"], checked["diagnostics"][0]["severity"]), ("FAIL", "ERROR"))

    def ended(self, execution):
        def look():
            found = self.stepfunctions.describe_execution(executionArn=execution)
            return found if found["status"] != "RUNNING" else None

        return self.aws.until("the execution to end", look)

    def the_logs(self):
        logs = self.logs
        group = logs.describe_log_groups(logGroupNamePrefix=LOG_GROUP)["logGroups"][0]
        self.assertEqual(group["retentionInDays"], 14)
        found = logs.filter_log_events(logGroupName=LOG_GROUP, filterPattern='"Scored"')["events"]
        self.assertIn('Scored {"words": 3}', [event["message"].strip() for event in found])
        stream = logs.describe_log_streams(logGroupName=LOG_GROUP)["logStreams"][0]["logStreamName"]
        events = logs.get_log_events(logGroupName=LOG_GROUP, logStreamName=stream, startFromHead=True)["events"]
        self.assertTrue(events[0]["message"].startswith("START RequestId: "), events[0])
        logs.create_log_group(logGroupName="/session")
        logs.create_log_stream(logGroupName="/session", logStreamName="s")
        put = {"timestamp": events[0]["timestamp"], "message": "by hand"}
        logs.put_log_events(logGroupName="/session", logStreamName="s", logEvents=[put])
        logs.put_retention_policy(logGroupName="/session", retentionInDays=7)
        self.refused("ResourceAlreadyExistsException", logs.create_log_group, logGroupName="/session")
        self.refused("ResourceNotFoundException", logs.filter_log_events, logGroupName="/none")
        self.refused(
            "InvalidParameterException", logs.put_retention_policy, logGroupName="/session", retentionInDays=2
        )
        logs.delete_log_group(logGroupName="/session")

    def the_stack_changes(self):
        formation = self.cloudformation
        update = formation.update_stack
        named = {"StackName": STACK, "Capabilities": ["CAPABILITY_IAM"]}
        message = self.refused("ValidationError", update, TemplateBody=template(), **named)
        self.assertEqual(message, "No updates are to be performed.")
        update(TemplateBody=template(version="2"), **named)
        formation.get_waiter("stack_update_complete").wait(StackName=STACK, WaiterConfig={"Delay": 1})
        answer = getattr(self, "lambda").invoke(FunctionName=FUNCTION, Payload=b"{}")
        self.assertEqual(json.load(answer["Payload"])["by"], "2")
        # What cannot be done is taken back, with all that was done before it.
        update(TemplateBody=template(version="3", RetentionInDays=2), **named)
        self.assertEqual(self.status(), "UPDATE_ROLLBACK_COMPLETE")
        events = formation.describe_stack_events(StackName=STACK)["StackEvents"]
        failed = [it for it in events if it["ResourceStatus"] == "UPDATE_FAILED"]
        self.assertEqual(failed[-1]["LogicalResourceId"], "LogGroup")
        answer = getattr(self, "lambda").invoke(FunctionName=FUNCTION, Payload=b"{}")
        self.assertEqual(json.load(answer["Payload"])["by"], "2")
        formation.update_termination_protection(StackName=STACK, EnableTerminationProtection=True)
        self.refused("ValidationError", formation.delete_stack, StackName=STACK)
        formation.update_termination_protection(StackName=STACK, EnableTerminationProtection=False)
        self.refused("ValidationError", update, TemplateBody=template(), **{**named, "StackName": "none"})

    def status(self):
        return self.cloudformation.describe_stacks(StackName=STACK)["Stacks"][0]["StackStatus"]

    def the_command_line(self):
        path = self.aws.home / "template.json"
        path.write_text(template())
        valid = self.cli("cloudformation", "validate-template", "--template-body", f"file://{path}")
        self.assertEqual(valid["Description"], "A session")
        topic = {"Resources": {"Topic": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "session-topic"}}}}
        path.write_text(json.dumps(topic))
        body = ["--template-body", f"file://{path}"]
        self.cli("cloudformation", "create-stack", "--stack-name", "second", *body)
        self.cli("cloudformation", "wait", "stack-create-complete", "--stack-name", "second")
        stacks = self.cli("cloudformation", "describe-stacks")["Stacks"]
        self.assertEqual([it["StackName"] for it in stacks], ["second", STACK])
        self.cli_refused("AlreadyExistsException", "cloudformation", "create-stack", "--stack-name", "second", *body)
        self.cli_refused("ValidationError", "cloudformation", "update-stack", "--stack-name", "second", *body)
        events = self.cli("cloudformation", "describe-stack-events", "--stack-name", "second")["StackEvents"]
        self.assertEqual(len(events), 5)
        self.cli("cloudformation", "delete-stack", "--stack-name", "second")
        self.cli("cloudformation", "wait", "stack-delete-complete", "--stack-name", "second")
        self.cli_refused("ValidationError", "cloudformation", "describe-stacks", "--stack-name", "second")
        described = self.cli("stepfunctions", "describe-state-machine", "--state-machine-arn", MACHINE)
        self.assertEqual(described["name"], "session-workflow")
        self.cli("lambda", "invoke", "--function-name", FUNCTION, "--payload", '{"words": 1}', "out.json")
        self.assertEqual(json.loads((self.aws.home / "out.json").read_text())["score"], 5)
        self.cli("s3api", "list-objects-v2", "--bucket", BUCKET)
        self.cli_refused("ResourceNotFoundException", "lambda", "get-function", "--function-name", "none")

    def the_stack_goes(self):
        formation = self.cloudformation
        formation.delete_stack(StackName=STACK)
        self.assertEqual(self.status(), "DELETE_FAILED")
        events = formation.describe_stack_events(StackName=STACK)["StackEvents"]
        failed = next(it for it in events if it["ResourceStatus"] == "DELETE_FAILED" and it["LogicalResourceId"] == "Input")
        self.assertIn("The bucket you tried to delete is not empty", failed["ResourceStatusReason"])
        keys = [{"Key": it["Key"]} for it in self.s3.list_objects_v2(Bucket=BUCKET)["Contents"]]
        self.s3.delete_objects(Bucket=BUCKET, Delete={"Objects": keys})
        stack = formation.describe_stacks(StackName=STACK)["Stacks"][0]["StackId"]
        formation.delete_stack(StackName=STACK)
        formation.get_waiter("stack_delete_complete").wait(StackName=stack, WaiterConfig={"Delay": 1})
        self.refused("ValidationError", formation.describe_stacks, StackName=STACK)
        self.assertEqual(formation.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"], "DELETE_COMPLETE")
        # To delete what is not there is no mistake.
        formation.delete_stack(StackName=STACK)
        self.refused("StateMachineDoesNotExist", self.stepfunctions.describe_state_machine, stateMachineArn=MACHINE)
        self.refused("ResourceNotFoundException", getattr(self, "lambda").get_function, FunctionName=FUNCTION)
        self.refused("404", self.s3.head_bucket, Bucket=BUCKET)

    def events(self, stack, since=0):
        """What happened, oldest first, from the event with this number on."""
        events = self.cloudformation.describe_stack_events(StackName=stack)["StackEvents"]
        return [(it["LogicalResourceId"], it["ResourceStatus"]) for it in reversed(events)][since:]

    def statuses(self, stack):
        listed = self.cloudformation.list_stack_resources(StackName=stack)["StackResourceSummaries"]
        return {it["LogicalResourceId"]: (it["ResourceStatus"], it.get("PhysicalResourceId")) for it in listed}

    def a_stack_that_cannot_be_made(self):
        """The events and the resources of a rollback, as AWS tells of them."""
        formation = self.cloudformation
        group = {"Type": "AWS::Logs::LogGroup", "DependsOn": "Topic", "Properties": {"RetentionInDays": 2}}
        body = json.dumps({"Resources": {"Topic": topic("broken"), "Group": group}})
        stack = formation.create_stack(StackName="broken", TemplateBody=body)["StackId"]
        self.assertEqual(
            self.events("broken"),
            [
                ("broken", "CREATE_IN_PROGRESS"),
                ("Topic", "CREATE_IN_PROGRESS"),
                ("Topic", "CREATE_IN_PROGRESS"),
                ("Topic", "CREATE_COMPLETE"),
                ("Group", "CREATE_IN_PROGRESS"),
                ("Group", "CREATE_FAILED"),
                ("broken", "ROLLBACK_IN_PROGRESS"),
                ("Group", "DELETE_COMPLETE"),
                ("Topic", "DELETE_IN_PROGRESS"),
                ("Topic", "DELETE_COMPLETE"),
                ("broken", "ROLLBACK_COMPLETE"),
            ],
        )
        arn = TOPIC + "broken"
        gone = {"Group": ("DELETE_COMPLETE", None), "Topic": ("DELETE_COMPLETE", arn)}
        self.assertEqual(self.statuses("broken"), gone)
        message = self.refused("ValidationError", formation.update_stack, StackName="broken", TemplateBody=body)
        self.assertIn("is in ROLLBACK_COMPLETE state and can not be updated.", message)
        formation.delete_stack(StackName="broken")
        self.assertEqual(self.statuses(stack), gone)
        # Without a rollback all stays, and goes with the stack.
        formation.create_stack(StackName="kept", TemplateBody=body, DisableRollback=True)
        self.assertEqual({status for status, _ in self.statuses("kept").values()}, {"CREATE_COMPLETE", "CREATE_FAILED"})
        formation.delete_stack(StackName="kept")
        self.assertNotIn({"TopicArn": arn}, self.sns.list_topics()["Topics"])

    def what_replaces_and_what_stays(self):
        formation, update = self.cloudformation, self.cloudformation.update_stack
        names = lambda: [it["TopicArn"].removeprefix(TOPIC) for it in self.sns.list_topics()["Topics"]]
        body = lambda **resources: json.dumps({"Resources": resources})
        stays = lambda name: {**topic(name), "UpdateReplacePolicy": "Retain"}
        tags = [{"Key": "class", "Value": "one"}]
        formation.create_stack(StackName="topics", TemplateBody=body(A=topic("a1"), B=stays("b1")), Tags=tags)
        # A name that is taken.
        formation.create_stack(StackName="other", TemplateBody=body(A=topic("a1")), OnFailure="DELETE")
        self.assertEqual(names(), ["a1", "b1"])

        before = len(self.events("topics"))
        kept = stays("b2")
        update(StackName="topics", TemplateBody=body(A=topic("a2"), B=kept))
        self.assertEqual(
            [status for name, status in self.events("topics", before) if name == "A"],
            ["UPDATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "UPDATE_COMPLETE", "DELETE_IN_PROGRESS", "DELETE_COMPLETE"],
        )
        self.assertEqual(self.statuses("topics")["A"], ("UPDATE_COMPLETE", TOPIC + "a2"))
        self.assertEqual(names(), ["a2", "b1", "b2"])
        self.assertEqual(formation.describe_stacks(StackName="topics")["Stacks"][0]["Tags"], tags)

        other = [{"Key": "class", "Value": "two"}]
        update(StackName="topics", UsePreviousTemplate=True, Tags=other)
        self.assertEqual(formation.describe_stacks(StackName="topics")["Stacks"][0]["Tags"], other)
        group = {"Type": "AWS::Logs::LogGroup"}
        message = self.refused("ValidationError", update, StackName="topics", TemplateBody=body(A=group, B=kept))
        self.assertEqual(
            message,
            "Update of resource type is not permitted. The new template modifies resource type of the following "
            "resources: [A]",
        )
        # A failed update that is not taken back leaves what it made; the stack takes it along.
        failing = {"Type": "AWS::Logs::LogGroup", "DependsOn": "C", "Properties": {"RetentionInDays": 2}}
        more = body(A=topic("a2"), B=kept, C=topic("c1"), D=failing)
        update(StackName="topics", TemplateBody=more, DisableRollback=True)
        self.assertIn("c1", names())
        formation.delete_stack(StackName="topics")
        self.assertEqual(names(), ["b1"])
