//! L, V04, N05 and N06: servers, their certificates and their clocks.

use super::severities::{E, I, W};
use crate::finding::Entry;

pub(crate) static V04: Entry = Entry {
    id: "V04",
    severities: [E, E, W],
    nb: [
        "Denne maskinens klokke avviker {0} sekunder fra motpartens (pluss er foran).",
        "Maskinporten avviser grants fra en klokke som er mer enn omtrent 10 sekunder feil.",
        "Still klokken etter en tidstjener (NTP).",
    ],
    en: [
        "This machine's clock is {0} seconds from the other side's (plus is ahead).",
        "Maskinporten refuses grants from a clock that is wrong by more than about 10 seconds.",
        "Let a time server (NTP) set the clock.",
    ],
};

pub(crate) static N05: Entry = Entry {
    id: "N05",
    severities: [W, W, W],
    nb: [
        "{0} har en utsteder av virksomhetssertifikater: {1}.",
        "Serversertifikater kommer fra offentlige utstedere, så en slik tillitsliste holder sjelden.",
        "Bruk de offentlige røttene (uten {0}), eller en pin om motparten viser et virksomhetssertifikat.",
    ],
    en: [
        "{0} has an issuer of enterprise certificates: {1}.",
        "Server certificates come from public authorities, so such a list seldom holds.",
        "Use the public roots (no {0}), or a pin if the other side shows an enterprise certificate.",
    ],
};

pub(crate) static N06: Entry = Entry {
    id: "N06",
    severities: [E, E, E],
    nb: [
        "Metadata hos {0} stemmer ikke: {1}.",
        "aud og endepunkt hører da til ulike miljøer, og grants avvises (MP-110).",
        "Bruk utstederens egen adresse: https://maskinporten.no, eller https://test.maskinporten.no i test.",
    ],
    en: [
        "The metadata at {0} does not fit: {1}.",
        "Then aud and endpoint are of different environments, and grants are refused (MP-110).",
        "Use the issuer's own address: https://maskinporten.no, or https://test.maskinporten.no in test.",
    ],
};

pub(crate) static L01: Entry = Entry {
    id: "L01",
    severities: [E, E, E],
    nb: [
        "Navnet {0} finnes ikke her ({1}).",
        "Uten adresse når ingenting fram.",
        "Se etter skrivefeil, og om maskinens navnetjener kjenner navn på internett.",
    ],
    en: [
        "The name {0} is not known here ({1}).",
        "Without an address nothing gets through.",
        "Look for a slip of the pen, and whether this machine's name server knows names of the internet.",
    ],
};

pub(crate) static L02: Entry = Entry {
    id: "L02",
    severities: [E, E, E],
    nb: [
        "Ingen tar imot hos {0} ({1}).",
        "Uten forbindelse når ingenting fram.",
        "Se om adresse og port er riktige, og om brannmuren slipper ut trafikk dit.",
    ],
    en: [
        "Nobody takes a connection at {0} ({1}).",
        "Without one nothing gets through.",
        "See whether address and port are right, and whether the firewall lets traffic out to there.",
    ],
};

pub(crate) static L03: Entry = Entry {
    id: "L03",
    severities: [E, E, E],
    nb: [
        "Sertifikatet til {0} er ikke til å stole på: {1}.",
        "Da kan hvem som helst sitte i den andre enden, og forbindelsen brytes.",
        "Gi utstederen med --ca om tjeneren har sin egen; ellers bytter noe på veien ut sertifikatet.",
    ],
    en: [
        "The certificate of {0} is not to be trusted: {1}.",
        "Anybody could be at the other end, so the connection is cut.",
        "Name its authority with --ca if the server has its own; else something on the way replaces the certificate.",
    ],
};

pub(crate) static L04: Entry = Entry {
    id: "L04",
    severities: [E, E, E],
    nb: [
        "TLS med {0} kom ikke i stand: {1}.",
        "Uten TLS sendes ingenting.",
        "Se om det er TLS 1.2 eller 1.3 på porten, og om en mellomtjener griper inn.",
    ],
    en: [
        "TLS with {0} did not come about: {1}.",
        "Without TLS nothing is sent.",
        "See whether the port speaks TLS 1.2 or 1.3, and whether something on the way interferes.",
    ],
};

pub(crate) static L05: Entry = Entry {
    id: "L05",
    severities: [I, I, I],
    nb: [
        "{0} svarer med {1}, har et sertifikat vi stoler på, og {2}.",
        "Navn, nett og TLS er i orden.",
        "Ingenting.",
    ],
    en: [
        "{0} answers with {1}, has a certificate that we trust, and {2}.",
        "Name, network and TLS are in order.",
        "Nothing.",
    ],
};

pub(crate) static L06: Entry = Entry {
    id: "L06",
    severities: [E, E, E],
    nb: [
        "{0} har ingen lesbar metadata (status {1}).",
        "Der står hvem grants er til og hvor de sendes.",
        "Se om det er Maskinporten på adressen, og prøv igjen.",
    ],
    en: [
        "{0} has no metadata that can be read (status {1}).",
        "It says whom grants are for and where they go.",
        "See whether Maskinporten is at that address, and try again.",
    ],
};

pub(crate) static L09: Entry = Entry {
    id: "L09",
    severities: [E, E, E],
    nb: [
        "{0} svarte ikke på forespørselen: {1}.",
        "TLS kom i stand, så feilen ligger etter det.",
        "Prøv igjen; vedvarer det, spør den som driver tjeneren.",
    ],
    en: [
        "{0} did not answer the request: {1}.",
        "TLS came about, so what fails comes after it.",
        "Try again; if it goes on, ask those who run the server.",
    ],
};

pub(crate) static L10: Entry = Entry {
    id: "L10",
    severities: [None, None, I],
    nb: [
        "{0} ba om vårt sertifikat og godtok det; svaret har status {1}.",
        "Toveis TLS virker.",
        "Ingenting.",
    ],
    en: [
        "{0} asked for our certificate and accepted it; the answer has the status {1}.",
        "Two-way TLS works.",
        "Nothing.",
    ],
};

pub(crate) static L11: Entry = Entry {
    id: "L11",
    severities: [None, None, E],
    nb: [
        "{0} ba om vårt sertifikat og avviste det: {1}.",
        "Det er motparten som ikke godtar oss; vi godtok deres.",
        "Se om sertifikatet hører til dette miljøet, og om motparten kjenner utstederen og virksomheten.",
    ],
    en: [
        "{0} asked for our certificate and refused it: {1}.",
        "It is they who do not accept us; we accepted theirs.",
        "See whether the certificate is of this environment, and whether they know its issuer and the organisation.",
    ],
};

pub(crate) static L12: Entry = Entry {
    id: "L12",
    severities: [None, None, W],
    nb: [
        "{0} ba ikke om noe sertifikat fra oss.",
        "Da er ikke toveis TLS prøvd.",
        "Se om adressen og porten er de som krever sertifikat.",
    ],
    en: [
        "{0} did not ask for a certificate of ours.",
        "So two-way TLS has not been tried.",
        "See whether address and port are those that require a certificate.",
    ],
};

pub(crate) static L13: Entry = Entry {
    id: "L13",
    severities: [W, W, W],
    nb: [
        "Det kunne ikke prøves: {0}.",
        "Uten en brukbar nøkkel er det ingenting å vise fram eller signere med.",
        "Gi nøkkelen som hører til sertifikatet, med --key eller i filen.",
    ],
    en: [
        "It could not be tried: {0}.",
        "Without a key that can be used there is nothing to show or to sign with.",
        "Give the certificate's key, with --key or in the file.",
    ],
};

// The four common problems in setting up two-way TLS (Posten signering, "Security"), each by its name.

pub(crate) static L15: Entry = Entry {
    id: "L15",
    severities: [E, E, E],
    nb: [
        "Feil tillitsliste: sertifikatet til {0} er ikke utstedt under noen av røttene her ({1}).",
        "I test må tillitslisten ha testsertifikatenes røtter, i produksjon produksjonens.",
        "Gi rett tillitsliste med --ca, eller de offentlige røttene uten; i appen er det ca_roots_file eller roots_file.",
    ],
    en: [
        "The wrong truststore: the certificate of {0} is issued under none of the roots here ({1}).",
        "In test the truststore must have the roots of test certificates, in production those of production.",
        "Give the right one with --ca, or the public roots without it; in the app it is ca_roots_file or roots_file.",
    ],
};

pub(crate) static L16: Entry = Entry {
    id: "L16",
    severities: [E, E, E],
    nb: [
        "Ingen felles TLS-versjon med {0}: her snakkes 1.2 og 1.3 ({1}).",
        "Toveis TLS i offentlig sektor krever 1.2; den ene siden har den ikke.",
        "Se om det er rett port, og om noe på veien avslutter TLS; en klient uten 1.2 må oppgraderes.",
    ],
    en: [
        "No version of TLS in common with {0}: here it is 1.2 and 1.3 ({1}).",
        "Two-way TLS in the public sector takes 1.2, which one of the two sides does not have.",
        "See whether the port is right, and whether something on the way ends TLS; a client without 1.2 has to be upgraded.",
    ],
};

pub(crate) static L17: Entry = Entry {
    id: "L17",
    severities: [E, E, E],
    nb: [
        "{0} avviste sertifikatet vårt: det er ikke et virksomhetssertifikat ({1}).",
        "Bare sertifikater utstedt av Buypass og Commfides til virksomheter slipper inn.",
        "Bruk virksomhetssertifikatet for dette miljøet, ikke et for nettsted eller person.",
    ],
    en: [
        "{0} refused our certificate: it is not an organisation certificate ({1}).",
        "Only those that Buypass and Commfides issue to organisations are let in.",
        "Use the enterprise certificate of this environment, not one of a website or a person.",
    ],
};

pub(crate) static L18: Entry = Entry {
    id: "L18",
    severities: [E, E, E],
    nb: [
        "{0} avviste sertifikatet vårt: det, eller utstederens, er signert med SHA-1 ({1}).",
        "Commfides' gamle SHA-1-hierarki godtas ikke; bare SHA-256 gjør det.",
        "Bestill et nytt; dagens utstedere signerer med SHA-256.",
    ],
    en: [
        "{0} refused our certificate: it, or its issuer's, is signed with SHA-1 ({1}).",
        "Commfides' old SHA-1 hierarchy is not accepted; only SHA-256 is.",
        "Order a new one; today's issuers sign with SHA-256.",
    ],
};

pub(crate) static ALL: &[&Entry] = &[
    &V04, &N05, &N06, &L01, &L02, &L03, &L04, &L05, &L06, &L09, &L10, &L11, &L12, &L13, &L15, &L16,
    &L17, &L18,
];
