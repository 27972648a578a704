"""What the requests lack that no schema can say, and what is asked of every answer beyond what the document says."""

import json
import re
import zlib

import schemathesis

# Where a request of the right form may still make no sense: the field that the answer has to name.
SAID_ELSEWHERE = {
    "listRuns": {"tenant", "from", "on", "range", "older"},
    "exportRuns": {"tenant", "from", "on", "range"},
    "listPolicies": set(),
    "startRun": {"/type", "/tenant", "/inputs", "/rerun_of"},
}

# What an answer must never hold: statements, places in the source, traces, our own paths.
LEAKS = re.compile(r"SELECT |INSERT |UPDATE |panicked|\.rs:\d|/root/|/home/|stack backtrace|sqlite|postgres", re.IGNORECASE)


# Starts that make sense in the world that is fuzzed; nobody works on them, so that they meet themselves again.
STARTS = [
    {"type": "policy.sync", "tenant": "contoso"},
    {"type": "policy.sync", "tenant": "fabrikam", "inputs": {"policy_types": ["configurationPolicy"]}},
    {"type": "inventory.sync", "tenant": "contoso", "inputs": {"kinds": []}},
    {"type": "inventory.sync", "tenant": "fabrikam"},
    {"type": "tenant.check_connection", "tenant": "contoso", "inputs": {}},
]


@schemathesis.hook
def map_case(context, case):
    """Puts starts that make sense among those whose operation is a word that nobody knows."""
    meta = case.meta
    is_start = case.operation.definition.raw.get("operationId") == "startRun"
    if is_start and meta is not None and meta.generation.mode.is_positive and isinstance(case.body, dict):
        # The choice follows from what was made, so that a seed gives the same requests again.
        choice = zlib.crc32(json.dumps(case.body, sort_keys=True).encode()) % (2 * len(STARTS))
        if choice < len(STARTS):
            case.body = dict(STARTS[choice])
    return case


@schemathesis.check
def refusals_are_problems(ctx, response, case):
    """A refusal is a problem with a stable code, the status that it was sent with, and no leak."""
    if response.status_code < 400:
        return
    assert response.status_code < 500 or response.status_code == 503, "the server failed"
    if (response.request.method or "") == "HEAD":
        return
    kind = (response.headers.get("content-type") or [""])[0]
    assert kind == "application/problem+json", f"a refusal of the kind {kind!r}"
    problem = response.json()
    assert problem["status"] == response.status_code, "the body speaks of another status"
    assert re.fullmatch(r"(request|query|body|cursor|server)\.[a-z_]+", problem["code"]), problem["code"]
    assert problem["type"] == "urn:tenantatlas:problem:" + problem["code"], problem["type"]
    assert problem["detail"], "the refusal says nothing"
    assert not LEAKS.search(problem["title"] + problem["detail"]), "the refusal tells of the inside"
    if response.status_code == 401:
        assert "www-authenticate" in response.headers, "it does not say how to sign in"
    if response.status_code == 503:
        assert "retry-after" in response.headers, "it does not say when to come back"


@schemathesis.check
def requests_of_the_right_form_are_refused_for_a_reason(ctx, response, case):
    """A 400 to a request that keeps to the document names one of the things that the document cannot say."""
    meta = case.meta
    if response.status_code != 400 or meta is None or not meta.generation.mode.is_positive:
        return
    problem = response.json()
    known = SAID_ELSEWHERE.get(case.operation.definition.raw.get("operationId"), set())
    named = {error["field"] for error in problem.get("errors", [])}
    reasons = all(name in known or name.startswith("/inputs/") for name in named)
    assert problem["code"] == "cursor.invalid" or reasons, problem["detail"]


@schemathesis.check
def answers_are_not_kept(ctx, response, case):
    """No answer is kept by whoever carries it, and none is taken for something else."""
    assert response.headers.get("cache-control") == ["no-store"], response.headers.get("cache-control")
    assert response.headers.get("x-content-type-options") == ["nosniff"]
    assert "set-cookie" not in response.headers, "the API gives no cookies"
