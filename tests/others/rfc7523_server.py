"""A token endpoint of RFC 7523 that knows nothing of Maskinporten: Authlib's, on a free port.

It knows one client, CLIENT_ID, by its PUBLIC_KEY (a JWK). It takes a grant once, and only for itself.
Its tokens are opaque. It writes its origin on a line of its own when it is ready.
"""

import json
import os

os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "true"

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749 import InvalidGrantError
from authlib.oauth2.rfc7523 import JWTBearerGrant
from flask import Flask, jsonify
from joserfc import jwk
from werkzeug.serving import make_server

app = Flask(__name__)
http = make_server("127.0.0.1", 0, app, threaded=True)
origin = f"http://127.0.0.1:{http.server_port}"
spent = set()


class Client:
    client_id = os.environ["CLIENT_ID"]
    key = jwk.import_key(json.loads(os.environ["PUBLIC_KEY"]))

    def check_grant_type(self, grant_type):
        return grant_type == Grant.GRANT_TYPE

    def get_allowed_scope(self, scope):
        return scope


class Grant(JWTBearerGrant):
    LEEWAY = 10
    CLAIMS_OPTIONS = {
        **JWTBearerGrant.CLAIMS_OPTIONS,
        "iat": {"essential": True},
        "jti": {"essential": True},
        "scope": {"essential": True},
    }

    def resolve_issuer_client(self, issuer):
        return Client() if issuer == Client.client_id else None

    def resolve_client_public_key(self, client):
        return client.key

    def get_audiences(self):
        return [f"{origin}/"]

    def process_assertion_claims(self, assertion):
        claims = super().process_assertion_claims(assertion)
        if claims["jti"] in spent:
            raise InvalidGrantError(description="This assertion was used before.")
        spent.add(claims["jti"])
        self.granted = claims["scope"]
        return claims

    def create_token_response(self):
        token = self.generate_token(scope=self.granted, include_refresh_token=False, expires_in=60)
        return 200, token, self.TOKEN_RESPONSE_HEADER


server = AuthorizationServer(
    app, query_client=lambda client_id: None, save_token=lambda token, request: None
)
server.register_grant(Grant)


@app.get("/.well-known/oauth-authorization-server")
def metadata():
    return jsonify(
        issuer=f"{origin}/",
        token_endpoint=f"{origin}/token",
        grant_types_supported=[Grant.GRANT_TYPE],
    )


@app.post("/token")
def token():
    return server.create_token_response()


print(origin, flush=True)
http.serve_forever()
