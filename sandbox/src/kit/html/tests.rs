use http::HeaderValue;
use time::macros::date;

use super::*;

fn headers(pairs: &[(HeaderName, &'static str)]) -> HeaderMap {
    pairs
        .iter()
        .map(|(name, value)| (name.clone(), HeaderValue::from_static(value)))
        .collect()
}

#[test]
fn the_readers_choice_of_language_goes_before_the_browsers() {
    assert_eq!(Language::from_headers(&headers(&[])), Language::Norwegian);
    let english = (header::ACCEPT_LANGUAGE, "en-GB,nb;q=0.5");
    assert_eq!(
        Language::from_headers(&headers(std::slice::from_ref(&english))),
        Language::English
    );
    let chosen = (header::COOKIE, "a=b; language=nb");
    assert_eq!(
        Language::from_headers(&headers(&[english, chosen])),
        Language::Norwegian
    );
}

#[test]
fn only_some_pages_have_three_languages() {
    let nynorsk = headers(&[(header::ACCEPT_LANGUAGE, "nn-NO")]);
    assert_eq!(
        Language::from_headers_with_nynorsk(&nynorsk),
        Language::Nynorsk
    );
    assert_eq!(Language::from_headers(&nynorsk), Language::Norwegian);
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
    let names = PAGES.files().filter_map(|file| file.path().to_str());
    let names: Vec<_> = names.filter(|name| is_template(name)).collect();
    assert!(names.contains(&"layout.html"), "{names:?}");
    for name in names {
        let template = templates().get_template(name);
        assert!(template.is_ok(), "{name}: {:?}", template.err());
    }
}

#[test]
fn assets_are_all_files_but_templates() {
    let status = |name| asset(name).status();
    assert_eq!(status("base.css"), StatusCode::OK);
    for name in ["layout.html", "none.css", "../Cargo.toml"] {
        assert_eq!(status(name), StatusCode::NOT_FOUND, "{name}");
    }
}
