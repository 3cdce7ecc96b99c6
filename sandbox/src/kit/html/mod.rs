//! Pages for browsers: templates and assets that are compiled in, languages, headers.

use std::path::Path;
use std::sync::OnceLock;

use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::post;
use axum::{Form, Router};
use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};
use http::{HeaderMap, HeaderName, StatusCode, header};
use include_dir::{Dir, include_dir};
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, State};
use serde::Deserialize;
use serde_json::Value;
use time::Date;

/// Templates and assets of all pages.
static PAGES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/pages");

/// Cookie with the reader's choice of language.
const LANGUAGE_COOKIE: &str = "language";

/// Language of the pages.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Language {
    /// Bokmål; on pages with two languages also for readers of nynorsk.
    Norwegian,
    /// Nynorsk, only on pages that use [`Language::from_headers_with_nynorsk`].
    Nynorsk,
    English,
}

impl Language {
    /// Returns the reader's choice, or else the browser's first; of two languages.
    pub(crate) fn from_headers(headers: &HeaderMap) -> Self {
        match Self::from_headers_with_nynorsk(headers) {
            Self::English => Self::English,
            Self::Norwegian | Self::Nynorsk => Self::Norwegian,
        }
    }

    /// Returns the reader's choice, or else the browser's first; of all three.
    pub(crate) fn from_headers_with_nynorsk(headers: &HeaderMap) -> Self {
        let preferred = headers
            .get(header::ACCEPT_LANGUAGE)
            .and_then(|value| value.to_str().ok());
        let chosen = cookie(headers, LANGUAGE_COOKIE);
        Self::tagged(chosen.as_deref().or(preferred).unwrap_or_default())
    }

    /// Returns the language whose tag it is or begins with; bokmål for others.
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

    /// Returns the value of the `lang` attribute.
    pub(crate) const fn tag(self) -> &'static str {
        match self {
            Self::Norwegian => "nb",
            Self::Nynorsk => "nn",
            Self::English => "en",
        }
    }

    /// Formats a date in words.
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

/// Returns the value of a cookie.
pub(crate) fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let jar = CookieJar::from_headers(headers);
    jar.get(name).map(|cookie| cookie.value().to_owned())
}

/// Returns `Set-Cookie` for the browser's session.
pub(crate) fn set_cookie(name: &'static str, value: &str) -> (HeaderName, String) {
    header_of(Cookie::new(name, value.to_owned()))
}

/// Returns `Set-Cookie` that removes a cookie.
pub(crate) fn drop_cookie(name: &'static str) -> (HeaderName, String) {
    let mut cookie = Cookie::new(name, "");
    cookie.set_max_age(time::Duration::ZERO);
    header_of(cookie)
}

fn header_of(mut cookie: Cookie<'static>) -> (HeaderName, String) {
    cookie.set_path("/");
    cookie.set_http_only(true);
    cookie.set_same_site(SameSite::Lax);
    (header::SET_COOKIE, cookie.to_string())
}

#[derive(Debug, Deserialize)]
struct Choice {
    language: String,
}

/// Builds the route where the reader of a page of this origin selects a language; the reader stays
/// on the page.
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

/// Returns whether a form's request comes from our own page. A client that is no browser sends no
/// `Origin`.
pub(crate) fn is_own(headers: &HeaderMap, origin: &str) -> bool {
    headers
        .get(header::ORIGIN)
        .is_none_or(|value| value.as_bytes() == origin.as_bytes())
}

/// Renders a page. Its scripts may only call the origins in `connect`.
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
            // Without `form-action`: browsers apply it to the redirects after a form, and the
            // redirect from a consent goes wherever its consumer requires.
            let policy = format!(
                "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; \
                 connect-src {connect}; base-uri 'none'; frame-ancestors 'none'"
            );
            let headers = [
                (header::CONTENT_TYPE, "text/html; charset=utf-8".to_owned()),
                (header::CACHE_CONTROL, "no-store".to_owned()),
                // Not `no-referrer`: browsers then send forms with `Origin: null`, to ourselves
                // too.
                (header::REFERRER_POLICY, "same-origin".to_owned()),
                (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
                (header::CONTENT_SECURITY_POLICY, policy),
            ];
            (status, headers, text).into_response()
        }
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

/// Returns a file that pages refer to: any file of the folder that is no template.
pub(crate) fn asset(name: &str) -> Response {
    let file = PAGES.get_file(name).zip(media_type(name));
    let Some((file, media_type)) = file else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let headers = [
        (header::CONTENT_TYPE, media_type),
        (header::CACHE_CONTROL, "no-cache"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, file.contents()).into_response()
}

fn media_type(name: &str) -> Option<&'static str> {
    match name.rsplit_once('.')? {
        (_, "css") => Some("text/css"),
        (_, "js") => Some("text/javascript"),
        (_, "pdf") => Some("application/pdf"),
        _ => None,
    }
}

fn is_template(name: &str) -> bool {
    Path::new(name)
        .extension()
        .is_some_and(|extension| extension == "html")
}

fn templates() -> &'static Environment<'static> {
    static TEMPLATES: OnceLock<Environment<'static>> = OnceLock::new();
    TEMPLATES.get_or_init(|| {
        let mut environment = Environment::new();
        environment.set_auto_escape_callback(|_| AutoEscape::Html);
        // Templates have the languages side by side: {{ t("Godkjenn", "Approve") }}. Pages that
        // exist in nynorsk have it last.
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
        for template in PAGES.files() {
            let name = template.path().to_str().filter(|name| is_template(name));
            // A template that does not parse is missing at its first use, which the tests detect.
            if let Some((name, source)) = name.zip(template.contents_utf8()) {
                let _ = environment.add_template(name, source);
            }
        }
        environment
    })
}

#[cfg(test)]
mod tests;
