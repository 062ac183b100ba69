"""Every route of the OpenAPI document, tried over the whole running product.

    routes.py gates|rates BASE_URL API_KEY

gates: for each operation no key 401, a key without its scope 403, an oversized body 413, a list that is
too long or a page nobody gets 422, a real answer that fits the document, and for each that changes something
the same Idempotency-Key twice is one effect; then bytes nobody means to send. On a product without records.
rates: above the rate of a key or an address every operation is 429; afterwards nobody at this address is
answered for up to a minute.

A route that the document has and tries() below has not is a failure: a new one needs a line there.
"""

import http.client
import sys
import threading
import time
import uuid

from product import HOST, KEY, ask, expect, faults, fits, odd, refused

PART = sys.argv[1]
SHEET = (
    "name,phone_number,state,loan_id,amount,due_date,language\n"
    "Asha Test,9000000111,Kerala,LN1,1500,05/12/2026,en\n"
    "Ravi Test,9000000212,Bihar,LN2,2500.50,05/12/2026,hi\n"
    # Takes the call and never makes a sound: the simulated carrier knows people by their last two digits.
    "Silent Test,9000000317,Kerala,LN3,1500,05/12/2026,en\n"
    "Bad Row,98765,,,,,\n"
).encode()
SCOPES = ["read", "call", "upload", "admin", "pii"]
PER_KEY, PER_ADDRESS = 1_200, 3_000
tried: set[tuple[str, str]] = set()


def made_key(scopes):
    return ask("post", "/api/keys", body={"name": "tried", "scopes": scopes}).body


class Things:
    """Records that the tries speak of."""

    def __init__(self):
        self.upload = ask("post", "/api/upload-customers", body=SHEET).body["upload_id"]
        self.customer, self.silent, other = (customer_called(name) for name in ("asha", "silent", "ravi"))
        self.campaign = ask("post", "/api/trigger-bulk-calls", body={"customer_ids": [other]}).body["campaign_id"]
        self.call = ask("get", f"/api/calls?campaign_id={self.campaign}").body["items"][0]["call_id"]
        self.key = made_key(["read"])["id"]
        ask("post", "/api/do-not-call", body={"phone_number": "9000000999"})

    def held_campaign(self, *verbs):
        """The address of a campaign that dials nobody for a month, and can be paused, resumed and cancelled."""
        start_at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 30 * 24 * 3600))
        order = {"customer_ids": [self.customer], "settings": {"start_at": start_at}}
        address = f"/api/campaigns/{ask('post', '/api/trigger-bulk-calls', body=order).body['campaign_id']}"
        for verb in verbs:
            ask("post", f"{address}/{verb}")
        return address

    def sid_of_a_call(self):
        return sid_of(self.call)

    def live_call(self):
        """A conversation that lasts, for nobody answers in it."""
        call = ask("post", "/api/trigger-call", body={"customer_id": self.silent}).body["call_id"]
        sid = sid_of(call)

        def talks():
            stores = ask("get", f"/api/call-status/{sid}").body
            return stores["redis_data"] and stores["database_data"]["status"] == "in_progress"

        until(talks, "a conversation")
        return {"call_sid": sid}


def sid_of(call):
    return until(lambda: ask("get", f"/api/calls/{call}").body["call_sid"], "the carrier's answer")


def customer_called(name):
    return ask("get", f"/api/customers?q={name}").body["items"][0]["id"]


def until(found, what):
    """What is found in the end; half a minute is longer than anything here takes."""
    for _ in range(300):
        if result := found():
            return result
        threading.Event().wait(0.1)
    raise SystemExit(f"still waiting for {what}")


def tries(things):
    """Operation -> (path, body, statuses that are right). The real thing, not a made-up answer; what has to be
    just so when it is asked is a function."""
    listed = {"phone_number": "90000 00998", "reason": "tried"}
    campaign = f"/api/campaigns/{things.campaign}"
    return {
        ("get", "/api/openapi.json"): ("/api/openapi.json", None, [200]),
        ("get", "/api/dashboard-data"): ("/api/dashboard-data", None, [200]),
        ("get", "/api/customers"): ("/api/customers?limit=1", None, [200]),
        ("get", "/api/customers/{id}"): (f"/api/customers/{things.customer}", None, [200]),
        ("get", "/api/calls"): ("/api/calls", None, [200]),
        ("get", "/api/calls/{id}"): (f"/api/calls/{things.call}", None, [200]),
        # The call may not be over yet.
        ("get", "/api/calls/{id}/recording"): (f"/api/calls/{things.call}/recording", None, [200, 404]),
        # The simulated carrier may not have taken the call yet.
        ("get", "/api/call-status/{call_sid}"): (lambda: f"/api/call-status/{things.sid_of_a_call()}", None, [200]),
        ("get", "/api/campaigns"): ("/api/campaigns", None, [200]),
        ("get", "/api/campaigns/{id}"): (campaign, None, [200]),
        ("get", "/api/uploads"): ("/api/uploads", None, [200]),
        ("get", "/api/uploads/{id}"): (f"/api/uploads/{things.upload}", None, [200]),
        ("get", "/api/uploads/{id}/rejected"): (f"/api/uploads/{things.upload}/rejected", None, [200]),
        ("get", "/api/keys"): ("/api/keys?limit=2", None, [200]),
        ("get", "/api/settings"): ("/api/settings", None, [200]),
        ("get", "/api/do-not-call"): ("/api/do-not-call", None, [200]),
        ("get", "/api/audit"): ("/api/audit", None, [200]),
        ("post", "/api/upload-customers"): ("/api/upload-customers", SHEET + b"Mina Test,9000000313,,,,,\n", [200]),
        ("post", "/api/uploads"): ("/api/uploads", {"filename": "people.csv", "bytes": 300_000_000}, [200]),
        ("post", "/api/trigger-call"): ("/api/trigger-call", {"customer_id": things.customer}, [200, 202]),
        ("post", "/api/trigger-bulk-calls"): ("/api/trigger-bulk-calls", {"customer_ids": [things.customer]}, [200]),
        ("post", "/api/transfer-to-agent"): ("/api/transfer-to-agent", things.live_call, [200]),
        ("post", "/api/campaigns/{id}/pause"): (f"{things.held_campaign()}/pause", None, [200]),
        ("post", "/api/campaigns/{id}/resume"): (f"{things.held_campaign('pause')}/resume", None, [200]),
        ("post", "/api/campaigns/{id}/cancel"): (f"{things.held_campaign()}/cancel", None, [200]),
        ("post", "/api/keys"): ("/api/keys", {"name": "once", "scopes": ["read"]}, [201]),
        ("delete", "/api/keys/{id}"): (f"/api/keys/{things.key}", None, [200]),
        ("put", "/api/settings"): ("/api/settings", {"attempts_per_day": 4}, [200]),
        ("post", "/api/do-not-call"): ("/api/do-not-call", listed, [201]),
        ("post", "/api/do-not-call/check"): ("/api/do-not-call/check", listed, [200]),
        ("delete", "/api/do-not-call"): ("/api/do-not-call", listed, [200]),
    }


def scope_of(operation):
    """The scope a key needs; none where another rule admits (Exotel's routes, /health)."""
    for way in operation["security"]:
        if "bearer" in way:
            return way["bearer"][0]
    return None


def entries():
    return {(e["at"], e["action"], e["subject"]) for e in ask("get", "/api/audit?limit=200").body["items"]}


def answered_once(method, path, body, at):
    """Twice with one key is one effect, and the second answer is the first."""
    once = {"Idempotency-Key": uuid.uuid4().hex}
    first = ask(method, path, body=body, headers=once)
    between = entries()
    second = ask(method, path, body=body, headers=once)
    expect(first.status < 300, f"{at}: {first.status} {first.raw[:200]!r} proves nothing about repeats")
    expect(second.status == first.status, f"{at}: {first.status}, then {second.status} with the same key")
    expect(second.headers.get("Idempotency-Replayed") == "true", f"{at}: the repeat was not recognised")
    expect(entries() == between, f"{at}: the repeat was done again")
    same = {k: v for k, v in (first.body or {}).items() if k != "secret"}
    expect({k: v for k, v in (second.body or {}).items() if k != "secret"} == same, f"{at}: another answer")
    expect("secret" not in (second.body or {}) or second.body["secret"] is None, f"{at}: the secret was kept")
    other = b"name,phone\nX,9000000414\n" if isinstance(body, bytes) else {"other": 1}
    mismatch = ask(method, path, body=other, headers=once)
    expect(mismatch.body["code"] == "idempotency_mismatch", f"{at}: another request got {mismatch.status}")
    return first


def gates(document, things):
    """Everything but the rates, operation by operation."""
    table = tries(things)
    lacking = {s: made_key([other for other in SCOPES if other != s])["secret"] for s in SCOPES}
    for path, item in document["paths"].items():
        for method, operation in item.items():
            scope, at = scope_of(operation), f"{method} {path}"
            if scope is None:
                outside(document, method, path)
                continue
            if (method, path) not in table:
                faults.append(f"{at}: is not tried; give it a line in tries()")
                continue
            asked, body, right = (part() if callable(part) else part for part in table[(method, path)])
            for key, status in [(None, 401), ("va_guessed", 401), (lacking[scope], 403)]:
                answer = ask(method, asked, key=key, body=body)
                expect(answer.status == status, f"{at}: {answer.status} instead of {status}")
                fits(document, method, path, answer)
            if method != "get":
                too_large(document, method, path, asked)
                too_many(operation, method, asked, body)
                answer = answered_once(method, asked, body, at)
            else:
                pages(operation, method, asked)
                answer = ask(method, asked, body=body)
            expect(answer.status in right, f"{at}: {answer.status} {answer.raw[:200]!r}")
            expect(answer.headers.get("Cache-Control") == "no-store", f"{at}: may be kept by a proxy")
            fits(document, method, path, answer)
            tried.add((method, path))


def too_large(document, method, path, asked):
    """Above the limit: of the route where it takes a body, of the gate where a key makes it look."""
    operation = document["paths"][path][method]
    body = operation.get("requestBody", {}).get("content", {})
    if "multipart/form-data" in body:
        answer = ask(method, asked, body=b"x" * (64 * 1024 * 1024 + 1024 * 1024))
    else:
        answer = ask(method, asked, body={"x": "y" * (1024 * 1024)}, headers={"Idempotency-Key": uuid.uuid4().hex})
        if body:
            again = ask(method, asked, body={"x": "y" * (1024 * 1024)})
            refused(again, 413, f"{method} {path} with an oversized body and no key", "too_large")
    refused(answer, 413, f"{method} {path} with an oversized body", "too_large")
    fits(document, method, path, answer)


def too_many(operation, method, asked, body):
    """One item more than a list in the body may have."""
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    for name, field in content.get("schema", {}).get("properties", {}).items():
        if most := field.get("maxItems"):
            items = [body.get(name, ["9000000001"])[0]] * (most + 1)
            answer = ask(method, asked, body={**body, name: items})
            refused(answer, 422, f"{method} {asked} with {most + 1} {name}", names=f"at most {most}")


def pages(operation, method, asked):
    """A list gives the largest page that the document names, and says of any other limit what it may be."""
    for limit in (p["schema"] for p in operation["parameters"] if p.get("name") == "limit"):
        path, most = asked.split("?")[0], limit["maximum"]
        expect(ask(method, f"{path}?limit={most}").status == 200, f"{method} {path}: no page of {most}")
        for wrong in ["0", "-1", str(most + 1), "100000", "99999999999999999999", "abc", ""]:
            refused(ask(method, f"{path}?limit={wrong}"), 422, f"{path}?limit={wrong}", "invalid_query", "limit: ")


def outside(document, method, path):
    """Exotel's routes want its secret, and never say 5xx or 429; /health wants nothing."""
    answer = ask(method, path, key=None)
    expected = 200 if path == "/health" else 403
    expect(answer.status == expected, f"{method} {path}: {answer.status} without any key")
    fits(document, method, path, answer)
    tried.add((method, path))


def flood(requests, key, path):
    """So many requests over a few connections."""

    def some(count):
        connection = http.client.HTTPConnection(HOST, timeout=30)
        for _ in range(count):
            ask("get", path, key=key, connection=connection)
        connection.close()

    workers = [threading.Thread(target=some, args=(requests // 8 + 1,)) for _ in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


def rates(document):
    """Above the rate of a key, and then of the address, every keyed route says 429; the others go on."""
    everything = made_key(SCOPES)["secret"]
    operations = [(m, p, o) for p, item in document["paths"].items() for m, o in item.items() if scope_of(o)]
    for key, count, kind in [(everything, PER_KEY, "key"), (None, PER_ADDRESS, "address")]:
        for method, path, _ in operations:
            asked = path.replace("{id}", str(uuid.uuid4())).replace("{call_sid}", "sid")
            answer = ask(method, asked, key=key or KEY)
            if answer.status != 429:
                # Not reached yet, or a new minute has begun.
                flood(count, key, "/api/calls?limit=1")
                answer = ask(method, asked, key=key or KEY)
            tried.add((method, path))
            expect(answer.status == 429, f"{method} {path}: {answer.status} above the rate of the {kind}")
            wait = answer.headers.get("Retry-After") or ""
            expect(wait.isdigit() and 1 <= int(wait) <= 60, f"{method} {path}: Retry-After {wait!r}")
            fits(document, method, path, answer)
    expect(ask("get", "/health", key=None).status == 200, "/health is limited")
    expect(ask("post", "/exotel-webhook", key=None).status == 403, "a callback is limited")


def oddities():
    """Bytes nobody means to send; each is refused with a sentence, and none is a fault of ours."""
    deep = "[" * 5_000 + "]" * 5_000
    refused(odd("/api/settings", deep.encode(), "application/json", "PUT"), 400, "a deep body")
    for raw, status in [(b"\xff\xfe{}", 400), (b"{", 400), (deep.encode(), 422), (b"", 400), (b'{"a":1}', 422)]:
        refused(odd("/api/trigger-call", raw, "application/json"), status, f"a body {raw[:20]!r}")
    refused(odd("/api/trigger-call", b"{}", "text/plain"), 415, "another content type")
    refused(odd("/api/upload-customers", b"{}", "application/json"), 415, "JSON for a file")
    refused(ask("get", "/api/customers?q=%00"), 422, "a NUL in a query")
    refused(ask("get", "/api/customers?state=%00x"), 422, "a NUL in a state")
    refused(ask("get", "/api/calls?nonsense=1"), 422, "an unknown parameter")
    refused(ask("get", "/api/calls/%ff"), 422, "an id that is no text")
    refused(ask("get", "/api/calls?q=" + "x" * 20_000), 414, "an endless address")
    refused(ask("get", "/api/calls", headers={"X-Filler": "x" * 20_000}), 431, "endless headers")
    refused(ask("get", "/api/calls", headers={"Accept": "x"}, key="x" * 300), 401, "an endless key")
    refused(ask("get", "/nowhere"), 404, "an address that leads nowhere")
    nul = {"filter": {"state": "a\0b"}, "name": "x"}
    refused(ask("post", "/api/trigger-bulk-calls", body=nul), 422, "a NUL in a filter")
    refused(ask("put", "/api/settings", body={"lender_name": "a\0b"}), 422, "a NUL in the settings")
    refused(ask("post", "/api/do-not-call", body={"phone_number": "9000000997", "reason": "\0"}), 422, "a NUL as a reason")
    refused(ask("post", "/api/keys", body={"name": "x", "scopes": ["read"], "nam": 1}), 422, "an unknown field")
    refused(ask("post", "/api/calls", body={}), 405, "a method that is not taken")
    allowed = ask("options", "/api/do-not-call", key=None)
    expect(allowed.status == 405, f"OPTIONS: {allowed.status}")
    expect(set(allowed.headers.get("Allow", "").split(",")) == {"GET", "HEAD", "POST", "DELETE"}, f"Allow: {allowed.headers.get('Allow')}")
    expect(allowed.headers.get("Access-Control-Allow-Origin") is None, "other origins are let in")
    expect(ask("head", "/api/calls").status == 200, "HEAD of a list")
    expect(ask("get", "/api/dashboard-data?since=0001-01-01T00:00:00Z").status == 200, "a moment before all records")
    for method in ["get", "post", "put", "delete", "head"]:
        expect(ask(method, "/passthru-handler?CallSid=x", key=None).status == 403, f"{method} on a carrier's route")


def two_at_once():
    """Two posts in the same moment without a key are one order."""
    customer = customer_called("mina")
    answers = []
    body = {"customer_id": customer}
    workers = [threading.Thread(target=lambda: answers.append(ask("post", "/api/trigger-call", body=body))) for _ in range(6)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    expect({a.status for a in answers} <= {200, 202}, f"at once: {[(a.status, a.raw[:120]) for a in answers]}")
    orders = ask("get", f"/api/calls?customer_id={customer}").body["items"]
    expect(len(orders) == 1 and {a.body["call_id"] for a in answers} == {orders[0]["call_id"]}, f"{len(orders)} orders")


def a_refusal_is_not_kept():
    """What was refused may be tried again with its key."""
    once = {"Idempotency-Key": uuid.uuid4().hex}
    for _ in range(2):
        answer = ask("post", "/api/transfer-to-agent", body={"call_sid": "nosuchcall"}, headers=once)
        refused(answer, 404, "a call nobody knows", "not_found")
        expect(answer.headers.get("Idempotency-Replayed") is None, "a refusal was kept")


def main():
    document = ask("get", "/api/openapi.json").body
    if PART == "gates":
        gates(document, Things())
        two_at_once()
        a_refusal_is_not_kept()
        oddities()
    else:
        rates(document)
    for fault in faults:
        print(f"  {fault}")
    print(f"{len(tried)} operations tried, {len(faults)} faults")
    sys.exit(1 if faults or not tried else 0)


main()
