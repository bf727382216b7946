#!/usr/bin/env python3
"""Times moto's Step Functions on a machine: `moto_peer.py MACHINE.json INPUT`.

moto runs in this process, with its interpreter and its own history. Prints JSON:
`transitions` and `seconds`.
"""

import json
import sys
import time

import boto3
from moto import mock_aws

ACCOUNT = "123456789012"


def main():
    machine, given = sys.argv[1:]
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    with mock_aws(config={"stepfunctions": {"execute_state_machine": True}}), open(machine) as definition:
        client = boto3.client("stepfunctions", region_name="us-east-1", **keys)
        role = f"arn:aws:iam::{ACCOUNT}:role/bench"
        made = client.create_state_machine(name="bench", definition=definition.read(), roleArn=role)
        begun = time.perf_counter()
        arn = client.start_execution(stateMachineArn=made["stateMachineArn"], name="bench", input=given)["executionArn"]
        # Seldom: the interpreter's thread has to wait for each answer.
        while (status := client.describe_execution(executionArn=arn)["status"]) == "RUNNING":
            time.sleep(0.05)
        seconds = time.perf_counter() - begun
        if status != "SUCCEEDED":
            sys.exit(f"moto ended by {status}: {client.get_execution_history(executionArn=arn, reverseOrder=True, maxResults=1)}")
        events, page = [], {}
        while True:
            answer = client.get_execution_history(executionArn=arn, maxResults=1000, **page)
            events += answer["events"]
            if "nextToken" not in answer:
                break
            page = {"nextToken": answer["nextToken"]}
    transitions = sum(event["type"].endswith("StateEntered") for event in events)
    print(json.dumps({"transitions": transitions, "events": len(events), "seconds": seconds}))


if __name__ == "__main__":
    main()
