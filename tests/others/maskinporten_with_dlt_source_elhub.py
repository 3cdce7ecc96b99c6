"""A token by dlt-source-elhub, which reads an API with it; or its account of the refusal."""

import json
import os
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"

from dlt_source_elhub import MaskinportenCredentials, MaskinportenError, elhub_source  # noqa: E402

from verified import report, verified  # noqa: E402

shown = []


class MeteringPoints(BaseHTTPRequestHandler):
    """The API that is read: it keeps the tokens that it was shown."""

    def do_GET(self):
        shown.append(self.headers["Authorization"].removeprefix("Bearer "))
        body = json.dumps({"data": [{"id": "707057500000000001", "type": "metering-points"}]}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = HTTPServer(("127.0.0.1", 0), MeteringPoints)
threading.Thread(target=server.serve_forever, daemon=True).start()
source = elhub_source(
    credentials=MaskinportenCredentials(
        client_id=os.environ["MASKINPORTEN_CLIENT_ID"],
        kid=os.environ["KID"],
        private_key=os.environ["PRIVATE_KEY"],
        maskinporten_url=os.environ["ISSUER"].removesuffix("/"),
    ),
    scope=os.environ["SCOPE"],
    consumer_org=os.environ.get("CONSUMER_ORG") or None,
    base_url=f"http://127.0.0.1:{server.server_port}/",
)
try:
    [point] = list(source.resources["metering_points"])
    claims = verified(shown[0])
    report(claims=claims, expires_in=claims["exp"] - claims["iat"] - 1, read=point["id"])
except Exception as error:
    # dlt wraps what happens inside a resource.
    refusal = error
    while refusal is not None and not isinstance(refusal, MaskinportenError):
        refusal = refusal.__cause__ or refusal.__context__
    if refusal is None:
        raise
    code, _, description = refusal.reason.partition(": ")
    report(status=refusal.status, error=code, description=description)
