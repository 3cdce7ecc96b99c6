"""What an API does with a token: PyJWT checks it against the issuer's published keys."""

import json
import os

import jwt
import requests


def verified(token):
    keys = jwt.PyJWKSet.from_dict(requests.get(os.environ["JWKS"], timeout=10).json())
    kid = jwt.get_unverified_header(token)["kid"]
    return jwt.decode(
        token,
        keys[kid].key,
        algorithms=["RS256"],
        issuer=os.environ["ISSUER"],
        options={"require": ["exp", "iat", "iss"], "verify_aud": False},
    )


def report(**found):
    print(json.dumps(found))
