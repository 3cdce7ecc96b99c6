use http::Request;
use http::request::Builder;
use http_body_util::Empty;

use super::*;
use crate::consent::fake::{ExternalServices, PERSON, raw};
use crate::consent::settings::ConsentConfig;
use crate::consent::{ConsentApi, STORE};
use innsyn_core::platform::{Body, Response};
use innsyn_core::problem::Kind;
use innsyn_runtime::config::Settings as _;
use innsyn_runtime::fixtures::{answer, common_variables, replaced};
use innsyn_runtime::store::Store;

const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";

fn settings(change: Option<(&str, &str)>) -> Result<ConsentConfig, String> {
    let own = [
        ("public_url", "https://app.example"),
        ("return_addresses", "https://bank.example, bank-app://"),
        ("altinn_generation", "3"),
        ("altinn_origin", "https://platform.example"),
        ("altinn_page_origin", "https://am.ui.example"),
        ("services", r#"{"krav":{"resource":"r","valid_days":90}}"#),
        ("consent_signing_key", KEY),
        ("consent_store_key", KEY),
        ("maintenance_secret", "0123456789abcdef01234567"),
    ];
    let own = own.map(|(name, value)| (name, value.to_owned()));
    let variables = [common_variables(), own.into()].concat();
    let raw = replaced(&variables, change.as_slice());
    ConsentConfig::resolve(&raw).map_err(|error| error.to_string())
}

fn api() -> ConsentApi {
    ConsentApi::from(settings(None).expect("settings"))
}

/// Returns the response to a request without a body.
fn ask(platform: &Memory, request: Builder) -> Result<Response, Problem> {
    let request = request.body(Empty::new());
    let (api, context) = (api(), context(platform));
    let answer = answer(&api, &context, request.expect("a request"));
    let (parts, body) = platform.run(answer)?.into_parts();
    let Body::Whole(body) = body else {
        panic!("a stream");
    };
    Ok(Response::from_parts(parts, body))
}

fn callback(platform: &Memory, query: &str, language: &str) -> Response {
    let target = format!("/consent/callback?{query}");
    let request = Request::get(target).header("accept-language", language);
    ask(platform, request).expect("a page")
}

fn sweep(platform: &Memory, shown: &str) -> Result<Response, Problem> {
    let request = Request::post("/consent/sweep").header("authorization", shown);
    ask(platform, request)
}

#[test]
fn settings_are_read_and_faults_are_named() {
    assert!(settings(None).is_ok());
    for (name, value) in [
        ("public_url", "https://app.example/"),
        ("return_addresses", ""),
        ("return_addresses", "javascript://"),
        ("return_addresses", "https://bank.example/back?x"),
        ("altinn_generation", "4"),
        ("altinn_page_origin", "am.ui.example"),
        ("services", "{}"),
        ("maintenance_secret", "short"),
        ("consent_store_key", ""),
    ] {
        let error = settings(Some((name, value))).expect_err(name);
        assert!(error.contains(name), "{error}");
    }
}

#[test]
fn a_browser_that_belongs_nowhere_sees_a_page_in_its_language() {
    let (platform, _services) = connected_platform();
    let made_up = format!("state={}", "x".repeat(43));
    let script = "ErrorMessage=%3Cscript%3Ealert(1)%3C/script%3E&Status=Failed";
    for query in [
        "",
        "state=",
        "state=x",
        made_up.as_str(),
        script,
        &format!("{made_up}&{script}"),
    ] {
        for (language, text) in [
            ("nb", "Lenken virker ikke"),
            ("nn", "Lenkja verkar ikkje"),
            ("en", "This link does not work"),
        ] {
            let page = callback(&platform, query, language);
            assert_eq!(page.status(), 404, "{query}");
            assert_eq!(page.headers()["content-type"], "text/html; charset=utf-8");
            let html = std::str::from_utf8(page.body()).expect("UTF-8");
            assert!(html.contains(text) && !html.contains("script"));
        }
    }
}

#[test]
fn a_browser_that_comes_back_is_sent_on() {
    let (platform, services): (Memory, ExternalServices) = connected_platform();
    let mut bank = Bank::new(PERSON);
    let config = settings(None).expect("settings");
    bank.consents.store = Store::new(STORE, config.environment, &config.store_keys);
    platform.run(bank.start(&platform)).expect("started");
    services.respond(&services.ids()[0], "Accepted", PERSON);
    let query = format!("state={}&Status=OK", newest_state(&services).expose());
    let sent = callback(&platform, &query, "nb");
    assert_eq!(sent.status(), 303);
    assert_eq!(
        sent.headers()["location"],
        "https://bank.example/back?consent=granted"
    );
    assert!(sent.body().is_empty());
}

#[test]
fn a_store_in_trouble_shows_a_page_and_a_cause_in_the_log() {
    let (platform, _services) = connected_platform();
    platform.fail_store("consents", true);
    let page = callback(&platform, &format!("state={}", "x".repeat(43)), "en");
    assert_eq!(page.status(), 503);
    assert_eq!(
        page.extensions().get::<Problem>().expect("a problem").kind,
        Kind::StoreDown
    );
}

#[test]
fn only_the_maintenance_secret_sweeps() {
    let (platform, services) = connected_platform();
    let bank = Bank::new(PERSON);
    platform.run(bank.start(&platform)).expect("started");
    for shown in [
        "Bearer x",
        "Bearer ",
        "Basic 0123456789abcdef01234567",
        "Bearer 0123456789abcdef012345678",
    ] {
        let refused = sweep(&platform, shown);
        assert_eq!(
            refused.expect_err("refused").kind,
            Kind::LoginRequired,
            "{shown}"
        );
    }
    // The record, its ticket, its index entry and the customer's slot outlive the consent for a while, and are then
    // removed.
    platform.advance(std::time::Duration::from_hours(24 * 365));
    services.fail(
        crate::consent::fake::TOKEN,
        Ok(raw(200, r#"{"removed":3}"#)),
    );
    let swept = sweep(&platform, "Bearer 0123456789abcdef01234567").expect("swept");
    // Four here, and three at the token component.
    assert_eq!(swept.body().as_ref(), br#"{"removed":7,"whole":true}"#);
}
