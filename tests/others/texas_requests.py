"""Requests to a token sidecar, and what innsyn's answers them.

`texas` is what texas answers where that is something else, with the reason; README.md lists the same differences.
"""

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass, field

TOKEN = "/api/v1/token"
EXCHANGE = "/api/v1/token/exchange"
INTROSPECT = "/api/v1/introspect"

SCOPE = "skatteetaten:kravogbetalinger"
OTHER_SCOPE = "altinn:consentrequests.read"
DELEGATED_SCOPE = "fjellapi:deliveries.read"
CONSUMER = "0192:310000205"
LARGEST = 2 * 1024 * 1024

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"

ANY = object()
"""A texas that may answer whatever it likes: what it says is written down, not compared."""


@dataclass
class Request:
    """One request, and the answer of innsyn's sidecar."""

    name: str
    body: object = None
    status: int = 200
    error: str | None = None
    active: bool | None = None
    claims: dict = field(default_factory=dict)
    path: str = TOKEN
    method: str = "POST"
    media_type: str | None = JSON
    headers: dict = field(default_factory=dict)
    same_as: str | None = None
    """The name of an earlier request whose token this is."""
    other_than: str | None = None
    """The name of an earlier request whose token this is not."""
    texas: object = None
    """The status of texas where it is another one, or ANY."""
    why: str = ""


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def made_up(header, claims):
    """A token that is signed with a secret of anybody's."""
    signed = ".".join(base64url(json.dumps(part).encode()) for part in (header, claims))
    signature = hmac.new(b"secret", signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{base64url(signature)}"


def maskinporten(**members):
    return {"identity_provider": "maskinporten", **members}


def padded(size):
    """A request of exactly `size` bytes."""
    start = json.dumps(maskinporten(target=SCOPE, more=""))[:-2]
    return (start + "x" * (size - len(start) - 2) + '"}').encode()


SYSTEM_USER = [
    {
        "type": "urn:altinn:systemuser",
        "systemuser_org": {"authority": "iso6523-actorid-upis", "ID": "0192:313367002"},
    }
]
SYSTEM_USER_CLAIMS = {"authorization_details": SYSTEM_USER[0]["systemuser_org"]}


def tokens():
    good = maskinporten(target=SCOPE)
    with_resource = maskinporten(target=SCOPE, resource="https://api.example/orders")
    claims = {"scope": [SCOPE], "consumer": CONSUMER}
    with_user = {**claims, **SYSTEM_USER_CLAIMS}
    text = json.dumps(SYSTEM_USER)
    yield Request("json", good, claims=claims)
    yield Request("json again", good, claims=claims, same_as="json")
    yield Request("form", good, media_type=FORM, same_as="json")
    yield Request("charset", good, media_type=f"{JSON}; charset=utf-8", same_as="json")
    yield Request("unknown members", {**good, "more": {"a": 1}}, same_as="json")
    yield Request("skip_cache false", {**good, "skip_cache": False}, same_as="json")
    yield Request("skip_cache null", {**good, "skip_cache": None}, same_as="json")
    yield Request("skip_cache", {**good, "skip_cache": True}, other_than="json")
    yield Request("after skip_cache", good, same_as="skip_cache")
    form = {**good, "skip_cache": "true"}
    yield Request("skip_cache in a form", form, media_type=FORM, other_than="skip_cache")
    other = maskinporten(target=OTHER_SCOPE)
    yield Request("other scope", other, claims={"scope": [OTHER_SCOPE]}, other_than="json")
    two = maskinporten(target=f"{SCOPE} {OTHER_SCOPE}")
    yield Request("two scopes", two, claims={"scope": [OTHER_SCOPE, SCOPE]})
    turned = maskinporten(target=f"{OTHER_SCOPE} {SCOPE}")
    yield Request("two scopes, turned", turned, claims={"scope": [OTHER_SCOPE, SCOPE]})
    audience = {**claims, "aud": "https://api.example/orders"}
    yield Request("resource", with_resource, claims=audience, other_than="json")
    yield Request("resource in a form", with_resource, media_type=FORM, same_as="resource")
    yield Request("resource null", {**good, "resource": None}, claims=claims)
    yield Request("details", {**good, "authorization_details": SYSTEM_USER}, claims=with_user)
    yield Request("details as text", {**good, "authorization_details": text}, claims=with_user)
    in_form = {**good, "authorization_details": text}
    yield Request("details in a form", in_form, media_type=FORM, claims=with_user)
    yield Request("details null", {**good, "authorization_details": None}, claims=claims)
    yield Request("one megabyte", padded(1024 * 1024), claims=claims)
    yield Request("two megabytes", padded(LARGEST), claims=claims)


def mistakes():
    def refused(name, body, error="invalid_request", status=400, **more):
        return Request(name, body, status, error, **more)

    good = maskinporten(target=SCOPE)
    yield refused("more than two megabytes", padded(LARGEST + 1))
    invalid = {"target": SCOPE, "identity_provider": "invalid"}
    yield refused("unknown provider", invalid)
    yield refused("unknown provider in a form", invalid, media_type=FORM)
    for name in ("azuread", "entra_id", "tokenx", "idporten"):
        yield refused(name, {"target": SCOPE, "identity_provider": name})
    yield refused("plain text", b"text", media_type="text/plain")
    yield refused("no media type", b"text", media_type=None)
    yield refused("half a JSON", b"{")
    yield refused("no JSON", b"")
    yield refused("no target", maskinporten())
    yield refused("no target in a form", maskinporten(), media_type=FORM)
    yield refused("no provider", {"target": SCOPE})
    yield refused("target is a number", maskinporten(target=7))
    yield refused("skip_cache is text", {**good, "skip_cache": "true"})
    yield refused("skip_cache is yes", {**good, "skip_cache": "yes"}, media_type=FORM)
    for name, details in (("an object", SYSTEM_USER[0]), ("a number", 42), ("no JSON", "x")):
        yield refused(f"details are {name}", {**good, "authorization_details": details})
    yield refused("unknown scope", maskinporten(target="some-scope"), "invalid_scope")
    yield refused("empty scope", maskinporten(target=""))
    fragment = {**good, "resource": "https://api.example/#x"}
    yield refused("resource with a fragment", fragment, "invalid_target")
    details = "invalid_authorization_details"
    unknown = {**good, "authorization_details": [{"type": "payment"}]}
    yield refused("details of an unknown type", unknown, details)
    more = {**good, "authorization_details": [{**SYSTEM_USER[0], "more": 1}]}
    yield refused("details with more", more, details)
    nobody = {**SYSTEM_USER[0], "externalRef": "nobody"}
    nobody = {**good, "authorization_details": [nobody]}
    yield refused("no such system user", nobody, "invalid_altinn_customer_configuration")


def exchanges():
    good = maskinporten(target="a", user_token="x")

    def refused(name, body, **more):
        return Request(f"exchange: {name}", body, 400, "invalid_request", path=EXCHANGE, **more)

    yield refused("maskinporten", good)
    yield refused("in a form", good, media_type=FORM)
    yield refused("tokenx", {**good, "identity_provider": "tokenx"})
    yield refused("unknown provider", {**good, "identity_provider": "invalid"})
    yield refused("no token", maskinporten(target="a"))
    yield refused("plain text", b"text", media_type="text/plain")


def introspections(token):
    """`token` is a good one, for a resource."""

    def introspect(name, token, active, provider="maskinporten", media_type=JSON):
        return Request(
            f"introspect: {name}",
            {"identity_provider": provider, "token": token},
            active=active,
            path=INTROSPECT,
            media_type=media_type,
        )

    def refused(name, body, media_type=JSON):
        return Request(
            f"introspect: {name}",
            body,
            400,
            "invalid_request",
            path=INTROSPECT,
            media_type=media_type,
        )

    header, claims, signature = token.split(".")
    other = "B" if signature[0] == "A" else "A"
    parts = [json.loads(base64.urlsafe_b64decode(part + "==")) for part in (header, claims)]
    named = {**parts[0], "alg": "HS256"}
    unsigned = base64url(json.dumps({**parts[0], "alg": "none"}).encode())
    unknown = base64url(json.dumps({**parts[0], "kid": "unknown"}).encode())
    unnamed = base64url(json.dumps({"alg": "RS256"}).encode())
    later = base64url(json.dumps({**parts[1], "exp": parts[1]["exp"] + 60}).encode())
    yield introspect("good", token, True)
    yield introspect("good in a form", token, True, media_type=FORM)
    yield introspect("changed signature", f"{header}.{claims}.{other}{signature[1:]}", False)
    yield introspect("changed claims", f"{header}.{later}.{signature}", False)
    yield introspect("unsigned", f"{unsigned}.{claims}.", False)
    yield introspect("signed with a secret", made_up(named, parts[1]), False)
    yield introspect("unknown key", f"{unknown}.{claims}.{signature}", False)
    yield introspect("no key named", f"{unnamed}.{claims}.{signature}", False)
    yield introspect("no token", "not a jwt", False)
    yield introspect("empty", "", False)
    yield introspect("tokenx", token, False, provider="tokenx")
    yield refused("unknown provider", {"identity_provider": "invalid", "token": token})
    yield refused("without a token", maskinporten())
    yield refused("plain text", b"text", media_type="text/plain")


def elsewhere():
    for path in (TOKEN, EXCHANGE, INTROSPECT):
        for method in ("GET", "PUT", "DELETE", "HEAD", "OPTIONS"):
            name = f"{method} {path}"
            yield Request(name, status=405, path=path, method=method, media_type=None)
    for path in ("/", "/api/v1/tokens", "/api/v1/token/", "/api/v2/token"):
        yield Request(f"POST {path}", maskinporten(target=SCOPE), status=404, path=path)


def differences():
    good = maskinporten(target=SCOPE)
    why = "a page in a browser may not ask for tokens"
    for name, headers in (
        ("Origin", {"Origin": "https://elsewhere.example"}),
        ("Host", {"Host": "elsewhere.example"}),
    ):
        yield Request(name, good, 403, "invalid_request", headers=headers, texas=200, why=why)
    yield Request(
        "consumer_org",
        maskinporten(target=DELEGATED_SCOPE, consumer_org="313367002"),
        claims={"consumer": "0192:313367002"},
        texas=ANY,
        why="consumer_org is an addition",
    )
    yield Request(
        "pid of nobody",
        {**good, "pid": "1"},
        400,
        "invalid_request",
        texas=200,
        why="pid is an addition",
    )
    yield Request(
        "resource with blanks",
        {**good, "resource": "an API"},
        400,
        "invalid_target",
        texas=ANY,
        why="refused before Maskinporten is asked",
    )
    yield Request(
        "no details",
        {**good, "authorization_details": []},
        400,
        "invalid_authorization_details",
        texas=ANY,
        why="refused before Maskinporten is asked",
    )
    yield Request(
        "ansattporten",
        {"target": "a", "identity_provider": "ansattporten"},
        400,
        "invalid_request",
    )
