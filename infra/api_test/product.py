"""The product under test: asking it, and noting what is not as it should be."""

import http.client
import json
import sys
import urllib.parse
import uuid

import jsonschema_rs

BASE, KEY = sys.argv[2].rstrip("/"), sys.argv[3]
HOST = urllib.parse.urlsplit(BASE).netloc
faults: list[str] = []


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.raw = status, headers, body
        try:
            self.body = json.loads(body)
        except ValueError:
            self.body = None


def ask(method, path, key=KEY, body=None, headers=None, connection=None):
    """One request; a dict is sent as JSON, bytes as the multipart field `file`."""
    sent = dict(headers or {})
    if key:
        sent["Authorization"] = f"Bearer {key}"
    if isinstance(body, bytes):
        boundary = uuid.uuid4().hex
        sent["Content-Type"] = f"multipart/form-data; boundary={boundary}"
        disposition = 'Content-Disposition: form-data; name="file"; filename="people.csv"'
        body = f"--{boundary}\r\n{disposition}\r\n\r\n".encode() + body + f"\r\n--{boundary}--\r\n".encode()
    elif body is not None:
        sent["Content-Type"] = "application/json"
        body = json.dumps(body).encode()
    own = connection or http.client.HTTPConnection(HOST, timeout=30)
    try:
        return said(own, method, path, body, sent)
    finally:
        if connection is None:
            own.close()


def said(connection, method, path, body, headers):
    """What the server itself says; it may say it, and close, before all of a body is sent."""
    try:
        connection.request(method.upper(), path, body=body, headers=headers)
    except (BrokenPipeError, ConnectionResetError):
        pass
    try:
        response = connection.getresponse()
        return Answer(response.status, response.headers, response.read())
    except ConnectionError as silence:
        return Answer(0, {}, f"no answer: {silence}".encode())


def odd(path, raw, kind, method="POST"):
    """A body as it is, of the type it claims to be."""
    connection = http.client.HTTPConnection(HOST, timeout=30)
    answer = said(connection, method, path, raw, {"Authorization": f"Bearer {KEY}", "Content-Type": kind})
    connection.close()
    return answer


def expect(right, what):
    if not right:
        faults.append(what)


def refused(answer, status, what, code=None, names=""):
    """An error in our own form, with that status, and where they are told that code and words in its detail."""
    whole = isinstance(answer.body, dict) and all(answer.body.get(k) for k in ("code", "detail", "request_id"))
    right = whole and answer.status == status and code in (None, answer.body["code"]) and names in answer.body["detail"]
    expect(right, f"{what}: {answer.status} {answer.raw[:200]!r}")


def fits(document, method, path, answer):
    """The answer's status is documented, and its body fits the schema there."""
    at = f"{method} {path} -> {answer.status}"
    found = document["paths"][path][method]["responses"].get(str(answer.status))
    if found is None:
        faults.append(f"{at}: the document does not know this status")
        return
    if "$ref" in found:
        found = document["components"]["responses"][found["$ref"].rsplit("/", 1)[1]]
    schema = found.get("content", {}).get("application/json", {}).get("schema")
    if schema is not None:
        whole = {"allOf": [schema], "components": document["components"]}
        for fault in list(jsonschema_rs.validator_for(whole, validate_formats=True).iter_errors(answer.body))[:3]:
            faults.append(f"{at}: {fault.message} at {'/'.join(map(str, fault.instance_path))}")
