//! Settings of Altinn 2, except its addresses.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use http::{HeaderName, header};

use crate::token::TokenRequest;
use innsyn_core::origin::Origin;
use innsyn_protocols::altinn2::{Altinn2Config, ApiKeys, Start};
use innsyn_runtime::config::{KeySetStore, Resolver, Setting};
use innsyn_runtime::key_set::{KeySet, KeySetLocation, Lifetimes};
use innsyn_runtime::outbound::{Endpoint, RetryPolicy};
use innsyn_runtime::settings;

settings! {
    /// Settings of every component that uses consents of Altinn 2.
    pub(crate) SHARED {
        ALTINN_API_KEYS = Setting::optional("altinn_api_keys").secret();
        ALTINN_START = Setting::with_default("altinn_start", "token");
        ALTINN_TOKEN_SCOPE = Setting::optional("altinn_token_scope");
    }
}

settings! {
    /// Settings of the component that requests consents.
    pub(crate) REQUESTS {
        ALTINN_LINK_PURPOSE = Setting::optional("altinn_link_purpose");
    }
}

settings! {
    /// Settings of the components that present consents.
    pub(crate) PROOFS {
        ALTINN_PROOF_HEADER =
            Setting::with_default("altinn_proof_header", "AltinnSamtykke");
    }
}

/// Header of the proof, with two n; Skatteetaten's first page about krav og betalinger has one.
const HEADER: HeaderName = HeaderName::from_static("altinnsamtykke");

/// Documented path of Altinn's keys ("Bruk av token", `GET-metadata-jwk`).
const KEYS: &str = "/api/metadata/jwk";

/// Time-to-live of the keys: a day ("Verifisering": the response's `Cache-Control`).
const LIFETIMES: Lifetimes = Lifetimes {
    fresh: Duration::from_hours(24),
    unreachable: Duration::from_hours(25),
};

const PUBLISHED: Endpoint = Endpoint {
    counterparty: "altinn",
    timeout: Duration::from_secs(3),
    max_body: 64 * 1024,
    retry: RetryPolicy::OnDisconnect(2),
};

/// Configured Altinn 2.
#[derive(Clone, Debug)]
pub(crate) struct Altinn2 {
    pub(crate) config: Altinn2Config,
    /// Public keys that verify proofs. Copies of these settings share them, so that they are
    /// fetched once.
    pub(super) published: Rc<KeySet>,
}

impl Altinn2 {
    /// Reads `altinn_api_keys`, `altinn_start`, `altinn_link_purpose`, `altinn_token_scope` and
    /// `altinn_proof_header`.
    pub(crate) fn resolve(resolver: &mut Resolver<'_>, origin: Option<&Origin>) -> Option<Self> {
        let keys = api_keys(resolver);
        let start = start(resolver);
        let purpose = purpose(resolver);
        let token_scope = token_scope(resolver);
        let header = header(resolver);
        let key_sets = resolver.key_set_store();
        Some(Self {
            config: Altinn2Config {
                keys: keys?,
                start: start?,
                purpose,
                token_scope,
                header: header?,
            },
            published: Rc::new(published(origin?.clone(), &key_sets?)),
        })
    }

    /// Checks that consents can be requested, not only presented: a link needs a purpose.
    pub(crate) fn expect_purpose(&self, resolver: &mut Resolver<'_>) {
        if self.config.start == Start::Link && self.config.purpose.is_none() {
            let remedy = "set it to what the party shall read that the data are for";
            resolver.invalid(
                ALTINN_LINK_PURPOSE.name,
                "is not set, and altinn_start is link",
                remedy,
            );
        }
    }

    /// Creates settings that start consents by the API, with one key for one consumer.
    #[cfg(test)]
    pub(crate) fn of_one(origin: &Origin, number: &str, key: &str) -> Self {
        let keys = [(number.to_owned(), key.to_owned())].into();
        Self {
            config: Altinn2Config {
                keys: ApiKeys::read(keys).expect("a key"),
                start: Start::Token,
                purpose: None,
                token_scope: None,
                header: HEADER,
            },
            published: Rc::new(published(
                origin.clone(),
                &innsyn_runtime::fixtures::key_sets(),
            )),
        }
    }

    /// Returns these settings with another way of starting consents.
    #[cfg(test)]
    pub(crate) fn started_by(mut self, start: Start) -> Self {
        self.config.start = start;
        self.config.purpose = Some("Banken trenger tallene".to_owned());
        self
    }
}

/// Reads `altinn_api_keys`.
fn api_keys(resolver: &mut Resolver<'_>) -> Option<ApiKeys> {
    const NAME: &str = ALTINN_API_KEYS.name;
    const REMEDY: &str =
        r#"set it to JSON such as {"310000205":"<API key>"}, with a key for each consumer"#;
    let raw: BTreeMap<String, String> = resolver.json(NAME, REMEDY)?;
    let keys = ApiKeys::read(raw);
    if keys.is_none() {
        let reason = "has a part that is not an organisation number with an API key, a UUID";
        resolver.invalid(NAME, reason, REMEDY);
    }
    keys
}

fn published(origin: Origin, key_sets: &KeySetStore) -> KeySet {
    let location = KeySetLocation::Metadata {
        origin,
        documented: KEYS,
    };
    KeySet::new(location, PUBLISHED, LIFETIMES, key_sets)
}

fn start(resolver: &mut Resolver<'_>) -> Option<Start> {
    const NAME: &str = ALTINN_START.name;
    let start = match resolver.optional(NAME) {
        None | Some("token") => Start::Token,
        Some("certificate") => Start::Certificate,
        Some("link") => Start::Link,
        Some(_) => {
            resolver.invalid(NAME, "is unknown", "set it to token, certificate or link");
            return None;
        }
    };
    Some(start)
}

/// Reads `altinn_link_purpose`. Returns `None` if it is absent or a fault has been recorded.
fn purpose(resolver: &mut Resolver<'_>) -> Option<String> {
    const NAME: &str = ALTINN_LINK_PURPOSE.name;
    /// Maximum length of the purpose in characters, as it is part of an address.
    const LONGEST: usize = 500;
    let text = resolver.optional(NAME)?;
    let fits = text.chars().count() <= LONGEST && !text.contains(char::is_control);
    if !fits {
        let reason = "is longer than 500 characters, or in several lines";
        resolver.invalid(NAME, reason, "set it to one sentence or two");
    }
    fits.then(|| text.to_owned())
}

/// Reads `altinn_token_scope`. Returns `None` if it is absent or a fault has been recorded.
fn token_scope(resolver: &mut Resolver<'_>) -> Option<String> {
    const NAME: &str = ALTINN_TOKEN_SCOPE.name;
    let scope = resolver.optional(NAME)?;
    let token_request = TokenRequest::new(scope);
    if token_request.is_err() {
        let remedy = "set it to altinn:consenttokens.read, or to nothing";
        resolver.invalid(NAME, "is not a scope", remedy);
    }
    token_request.is_ok().then(|| scope.to_owned())
}

fn header(resolver: &mut Resolver<'_>) -> Option<HeaderName> {
    const NAME: &str = ALTINN_PROOF_HEADER.name;
    let Some(text) = resolver.optional(NAME) else {
        return Some(HEADER);
    };
    let taken = [header::AUTHORIZATION, header::HOST, header::ACCEPT];
    let name = HeaderName::try_from(text).ok();
    let name = name.filter(|name| !taken.contains(name));
    if name.is_none() {
        let remedy = "set it to AltinnSamtykke, or to what the source calls it";
        resolver.invalid(
            NAME,
            "is not a valid header name, or is used for something else",
            remedy,
        );
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;
    use innsyn_runtime::config::Raw;

    const KEYS: &str = r#"{"310000205":"0198a000-1111-4222-8333-444455556666"}"#;

    fn resolve(variables: &[(&'static str, &'static str)]) -> Result<Altinn2, String> {
        let others = [
            ("altinn_api_keys", KEYS),
            ("environment", "test"),
            ("consumer_organisation", "310000205"),
            (
                "key_set_store_key",
                "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
            ),
        ];
        let variables = variables.iter().copied().chain(others);
        let raw = Raw::from_pairs(variables);
        let mut resolver = Resolver::new(&raw);
        let origin = Origin::parse("https://former.example");
        let config = Altinn2::resolve(&mut resolver, origin.as_ref());
        if let Some(config) = &config {
            config.expect_purpose(&mut resolver);
        }
        resolver.finish(config).map_err(|error| error.to_string())
    }

    #[test]
    fn the_interface_and_maskinportens_token_unless_told_otherwise() {
        let config = resolve(&[]).expect("settings");
        assert_eq!(config.config.start, Start::Token);
        assert_eq!(config.config.header, "AltinnSamtykke");
        assert_eq!(config.config.token_scope.as_deref(), None);
        for (name, start) in [
            ("token", Start::Token),
            ("certificate", Start::Certificate),
            ("link", Start::Link),
        ] {
            let purpose = ("altinn_link_purpose", "Banken trenger tallene");
            let config = resolve(&[("altinn_start", name), purpose]).expect("settings");
            assert_eq!(config.config.start, start);
        }
        let config = resolve(&[("altinn_proof_header", "AltinSamtykke")]).expect("settings");
        assert_eq!(config.config.header, "AltinSamtykke");
        let scope = "altinn:consenttokens.read";
        let config = resolve(&[("altinn_token_scope", scope)]).expect("settings");
        assert_eq!(config.config.token_scope.as_deref(), Some(scope));
    }

    #[test]
    fn faults_of_api_keys_name_the_variable_and_no_key() {
        for keys in [
            "",
            "{}",
            "x",
            r#"{"310000206":"k"}"#,
            r#"{"310000205":"s3cr3t"}"#,
        ] {
            let raw = Raw::from_pairs([("altinn_api_keys", keys)]);
            let mut resolver = Resolver::new(&raw);
            let read = api_keys(&mut resolver);
            let error = resolver.finish(read).expect_err(keys).to_string();
            assert!(error.contains("altinn_api_keys"), "{error}");
            assert!(!error.contains("s3cr3t"), "{error}");
        }
    }

    #[test]
    fn faults_name_the_variable() {
        for (name, value) in [
            ("altinn_start", "Link"),
            ("altinn_start", "api"),
            ("altinn_link_purpose", "two\nlines"),
            ("altinn_token_scope", "altinn:\"consenttokens\""),
            ("altinn_proof_header", "Altinn Samtykke"),
            ("altinn_proof_header", "Authorization"),
        ] {
            let error = resolve(&[(name, value)]).expect_err(value);
            assert!(error.contains(name), "{error}");
        }
        let error = resolve(&[("altinn_start", "link")]).expect_err("no purpose");
        assert!(error.contains("altinn_link_purpose"), "{error}");
    }
}
