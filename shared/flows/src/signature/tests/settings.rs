use super::*;
use innsyn_runtime::config::Settings as _;
use innsyn_runtime::fixtures::{common_variables, replaced};

const STORE_KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
pub(super) const MAINTENANCE: &str = "0123456789abcdef01234567";

/// Returns valid settings with `change`.
pub(super) fn settings(change: Option<(&str, &str)>) -> Result<SignatureConfig, String> {
    settings_with(change.as_slice())
}

/// Returns valid settings with `changes`.
pub(super) fn settings_with(changes: &[(&str, &str)]) -> Result<SignatureConfig, String> {
    let key = key();
    let own = [
        ("consumer_organisations", ""),
        ("public_url", "https://app.example"),
        ("return_addresses", "https://bank.example, bank-app://"),
        ("signature_orders", "free"),
        ("signature_orders_claim", "may_order"),
        ("signature_minimum_level", "4"),
        ("signature_minimum_kind", "advanced"),
        ("posten_origin", ORIGIN),
        ("posten_page_origin", PAGES),
        ("posten_queue", "innsyn"),
        ("seal_certificate_chain", CHAIN),
        ("seal_key", &key),
        ("job_store_key", STORE_KEY),
        ("maintenance_secret", MAINTENANCE),
    ];
    let own = own.map(|(name, value)| (name, value.to_owned()));
    let variables = [common_variables(), own.into()].concat();
    let raw = replaced(&variables, changes);
    SignatureConfig::resolve(&raw).map_err(|error| error.to_string())
}

#[test]
fn settings_are_read_and_faults_are_named() {
    let config = settings(None).expect("settings");
    assert_eq!(config.queue.as_deref(), Some("innsyn"));
    assert_eq!(config.orders_claim.as_deref(), Some("may_order"));
    assert_eq!(config.policy, super::policy());
    assert!(config.services.is_empty());
    for (name, value) in [
        ("public_url", "https://app.example/"),
        ("return_addresses", "javascript://"),
        ("signature_orders", "everybody"),
        ("signature_orders", ""),
        ("signature_minimum_level", "5"),
        ("signature_minimum_kind", "qualified"),
        ("signature_services", "{}"),
        (
            "signature_services",
            r#"[{"subject":"a","public_key":"x"}]"#,
        ),
        ("posten_origin", ""),
        ("posten_origin", "https://api.posten.example/api"),
        ("posten_proxy_path", "posten"),
        ("posten_proxy_path", "/posten/"),
        ("posten_own_origin", "api.posten.example"),
        ("posten_page_origin", ""),
        ("seal_certificate_chain", ""),
        (
            "seal_certificate_chain",
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
        ),
        ("seal_key", ""),
        ("seal_key", "no key"),
        ("job_store_key", "AAAA"),
        ("job_store_previous_key", "AAAA"),
        ("maintenance_secret", "short"),
    ] {
        let error = settings(Some((name, value))).expect_err(name);
        assert!(error.contains(name), "{name}: {error}");
        assert!(value.len() < 9 || !error.contains(value), "{error}");
    }
}

#[test]
fn what_is_not_said_is_left_out() {
    let none = |name| settings(Some((name, ""))).expect("settings");
    assert_eq!(none("signature_orders_claim").orders_claim, None);
    assert_eq!(none("posten_queue").queue, None);
    for (name, value) in [
        ("posten_proxy_path", "/posten"),
        ("posten_own_origin", PAGES),
    ] {
        assert!(settings(Some((name, value))).is_ok());
    }
}
