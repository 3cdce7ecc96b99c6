//! N01–N03 and L14: revocation.

use super::severities::{E, I, W};
use crate::finding::Entry;

pub(crate) static N01: Entry = Entry {
    id: "N01",
    severities: [E, W, E],
    nb: [
        "Sertifikatet er trukket tilbake {0}, sier {1}.",
        "Et tilbaketrukket sertifikat blir avvist og kan ikke gjøres gyldig igjen.",
        "Bestill et nytt; finn ut hvem som trakk det tilbake, og om nøkkelen er på avveie.",
    ],
    en: [
        "The certificate was revoked {0}, says {1}.",
        "A revoked certificate is refused, and cannot be made valid again.",
        "Order a new one; find out who revoked it, and whether the key has got out.",
    ],
};

pub(crate) static N02: Entry = Entry {
    id: "N02",
    severities: [W, I, W],
    nb: [
        "Det lot seg ikke sjekke om sertifikatet er trukket tilbake: {0} ({1}).",
        "Motparten sjekker det, og et tilbaketrukket sertifikat blir avvist.",
        "Åpne port 80 ut: listene ligger på vanlig http.",
    ],
    en: [
        "It could not be checked whether the certificate is revoked: {0} ({1}).",
        "The other side checks it, and a revoked certificate is refused.",
        "Open port 80 to the outside: the lists are on plain http.",
    ],
};

pub(crate) static N03: Entry = Entry {
    id: "N03",
    severities: [W, I, W],
    nb: [
        "Svaret om tilbaketrekking fra {0} er ikke til å bruke: {1}.",
        "Et gammelt eller falskt svar sier ingenting om hvordan det er nå.",
        "Prøv igjen; vedvarer det, se om noe på veien lagrer gamle svar, og spør utstederen.",
    ],
    en: [
        "What {0} answers about revocation is of no use: {1}.",
        "An old or a false answer says nothing of how it is now.",
        "Try again; if it goes on, see whether something on the way keeps old answers, and ask the issuer.",
    ],
};

pub(crate) static L14: Entry = Entry {
    id: "L14",
    severities: [I, I, I],
    nb: [
        "Sertifikatet er ikke trukket tilbake, sier {0}.",
        "Svaret er utstederens og gjelder nå.",
        "Ingenting.",
    ],
    en: [
        "The certificate is not revoked, says {0}.",
        "The answer is the issuer's, and holds now.",
        "Nothing.",
    ],
};

pub(crate) static ALL: &[&Entry] = &[&N01, &N02, &N03, &L14];
