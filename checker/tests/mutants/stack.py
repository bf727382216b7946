"""Mutants of roles, functions' settings, the state machine's and the stack's."""

import re

import yml

# Names that nobody but the stack itself uses.
SKIPPED = ("Type", "PolicyName", "Version", "Policies", "Properties", "PolicyDocument", "AssumeRolePolicyDocument")


def candidates(path, text, service, start):
    """(kind, what changes, edits) for each place."""
    lines = yml.read(text)
    if path == "serverless.yml":
        # Of the stack itself, what functions may do and what tasks add to it.
        before = {it.path: it.value for it in yml.read(start)}
        lines = [it for it in lines if "statements" in it.path[:-1] or before.get(it.path) != it.value
                 or it.path[:1] == ("functions",) and len(it.path) > 1]
    yield from yml.left_out(lines, text, SKIPPED)
    for line in lines:
        yield from values(line, text, service)
        yield from yml.buckets(line, service)


def values(line, text, service):
    key, value = line.key, line.value
    functions = yml.functions(service)
    if key == "Effect":
        yield yml.value(line, "Deny")
    elif key == "Action":
        yield yml.value(line, value[:-1])
        yield yml.value(line, value.split(":")[0] + ":Get" + value.split(":")[1])
    elif key == "Service":
        yield yml.value(line, "lambda.amazonaws.com")
    elif key == "Resource" and value == "'*'":
        yield yml.value(line, "arn:aws:s3:::another/*")
    elif key in ("Resource", "") and value.endswith("/*"):
        yield yml.value(line, value[:-2])
        yield yml.value(line, value[:-1] + "in/*")
    elif key == "Resource" and value.startswith("!Ref "):
        yield yml.value(line, "!Ref ScanCvWorkflow")
    elif key == "Resource" and value.startswith("!Sub "):
        yield yml.value(line, value + "s")
    elif key == "" and value.startswith("!GetAtt ["):
        known = re.findall(r"- (!GetAtt \[\w+LambdaFunction, Arn\])", text)
        for new in yml.other(known, value):
            yield yml.value(line, new)
    elif key == "handler":
        for new in yml.other(functions, value):
            yield yml.value(line, new)
        yield yml.value(line, value.replace("-", "_"))
    elif key == "event":
        for new in ("s3:ObjectCreated:Put", "s3:ObjectCreated:Post", "s3:ObjectCreated:CompleteMultipartUpload",
                    "s3:ObjectRemoved:*"):
            yield yml.value(line, new)
        # A rule that lets only some through.
        rules = " " * line.indent + "rules:\n" + " " * line.indent
        for rule in ("suffix: .txt", "suffix: .pdf", "prefix: incoming/"):
            yield "rule", rule, [(line.end, line.end, f"{rules}  - {rule}\n")]
    elif key == "bucket":
        yield yml.value(line, "extractedFilesBucket")
    elif key.isupper():
        begin = line.start + line.indent
        yield "renamed", f"{key} -> {key}S", [(begin, begin + len(key), key + "S")]
        swapped = {"!Ref ScanCvWorkflow": "!Ref ScanFailedTopic", "!Ref ScanFailedTopic": "!Ref ScanCvWorkflow"}
        if value in swapped:
            yield yml.value(line, swapped[value])
    elif key == "type":
        yield yml.value(line, "EXPRESS")
    elif key == "description":
        yield yml.value(line, "A function")
    elif key in ("name", "id"):
        yield yml.value(line, value + "s")
    elif value.startswith("${file(handler/src/"):
        for new in yml.other(functions, key):
            yield yml.value(line, value.replace(key.replace("-", "_"), new.replace("-", "_")))
        begin = line.start + line.indent
        yield "renamed", f"{key} -> {key}s", [(begin, begin + len(key), key + "s")]
