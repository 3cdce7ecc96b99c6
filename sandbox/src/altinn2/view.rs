//! Parts of the pages about a request, in the reader's language.

use axum::http::HeaderMap;
use axum::response::Response;
use http::StatusCode;
use serde_json::{Value, json};

use super::consent::AnswerRefusal;
use super::draft::Draft;
use super::service::Text;
use super::{local_time, party};
use crate::kit::html::{self, Language};
use crate::population::{first_choice, person_choices};

/// Builds the page of a request in the given `state`.
pub(super) fn of_draft(
    draft: &Draft,
    mut state: Value,
    language: Language,
    allowed: impl Fn(&str) -> bool,
    obstacle: Option<AnswerRefusal>,
) -> Response {
    let handler = draft.handled_by.as_deref().map(party::shown_name);
    let party = Some(&draft.offered_by).filter(|number| !number.is_empty());
    let context = json!({
        "consumer": party::shown_name(&draft.covered_by),
        "handler": handler,
        "party": party.map(|number| party::shown_name(number)),
        "is_organisation": draft.offered_by.len() == 9,
        "valid_to": language.date(local_time::local(draft.valid_to).date()),
        "rights": rights(draft, language),
        "message": own_message(draft, language),
        "persons": person_choices(&allowed),
        "selected": first_choice(&allowed),
        "problem": obstacle.is_some(),
        "obstacle": obstacle.map(|obstacle| format!("{obstacle:?}")),
    });
    if let (Some(state), Value::Object(context)) = (state.as_object_mut(), context) {
        state.extend(context);
    }
    let status = match obstacle {
        None => StatusCode::OK,
        Some(AnswerRefusal::AnotherPerson | AnswerRefusal::NoAccess) => StatusCode::FORBIDDEN,
        Some(_) => StatusCode::BAD_REQUEST,
    };
    html::page(status, "altinn2_consent.html", language, "'none'", state)
}

/// Describes the requested rights in words.
pub(super) fn rights(draft: &Draft, language: Language) -> Value {
    let parts = draft.parts.iter().map(|part| {
        let (title, text) = (part.service.title, part.service.text);
        json!({ "title": title.in_language(language), "text": text.in_language(language), "metadata": part.metadata })
    });
    parts.collect()
}

/// Returns the consumer's message in the language, or else in any.
fn own_message(draft: &Draft, language: Language) -> Option<&str> {
    let tag = match language {
        Language::Norwegian => "no-nb",
        Language::Nynorsk => "no-nn",
        Language::English => "en",
    };
    let any = || draft.message.values().next();
    draft.message.get(tag).or_else(any).map(String::as_str)
}

impl Text {
    const fn in_language(self, language: Language) -> &'static str {
        match language {
            Language::Norwegian => self.nb,
            Language::Nynorsk => self.nn,
            Language::English => self.en,
        }
    }
}

/// Returns the address's language, or else the reader's.
pub(super) fn language(headers: &HeaderMap, code: Option<&str>) -> Language {
    code.map_or_else(
        || Language::from_headers_with_nynorsk(headers),
        Language::tagged,
    )
}

pub(super) fn message(status: StatusCode, language: Language, what: &str) -> Response {
    let context = json!({ "what": what });
    html::page(status, "altinn2_message.html", language, "'none'", context)
}
