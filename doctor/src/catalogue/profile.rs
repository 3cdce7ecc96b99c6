//! P: certificate profile: key usage, extended key usage and policies.

use super::severities::{E, I, W};
use crate::finding::Entry;

pub(crate) static P01: Entry = Entry {
    id: "P01",
    severities: [E, I, W],
    nb: [
        "Nøkkelbruken (KeyUsage) mangler eller er ikke merket kritisk.",
        "Digdirs publiserte kontroll avviser et slikt sertifikat.",
        "Bestill et nytt; Buypass og Commfides merker den alltid kritisk.",
    ],
    en: [
        "The key usage is missing or not marked critical.",
        "Digdir's published check refuses such a certificate.",
        "Order a new one; Buypass and Commfides always mark it critical.",
    ],
};

pub(crate) static P02: Entry = Entry {
    id: "P02",
    severities: [W, I, E],
    nb: [
        "Dette er settets signeringssertifikat (bare nonRepudiation).",
        "Til tokener går det som regel; i toveis TLS blir det avvist.",
        "Bruk autentiseringssertifikatet fra samme levering.",
    ],
    en: [
        "This is the set's certificate for signing (nonRepudiation alone).",
        "For tokens it usually works; in two-way TLS it is refused.",
        "Use the authentication certificate of the same delivery.",
    ],
};

pub(crate) static P03: Entry = Entry {
    id: "P03",
    severities: [E, W, E],
    nb: [
        "Dette er settets krypteringssertifikat ({0}).",
        "Det er til å motta kryptert innhold og kan ikke signere.",
        "Bruk autentiseringssertifikatet fra samme levering.",
    ],
    en: [
        "This is the set's certificate for encryption ({0}).",
        "It is for receiving what is encrypted, and cannot sign.",
        "Use the authentication certificate of the same delivery.",
    ],
};

pub(crate) static P04: Entry = Entry {
    id: "P04",
    severities: [I, None, E],
    nb: [
        "Den utvidede nøkkelbruken har ikke klientautentisering; den har {0}.",
        "Da kan det ikke vise hvem klienten er i toveis TLS.",
        "Bruk et sertifikat med klientautentisering, eller uten utvidet nøkkelbruk.",
    ],
    en: [
        "The extended key usage lacks client authentication; it has {0}.",
        "So it cannot show who the client is in two-way TLS.",
        "Use a certificate with client authentication, or without extended key usage.",
    ],
};

pub(crate) static P05: Entry = Entry {
    id: "P05",
    severities: [E, I, W],
    nb: [
        "Sertifikatet har en kritisk utvidelse som ikke ventes: {0}.",
        "Den som ikke kjenner en kritisk utvidelse, må avvise sertifikatet.",
        "Be utstederen om et sertifikat etter den norske profilen.",
    ],
    en: [
        "The certificate has a critical extension that is not expected: {0}.",
        "Whoever does not know a critical extension has to refuse the certificate.",
        "Ask the issuer for one of the Norwegian profile.",
    ],
};

pub(crate) static P06: Entry = Entry {
    id: "P06",
    severities: [E, I, W],
    nb: [
        "Ingen av sertifikatets policyer står på Digdirs liste; det har {0}.",
        "Uten en av dem regnes det ikke som virksomhetssertifikat.",
        "Bestill et virksomhetssertifikat hos Buypass eller Commfides.",
    ],
    en: [
        "None of the certificate's policies is on Digdir's list; it has {0}.",
        "Without one of them it does not count as an enterprise certificate.",
        "Order an enterprise certificate from Buypass or Commfides.",
    ],
};

pub(crate) static P07: Entry = Entry {
    id: "P07",
    severities: [W, I, W],
    nb: [
        "Sertifikatet er på det laveste nivået, LCP ({0}).",
        "Nivået står ikke på Digdirs publiserte liste, så det kan bli avvist.",
        "Prøv i test først, eller bestill på nivået NCP.",
    ],
    en: [
        "The certificate is of the lowest level, LCP ({0}).",
        "The level is not on Digdir's published list, so it may be refused.",
        "Try it in test first, or order one of the level NCP.",
    ],
};

pub(crate) static P08: Entry = Entry {
    id: "P08",
    severities: [W, I, W],
    nb: [
        "Policyen sier {0}, men utstederen sier {1}.",
        "De to skal være enige; utstederen er den som avgjør.",
        "Spør utstederen hva sertifikatet er ment for.",
    ],
    en: [
        "The policy says {0}, but the issuer says {1}.",
        "The two should agree; it is the issuer that decides.",
        "Ask the issuer what the certificate is meant for.",
    ],
};

pub(crate) static P09: Entry = Entry {
    id: "P09",
    severities: [E, E, E],
    nb: [
        "Sertifikatet er merket som en utsteders (CA).",
        "En virksomhets sertifikat skal ikke kunne utstede andre, og avvises da.",
        "Be utstederen om et nytt.",
    ],
    en: [
        "The certificate is marked as an issuer's (CA).",
        "An organisation's certificate must not be able to issue others, and is refused then.",
        "Ask the issuer for a new one.",
    ],
};

/// The counterpart of [`P02`] for seals, which it does not concern.
pub(crate) static P10: Entry = Entry {
    id: "P10",
    severities: [W, None, None],
    nb: [
        "Sertifikatet er ikke til signering (nonRepudiation mangler).",
        "Et segl på dokumenter ventes å være laget med settets signeringssertifikat.",
        "Bruk signeringssertifikatet fra samme levering til segl.",
    ],
    en: [
        "The certificate is not for signing (nonRepudiation is missing).",
        "A seal on documents is expected from the set's certificate for signing.",
        "For seals, use the signing certificate of the same delivery.",
    ],
};

pub(crate) static ALL: &[&Entry] = &[&P01, &P02, &P03, &P04, &P05, &P06, &P07, &P08, &P09, &P10];
