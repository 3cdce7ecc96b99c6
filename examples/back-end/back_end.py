"""Back end of a bank: orders signatures, receives events, archives what was signed.

    python3 back_end.py template              registers a template for customers' apps
    python3 back_end.py order < order.json    orders a job, and prints it with the address for signing
    python3 back_end.py serve                 receives events, archives the documents, acknowledges

README.md beside this file lists the settings, and says what a bank changes. Needs PyJWT and cryptography.
"""

import base64
import contextlib
import hashlib
import hmac
import http.client
import json
import os
import pathlib
import random
import re
import shutil
import sys
import tempfile
import threading
import time
import urllib.parse
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

ATTEMPTS = 5
TRY_AGAIN = (408, 429, 500, 502, 503, 504)
IN_PROGRESS = "urn:innsyn:problem:request-in-progress"
LONGEST_PAUSE = 30  # seconds
PERMITTED_SKEW = 300  # seconds between an event's timestamp and now
LARGEST_EVENT = 64 * 1024  # bytes
PLAIN_NAME = re.compile(r"[A-Za-z0-9_-]{1,128}")  # ids and references become names of files
SETTINGS = (
    "INNSYN_URL", "INNSYN_CONSUMER", "INNSYN_SUBJECT", "INNSYN_KEY",
    "DOCUMENT", "RETURN_ADDRESS", "ARCHIVE", "EVENT_SECRETS", "LISTEN",
)


class Failure(Exception):
    """Reason why something was not done, for the operator."""


class Innsyn:
    """Client of the app, which signs a credential of 30 seconds for each request."""

    def __init__(self, settings):
        self.subject, self.consumer = settings["INNSYN_SUBJECT"], settings["INNSYN_CONSUMER"]
        self.url = urllib.parse.urlsplit(settings["INNSYN_URL"])
        if self.url.scheme != "https" and self.url.hostname not in ("localhost", "127.0.0.1"):
            raise Failure("INNSYN_URL must be https://, except on this machine")
        try:
            seed = base64.urlsafe_b64decode(settings["INNSYN_KEY"].rstrip("=") + "=")
            self.key = Ed25519PrivateKey.from_private_bytes(seed)
        except ValueError as error:
            raise Failure("INNSYN_KEY must be an Ed25519 seed: 32 bytes in base64url") from error

    def credential(self, method, path, body):
        now, digest = int(time.time()), hashlib.sha256(body).digest()
        claims = {
            "iss": self.subject, "sub": self.subject, "aud": "signature", "consumer": self.consumer,
            "method": method, "path": path,
            "body_sha256": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "iat": now, "exp": now + 30, "jti": str(uuid.uuid4()),
        }
        return jwt.encode(claims, self.key, algorithm="EdDSA")

    def send(self, method, path, content=None, key=None):
        """Returns the body of the answer, after further attempts if they may help.

        A repeat is safe: an order has an idempotency key, and other requests change nothing twice.
        """
        body = b"" if content is None else json.dumps(content).encode()
        for attempt in range(1, ATTEMPTS + 1):
            pause = min(2**attempt, LONGEST_PAUSE) * random.uniform(0.5, 1)
            try:
                status, headers, answer = self.send_once(method, path, body, key)
                if 200 <= status < 300:
                    return answer
                is_problem = headers.get_content_type() == "application/problem+json"
                problem = json.loads(answer) if is_problem else {}  # RFC 9457
                told = [problem[name] for name in ("type", "detail", "correlation_id") if name in problem]
                reason = f"{method} {path}: {status} {'; '.join(told)}"
                if status not in TRY_AGAIN and problem.get("type") != IN_PROGRESS:
                    raise Failure(reason)
                asked = headers.get("Retry-After", "")
                pause = min(int(asked), LONGEST_PAUSE) if asked.isdecimal() else pause
            except (OSError, http.client.HTTPException) as error:
                reason = f"{method} {path}: no answer ({error})"
            if attempt < ATTEMPTS:
                say(f"{reason}; next attempt in {pause:.0f} s")
                time.sleep(pause)
        raise Failure(f"{reason}; gave up after {ATTEMPTS} attempts")

    def send_once(self, method, path, body, key):
        headers = {"Authorization": f"Bearer {self.credential(method, path, body)}"}
        if body:
            headers["Content-Type"] = "application/json"
        if key:
            headers["Idempotency-Key"] = f'"{key}"'
        https = self.url.scheme == "https"
        connect = http.client.HTTPSConnection if https else http.client.HTTPConnection
        with contextlib.closing(connect(self.url.netloc, timeout=60)) as connection:
            connection.request(method, path, body or None, headers)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()


def template(document):
    """Returns a job that customers' apps may order by themselves: this document, their own signature."""
    year = time.gmtime().tm_year  # a version never changes, nor does its expiry
    return {
        "name": "account-agreement",
        "version": str(year),
        "expires": f"{year + 1}-01-31T00:00:00Z",
        "order": {
            "flow": "direct",
            "title": "Avtale om brukskonto",
            "documents": [{"title": "Avtale", "sha256": hashlib.sha256(document).hexdigest()}],
        },
    }


def order(document, details, return_address):
    """Returns the order of a job that one customer signs, who is logged in at the bank's pages."""
    return {
        "customer": details["customer"],
        "reference": details["reference"],
        "flow": "direct",
        "title": "Avtale om brukskonto",
        "documents": [{"title": "Avtale", "content": base64.b64encode(document).decode()}],
        "signers": [{"number": details["number"]}],
        "return_address": return_address,
    }


def archive(app, root, job):
    """Archives a job's documents in REFERENCE/JOB, then tells the app that the bank has them."""
    path = f"/signatures/orders/{plain(job)}"
    details = json.loads(app.send("GET", path))
    folder = root / plain(details.get("reference") or "without-reference") / job
    # After a crash before the acknowledgement, the folder is there already, and complete.
    if not folder.exists():
        partial = pathlib.Path(tempfile.mkdtemp(prefix=".partial-", dir=root))
        try:
            document = app.send("GET", f"{path}/pades")
            if not document.startswith(b"%PDF-"):
                raise Failure(f"GET {path}/pades: the signed document is not a PDF")
            write(partial / "document.pdf", document)
            for signer in (each for each in details["signers"] if each["status"] == "signed"):
                number = int(signer["signer"])
                write(partial / f"signature-{number}.xml", app.send("GET", f"{path}/signers/{number}/xades"))
            write(partial / "job.json", json.dumps(details).encode())
            sync(partial)
            folder.parent.mkdir(exist_ok=True)
            partial.rename(folder)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
        sync(folder.parent)
        sync(root)
    app.send("POST", f"{path}/acknowledge")
    say(f"job {job}: archived in {folder}, and acknowledged")


class Inbox:
    """Events on disk: `new` has those that wait, `done` those that were handled."""

    def __init__(self, folder):
        self.new, self.done, self.arrived = folder / "new", folder / "done", threading.Event()
        self.new.mkdir(parents=True, exist_ok=True)
        self.done.mkdir(exist_ok=True)

    def store(self, event_id, body):
        """Stores an event, unless it was seen before. Returns whether it is new."""
        if (self.new / event_id).exists() or (self.done / event_id).exists():
            return False
        partial = self.new.parent / str(uuid.uuid4())
        write(partial, body)
        partial.rename(self.new / event_id)
        sync(self.new)
        self.arrived.set()
        return True

    def work(self, handle):
        """Handles events for ever. Those that fail are tried again after half a minute."""
        while True:
            self.arrived.clear()
            for path in sorted(self.new.iterdir()):
                try:
                    handle(json.loads(path.read_bytes()))
                    path.rename(self.done / path.name)
                except Exception as error:  # one event must not stop the others
                    say(f"event {path.name}: {type(error).__name__}: {error}; will be tried again")
            self.arrived.wait(30)


def verify(secrets, headers, body, now):
    """Returns the id of an event whose signature and time are good (Standard Webhooks)."""
    names = ("webhook-id", "webhook-timestamp", "webhook-signature")
    event_id, timestamp, signatures = (headers.get(name, "") for name in names)
    if not PLAIN_NAME.fullmatch(event_id) or not re.fullmatch(r"[0-9]{1,12}", timestamp):
        raise Failure("webhook-id or webhook-timestamp is missing or malformed")
    if abs(now - int(timestamp)) > PERMITTED_SKEW:
        raise Failure("webhook-timestamp is more than five minutes off: is this machine's clock right?")
    signed = f"{event_id}.{timestamp}.".encode() + body
    macs = [b"v1," + base64.b64encode(hmac.digest(secret, signed, "sha256")) for secret in secrets]
    sent = [signature.encode() for signature in signatures.split(" ")]
    if not any(hmac.compare_digest(mac, signature) for mac in macs for signature in sent):
        raise Failure("webhook-signature is by none of EVENT_SECRETS")
    return event_id


class Receiver(BaseHTTPRequestHandler):
    """Receiver of events: verifies, stores and answers. The work is done afterwards."""

    timeout = 10  # seconds for a sender that falls silent

    def do_POST(self):
        self.send_response(self.receive())
        self.send_header("Content-Length", "0")
        self.end_headers()

    def receive(self):
        length = self.headers.get("Content-Length", "")
        if self.path != "/events":
            return 404
        if not length.isdecimal() or int(length) > LARGEST_EVENT:
            return 413
        body = self.rfile.read(int(length))
        try:
            event_id = verify(self.server.secrets, self.headers, body, time.time())
        except Failure as failure:
            say(f"event refused: {failure}")
            return 401
        say(f"event {event_id}: {'stored' if self.server.inbox.store(event_id, body) else 'seen before'}")
        return 204

    def log_message(self, *_):
        """Logs no line for each request: `receive` does."""


def serve(app, settings):
    root = pathlib.Path(settings["ARCHIVE"])

    def handle(event):
        if event["type"] == "innsyn.signature.completed":
            archive(app, root, event["subject"])
        else:
            say(f"{event['type']} {event['subject']}: nothing to archive")

    host, _, port = settings["LISTEN"].rpartition(":")
    server = ThreadingHTTPServer((host, int(port)), Receiver)
    secrets = settings["EVENT_SECRETS"].split()
    server.secrets = [base64.b64decode(secret.removeprefix("whsec_"), validate=True) for secret in secrets]
    server.inbox = Inbox(root / ".events")
    threading.Thread(target=server.inbox.work, args=[handle], daemon=True).start()
    print(f"http://{host}:{server.server_port}", flush=True)
    server.serve_forever()


def plain(name):
    if not PLAIN_NAME.fullmatch(name):
        raise Failure("the app sent an id or a reference that cannot be the name of a file")
    return name


def write(path, content):
    with open(path, "xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def sync(folder):
    """Makes the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)


def say(line):
    print(line, file=sys.stderr, flush=True)


def main(arguments):
    command = arguments[0] if len(arguments) == 1 else ""
    if command not in ("template", "order", "serve"):
        raise Failure("usage: back_end.py template | order | serve")
    settings = {name: os.environ.get(name, "") for name in SETTINGS}
    missing = [name for name in SETTINGS if not settings[name]]
    if missing:
        raise Failure(f"set {', '.join(missing)}: README.md says what they are")
    app = Innsyn(settings)
    if command == "serve":
        return serve(app, settings)
    document = pathlib.Path(settings["DOCUMENT"]).read_bytes()
    if command == "template":
        answer = app.send("POST", "/signatures/templates", template(document))
    else:
        details = json.load(sys.stdin)
        if not isinstance(details, dict) or set(details) != {"reference", "customer", "number"}:
            raise Failure("the order on standard input must have reference, customer and number")
        content = order(document, details, settings["RETURN_ADDRESS"])
        answer = app.send("POST", "/signatures/orders", content, f"order-{details['reference']}")
    print(answer.decode())


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except KeyboardInterrupt:
        sys.exit(130)
    except (Failure, OSError, ValueError) as failure:
        sys.exit(f"{type(failure).__name__}: {failure}")
