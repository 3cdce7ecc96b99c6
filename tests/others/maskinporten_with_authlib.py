"""A token by Authlib's client of RFC 7523."""

import json
import os

from authlib.integrations.requests_client import AssertionSession

from verified import report, verified

session = AssertionSession(
    token_endpoint=os.environ["TOKEN_ENDPOINT"],
    issuer=os.environ["MASKINPORTEN_CLIENT_ID"],
    subject=None,
    audience=os.environ["ISSUER"],
    claims={"scope": os.environ["SCOPE"]},
    key=os.environ["PRIVATE_KEY"],
    header=json.loads(os.environ["HEADER"]),
    expires_in=100,
)
token = session.refresh_token()
report(claims=verified(token["access_token"]), expires_in=token["expires_in"])
