//! V: validity period.

use super::severities::{E, I, W};
use crate::finding::Entry;

pub(crate) static V01: Entry = Entry {
    id: "V01",
    // With a registered key, the certificate is but what the key came in.
    severities: [E, W, E],
    nb: [
        "Sertifikatet gikk ut {0} ({1}).",
        "Et utløpt sertifikat blir avvist.",
        "Bestill et nytt hos Buypass eller Commfides og bytt begge filer.",
    ],
    en: [
        "The certificate expired {0} ({1}).",
        "An expired certificate is refused.",
        "Order a new one from Buypass or Commfides, and replace both files.",
    ],
};

pub(crate) static V02: Entry = Entry {
    id: "V02",
    severities: [E, W, E],
    nb: [
        "Sertifikatet gjelder ikke før {0}.",
        "Før den tid blir det avvist.",
        "Vent, eller rett klokken på denne maskinen hvis den går feil.",
    ],
    en: [
        "The certificate is not valid before {0}.",
        "Until then it is refused.",
        "Wait, or set this machine's clock if it is wrong.",
    ],
};

pub(crate) static V03: Entry = Entry {
    id: "V03",
    severities: [W, I, W],
    nb: [
        "Sertifikatet går ut om {0}.",
        "Ved utløp stopper alt som bruker det, og et nytt tar dager å få.",
        "Bestill et nytt nå.",
    ],
    en: [
        "The certificate expires in {0}.",
        "With it ends everything that uses it, and a new one takes days to get.",
        "Order a new one now.",
    ],
};

pub(crate) static ALL: &[&Entry] = &[&V01, &V02, &V03];
