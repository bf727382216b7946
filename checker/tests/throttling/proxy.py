"""A server that stands before another one and treats its callers as AWS does a busy class:
it enforces rates, or throttles, breaks and drops at random. It counts calls by API."""

import collections
import http.client
import http.server
import json
import random
import re
import socket
import threading
import time
import urllib.parse

# Calls at once and calls a second of one account and region: "CloudWatch Logs quotas" for
# FilterLogEvents, the smallest of "Quotas related to API action throttling" of Step
# Functions for the others.
RATES = {
    "FilterLogEvents": (5, 5),
    "ListStateMachines": (100, 5),
    "ListExecutions": (100, 5),
    "DescribeExecution": (250, 10),
    "DescribeStateMachine": (200, 20),
    "DescribeStateMachineForExecution": (200, 20),
    "GetExecutionHistory": (400, 20),
    "StopExecution": (500, 25),
}


class Bucket:
    """Tokens: so many at once, so many more each second."""

    def __init__(self, size, rate):
        self.size, self.rate = size, rate
        self.tokens, self.time = size, time.monotonic()

    def take(self):
        now = time.monotonic()
        self.tokens = min(self.size, self.tokens + (now - self.time) * self.rate)
        self.time = now
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True


class Proxy(http.server.ThreadingHTTPServer):
    """Stands before `endpoint`. `trouble` says what becomes of a call: nothing, "throttle",
    "break" (an answer 5xx), "drop" (no answer, not passed on) or "lose" (passed on, and the
    answer lost)."""

    daemon_threads = True
    request_queue_size = 512

    def __init__(self, endpoint, trouble):
        super().__init__(("127.0.0.1", 0), Handler)
        self.behind = urllib.parse.urlsplit(endpoint)
        self.trouble = trouble
        self.endpoint = f"http://127.0.0.1:{self.server_port}"
        self.lock = threading.Lock()
        self.calls = collections.Counter()
        self.troubles = collections.Counter()
        self.thread = threading.Thread(target=self.serve_forever)
        self.thread.start()

    def end(self):
        self.shutdown()
        self.server_close()
        self.thread.join()

    def handle_error(self, request, client_address):
        """A caller that went away."""


class Enforced:
    """AWS's rates."""

    def __init__(self):
        self.buckets = {api: Bucket(*rate) for api, rate in RATES.items()}

    def __call__(self, api):
        bucket = self.buckets.get(api)
        return None if bucket is None or bucket.take() else "throttle"


class Random:
    """Trouble of all kinds. Answers to uploads are lost often: an upload that is done twice
    starts two executions."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def __call__(self, api):
        kinds = [None, "throttle", "break", "drop", "lose"]
        weights = [82, 8, 5, 2.5, 20 if api == "S3 PUT" else 2.5]
        return self.random.choices(kinds, weights)[0]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # A call is over when all of its answer is there, not 40 ms later.
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    def api(self, body):
        """The operation: the JSON and the query protocol name it, Lambda's is told by its path
        and S3's by its method."""
        if target := self.headers.get("x-amz-target"):
            return target.rsplit(".", 1)[-1]
        if action := re.search(rb"(?:^|&)Action=(\w+)", body) if self.path == "/" else None:
            return action[1].decode()
        return "Invoke" if self.path.endswith("/invocations") else f"S3 {self.command}"

    def handle_call(self):
        body = self.read_body()
        api = self.api(body)
        with self.server.lock:
            self.server.calls[api] += 1
            trouble = self.server.trouble(api)
            if trouble:
                self.server.troubles[trouble] += 1
        if trouble == "throttle":
            return self.refuse(400 if "x-amz-target" in self.headers else 503, "ThrottlingException", "Rate exceeded")
        if trouble == "break":
            return self.refuse(503 if random.random() < 0.5 else 500, "InternalFailure", "try again")
        if trouble == "drop":
            return self.hang_up()
        answer = self.pass_on(body)
        if trouble == "lose":
            return self.hang_up()
        status, headers, content = answer
        self.send_response_only(status)
        for name, value in headers:
            if name.lower() not in ("transfer-encoding", "content-length", "connection"):
                self.send_header(name, value)
        if self.command == "HEAD":
            self.send_header("Content-Length", dict(headers).get("content-length", "0"))
        else:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = handle_call

    def read_body(self):
        """The body as it came: its signature has to hold."""
        if "chunked" not in self.headers.get("transfer-encoding", ""):
            return self.rfile.read(int(self.headers.get("content-length", 0)))
        body = b""
        while size := int(self.rfile.readline().split(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass
        return body

    def pass_on(self, body):
        behind = http.client.HTTPConnection(self.server.behind.hostname, self.server.behind.port, timeout=60)
        try:
            headers = {name: value for name, value in self.headers.items() if name.lower() != "transfer-encoding"}
            headers["content-length"] = str(len(body))
            behind.request(self.command, self.path, body, headers)
            answer = behind.getresponse()
            return answer.status, answer.getheaders(), answer.read()
        finally:
            behind.close()

    def refuse(self, status, code, text):
        if "x-amz-target" in self.headers:
            kind, content = "application/x-amz-json-1.1", json.dumps({"__type": code, "message": text})
        else:
            code = "SlowDown" if code == "ThrottlingException" else "InternalError"
            kind, content = "application/xml", f"<Error><Code>{code}</Code><Message>{text}</Message></Error>"
        self.send_response_only(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content.encode())

    def hang_up(self):
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)
