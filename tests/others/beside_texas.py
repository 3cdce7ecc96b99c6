"""Asks innsyn's token sidecar what NAV's texas is asked, and texas too where it is at hand.

The answers of innsyn's are held against texas_requests.py in any case. With `TEXAS=path`, that program is started as the
same client of the same Maskinporten, gets the same requests, and is compared: statuses, errors, and the tokens' claims.
Without `TEXAS` the comparison is skipped, and said to be. That is no failure even where nothing else may be skipped:
texas is published as source and as a container image, neither of which a test fetches.

Environment: SIDECAR (origin), MASKINPORTEN (origin), VARIABLES (the app's settings, TOML), CA (PEM), TEXAS (optional).
"""

import base64
import contextlib
import http.client
import json
import os
import socket
import subprocess
import sys
import time
import tomllib
import urllib.parse

from texas_requests import (
    ANY,
    CONSUMER,
    FORM,
    JSON,
    SCOPE,
    Request,
    base64url,
    differences,
    elsewhere,
    exchanges,
    introspections,
    mistakes,
    tokens,
)

VOLATILE = ("iat", "exp", "nbf", "jti")


def ask(origin, request):
    """Sends one request: its status, and its body where that is JSON."""
    place = urllib.parse.urlsplit(origin)
    body, headers = request.body, dict(request.headers)
    if request.media_type:
        headers["Content-Type"] = request.media_type
    if isinstance(body, dict):
        is_form = request.media_type == FORM
        body = urllib.parse.urlencode(body) if is_form else json.dumps(body)
    connection = http.client.HTTPConnection(place.hostname, place.port, timeout=30)
    with contextlib.closing(connection):
        connection.request(request.method, request.path, body, headers)
        answer = connection.getresponse()
        text = answer.read()
    try:
        return answer.status, json.loads(text)
    except ValueError:
        return answer.status, {}


def claims_of(token):
    claims = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))


def steady(claims):
    """The claims that two tokens for the same have in common, scopes in order."""
    claims = {name: value for name, value in claims.items() if name not in VOLATILE}
    if isinstance(claims.get("scope"), str):
        claims["scope"] = sorted(claims["scope"].split())
    return claims


def summary(claims):
    """The claims in the short form of the table."""
    short = dict(claims)
    if "consumer" in short:
        short["consumer"] = short["consumer"]["ID"]
    if "authorization_details" in short:
        short["authorization_details"] = short["authorization_details"][0]["systemuser_org"]
    return short


class Side:
    """One sidecar, and the tokens that it gave."""

    def __init__(self, origin):
        self.origin = origin
        self.given = {}

    def answer(self, request):
        """What matters of the answer: the same for two sidecars that are alike."""
        status, body = ask(self.origin, request)
        told = {"status": status}
        if not isinstance(body, dict):
            return {**told, "error": "the body is no object"}
        token = body.get("access_token")
        if isinstance(token, str):
            self.given[request.name] = token
            claims = claims_of(token)
            lifetime = claims["exp"] - claims["iat"]
            told["members"] = sorted(body)
            told["claims"] = steady(claims)
            told["has enough left"] = body["expires_in"] >= min(lifetime // 2, 59)
            told["same"] = request.same_as and token == self.given[request.same_as]
            told["another"] = request.other_than and token != self.given[request.other_than]
        elif "active" in body:
            told["active"] = body["active"]
            told["members"] = sorted(body)
            told["claims"] = steady({k: v for k, v in body.items() if k not in ("active", "error")})
        # Texas has no body where the path or the method is another.
        elif "error" in body and status not in (404, 405):
            told["error"] = body["error"]
            told["members"] = sorted(body)
        return told


def faults(request, told):
    """What is otherwise than the table says."""
    expected = {"status": request.status}
    if request.error and request.method != "HEAD":
        expected |= {"error": request.error, "members": ["error", "error_description"]}
    if request.active is not None:
        expected["active"] = request.active
    if request.path.endswith("/token") and request.status == 200:
        expected["members"] = ["access_token", "expires_in", "token_type"]
        expected["has enough left"] = True
        expected["same"] = request.same_as and True
        expected["another"] = request.other_than and True
    found = {name: told.get(name) for name in expected}
    wrong = [f"{name}: {found[name]!r}, not {expected[name]!r}" for name in expected if found[name] != expected[name]]
    claims = summary(told.get("claims", {}))
    wrong += [
        f"claim {name}: {claims.get(name)!r}, not {value!r}"
        for name, value in request.claims.items()
        if claims.get(name) != value
    ]
    return wrong


def all_requests(side):
    """Every request, those about a token once there is one."""
    for group in (tokens, mistakes, exchanges):
        yield from group()
    yield from introspections(side.given["resource"])
    yield from elsewhere()
    yield from differences()


def jwk(pem, kid):
    """An RSA key in PKCS#8 as a JWK (RFC 7518 §6.3)."""
    der = base64.b64decode("".join(pem.strip().splitlines()[1:-1]))
    numbers = [base64url(number) for number in integers(der)]
    # Two versions come first.
    names = ("n", "e", "d", "p", "q", "dp", "dq", "qi")
    members = dict(zip(names, numbers[-len(names) :], strict=True))
    return json.dumps({"kty": "RSA", "alg": "RS256", "use": "sig", "kid": kid, **members})


def integers(der):
    """Every INTEGER in `der`, however deep, without its sign's zero."""
    while der:
        tag, length, start = der[0], der[1], 2
        if length >= 0x80:
            start += length & 0x7F
            length = int.from_bytes(der[2:start])
        content, der = der[start : start + length], der[start + length :]
        if tag == 0x02:
            yield content.removeprefix(b"\0")
        elif tag in (0x04, 0x30):
            yield from integers(content)


@contextlib.contextmanager
def texas(program):
    """Texas as Fjordbanken's client, at an address of its own."""
    with open(os.environ["VARIABLES"], "rb") as file:
        clients = json.loads(tomllib.load(file)["maskinporten_clients"])
    client = next(c for c in clients if CONSUMER.endswith(c["organisation"]))
    key = client["keys"][0]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    metadata = "/.well-known/oauth-authorization-server"
    environment = os.environ | {
        "BIND_ADDRESS": f"127.0.0.1:{port}",
        "MASKINPORTEN_ENABLED": "true",
        "MASKINPORTEN_CLIENT_ID": client["client_id"],
        "MASKINPORTEN_CLIENT_JWK": jwk(key["key"], key["kid"]),
        "MASKINPORTEN_WELL_KNOWN_URL": os.environ["MASKINPORTEN"] + metadata,
        "SSL_CERT_FILE": os.environ["CA"],
        "OTEL_SDK_DISABLED": "true",
    }
    process = subprocess.Popen([program], env=environment, stdout=subprocess.DEVNULL)
    try:
        end = time.monotonic() + 60
        while time.monotonic() < end and process.poll() is None:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            time.sleep(0.1)
        else:
            sys.exit(f"{program} does not start")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def compare(ours, theirs):
    """Asks both: what is otherwise than it should be, and the differences that are known."""
    wrong, known, count = [], [], 0
    for request in all_requests(ours):
        count += 1
        told = ours.answer(request)
        wrong += [f"innsyn, {request.name}: {fault}" for fault in faults(request, told)]
        if theirs is None:
            continue
        said = theirs.answer(request)
        if request.texas is not None:
            known.append(f"{request.name}: {told['status']}, texas {said['status']}: {request.why}")
            if request.texas is not ANY and said["status"] != request.texas:
                wrong.append(f"texas, {request.name}: {said['status']}, not {request.texas}")
        elif said != told:
            wrong.append(f"{request.name}: innsyn {told}, texas {said}")
    return wrong, known, count


def main():
    ours = Side(os.environ["SIDECAR"])
    program = os.environ.get("TEXAS")
    if program:
        with texas(program) as origin:
            wrong, known, count = compare(ours, Side(origin))
    else:
        skipped = "SKIPPED: TEXAS is not set: the token sidecar was not compared with texas"
        print(skipped, file=sys.stderr)
        wrong, known, count = compare(ours, None)
    report = {"requests": count, "compared": bool(program), "differences": known, "wrong": wrong}
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
