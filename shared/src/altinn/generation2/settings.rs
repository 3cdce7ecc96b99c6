//! What has to be known of Altinn 2 beside its addresses.

use std::rc::Rc;
use std::time::Duration;

use http::{HeaderName, header};

use super::api_key::ApiKeys;
use crate::config::{KeySetStore, Origin, Resolver};
use crate::key_set::{KeySet, Lifetimes, Place};
use crate::outbound::{Call, Repeat};
use crate::token::Ask;

/// With two n; the first page that Skatteetaten wrote about krav og betalinger has one.
const HEADER: HeaderName = HeaderName::from_static("altinnsamtykke");

/// Where Altinn's keys are documented to be ("Bruk av token", `GET-metadata-jwk`).
const KEYS: &str = "/api/metadata/jwk";

/// The keys may be kept for a day ("Verifisering": the answer's `Cache-Control`).
const LIFETIMES: Lifetimes = Lifetimes {
    fresh: Duration::from_hours(24),
    unreachable: Duration::from_hours(25),
};

const PUBLISHED: Call = Call {
    counterparty: "altinn",
    timeout: Duration::from_secs(3),
    max_body: 64 * 1024,
    repeat: Repeat::Broken(2),
};

/// Altinn 2, as configured.
#[derive(Clone, Debug)]
pub(crate) struct Former {
    pub(super) keys: ApiKeys,
    pub(super) start: Start,
    /// What a link says the consent is for (`DelegationContext`); nothing else uses it.
    pub(super) purpose: Option<String>,
    /// The scope of the token that goes with the API key where proofs are fetched; a consumer's own key needs none.
    token_scope: Option<String>,
    /// The proof's header at the source.
    pub(super) header: HeaderName,
    /// Public keys of the signatures on proofs. Copies of these settings share them, so that they are looked up once.
    pub(super) published: Rc<KeySet>,
}

/// How a consent is asked for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Start {
    /// By the interface, with Maskinporten's token and the API key.
    Token,
    /// By the interface, with the enterprise certificate that the host shows, and the API key.
    Certificate,
    /// By a link: everything stands in an address of Altinn's page, and the interface is not asked.
    Link,
}

impl Former {
    /// Reads `altinn_api_keys`, `altinn_start`, `altinn_link_purpose`, `altinn_token_scope` and `altinn_proof_header`.
    pub(crate) fn resolve(resolver: &mut Resolver<'_>, origin: Option<&Origin>) -> Option<Self> {
        let keys = ApiKeys::resolve(resolver);
        let start = start(resolver);
        let purpose = purpose(resolver);
        let token_scope = token_scope(resolver);
        let header = header(resolver);
        let key_sets = resolver.key_set_store();
        Some(Self {
            keys: keys?,
            start: start?,
            purpose,
            token_scope,
            header: header?,
            published: Rc::new(published(origin?.clone(), &key_sets?)),
        })
    }

    /// How a consent is asked for.
    pub(in crate::altinn) const fn start(&self) -> Start {
        self.start
    }

    /// See [`super::super::Altinn::proof_scope`].
    pub(in crate::altinn) fn token_scope(&self) -> Option<&str> {
        self.token_scope.as_deref()
    }

    /// Checks that consents can be asked for, not only shown: a link needs a purpose.
    pub(crate) fn expect_purpose(&self, resolver: &mut Resolver<'_>) {
        if self.start == Start::Link && self.purpose.is_none() {
            let remedy = "set it to what the party shall read that the data are for";
            resolver.invalid(
                "altinn_link_purpose",
                "is not set, and altinn_start is link",
                remedy,
            );
        }
    }

    /// One that is started by the interface, with one key for one consumer.
    #[cfg(test)]
    pub(crate) fn of_one(origin: &Origin, number: &str, key: &str) -> Self {
        Self {
            keys: ApiKeys::of_one(number, key),
            start: Start::Token,
            purpose: None,
            token_scope: None,
            header: HEADER,
            published: Rc::new(published(origin.clone(), &crate::fixtures::key_sets())),
        }
    }

    /// The same, started otherwise.
    #[cfg(test)]
    pub(crate) fn started_by(mut self, start: Start) -> Self {
        self.start = start;
        self.purpose = Some("Banken trenger tallene".to_owned());
        self
    }
}

fn published(origin: Origin, key_sets: &KeySetStore) -> KeySet {
    let place = Place::Metadata {
        origin,
        documented: KEYS,
    };
    KeySet::new(place, PUBLISHED, LIFETIMES, key_sets)
}

fn start(resolver: &mut Resolver<'_>) -> Option<Start> {
    const NAME: &str = "altinn_start";
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

/// `None` where there is none, and where a fault has been recorded.
fn purpose(resolver: &mut Resolver<'_>) -> Option<String> {
    const NAME: &str = "altinn_link_purpose";
    /// It is a part of an address.
    const LONGEST: usize = 500;
    let text = resolver.optional(NAME)?;
    let fits = text.chars().count() <= LONGEST && !text.contains(char::is_control);
    if !fits {
        let reason = "is longer than 500 characters, or in several lines";
        resolver.invalid(NAME, reason, "set it to one sentence or two");
    }
    fits.then(|| text.to_owned())
}

/// `None` where there is none, and where a fault has been recorded.
fn token_scope(resolver: &mut Resolver<'_>) -> Option<String> {
    const NAME: &str = "altinn_token_scope";
    let scope = resolver.optional(NAME)?;
    let ask = Ask::new(scope);
    if ask.is_err() {
        let remedy = "set it to altinn:consenttokens.read, or to nothing";
        resolver.invalid(NAME, "is not a scope", remedy);
    }
    ask.is_ok().then(|| scope.to_owned())
}

fn header(resolver: &mut Resolver<'_>) -> Option<HeaderName> {
    const NAME: &str = "altinn_proof_header";
    let Some(text) = resolver.optional(NAME) else {
        return Some(HEADER);
    };
    let taken = [header::AUTHORIZATION, header::HOST, header::ACCEPT];
    let name = HeaderName::try_from(text).ok();
    let name = name.filter(|name| !taken.contains(name));
    if name.is_none() {
        let remedy = "set it to AltinnSamtykke, or to what the source calls it";
        resolver.invalid(NAME, "is not a header's name that is free", remedy);
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Raw;

    const KEYS: &str = r#"{"310000205":"0198a000-1111-4222-8333-444455556666"}"#;

    fn resolve(variables: &[(&'static str, &'static str)]) -> Result<Former, String> {
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
        let former = Former::resolve(&mut resolver, origin.as_ref());
        if let Some(former) = &former {
            former.expect_purpose(&mut resolver);
        }
        resolver.finish(former).map_err(|error| error.to_string())
    }

    #[test]
    fn the_interface_and_maskinportens_token_unless_told_otherwise() {
        let former = resolve(&[]).expect("settings");
        assert_eq!(former.start, Start::Token);
        assert_eq!(former.header, "AltinnSamtykke");
        assert_eq!(former.token_scope(), None);
        for (name, start) in [
            ("token", Start::Token),
            ("certificate", Start::Certificate),
            ("link", Start::Link),
        ] {
            let purpose = ("altinn_link_purpose", "Banken trenger tallene");
            let former = resolve(&[("altinn_start", name), purpose]).expect("settings");
            assert_eq!(former.start, start);
        }
        let former = resolve(&[("altinn_proof_header", "AltinSamtykke")]).expect("settings");
        assert_eq!(former.header, "AltinSamtykke");
        let scope = "altinn:consenttokens.read";
        let former = resolve(&[("altinn_token_scope", scope)]).expect("settings");
        assert_eq!(former.token_scope(), Some(scope));
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
