//! Answers of Maskinporten to a test grant, under the identifiers of the checks of files that find the same problem.
//!
//! `{0}` is the error with its code and trace id; `{1}` is the remedy of an entry that has no remedy of its own.

use super::severities::{E, I};
use crate::finding::Entry;

const SAID_NB: &str = "Maskinporten ga ikke token: {0}.";
const SAID_EN: &str = "Maskinporten gave no token: {0}.";

/// Builds the entry of a refusal.
const fn refusal(id: &'static str, nb: [&'static str; 2], en: [&'static str; 2]) -> Entry {
    Entry {
        id,
        severities: [E, E, E],
        nb: [SAID_NB, nb[0], nb[1]],
        en: [SAID_EN, en[0], en[1]],
    }
}

pub(crate) static L07: Entry = Entry {
    id: "L07",
    severities: [I, I, I],
    nb: [
        "Maskinporten ga et token for {0}; det varer i {1} sekunder.",
        "Klient, nøkkel og scope virker sammen.",
        "Ingenting.",
    ],
    en: [
        "Maskinporten gave a token for {0}; it holds for {1} seconds.",
        "Client, key and scope work together.",
        "Nothing.",
    ],
};

pub(crate) static L08: Entry = refusal(
    "L08",
    ["Da får appen heller ikke token.", "{1}."],
    ["Then the app gets none either.", "{1}."],
);

pub(crate) static I03: Entry = refusal(
    "I03",
    [
        "Et testsertifikat, eller et som er utløpt eller trukket tilbake, godtas ikke i produksjon (MP-120).",
        "Bruk et gyldig virksomhetssertifikat for produksjon, fra Buypass eller Commfides.",
    ],
    [
        "A test certificate, or one that has ended or is revoked, is not accepted in production (MP-120).",
        "Use a valid enterprise certificate for production, from Buypass or Commfides.",
    ],
);

pub(crate) static I04: Entry = refusal(
    "I04",
    [
        "Et produksjonssertifikat, eller et som er utløpt eller trukket tilbake, godtas ikke i test (MP-120).",
        "Bruk et gyldig testsertifikat fra Buypass eller Commfides.",
    ],
    [
        "A production certificate, or one that has ended or is revoked, is not accepted in test (MP-120).",
        "Use a valid test certificate from Buypass or Commfides.",
    ],
);

pub(crate) static V05: Entry = refusal(
    "V05",
    [
        "En registrert nøkkel gjelder i ett år (MP-121).",
        "Registrer nøkkelen på nytt hos Digdir, eller en ny ved siden av.",
    ],
    [
        "A registered key holds for one year (MP-121).",
        "Register the key at Digdir again, or a new one beside it.",
    ],
);

pub(crate) static O04: Entry = refusal(
    "O04",
    [
        "Sertifikatet tilhører en annen virksomhet enn klienten (MP-122).",
        "Bruk sertifikatet til den som eier klienten; en leverandør bruker delegering og consumer_org.",
    ],
    [
        "The certificate belongs to another organisation than the client (MP-122).",
        "Use the certificate of the client's owner; a supplier uses delegation and consumer_org.",
    ],
);

pub(crate) static C06: Entry = refusal(
    "C06",
    [
        "x5c ble ikke godtatt (MP-123).",
        "Se om kjeden har virksomhetens sertifikat først, så utstederens, og ikke roten.",
    ],
    [
        "x5c was not accepted (MP-123).",
        "See whether the chain has the organisation's certificate first, then its issuer's, and not the root.",
    ],
);

pub(crate) static N06: Entry = refusal(
    "N06",
    [
        "aud og endepunkt hører til ulike miljøer (MP-110).",
        "Bruk utstederens egen adresse med --maskinporten.",
    ],
    [
        "aud and endpoint are of different environments (MP-110).",
        "Use the issuer's own address with --maskinporten.",
    ],
);

pub(crate) static ALL: &[&Entry] = &[&L07, &L08, &I03, &I04, &V05, &O04, &C06, &N06];
