//! F: files, and the key in them.

use super::severities::{E, I, W};
use crate::finding::Entry;

pub(crate) static F01: Entry = Entry {
    id: "F01",
    severities: [E, E, E],
    nb: [
        "Filen {0} har hverken sertifikat eller nøkkel som kan leses: {1}.",
        "Begge må ligge som PKCS#12, PEM eller DER for å kunne brukes.",
        "Be utstederen om .p12-filen, eller eksporter på nytt fra programmet som har sertifikatet.",
    ],
    en: [
        "The file {0} holds neither a certificate nor a key that can be read: {1}.",
        "Bilingual must be in PKCS#12, PEM or DER to be of use.",
        "Ask the issuer for the .p12 file, or export it anew from the program that holds the certificate.",
    ],
};

pub(crate) static F02: Entry = Entry {
    id: "F02",
    severities: [E, E, E],
    nb: [
        "Filen lar seg ikke åpne: passordet er feil, eller filen er skadet.",
        "Uten passordet kommer hverken sertifikatet eller nøkkelen ut.",
        "Gi passordet med --password-file eller INNSYN_PASSWORD; store og små bokstaver teller.",
    ],
    en: [
        "The file does not open: the password is wrong, or the file is damaged.",
        "Without the password neither the certificate nor the key comes out.",
        "Give the password with --password-file or INNSYN_PASSWORD; upper and lower case count.",
    ],
};

pub(crate) static F03: Entry = Entry {
    id: "F03",
    severities: [E, E, E],
    nb: [
        "Filen er kryptert på en foreldet måte: {0}.",
        "Nyere programmer nekter å åpne den, og innholdet er dårlig beskyttet.",
        "Pakk den om med AES-256: «openssl pkcs12 -legacy» ut, «openssl pkcs12 -export» inn igjen.",
    ],
    en: [
        "The file is encrypted in an outdated way: {0}.",
        "Newer programs refuse to open it, and what is in it is badly protected.",
        "Pack it anew with AES-256: out with `openssl pkcs12 -legacy`, in again with `openssl pkcs12 -export`.",
    ],
};

pub(crate) static F04: Entry = Entry {
    id: "F04",
    severities: [E, E, E],
    nb: [
        "Her er sertifikatet alene, uten privat nøkkel.",
        "Bare den som har nøkkelen, kan signere eller vise hvem virksomheten er.",
        "Gi nøkkelen med --key, eller bruk .p12-filen med både sertifikat og nøkkel.",
    ],
    en: [
        "Here is the certificate alone, without its private key.",
        "Only who holds the key can sign, or show who the organisation is.",
        "Give the key with --key, or use the .p12 file that holds both.",
    ],
};

pub(crate) static F05: Entry = Entry {
    id: "F05",
    severities: [E, E, E],
    nb: [
        "Den private nøkkelen er en annens enn sertifikatets.",
        "Signaturen vil ikke stemme med sertifikatet, og alt blir avvist.",
        "Finn nøkkelen som sertifikatet ble bestilt med; ofte er bare den ene av to filer byttet.",
    ],
    en: [
        "The private key is another than the certificate's.",
        "Signatures will not match the certificate, and everything will be refused.",
        "Find the key that the certificate was ordered with; often only one of two files was replaced.",
    ],
};

pub(crate) static F06: Entry = Entry {
    id: "F06",
    severities: [W, W, W],
    nb: [
        "Filen har {0} nøkler, og ingen er valgt. Den har: {1}.",
        "Et program som tar den første, kan ta feil sertifikat.",
        "Velg med --alias.",
    ],
    en: [
        "The file has {0} keys, and none is chosen. It has: {1}.",
        "A program that takes the first may take the wrong certificate.",
        "Choose with --alias.",
    ],
};

pub(crate) static F07: Entry = Entry {
    id: "F07",
    severities: [W, W, W],
    nb: [
        "Alias «{0}» har annet enn vanlige bokstaver og tall.",
        "Noen programmer finner ikke nøkkelen under et slikt navn.",
        "Pakk filen om med et alias uten æ, ø, å og blanke.",
    ],
    en: [
        "The alias \"{0}\" has more than plain letters and digits.",
        "Some programs do not find the key by such a name.",
        "Pack the file anew with an alias without blanks and letters such as æ, ø, å.",
    ],
};

pub(crate) static F08: Entry = Entry {
    id: "F08",
    severities: [W, W, W],
    nb: [
        "Andre brukere på maskinen kan bruke nøkkelfilen (rettigheter {0}).",
        "Den som leser nøkkelen, kan opptre som virksomheten.",
        "Sett rettighetene til 600.",
    ],
    en: [
        "Other users of this machine can use the key's file (mode {0}).",
        "Whoever reads the key can act as the organisation.",
        "Set the mode to 600.",
    ],
};

pub(crate) static F09: Entry = Entry {
    id: "F09",
    severities: [E, E, E],
    nb: [
        "Filen er pakket inn på en uventet måte: {0}.",
        "Mange programmer stopper på det.",
        "Hent filen på nytt fra der den ble laget; PEM lagres som ren tekst (UTF-8 uten BOM) med linjer på 64 tegn mellom BEGIN og END.",
    ],
    en: [
        "The file is wrapped in an unexpected way: {0}.",
        "Many programs stop at it.",
        "Get the file anew from where it was made; save PEM as plain text (UTF-8 without a byte order mark) with lines of 64 characters between BEGIN and END.",
    ],
};

pub(crate) static F10: Entry = Entry {
    id: "F10",
    severities: [E, E, E],
    nb: [
        "Dette er sertifikatet til en utsteder: «{0}».",
        "En utsteders sertifikat sier ikke hvem virksomheten er.",
        "Velg filen med virksomhetens eget sertifikat.",
    ],
    en: [
        "This is the certificate of an issuer: \"{0}\".",
        "An issuer's certificate does not say who the organisation is.",
        "Choose the file with the organisation's own certificate.",
    ],
};

pub(crate) static F11: Entry = Entry {
    id: "F11",
    severities: [E, None, E],
    nb: [
        "Her er en privat nøkkel, men ikke noe sertifikat.",
        "Sertifikatet viser hvem virksomheten er; nøkkelen alene gjør ikke det.",
        "Gi filen som har sertifikatet; en nøkkel som er registrert hos Maskinporten, kontrolleres med --purpose key.",
    ],
    en: [
        "There is a private key here, but no certificate.",
        "The certificate shows who the organisation is; the key alone does not.",
        "Give the file that has the certificate; a key that is registered at Maskinporten is checked with --purpose key.",
    ],
};

pub(crate) static F12: Entry = Entry {
    id: "F12",
    severities: [E, E, E],
    nb: [
        "Filen er kryptert, og passordet mangler.",
        "Uten passordet kommer hverken sertifikatet eller nøkkelen ut.",
        "Gi passordet med --password-file eller INNSYN_PASSWORD.",
    ],
    en: [
        "The file is encrypted, and no password was given.",
        "Without the password neither the certificate nor the key comes out.",
        "Give the password with --password-file or INNSYN_PASSWORD.",
    ],
};

pub(crate) static F13: Entry = Entry {
    id: "F13",
    severities: [E, E, E],
    nb: [
        "Filen bruker en kryptering som doctor ikke kjenner: {0}.",
        "Om passordet er riktig, kan ikke avgjøres.",
        "Pakk filen om med AES-256: «openssl pkcs12» ut, «openssl pkcs12 -export» inn igjen.",
    ],
    en: [
        "The file uses a cipher the doctor does not know: {0}.",
        "Whether the password is right cannot be told.",
        "Pack the file anew with AES-256: out with `openssl pkcs12`, in again with `openssl pkcs12 -export`.",
    ],
};

pub(crate) static F14: Entry = Entry {
    id: "F14",
    severities: [I, I, I],
    nb: [
        "Passordet åpner filen bare i en annen form: {0}.",
        "Programmer som ikke prøver flere former, melder at passordet er feil.",
        "Pakk filen om med et passord av bokstavene a–z og tall.",
    ],
    en: [
        "The password opens the file only in another form: {0}.",
        "Programs that do not try several forms report a wrong password.",
        "Pack the file anew with a password of the letters a–z and digits.",
    ],
};

pub(crate) static ALL: &[&Entry] = &[
    &F01, &F02, &F03, &F04, &F05, &F06, &F07, &F08, &F09, &F10, &F11, &F12, &F13, &F14,
];
