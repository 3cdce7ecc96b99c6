//! Pages for browsers: templates and assets that are compiled in, languages, headers.

use std::sync::OnceLock;

use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::post;
use axum::{Form, Router};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, State};
use serde::Deserialize;
use serde_json::Value;
use time::Date;

/// The cookie with the reader's choice of language.
const LANGUAGE_COOKIE: &str = "language";

/// A language of the pages.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Language {
    /// Bokmål; on pages that have only two languages also for who reads nynorsk.
    Norwegian,
    /// Only on pages that ask with [`Language::of_three`].
    Nynorsk,
    English,
}

impl Language {
    /// The reader's choice, or else the browser's first; of two.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        match Self::of_three(headers) {
            Self::English => Self::English,
            Self::Norwegian | Self::Nynorsk => Self::Norwegian,
        }
    }

    /// The reader's choice, or else the browser's first; of all three.
    pub(crate) fn of_three(headers: &HeaderMap) -> Self {
        let preferred = headers
            .get(header::ACCEPT_LANGUAGE)
            .and_then(|value| value.to_str().ok());
        let tag = cookie(headers, LANGUAGE_COOKIE)
            .or(preferred)
            .unwrap_or_default();
        Self::tagged(tag)
    }

    /// The one whose tag it is or begins with; bokmål for others.
    pub(crate) fn tagged(tag: &str) -> Self {
        let tag = tag.trim_start().to_ascii_lowercase();
        if tag.starts_with("en") {
            Self::English
        } else if tag.starts_with("nn") {
            Self::Nynorsk
        } else {
            Self::Norwegian
        }
    }

    /// For the `lang` attribute.
    pub(crate) const fn tag(self) -> &'static str {
        match self {
            Self::Norwegian => "nb",
            Self::Nynorsk => "nn",
            Self::English => "en",
        }
    }

    /// A date as it is written out.
    pub(crate) fn date(self, date: Date) -> String {
        let months = match self {
            Self::Norwegian | Self::Nynorsk => [
                "januar",
                "februar",
                "mars",
                "april",
                "mai",
                "juni",
                "juli",
                "august",
                "september",
                "oktober",
                "november",
                "desember",
            ],
            Self::English => [
                "January",
                "February",
                "March",
                "April",
                "May",
                "June",
                "July",
                "August",
                "September",
                "October",
                "November",
                "December",
            ],
        };
        let month = months
            .get(usize::from(u8::from(date.month())).saturating_sub(1))
            .unwrap_or(&"");
        match self {
            Self::Norwegian | Self::Nynorsk => {
                format!("{}. {month} {}", date.day(), date.year())
            }
            Self::English => format!("{} {month} {}", date.day(), date.year()),
        }
    }
}

/// The value of a cookie.
pub(crate) fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(found, _)| *found == name)
        .map(|(_, value)| value)
}

/// `Set-Cookie` for the browser's session.
pub(crate) fn set_cookie(name: &str, value: &str) -> (HeaderName, String) {
    (
        header::SET_COOKIE,
        format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax"),
    )
}

/// `Set-Cookie` that takes a cookie away.
pub(crate) fn drop_cookie(name: &str) -> (HeaderName, String) {
    (
        header::SET_COOKIE,
        format!("{name}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0"),
    )
}

#[derive(Debug, Deserialize)]
struct Choice {
    language: String,
}

/// Where pages of the origin let the reader choose a language; the reader stays on the page.
pub(crate) fn language_route<S: Clone + Send + Sync + 'static>(origin: &str) -> Router<S> {
    let origin = origin.to_owned();
    let choose = async move |headers: HeaderMap, Form(choice): Form<Choice>| {
        if !is_own(&headers, &origin) || !["nb", "nn", "en"].contains(&choice.language.as_str()) {
            return StatusCode::FORBIDDEN.into_response();
        }
        let from = headers
            .get(header::REFERER)
            .and_then(|value| value.to_str().ok());
        let back = from
            .and_then(|from| from.strip_prefix(&origin))
            .filter(|back| back.starts_with('/') && !back.starts_with("//"))
            .unwrap_or("/");
        let cookie = set_cookie(LANGUAGE_COOKIE, &choice.language);
        ([cookie], Redirect::to(back)).into_response()
    };
    Router::new().route("/language", post(choose))
}

/// A form's request comes from our own page. A client that is no browser sends no `Origin`.
pub(crate) fn is_own(headers: &HeaderMap, origin: &str) -> bool {
    headers
        .get(header::ORIGIN)
        .is_none_or(|value| value.as_bytes() == origin.as_bytes())
}

/// A page. Its scripts may call `connect` and nothing else.
pub(crate) fn page(
    status: StatusCode,
    template: &str,
    language: Language,
    connect: &str,
    mut context: Value,
) -> Response {
    if let Some(members) = context.as_object_mut() {
        members.insert("lang".to_owned(), language.tag().into());
    }
    let rendered = templates()
        .get_template(template)
        .and_then(|template| template.render(Serde(context)));
    match rendered {
        Ok(text) => {
            // No `form-action`: browsers hold the redirects after a form to it, and the way back from
            // a consent leads wherever its consumer wants.
            let policy = format!(
                "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; \
                 connect-src {connect}; base-uri 'none'; frame-ancestors 'none'"
            );
            let headers = [
                (header::CONTENT_TYPE, "text/html; charset=utf-8".to_owned()),
                (header::CACHE_CONTROL, "no-store".to_owned()),
                // Not `no-referrer`: browsers then send forms with `Origin: null`, to ourselves too.
                (header::REFERRER_POLICY, "same-origin".to_owned()),
                (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
                (header::CONTENT_SECURITY_POLICY, policy),
            ];
            (status, headers, text).into_response()
        }
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

/// A file that pages refer to.
pub(crate) fn asset(name: &str) -> Response {
    let (kind, text) = match name {
        "base.css" => ("text/css", include_str!("../pages/base.css")),
        "altinn.css" => ("text/css", include_str!("../pages/altinn.css")),
        "bank.css" => ("text/css", include_str!("../pages/bank.css")),
        "posten.css" => ("text/css", include_str!("../pages/posten.css")),
        "posten.js" => ("text/javascript", include_str!("../pages/posten.js")),
        "return.js" => ("text/javascript", include_str!("../pages/return.js")),
        "agreement.pdf" => ("application/pdf", include_str!("../pages/agreement.pdf")),
        "bank_sign.js" => ("text/javascript", include_str!("../pages/bank_sign.js")),
        "bank.js" => ("text/javascript", include_str!("../pages/bank.js")),
        "app.js" => ("text/javascript", include_str!("../pages/app.js")),
        "exact.js" => ("text/javascript", include_str!("../pages/exact.js")),
        "tables.js" => ("text/javascript", include_str!("../pages/tables.js")),
        "texts.js" => ("text/javascript", include_str!("../pages/texts.js")),
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
        (
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        ),
    ];
    (headers, text).into_response()
}

fn templates() -> &'static Environment<'static> {
    static TEMPLATES: OnceLock<Environment<'static>> = OnceLock::new();
    TEMPLATES.get_or_init(|| {
        let mut environment = Environment::new();
        environment.set_auto_escape_callback(|_| AutoEscape::Html);
        // The languages stand side by side where a text is used: {{ t("Godkjenn", "Approve") }}. Pages that are
        // there in nynorsk have it last.
        environment.add_function(
            "t",
            |state: &State, bokmaal: String, english: String, nynorsk: Option<String>| {
                let lang = state.lookup("lang");
                match lang.as_ref().and_then(|lang| lang.as_str()) {
                    Some("en") => english,
                    Some("nn") => nynorsk.unwrap_or(bokmaal),
                    _ => bokmaal,
                }
            },
        );
        for (name, source) in [
            ("layout.html", include_str!("../pages/layout.html")),
            ("consent.html", include_str!("../pages/consent.html")),
            (
                "altinn_message.html",
                include_str!("../pages/altinn_message.html"),
            ),
            ("portal.html", include_str!("../pages/portal.html")),
            (
                "altinn2_layout.html",
                include_str!("../pages/altinn2_layout.html"),
            ),
            (
                "altinn2_consent.html",
                include_str!("../pages/altinn2_consent.html"),
            ),
            (
                "altinn2_message.html",
                include_str!("../pages/altinn2_message.html"),
            ),
            (
                "altinn2_profile.html",
                include_str!("../pages/altinn2_profile.html"),
            ),
            ("return.html", include_str!("../pages/return.html")),
            ("sign.html", include_str!("../pages/sign.html")),
            (
                "posten_enter.html",
                include_str!("../pages/posten_enter.html"),
            ),
            (
                "posten_message.html",
                include_str!("../pages/posten_message.html"),
            ),
            (
                "posten_portal.html",
                include_str!("../pages/posten_portal.html"),
            ),
            ("login.html", include_str!("../pages/login.html")),
            ("bank.html", include_str!("../pages/bank.html")),
            ("bank_sign.html", include_str!("../pages/bank_sign.html")),
        ] {
            // A template that does not parse is missing when it is asked for, which the tests do.
            let _ = environment.add_template(name, source);
        }
        environment
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::date;

    fn headers(pairs: &[(HeaderName, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (name.clone(), HeaderValue::from_static(value)))
            .collect()
    }

    #[test]
    fn the_readers_choice_of_language_goes_before_the_browsers() {
        assert_eq!(Language::of(&headers(&[])), Language::Norwegian);
        let english = (header::ACCEPT_LANGUAGE, "en-GB,nb;q=0.5");
        assert_eq!(
            Language::of(&headers(std::slice::from_ref(&english))),
            Language::English
        );
        let chosen = (header::COOKIE, "a=b; language=nb");
        assert_eq!(
            Language::of(&headers(&[english, chosen])),
            Language::Norwegian
        );
    }

    #[test]
    fn only_some_pages_have_three_languages() {
        let nynorsk = headers(&[(header::ACCEPT_LANGUAGE, "nn-NO")]);
        assert_eq!(Language::of_three(&nynorsk), Language::Nynorsk);
        assert_eq!(Language::of(&nynorsk), Language::Norwegian);
    }

    #[test]
    fn dates_are_written_out() {
        assert_eq!(
            Language::Norwegian.date(date!(2026 - 12 - 05)),
            "5. desember 2026"
        );
        assert_eq!(
            Language::English.date(date!(2026 - 01 - 31)),
            "31 January 2026"
        );
    }

    #[test]
    fn forms_of_other_pages_are_told_apart() {
        assert!(is_own(&headers(&[]), "http://localhost:1"));
        assert!(is_own(
            &headers(&[(header::ORIGIN, "http://localhost:1")]),
            "http://localhost:1"
        ));
        assert!(!is_own(
            &headers(&[(header::ORIGIN, "null")]),
            "http://localhost:1"
        ));
    }

    #[test]
    fn every_template_parses() {
        let names = [
            "layout",
            "consent",
            "altinn_message",
            "portal",
            "altinn2_layout",
            "altinn2_consent",
            "altinn2_message",
            "altinn2_profile",
            "return",
            "sign",
            "posten_enter",
            "posten_message",
            "posten_portal",
            "login",
            "bank",
            "bank_sign",
        ];
        for name in names {
            assert!(
                templates().get_template(&format!("{name}.html")).is_ok(),
                "{name}"
            );
        }
    }
}
