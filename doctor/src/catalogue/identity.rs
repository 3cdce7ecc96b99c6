//! O: organisation.

use super::severities::{E, I, W};
use crate::finding::Entry;

pub(crate) static O01: Entry = Entry {
    id: "O01",
    severities: [E, W, E],
    nb: [
        "Det står ikke noe organisasjonsnummer i sertifikatet.",
        "Motpartene kjenner virksomheten på nummeret.",
        "Velg filen med virksomhetssertifikatet, eller bestill et.",
    ],
    en: [
        "There is no organisation number in the certificate.",
        "The counterparties know the organisation by its number.",
        "Choose the file with the enterprise certificate, or order one.",
    ],
};

pub(crate) static O02: Entry = Entry {
    id: "O02",
    severities: [E, W, E],
    nb: [
        "{0} er ikke et organisasjonsnummer: kontrollsifferet stemmer ikke.",
        "Ingen virksomhet har det nummeret.",
        "Bestill et sertifikat med virksomhetens rette nummer.",
    ],
    en: [
        "{0} is no organisation number: its check digit is wrong.",
        "No organisation has that number.",
        "Order a certificate with the organisation's right number.",
    ],
};

pub(crate) static O03: Entry = Entry {
    id: "O03",
    severities: [E, W, E],
    nb: [
        "Sertifikatet har to ulike organisasjonsnumre: {0} og {1}.",
        "Motpartene leser ulike felt, så det er ikke sikkert hvem du er for dem.",
        "Be utstederen om et nytt.",
    ],
    en: [
        "The certificate has two different organisation numbers: {0} and {1}.",
        "Counterparties read different fields, so it is not certain who you are to them.",
        "Ask the issuer for a new one.",
    ],
};

pub(crate) static O04: Entry = Entry {
    id: "O04",
    severities: [E, W, E],
    nb: [
        "Sertifikatet tilhører {0}, men det skal brukes for {1}.",
        "Sertifikatets virksomhet må eie klienten (MP-122).",
        "Bruk sertifikatet til {1}. En leverandør bruker sitt eget, med delegering og consumer_org.",
    ],
    en: [
        "The certificate belongs to {0}, but it is to be used for {1}.",
        "The client's owner must be the certificate's organisation (MP-122).",
        "Use the certificate of {1}. A supplier uses its own, with delegation and consumer_org.",
    ],
};

pub(crate) static O05: Entry = Entry {
    id: "O05",
    severities: [E, W, E],
    nb: [
        "Dette er et segl for betalingstjenester, PSD2 ({0}).",
        "Det er til banker seg imellom og godtas ikke her.",
        "Bestill et vanlig virksomhetssertifikat.",
    ],
    en: [
        "This is a seal for payment services, PSD2 ({0}).",
        "It is for banks among themselves and is not accepted here.",
        "Order an ordinary enterprise certificate.",
    ],
};

pub(crate) static O06: Entry = Entry {
    id: "O06",
    severities: [W, W, W],
    nb: [
        "Identifikatoren «{0}» har ikke formen NTRNO- og ni sifre.",
        "Det er usikkert om motpartene finner virksomheten i den.",
        "Spør utstederen, eller prøv i test først.",
    ],
    en: [
        "The identifier \"{0}\" is not of the form NTRNO- and nine digits.",
        "It is uncertain whether counterparties find the organisation in it.",
        "Ask the issuer, or try it in test first.",
    ],
};

pub(crate) static O07: Entry = Entry {
    id: "O07",
    severities: [I, I, I],
    nb: [
        "Sertifikatet nevner underenheten {0}.",
        "Motpartene bruker hovedenhetens nummer.",
        "Ingenting, så lenge hovedenheten er den som skal opptre.",
    ],
    en: [
        "The certificate names the sub-unit {0}.",
        "The counterparties go by the number of the main unit.",
        "Nothing, as long as the main unit is the one to act.",
    ],
};

pub(crate) static O08: Entry = Entry {
    id: "O08",
    severities: [E, E, None],
    nb: [
        "consumer_orgs har vårt eget nummer, {0}.",
        "consumer_org er for en kunde som har delegert; med eget nummer avslår Maskinporten.",
        "Ta nummeret ut; den som spør for seg selv, utelater consumer_org.",
    ],
    en: [
        "consumer_orgs has our own number, {0}.",
        "consumer_org is for a customer who has delegated; with one's own number Maskinporten refuses.",
        "Take the number out; who asks for itself leaves consumer_org out.",
    ],
};

pub(crate) static O09: Entry = Entry {
    id: "O09",
    severities: [W, W, W],
    nb: [
        "{0} ser ut som et oppdiktet nummer.",
        "Slike numre er til tester og finnes ikke i registrene for produksjon.",
        "Se etter at det er riktig sertifikat for miljøet.",
    ],
    en: [
        "{0} looks like an invented number.",
        "Such numbers are for tests and do not exist in production's registers.",
        "See that it is the right certificate for the environment.",
    ],
};

pub(crate) static ALL: &[&Entry] = &[&O01, &O02, &O03, &O04, &O05, &O06, &O07, &O08, &O09];
