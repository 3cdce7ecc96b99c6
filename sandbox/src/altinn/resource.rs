//! Resource registry: resources with consents, with their template and metadata, and resources for
//! the rights of system users.

use serde_json::{Value, json};

/// Organisations that may request a consent to any of the resources; the real registry has an
/// access list for each resource.
const MAY_REQUEST: &[&str] = &["310000205", "310000302"];

/// Resource in the register.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct Resource {
    pub(super) id: &'static str,
    /// `Consent`, or a type without consents.
    pub(super) kind: &'static str,
    pub(super) template: &'static str,
    /// Declared metadata keys, all mandatory.
    pub(super) metadata: &'static [&'static str],
    pub(super) title: Text,
    /// Text of the consent page about what the consumer will see.
    pub(super) text: Text,
}

/// A text in the languages that the pages have.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Text {
    pub(super) nb: &'static str,
    pub(super) en: &'static str,
}

/// Version of all templates and resources.
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
    right(
        "ske-krav-og-betalinger",
        "GenericAccessResource",
        "Krav og betalinger",
        "Claims and payments",
    ),
    right(
        "ske-innrapportering-aksjonaerregisteroppgave",
        "GenericAccessResource",
        "Aksjonærregisteroppgave",
        "Shareholder register statement",
    ),
    right(
        "app_skd_formueinntekt-skattemelding-v2",
        "AltinnApp",
        "Skattemelding",
        "Tax return",
    ),
    right(
        "app_brg_aarsregnskap-vanlig-202406",
        "AltinnApp",
        "Årsregnskap",
        "Annual accounts",
    ),
];

/// Creates a resource for the rights of system users, without consents.
const fn right(
    id: &'static str,
    kind: &'static str,
    nb: &'static str,
    en: &'static str,
) -> Resource {
    Resource {
        id,
        kind,
        template: "",
        metadata: &[],
        title: Text { nb, en },
        text: Text { nb: "", en: "" },
    }
}

/// Finds the resource with this id.
pub(super) fn find(id: &str) -> Option<&'static Resource> {
    RESOURCES.iter().find(|resource| resource.id == id)
}

/// Returns the policy's decision for the action `requestconsent`. An unknown resource is always
/// denied.
pub(super) fn may_request(id: &str, organisation: &str) -> bool {
    find(id).is_some() && MAY_REQUEST.contains(&organisation)
}

impl Resource {
    /// Builds the document that `GET /resourceregistry/api/v1/resource/{id}` returns.
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
