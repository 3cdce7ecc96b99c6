//! HTML pages for a browser that cannot be redirected. They hold no personal data and no data of
//! the request.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderValue, StatusCode, header};

use innsyn_core::platform::Response;

/// HTML page in three languages.
pub struct Page {
    /// Status of the answer.
    pub status: StatusCode,
    /// Norwegian Bokmål, the default language.
    pub bokmaal: Text,
    /// Norwegian Nynorsk.
    pub nynorsk: Text,
    /// English.
    pub english: Text,
}

/// Text of a page in one language: plain text without markup.
pub struct Text {
    /// Heading.
    pub title: &'static str,
    /// Body: one paragraph.
    pub body: &'static str,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Language {
    Bokmaal,
    Nynorsk,
    English,
}

impl Page {
    /// Returns the page in the available language that the browser prefers.
    pub fn response(&self, accept_language: Option<&str>) -> Response {
        let language = Language::preferred(accept_language);
        let mut response = Response::new(Bytes::from(html(self.text(language), language.tag())));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        let html = HeaderValue::from_static("text/html; charset=utf-8");
        headers.insert(header::CONTENT_TYPE, html);
        headers.insert(
            header::CONTENT_LANGUAGE,
            HeaderValue::from_static(language.tag()),
        );
        headers.insert(header::VARY, HeaderValue::from_static("accept-language"));
        if let Ok(policy) = HeaderValue::from_str(&policy()) {
            headers.insert(header::CONTENT_SECURITY_POLICY, policy);
        }
        response
    }

    const fn text(&self, language: Language) -> &Text {
        match language {
            Language::Bokmaal => &self.bokmaal,
            Language::Nynorsk => &self.nynorsk,
            Language::English => &self.english,
        }
    }
}

impl Language {
    const fn tag(self) -> &'static str {
        match self {
            Self::Bokmaal => "nb",
            Self::Nynorsk => "nn",
            Self::English => "en",
        }
    }

    /// Selects the language by `Accept-Language` (RFC 9110 §12.5.4). The default is Norwegian; a
    /// browser that accepts other languages only gets English.
    fn preferred(accept_language: Option<&str>) -> Self {
        let Some(header) = accept_language.filter(|header| !header.trim().is_empty()) else {
            return Self::Bokmaal;
        };
        let mut best = (Self::English, 0.0);
        for range in header.split(',') {
            let (tag, parameters) = range.split_once(';').unwrap_or((range, ""));
            let weight = parameters
                .trim()
                .strip_prefix("q=")
                .map_or(Some(1.0), |q| q.parse().ok());
            let weight: f32 = weight.unwrap_or(0.0);
            if let Some(language) = Self::from_tag(tag.trim()).filter(|_| weight > best.1) {
                best = (language, weight);
            }
        }
        best.0
    }

    fn from_tag(tag: &str) -> Option<Self> {
        let primary = tag
            .split('-')
            .next()
            .unwrap_or_default()
            .to_ascii_lowercase();
        match primary.as_str() {
            "nb" | "no" | "*" => Some(Self::Bokmaal),
            "nn" => Some(Self::Nynorsk),
            "en" => Some(Self::English),
            _ => None,
        }
    }
}

const STYLE: &str = "\
:root{color-scheme:light dark;--paper:#fff;--ink:#1d2430;--line:#d5dae2}\
@media(prefers-color-scheme:dark){:root{--paper:#14181f;--ink:#e6e9ee;--line:#333b47}}\
body{margin:0;min-height:100vh;display:grid;place-items:center;background:var(--paper);color:var(--ink);font:1.125rem/1.6 system-ui,sans-serif}\
main{max-width:32rem;margin:1.5rem;padding:1.5rem 2rem;border:1px solid var(--line);border-radius:.75rem}\
h1{margin:0 0 .5rem;font-size:1.5rem;line-height:1.25}p{margin:0}";

fn html(text: &Text, language: &str) -> String {
    let Text { title, body } = text;
    format!(
        "<!doctype html>\n<html lang=\"{language}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"robots\" content=\"noindex\">\n<title>{title}</title>\n<style>{STYLE}</style>\n</head>\n\
         <body>\n<main>\n<h1>{title}</h1>\n<p>{body}</p>\n</main>\n</body>\n</html>\n"
    )
}

/// Returns the Content Security Policy: no resources and no scripts; the one style is allowed by
/// its hash.
fn policy() -> String {
    let hash = STANDARD.encode(hmac_sha256::Hash::hash(STYLE.as_bytes()));
    format!(
        "default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speaks_the_browsers_language() {
        for (header, language) in [
            (None, Language::Bokmaal),
            (Some(""), Language::Bokmaal),
            (Some("nb-NO,nb;q=0.9,en;q=0.8"), Language::Bokmaal),
            (Some("no"), Language::Bokmaal),
            (Some("nn-NO, nb;q=0.8"), Language::Nynorsk),
            (Some("en-GB,en;q=0.9,nb;q=0.5"), Language::English),
            (Some("de, nn;q=0.3, en;q=0.2"), Language::Nynorsk),
            (Some("en;q=0.5, nb;q=0.7"), Language::Bokmaal),
            (Some("nb;q=0, en;q=0.1"), Language::English),
            (Some("de,fr;q=0.9"), Language::English),
            (Some("*"), Language::Bokmaal),
            (Some(";;q=x,,nn;q=oops"), Language::English),
        ] {
            assert_eq!(Language::preferred(header), language, "{header:?}");
        }
    }

    #[test]
    fn is_a_whole_page_under_a_strict_policy() {
        let text = |title| Text { title, body: "…" };
        let page = Page {
            status: StatusCode::NOT_FOUND,
            bokmaal: text("nb"),
            nynorsk: text("nn"),
            english: text("en"),
        };
        for tag in ["nb", "nn", "en"] {
            let response = page.response(Some(tag));
            assert_eq!(response.status(), 404);
            assert_eq!(response.headers()["content-language"], tag);
            let policy = response.headers()["content-security-policy"]
                .to_str()
                .expect("ASCII");
            assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"));
            assert!(!policy.contains("unsafe"));
            let html = std::str::from_utf8(response.body()).expect("UTF-8");
            assert!(html.contains(&format!("<html lang=\"{tag}\">")));
            assert!(
                html.contains("name=\"viewport\"") && html.contains(&format!("<h1>{tag}</h1>"))
            );
        }
    }
}
