"""The vault, used with hvac: log in, look around, sign, keep secrets, and be refused."""

import base64
import os

import hvac
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding

from verified import report

KEY = os.environ["KEY"]
MESSAGE = b"header.claims"
INPUT = base64.b64encode(MESSAGE).decode()


def refusal(call):
    """What hvac makes of a refusal."""
    try:
        call()
    except hvac.exceptions.VaultError as error:
        return type(error).__name__
    return "none"


def sealed(client):
    health = client.sys.read_health_status(method="GET")
    return (health if isinstance(health, dict) else health.json())["sealed"]


client = hvac.Client(url=os.environ["VAULT"])
role = {"role_id": os.environ["ROLE_ID"], "secret_id": os.environ["SECRET_ID"]}
if sealed(client):
    report(sealed=True, log_in=refusal(lambda: client.auth.approle.login(**role)))
    raise SystemExit

wrong = {**role, "secret_id": "wrong"}
wrong_secret = refusal(lambda: client.auth.approle.login(**wrong))
lease = client.auth.approle.login(**role)["auth"]["lease_duration"]
transit = client.secrets.transit

key = transit.read_key(name=KEY)["data"]
signed = transit.sign_data(
    name=KEY, hash_input=INPUT, hash_algorithm="sha2-256", signature_algorithm="pkcs1v15"
)["data"]
valid = transit.verify_signed_data(
    name=KEY,
    hash_input=INPUT,
    signature=signed["signature"],
    hash_algorithm="sha2-256",
    signature_algorithm="pkcs1v15",
)["data"]["valid"]

# And without the vault: another library, with the public key alone.
version = signed["key_version"]
public = serialization.load_pem_public_key(key["keys"][str(version)]["public_key"].encode())
_, prefix, signature = signed["signature"].split(":")
public.verify(base64.b64decode(signature), MESSAGE, padding.PKCS1v15(), hashes.SHA256())
default = transit.sign_data(name=KEY, hash_input=INPUT)["data"]["signature"].split(":")[2]
salted = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.AUTO)
public.verify(base64.b64decode(default), MESSAGE, salted, hashes.SHA256())

# Secrets, as an operator keeps them and as Spin reads them.
operator = hvac.Client(url=os.environ["VAULT"], token=os.environ["ROOT_TOKEN"])
reader = hvac.Client(url=os.environ["VAULT"], token=os.environ["VARIABLES_TOKEN"])
place = {"path": "innsyn/key", "mount_point": "secret"}


def keep(value, cas=None):
    kept = operator.secrets.kv.v2.create_or_update_secret(
        secret={"value": value}, cas=cas, **place
    )
    return kept["data"]["version"]


def look(client=reader, **more):
    found = client.secrets.kv.v2.read_secret_version(
        raise_on_deleted_version=True, **{**place, **more}
    )
    return found["data"]["data"]["value"]


nothing_yet = refusal(look)
versions = [keep("one"), keep("two")]
secrets = {
    "nothing_yet": nothing_yet,
    "versions": versions,
    "newest": look(),
    "first": look(version=1),
    "wrong_cas": refusal(lambda: keep("three", cas=1)),
    "cas": keep("three", cas=2),
    "elsewhere": refusal(lambda: look(path="other/key")),
    "write": refusal(
        lambda: reader.secrets.kv.v2.create_or_update_secret(secret={"value": "x"}, **place)
    ),
    "with_the_role": refusal(lambda: look(client)),
}
operator.secrets.kv.v2.delete_latest_version_of_secret(**place)
secrets["deleted"] = refusal(look)

report(
    sealed=False,
    secrets=secrets,
    authenticated=client.is_authenticated(),
    policies=client.auth.token.lookup_self()["data"]["policies"],
    lease=lease,
    type=key["type"],
    version=prefix,
    valid=valid,
    wrong_secret=wrong_secret,
    rotate=refusal(lambda: transit.rotate_key(name=KEY)),
    another=refusal(lambda: transit.sign_data(name="another", hash_input=INPUT)),
)
