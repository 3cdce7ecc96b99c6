//! A01, A02, N04 and N06: configuration of the app.

use super::severities::{E, I};
use crate::finding::Entry;

pub(crate) static A01: Entry = Entry {
    id: "A01",
    severities: [E, E, E],
    nb: [
        "Appen kan ikke bruke innstillingen: {0}.",
        "Da starter den ikke, eller svarer configuration-missing.",
        "Rett innstillingen; docs/configuration.md sier hva som skal stå der.",
    ],
    en: [
        "The app cannot use the setting: {0}.",
        "Then it does not start, or answers configuration-missing.",
        "Mend the setting; docs/configuration.md says what belongs there.",
    ],
};

pub(crate) static A02: Entry = Entry {
    id: "A02",
    severities: [I, I, I],
    nb: [
        "Nøkkelen er i et hvelv, og doctor har ikke prøvd den.",
        "Det er hvelvet som signerer; om nøkkelen er riktig, viser seg ved første token.",
        "Be om et token når appen er satt opp, og se at Maskinporten tar signaturen.",
    ],
    en: [
        "The key is in a vault, and the doctor has not tried it.",
        "The vault makes the signatures; whether the key is right shows with the first token.",
        "Ask for a token once the app is set up, and see that Maskinporten accepts the signature.",
    ],
};

pub(crate) static N04: Entry = Entry {
    id: "N04",
    severities: [E, None, E],
    nb: [
        "Tillitslisten har {0}, men ingen av røttene som gjelder for {1}.",
        "Virksomhetssertifikatene der er utstedt under andre røtter, så ingen tjener godtas.",
        "Hent røttene til Buypass (G2) og Commfides (G3) for riktig miljø.",
    ],
    en: [
        "The truststore has {0}, but none of the roots that count for {1}.",
        "The enterprise certificates there are issued under other roots, so no server is accepted.",
        "Get the roots of Buypass (G2) and Commfides (G3) for the right environment.",
    ],
};

pub(crate) static N06: Entry = Entry {
    id: "N06",
    severities: [E, E, None],
    nb: [
        "{0} er Maskinporten for {1}, men appen kjører i {2}.",
        "aud og endepunkt hører da til et annet miljø enn klienten og nøklene (MP-110).",
        "Bruk https://maskinporten.no i produksjon og https://test.maskinporten.no i test.",
    ],
    en: [
        "{0} is Maskinporten for {1}, but the app runs in {2}.",
        "Then aud and endpoint are of another environment than the client and its keys (MP-110).",
        "Use https://maskinporten.no in production, and https://test.maskinporten.no in test.",
    ],
};

pub(crate) static ALL: &[&Entry] = &[&A01, &A02, &N04, &N06];
