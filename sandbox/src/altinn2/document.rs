//! Request for consent in the interface's format. Members without a value are left out.

use std::collections::BTreeMap;

use serde::Serialize;
use uuid::Uuid;

use super::consent::Consent;
use super::draft::PortalViewMode;
use super::local_time::written;
use super::party::masked;
use super::state::Origins;

/// Document of a consent request in answers.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Document<'a> {
    authorization_code: Uuid,
    request_status: &'static str,
    created: String,
    last_changed: String,
    covered_by: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    handled_by: Option<&'a str>,
    offered_by: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    required_delegator: Option<String>,
    valid_to: String,
    redirect_url: &'a str,
    request_resources: Vec<Resource<'a>>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    request_message: &'a BTreeMap<String, String>,
    portal_view_mode: &'static str,
    #[serde(rename = "_links", skip_serializing_if = "Option::is_none")]
    links: Option<Links>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Resource<'a> {
    service_code: &'static str,
    service_edition_code: u32,
    metadata: BTreeMap<&'a str, &'a str>,
}

#[derive(Debug, Serialize)]
struct Links {
    #[serde(rename = "self")]
    itself: Link,
    gui: Link,
}

#[derive(Debug, Serialize)]
struct Link {
    href: String,
}

impl<'a> Document<'a> {
    /// Creates the document without links.
    pub(super) fn new(consent: &'a Consent) -> Self {
        let draft = &consent.draft;
        let resources = draft.parts.iter().map(|part| Resource {
            service_code: part.service.code,
            service_edition_code: part.service.edition,
            metadata: part
                .metadata
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str()))
                .collect(),
        });
        Self {
            authorization_code: consent.code,
            request_status: consent.status().name(),
            created: written(consent.created),
            last_changed: written(consent.last_changed()),
            covered_by: &draft.covered_by,
            handled_by: draft.handled_by.as_deref(),
            offered_by: masked(&draft.offered_by),
            required_delegator: draft.required_delegator.as_deref().map(masked),
            valid_to: written(draft.valid_to),
            redirect_url: &draft.redirect_url,
            request_resources: resources.collect(),
            request_message: &draft.message,
            portal_view_mode: match draft.portal_view_mode {
                PortalViewMode::Hide => "Hide",
                PortalViewMode::Show => "Show",
            },
            links: None,
        }
    }

    /// Adds links. The request itself is a single object, as in the real service.
    pub(super) fn linked(mut self, origins: &Origins) -> Self {
        let code = self.authorization_code;
        let (interface, page) = (&origins.interfaces, &origins.pages);
        self.links = Some(Links {
            itself: Link {
                href: format!("{interface}/api/consentRequest/{code}"),
            },
            gui: Link {
                href: format!("{page}/ui/AccessConsent/request?id={code}"),
            },
        });
        self
    }
}
