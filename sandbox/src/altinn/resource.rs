//! The resource registry: what can be consented to, with which template and which metadata.

use serde_json::{Value, json};

/// Resources that a consumer may ask a consent for are open to these organisations; the real registry
/// keeps such access lists per resource.
const MAY_REQUEST: &[&str] = &["310000205", "310000302"];

/// One resource.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct Resource {
    pub(super) id: &'static str,
    /// `Consent`, or something that cannot be consented to.
    pub(super) kind: &'static str,
    pub(super) template: &'static str,
    /// Declared metadata keys; every one is mandatory.
    pub(super) metadata: &'static [&'static str],
    pub(super) title: Text,
    /// What the consent page says that the consumer will see.
    pub(super) text: Text,
}

/// A text in the languages that the pages have.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Text {
    pub(super) nb: &'static str,
    pub(super) en: &'static str,
}

/// Version of every template and resource here.
pub(super) const VERSION: u32 = 1;

const RESOURCES: &[Resource] = &[
    Resource {
        id: "ske-samtykke-krav-og-betalinger",
        kind: "Consent",
        template: "bst_krav_v2",
        metadata: &[],
        title: Text {
            nb: "Krav og betalinger",
            en: "Claims and payments",
        },
        text: Text {
            nb: "Skatte- og avgiftskrav, innbetalinger og utbetalinger som Skatteetaten har registrert.",
            en: "Tax claims, payments and refunds that the Tax Administration has on record.",
        },
    },
    Resource {
        id: "ske-samtykke-sbl-inntekt",
        kind: "Consent",
        template: "sblanesoknad",
        metadata: &["fraogmed", "tilogmed"],
        title: Text {
            nb: "Inntektsopplysninger",
            en: "Income",
        },
        text: Text {
            nb: "Inntekt som arbeidsgivere har meldt inn i perioden.",
            en: "Income that employers have reported in the period.",
        },
    },
    Resource {
        id: "ske-samtykke-sbl-summert-skattegrunnlag",
        kind: "Consent",
        template: "sblanesoknad",
        metadata: &["inntektsaar"],
        title: Text {
            nb: "Skattegrunnlag",
            en: "Tax basis",
        },
        text: Text {
            nb: "Summerte tall fra skattemeldingen for inntektsåret.",
            en: "Summed figures from the tax return of the income year.",
        },
    },
    Resource {
        id: "ske-skattekort",
        kind: "GenericAccessResource",
        template: "",
        metadata: &[],
        title: Text {
            nb: "Skattekort",
            en: "Tax card",
        },
        text: Text {
            nb: "Kan ikke samtykkes til.",
            en: "Cannot be consented to.",
        },
    },
];

/// The resource with this id.
pub(super) fn find(id: &str) -> Option<&'static Resource> {
    RESOURCES.iter().find(|resource| resource.id == id)
}

/// The policy's answer for the action `requestconsent`. Nobody is allowed anything on what is unknown.
pub(super) fn may_request(id: &str, organisation: &str) -> bool {
    find(id).is_some() && MAY_REQUEST.contains(&organisation)
}

impl Resource {
    /// As `GET /resourceregistry/api/v1/resource/{id}` answers.
    pub(super) fn document(&self) -> Value {
        let metadata: serde_json::Map<String, Value> = self
            .metadata
            .iter()
            .map(|key| ((*key).to_owned(), json!({ "optional": false })))
            .collect();
        json!({
            "identifier": self.id,
            "version": VERSION.to_string(),
            "title": { "nb": self.title.nb, "nn": self.title.nb, "en": self.title.en },
            "status": "Completed",
            "delegable": true,
            "hasCompetentAuthority": { "orgcode": "skd", "organization": "974761076" },
            "resourceType": self.kind,
            "consentTemplate": self.template,
            "consentText": { "nb": self.text.nb, "nn": self.text.nb, "en": self.text.en },
            "consentMetadata": metadata,
            "isOneTimeConsent": false,
        })
    }
}
