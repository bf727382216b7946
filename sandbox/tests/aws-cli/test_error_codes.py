"""Every error code that the sandbox can answer is one of AWS's.

The codes are read from the sandbox's sources: wherever an error is made, its code
has to stand there as a text, or the test fails. They are looked up in the service's
model as botocore has it, and in AWS's documentation of what the models leave out.
"""

import gzip
import json
import pathlib
import re
import unittest

import awscli

ROOT = pathlib.Path(__file__).resolve().parents[2]
MODELS = pathlib.Path(awscli.__file__).parent / "botocore" / "data"

JSON = ["stepfunctions", "logs", "textract", "ecr", "sqs"]
QUERY = ["sns", "sts", "iam", "cloudformation"]

# Which services a source file answers for; the longest prefix counts.
SERVICES = {
    "s3/": ["s3"],
    "lambda/": ["lambda"],
    "states/": ["stepfunctions"],
    "integrations/lambda.rs": ["lambda"],
    "integrations/sns.rs": ["sns"],
    "integrations/sqs.rs": ["sqs"],
    "integrations/start_execution.rs": ["stepfunctions"],
    "request.rs": ["stepfunctions"],
    "logs/": ["logs"],
    "iam/": ["iam"],
    "iam/resource_policy.rs": ["lambda"],
    "sns/": ["sns"],
    "sqs/": ["sqs"],
    "textract/": ["textract"],
    "sts.rs": ["sts"],
    "cloudformation/": ["cloudformation"],
    # Not answers: why the service behind a resource refused it.
    "cloudformation/resource/": ["lambda"],
    "cloudformation/resource/bucket.rs": ["s3"],
    "cloudformation/resource/state_machine.rs": ["stepfunctions"],
    "ecr.rs": ["ecr"],
    "protocol/json.rs": JSON,
    "protocol/query.rs": QUERY,
    "error.rs": JSON + ["lambda"],
    # Of all protocols at once, each by its own words.
    "server.rs": ["lambda"],
}

# An error is made here; a code follows, perhaps after a status.
MADE = re.compile(r"ServiceError::(?:new\(\s*\w+,|bad_request\()\s*([^,]+),|S3ErrorCode::Custom\(([^)]+)\)|s3_error!\(\s*(\w+)")
# A code that is given to what makes the error.
GIVEN = re.compile(r'\.authorize\([^;]*?"([A-Z]\w+)"\s*,?\s*\)')
LITERAL = re.compile(r'"([\w.]+)"$')

# Where the code comes in a variable: what it can be is read from these.
VARIABLES = {
    "account.rs": None,  # authorize(), of which each call is read
    "s3/direct.rs": None,  # passes on what S3 answers
    "s3/error.rs": None,  # takes over the code of a ServiceError
    "server.rs": re.compile(r'=> "(\w+)",|ServiceError::\w+\(\s*(?:\d+,\s*)?"(\w+)"'),
    "error.rs": None,  # passes on what it is given
    "states/mod.rs": None,  # takes over the code of a request.rs error
    "request.rs": re.compile(r'code: "(\w+)"'),
}

# Codes that a service answers with, but that are not in its model.
DOCUMENTED = {
    "https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html": (
        ["s3"],
        """AccessControlListNotSupported AuthorizationHeaderMalformed BadDigest BucketNotEmpty EntityTooLarge EntityTooSmall
        IllegalLocationConstraintException IncompleteBody InvalidAccessKeyId InvalidArgument
        InvalidBucketAclWithObjectOwnership InvalidBucketName InvalidDigest InvalidLocationConstraint InvalidPart
        InvalidPartOrder InvalidRange InvalidTag InvalidToken MalformedPolicy MalformedXML MetadataTooLarge
        MethodNotAllowed NoSuchBucketPolicy NoSuchLifecycleConfiguration NoSuchTagSet NoSuchVersion NotImplemented
        PreconditionFailed SignatureDoesNotMatch""".split(),
    ),
    "Answers of Amazon S3 that its page of errors leaves out": (
        ["s3"],
        "AuthorizationQueryParametersError BadRequest InvalidPartNumber MalformedTrailerError NotModified "
        "XAmzContentSHA256Mismatch".split(),
    ),
    "https://docs.aws.amazon.com/step-functions/latest/apireference/CommonErrors.html": (
        JSON + QUERY + ["lambda"],
        "AccessDenied AccessDeniedException InternalFailure InvalidAction InvalidClientTokenId "
        "MissingAuthenticationToken MissingParameter UnknownOperationException UnrecognizedClientException "
        "ValidationError ValidationException".split(),
    ),
    "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html": (
        JSON + ["lambda"],
        ["MissingAuthenticationTokenException"],
    ),
    "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html": (
        JSON + QUERY + ["lambda"],
        ["InvalidSignatureException", "SignatureDoesNotMatch"],
    ),
    "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/CommonErrors.html": (
        ["sqs"],
        ["InvalidParameterValue"],
    ),
    "AWS Storage Gateway User Guide, Error responses (the page of the JSON protocol)": (
        JSON,
        ["SerializationException"],
    ),
}


def sources(root):
    """The sandbox's files, without their tests, and the language's with codes of the API."""
    yield "request.rs", without_tests(root.parent / "states-language" / "src" / "request.rs")
    for path in sorted(root.rglob("*.rs")):
        name = path.relative_to(root).as_posix()
        if "tests" not in path.stem and "/tests/" not in name:
            yield name, without_tests(path)


def without_tests(path):
    return path.read_text().split("#[cfg(test)]\nmod tests {")[0]


def services_of(name):
    fitting = [prefix for prefix in SERVICES if name.startswith(prefix)]
    return SERVICES[max(fitting, key=len)] if fitting else JSON + QUERY + ["lambda"]


def codes_of(name, text):
    """The codes in one file; a code that is not written out is an error."""
    found = set(GIVEN.findall(text))
    variable = VARIABLES.get(name, "")
    if variable:
        return found | {code for match in variable.finditer(text) for code in match.groups() if code}
    for match in MADE.finditer(text):
        if match[3]:
            found.add(match[3])
            continue
        given = (match[1] or match[2]).strip().removesuffix(".into(")
        literal = LITERAL.match(given)
        if literal:
            found.add(literal[1])
        elif variable is not None:
            raise AssertionError(f"{name}: the code {given!r} is not written out")
    return found


def modelled(service):
    """The error codes in botocore's model of a service."""
    path = sorted((MODELS / service).glob("*/service-2.json*"))[-1]
    opened = gzip.open(path) if path.suffix == ".gz" else path.open()
    with opened:
        shapes = json.load(opened)["shapes"]
    errors = {name: shape for name, shape in shapes.items() if shape.get("exception") or "error" in shape}
    return set(errors) | {shape.get("error", {}).get("code", name) for name, shape in errors.items()}


def is_known(service, code):
    documented = any(service in services and code in codes for services, codes in DOCUMENTED.values())
    return documented or code in modelled(service)


class ErrorCodes(unittest.TestCase):
    def test_all_are_known(self):
        count = 0
        for name, text in sources(ROOT / "src"):
            # Lambda's own words for how a process ended are no error codes.
            for code in codes_of(name, text):
                for service in services_of(name):
                    count += 1
                    self.assertTrue(is_known(service, code), f"{name}: {service} has no error {code}")
        self.assertGreater(count, 80)

    def test_a_made_up_code_is_found(self):
        made_up = 'Err(ServiceError::new(\n    404,\n    "NoSuchWorkflow",\n    "x"))'
        self.assertEqual(codes_of("states/x.rs", made_up), {"NoSuchWorkflow"})
        self.assertFalse(is_known("stepfunctions", "NoSuchWorkflow"))
        with self.assertRaises(AssertionError):
            codes_of("states/x.rs", "ServiceError::bad_request(code, text)")
        self.assertEqual(codes_of("sns/mod.rs", 'account.authorize(a, "sns:Publish", arn, "NotAllowed")?'), {"NotAllowed"})
