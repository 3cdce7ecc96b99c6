//! I: issuer, environment and generation.

use super::severities::{E, I, W};
use crate::finding::Entry;

pub(crate) static I01: Entry = Entry {
    id: "I01",
    severities: [E, I, E],
    nb: [
        "Sertifikatet har signert seg selv.",
        "Ingen utsteder går god for hvem det tilhører, så det avvises; en registrert nøkkel berøres ikke.",
        "Bestill et virksomhetssertifikat hos Buypass eller Commfides.",
    ],
    en: [
        "The certificate has signed itself.",
        "No issuer vouches for whose it is, so it is refused; a registered key is not affected.",
        "Order an enterprise certificate from Buypass or Commfides.",
    ],
};

pub(crate) static I02: Entry = Entry {
    id: "I02",
    severities: [E, W, E],
    nb: [
        "Utstederen «{0}» er ukjent her.",
        "Motpartene godtar bare Buypass og Commfides.",
        "Bestill hos en av dem; er dette sandkassens eller en ny utsteder, gi dens sertifikat med --trust.",
    ],
    en: [
        "The issuer \"{0}\" is unknown here.",
        "The counterparties accept Buypass and Commfides alone.",
        "Order from one of them; if this is the sandbox's or a new issuer, give its certificate with --trust.",
    ],
};

pub(crate) static I03: Entry = Entry {
    id: "I03",
    severities: [E, W, E],
    nb: [
        "Dette er et testsertifikat («{0}»), og målet er produksjon.",
        "Produksjon stoler ikke på testutstedere (MP-120).",
        "Bruk virksomhetens produksjonssertifikat, eller --environment test.",
    ],
    en: [
        "This is a test certificate (\"{0}\"), and the target is production.",
        "Production does not trust issuers for tests (MP-120).",
        "Use the organisation's certificate for production, or --environment test.",
    ],
};

pub(crate) static I04: Entry = Entry {
    id: "I04",
    severities: [E, W, E],
    nb: [
        "Dette er et produksjonssertifikat («{0}»), og målet er test.",
        "Testmiljøet stoler ikke på produksjonsutstedere (MP-120), og en ekte nøkkel hører ikke hjemme der.",
        "Bestill et testsertifikat, eller bruk --environment production.",
    ],
    en: [
        "This is a certificate for production (\"{0}\"), and the target is test.",
        "The test environment does not trust production's issuers (MP-120), and a real key has no business there.",
        "Order a test certificate, or use --environment production.",
    ],
};

pub(crate) static I05: Entry = Entry {
    id: "I05",
    severities: [E, W, E],
    nb: [
        "Sertifikatet er av den gamle generasjonen, SEID 1 («{0}»).",
        "I produksjon gikk de siste av dem ut i mai 2025.",
        "Bestill et av generasjonen SEID 2.",
    ],
    en: [
        "The certificate is of the old generation, SEID 1 (\"{0}\").",
        "In production the last of them ended in May 2025.",
        "Order one of the generation SEID 2.",
    ],
};

pub(crate) static I06: Entry = Entry {
    id: "I06",
    severities: [E, E, E],
    nb: [
        "Dette er en persons sertifikat ({0}).",
        "Bare et virksomhetssertifikat kan opptre for en virksomhet.",
        "Bestill et virksomhetssertifikat, eller velg riktig fil.",
    ],
    en: [
        "This is a person's certificate ({0}).",
        "Only an enterprise certificate can act for an organisation.",
        "Order an enterprise certificate, or choose the right file.",
    ],
};

pub(crate) static I07: Entry = Entry {
    id: "I07",
    severities: [E, E, E],
    nb: [
        "Dette er sertifikatet til et nettsted ({0}).",
        "Det viser hvem som eier et domene, ikke hvilken virksomhet som spør.",
        "Bestill et virksomhetssertifikat; SSL-sertifikatet hører hjemme på nettjeneren.",
    ],
    en: [
        "This is the certificate of a website ({0}).",
        "It shows who holds a domain, not which organisation asks.",
        "Order an enterprise certificate; the one for TLS belongs on the web server.",
    ],
};

pub(crate) static I08: Entry = Entry {
    id: "I08",
    severities: [E, E, E],
    nb: [
        "Utstederen kaller seg «{0}», men har ikke dens nøkkel.",
        "Motpartene ser på nøkkelen, ikke på navnet; dette kan være et forsøk på å lure noen.",
        "Bruk det ikke. Hent sertifikatet på nytt rett fra utstederen.",
    ],
    en: [
        "The issuer calls itself \"{0}\" but does not have its key.",
        "The counterparties go by the key, not by the name; somebody may be trying to deceive.",
        "Do not use it. Get the certificate anew, directly from the issuer.",
    ],
};

pub(crate) static I09: Entry = Entry {
    id: "I09",
    severities: [W, I, W],
    nb: [
        "Testsertifikatet er fra HT-linjen («{0}»).",
        "Digdirs publiserte tillitsliste for test har ikke den linjen, så det avvises trolig.",
        "Bruk et testsertifikat fra ST-linjen.",
    ],
    en: [
        "The test certificate is of the HT line (\"{0}\").",
        "Digdir's published trust list for tests lacks that line, so it is probably refused.",
        "Use a test certificate of the ST line.",
    ],
};

pub(crate) static I10: Entry = Entry {
    id: "I10",
    severities: [I, None, W],
    nb: [
        "Utstederens mellomliggende sertifikat er ikke med i filen.",
        "Uten det finner ikke alle motparter veien til roten i toveis TLS.",
        "Hent det ({0}) og gi det med --chain.",
    ],
    en: [
        "The issuer's intermediate certificate is not in the file.",
        "Without it, not every counterparty finds the way to the root in two-way TLS.",
        "Get it ({0}) and give it with --chain.",
    ],
};

pub(crate) static I11: Entry = Entry {
    id: "I11",
    severities: [W, None, W],
    nb: [
        "Kjeden er i feil rekkefølge, eller den har sertifikater som ikke hører til: «{0}».",
        "Virksomhetens skal stå først og så hvert som har utstedt det forrige; noen avviser annet.",
        "La --write skrive kjeden i riktig rekkefølge, eller rett filen.",
    ],
    en: [
        "The chain is out of order, or it has certificates that do not belong: \"{0}\".",
        "The organisation's comes first, then each that issued the one before; some refuse anything else.",
        "Let --write put the chain into order, or correct the file.",
    ],
};

pub(crate) static I12: Entry = Entry {
    id: "I12",
    severities: [E, E, E],
    nb: [
        "Signaturen på «{0}» stemmer ikke med utstederens nøkkel.",
        "Sertifikatet er endret eller skadet, eller utstederen er en annen enn den gir seg ut for.",
        "Hent sertifikat og kjede på nytt fra utstederen.",
    ],
    en: [
        "The signature on \"{0}\" does not match the issuer's key.",
        "The certificate is changed or damaged, or the issuer is not who it says.",
        "Get certificate and chain anew from the issuer.",
    ],
};

pub(crate) static ALL: &[&Entry] = &[
    &I01, &I02, &I03, &I04, &I05, &I06, &I07, &I08, &I09, &I10, &I11, &I12,
];
