"""A token by pymaskinporten, or its account of the refusal."""

import os

from pymaskinporten.config import load_config
from pymaskinporten.request_token import MaskinportenTokenError, request_maskinporten_token

from verified import report, verified

try:
    token, expires_in = request_maskinporten_token(
        config=load_config(),
        token_url=os.environ["TOKEN_ENDPOINT"],
        audience=os.environ["ISSUER"],
    )
    report(claims=verified(token), expires_in=expires_in)
except MaskinportenTokenError as error:
    report(status=error.status, error=error.code, description=error.description)
