"""wenche is onboarded as a supplier and logs in for a customer. Only its addresses are changed, from outside."""

import contextlib
import os
import sys
import urllib.request

from wenche import auth, systembruker

from verified import report, verified

altinn = os.environ["ALTINN"]
customer = os.environ["SKD_TEST_ORG_NUMMER"]
vendor = os.environ["ORG_NUMMER"]
client_id = os.environ["MASKINPORTEN_CLIENT_ID"]

systembruker._BASES["test"] = altinn
auth._maskinporten_token_url = lambda env=None: os.environ["TOKEN_ENDPOINT"]
auth._maskinporten_aud = lambda env=None: os.environ["ISSUER"]
auth._altinn_exchange_url = lambda: f"{altinn}/authentication/api/v1/exchange/maskinporten"


def approve(request):
    """As the customer, on the sandbox's admin address."""
    address = f"{os.environ['ADMIN']}/altinn/systemuserrequests/{request['id']}/approve"
    approved = urllib.request.Request(address, b"{}", {"Content-Type": "application/json"}, method="POST")
    urllib.request.urlopen(approved, timeout=10)


def log_in():
    """The claims of Maskinporten's token, and Altinn's token; or the refusal."""
    try:
        # It tells its user what it does.
        with contextlib.redirect_stdout(sys.stderr):
            tokens = auth.login(lagre_token=False)
        return verified(tokens["maskinporten_token"]), tokens["altinn_token"]
    except RuntimeError as refusal:
        return str(refusal), ""


admin = auth.login_admin()
first = systembruker.registrer_system(admin, vendor, client_id)
second = systembruker.registrer_system(admin, vendor, client_id)
request = systembruker.opprett_forespørsel(admin, vendor, customer)
before, _ = log_in()
approve(request)
status = systembruker.hent_forespørsel_status(admin, request["id"])["status"]
[user] = systembruker.hent_systembrukere(admin, vendor)
after, altinn_token = log_in()
change = systembruker.opprett_endringsforespørsel(admin, user["id"], [systembruker._SKATTEMELDING_RETT])
approve(change)
report(
    registered=[first["oppdatert"], second["oppdatert"]],
    confirm_url=request["confirmUrl"],
    before=before,
    status=status,
    user=user,
    after=after,
    has_altinn_token=altinn_token.count(".") == 2,
    change=change["status"],
)
