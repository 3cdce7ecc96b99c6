//! C: key lengths, algorithms and signatures.

use super::severities::{E, I, W};
use crate::finding::Entry;

pub(crate) static C01: Entry = Entry {
    id: "C01",
    severities: [E, E, I],
    nb: [
        "Nøkkelen er ikke RSA, men {0}.",
        "Maskinporten tar bare RS256, RS384 og RS512.",
        "Bestill et sertifikat med RSA-nøkkel; til toveis TLS kan dette brukes der motparten støtter det.",
    ],
    en: [
        "The key is not RSA but {0}.",
        "Maskinporten takes RS256, RS384 and RS512 alone.",
        "Order a certificate with an RSA key; for two-way TLS this one serves where the other side supports it.",
    ],
};

pub(crate) static C02: Entry = Entry {
    id: "C02",
    severities: [E, E, E],
    nb: [
        "Nøkkelen har bare {0} bit.",
        "Under 2048 bit er ikke trygt og blir avvist.",
        "Lag en nøkkel på 3072 bit og bestill nytt sertifikat.",
    ],
    en: [
        "The key has only {0} bits.",
        "Less than 2048 bits is not safe and is refused.",
        "Make a key of 3072 bits and order a new certificate.",
    ],
};

pub(crate) static C03: Entry = Entry {
    id: "C03",
    severities: [I, I, I],
    nb: [
        "Nøkkelen har {0} bit.",
        "Det godtas, men 3072 er det vanlige i SEID 2.",
        "Ingenting nå; velg 3072 neste gang.",
    ],
    en: [
        "The key has {0} bits.",
        "It is accepted, but 3072 is what SEID 2 usually has.",
        "Nothing now; choose 3072 the next time.",
    ],
};

pub(crate) static C04: Entry = Entry {
    id: "C04",
    severities: [E, W, E],
    nb: [
        "Sertifikatet, eller et over det i kjeden, er signert med {0}.",
        "Slike signaturer kan forfalskes og godtas ikke lenger.",
        "Bestill et nytt; dagens utstedere signerer med SHA-256.",
    ],
    en: [
        "The certificate, or one above it in the chain, is signed with {0}.",
        "Such signatures can be forged and are no longer accepted.",
        "Order a new one; today's issuers sign with SHA-256.",
    ],
};

pub(crate) static C05: Entry = Entry {
    id: "C05",
    severities: [E, E, E],
    nb: [
        "En prøvesignatur med nøkkelen lot seg ikke lage eller ikke etterprøve.",
        "Da vil ingen andre kunne etterprøve signaturene heller.",
        "Nøkkelfilen er trolig skadet; hent den på nytt fra der den ble laget.",
    ],
    en: [
        "A signature made with the key as a trial could not be made or did not verify.",
        "Then nobody else will be able to verify its signatures.",
        "The key's file is probably damaged; get it anew from where it was made.",
    ],
};

pub(crate) static C06: Entry = Entry {
    id: "C06",
    severities: [E, None, None],
    nb: [
        "Kjeden er ikke slik x5c skal være: {0}.",
        "x5c er en liste av base64-DER med virksomhetens sertifikat først og uten roten (MP-123).",
        "Skriv kjeden som PEM eller som en slik liste; --write lager den.",
    ],
    en: [
        "The chain is not as x5c must be: {0}.",
        "x5c is a list of base64 DER with the organisation's certificate first and without the root (MP-123).",
        "Write the chain as PEM or as such a list; --write makes it.",
    ],
};

pub(crate) static C07: Entry = Entry {
    id: "C07",
    severities: [E, E, None],
    nb: [
        "Nøkkelen har både kid og certificate_chain.",
        "En grant har enten kid eller x5c, aldri begge.",
        "Behold kid hvis nøkkelen er registrert på klienten, ellers certificate_chain.",
    ],
    en: [
        "The key has both kid and certificate_chain.",
        "A grant has either kid or x5c, never both.",
        "Keep kid if the key is registered on the client, else certificate_chain.",
    ],
};

pub(crate) static C08: Entry = Entry {
    id: "C08",
    severities: [E, E, None],
    nb: [
        "Nøkkelen har {0} bit.",
        "Appen tar RSA-nøkler fra 2048 til 4096 bit; en lengre nøkkel gjør hver signatur treg.",
        "Lag en nøkkel på 3072 bit og bestill nytt sertifikat, eller registrer den nye nøkkelen.",
    ],
    en: [
        "The key has {0} bits.",
        "The app takes RSA keys from 2048 to 4096 bits; a longer key makes every signature slow.",
        "Make a key of 3072 bits and order a new certificate, or register the new key.",
    ],
};

pub(crate) static ALL: &[&Entry] = &[&C01, &C02, &C03, &C04, &C05, &C06, &C07, &C08];
