//! Consent by link: the consumer's web page redirects the browser with all parameters in the
//! address, and no code exists before the person has accepted.
//!
//! Source: Altinn, "Lenkebasert", release notes 18.8 and 21.1. Assumptions: an invalid link shows a
//! page with 400; without `OfferedBy` the consenting party is the person who answers.

use std::fmt::Write;
use std::sync::Arc;

use aws_lc_rs::digest;
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Form, Router};
use http::StatusCode;
use serde_json::json;
use time::OffsetDateTime;
use url::form_urlencoded;

use super::consent::{AnswerRefusal, Consent};
use super::draft::{Draft, PortalViewMode};
use super::page::{self, Choice, Reply};
use super::redirect::{self, Outcome};
use super::requested_service::RequestedService;
use super::service::{self, Template};
use super::state::Altinn2;
use super::status::Answer;
use super::switches::Links;
use super::view::{self, language, message};
use super::{local_time, party};
use crate::population::{is_organisation, may_act_for};

pub(super) fn routes() -> Router<Arc<Altinn2>> {
    // Without the slash since release 21.1.
    Router::new()
        .route("/ui/AccessConsent/", get(show).post(answer))
        .route("/ui/AccessConsent", get(show).post(answer))
}

/// Valid consent link.
struct Link {
    /// Request. The party is empty if the link does not name it.
    draft: Draft,
    /// Token of the person who is to be logged in.
    user_token: Option<String>,
}

/// Query parameters of the link.
struct Parameters(Vec<(String, String)>);

async fn show(
    State(altinn2): State<Arc<Altinn2>>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    let parameters = Parameters::parse(query.as_deref());
    let language = language(&headers, parameters.get("LanguageCode"));
    match Link::read(&parameters, altinn2.clock.now(), altinn2.switches().links) {
        Some(link) => link.page(language, None),
        None => message(StatusCode::BAD_REQUEST, language, "link"),
    }
}

async fn answer(
    State(altinn2): State<Arc<Altinn2>>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
    Form(reply): Form<Reply>,
) -> Response {
    let parameters = Parameters::parse(query.as_deref());
    let language = language(&headers, parameters.get("LanguageCode"));
    let now = altinn2.clock.now();
    let Some(mut link) = Link::read(&parameters, now, altinn2.switches().links) else {
        return message(StatusCode::BAD_REQUEST, language, "link");
    };
    let Some(person) = reply.person(&altinn2, &headers) else {
        return StatusCode::FORBIDDEN.into_response();
    };
    if let Err(obstacle) = link.authorise(person) {
        return link.page(language, Some(obstacle));
    }
    if link.draft.offered_by.is_empty() {
        person.clone_into(&mut link.draft.offered_by);
    }
    let outcome = match reply.answer {
        Choice::Close => return message(StatusCode::OK, language, "closed"),
        // There is no request to name.
        Choice::Reject => Outcome::Refused(None),
        Choice::Accept => {
            let mut consent = Consent::new(link.draft.clone(), true, now);
            if let Err(obstacle) = consent.answer(Answer::Accepted, person, now) {
                return link.page(language, Some(obstacle));
            }
            let code = consent.code;
            altinn2.store(consent);
            Outcome::Accepted(code)
        }
    };
    page::go_back(&altinn2, &link.draft, outcome, person, language)
}

impl Parameters {
    fn parse(query: Option<&str>) -> Self {
        let pairs = form_urlencoded::parse(query.unwrap_or_default().as_bytes());
        Self(pairs.into_owned().collect())
    }

    fn get(&self, name: &str) -> Option<&str> {
        let mut pairs = self.0.iter().filter(|(found, _)| found == name);
        pairs
            .next()
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }
}

impl Link {
    fn read(parameters: &Parameters, now: OffsetDateTime, links: Links) -> Option<Self> {
        let parts = parameters.get("Resources")?.split('.').map(|name| {
            let service = service::named(name)?;
            let given = service.metadata.iter().filter_map(|key| {
                let value = parameters.get(&format!("{name}_{key}"))?;
                Some(((*key).to_owned(), value.to_owned()))
            });
            let metadata = given.collect();
            Some(RequestedService { service, metadata })
        });
        let purpose = parameters.get("DelegationContext")?.to_owned();
        let draft = Draft {
            covered_by: parameters.get("CoveredBy")?.to_owned(),
            handled_by: None,
            offered_by: parameters.get("OfferedBy").unwrap_or_default().to_owned(),
            required_delegator: None,
            valid_to: local_time::parse_in_link(parameters.get("ValidToDate")?)?,
            redirect_url: parameters.get("RedirectUrl")?.to_owned(),
            parts: parts.collect::<Option<_>>()?,
            message: [("no-nb".to_owned(), purpose)].into(),
            portal_view_mode: PortalViewMode::Hide,
        };
        let Draft {
            covered_by,
            offered_by,
            redirect_url,
            ..
        } = &draft;
        let mut parts = draft.parts.iter();
        let is_good = parameters.get("ResponseType") == Some("code")
            && is_organisation(covered_by)
            && (offered_by.is_empty() || party::registered_name(offered_by).is_some())
            && draft.valid_to > now
            && redirect::is_address(redirect_url)
            && parts.all(|part| {
                (part.service.template == Template::Standard || links == Links::EveryTemplate)
                    && part.fault(covered_by, None, redirect_url).is_none()
            });
        let user_token = parameters.get("UserToken").map(str::to_owned);
        is_good.then_some(Self { draft, user_token })
    }

    fn authorise(&self, person: &str) -> Result<(), AnswerRefusal> {
        let is_user = |token: &String| token.eq_ignore_ascii_case(&user_token(person));
        if !self.user_token.as_ref().is_none_or(is_user) {
            return Err(AnswerRefusal::AnotherPerson);
        }
        let party = &self.draft.offered_by;
        if party.is_empty() || may_act_for(person, party) {
            Ok(())
        } else {
            Err(AnswerRefusal::NoAccess)
        }
    }

    fn page(
        &self,
        language: crate::kit::html::Language,
        obstacle: Option<AnswerRefusal>,
    ) -> Response {
        let state = json!({ "answered": false, "expired": false });
        let allowed = |person: &str| self.authorise(person).is_ok();
        view::of_draft(&self.draft, state, language, allowed, obstacle)
    }
}

/// Returns the SHA-256 of the number's digits, in hexadecimal.
fn user_token(person: &str) -> String {
    let hash = digest::digest(&digest::SHA256, person.as_bytes());
    hash.as_ref().iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02X}");
        text
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_users_token_is_the_hash_of_the_number() {
        // By sha256sum.
        let token = "9CE44DFFF270DD057DA7165CA121B85254BA286064C4B31F7D418402785A02D2";
        assert_eq!(super::user_token("14858512450"), token);
    }
}
