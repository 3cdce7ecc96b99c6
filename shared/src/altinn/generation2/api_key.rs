//! The consumers' API keys: each says which system calls, and is no log-in (Altinn, "API-nøkkel").

use std::collections::BTreeMap;

use http::HeaderValue;

use crate::config::Resolver;
use crate::party::OrganisationNumber;
use crate::secret::Secret;

const REMEDY: &str =
    r#"set it to JSON such as {"310000205":"<API key>"}, with a key for each consumer"#;

/// The consumers' API keys.
#[derive(Clone, Debug)]
pub(super) struct ApiKeys(BTreeMap<OrganisationNumber, Secret<String>>);

impl ApiKeys {
    /// Reads `altinn_api_keys`.
    pub(super) fn resolve(resolver: &mut Resolver<'_>) -> Option<Self> {
        let raw: BTreeMap<String, String> = resolver.json("altinn_api_keys", REMEDY)?;
        let keys = Self::read(raw);
        if keys.is_none() {
            let reason = "has a part that is not an organisation number with an API key, a UUID";
            resolver.invalid("altinn_api_keys", reason, REMEDY);
        }
        keys
    }

    fn read(raw: BTreeMap<String, String>) -> Option<Self> {
        let keys = raw.into_iter().map(|(number, key)| {
            let number = OrganisationNumber::parse(&number).ok()?;
            is_uuid(&key).then(|| (number, Secret::new(key)))
        });
        let keys: BTreeMap<_, _> = keys.collect::<Option<_>>()?;
        (!keys.is_empty()).then_some(Self(keys))
    }

    /// One key for one consumer.
    #[cfg(test)]
    pub(super) fn of_one(number: &str, key: &str) -> Self {
        Self::read([(number.to_owned(), key.to_owned())].into()).expect("a key")
    }

    /// The header's value for the consumer.
    pub(super) fn of(&self, consumer: &OrganisationNumber) -> Option<HeaderValue> {
        let mut value = HeaderValue::from_str(self.0.get(consumer)?.expose()).ok()?;
        value.set_sensitive(true);
        Some(value)
    }
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.char_indices().all(|(index, character)| match index {
            8 | 13 | 18 | 23 => character == '-',
            _ => character.is_ascii_hexdigit(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Raw;

    const KEY: &str = "0198a000-1111-4222-8333-444455556666";

    fn resolve(keys: &str) -> Result<ApiKeys, String> {
        let raw = Raw::from_pairs([("altinn_api_keys", keys)]);
        let mut resolver = Resolver::new(&raw);
        let keys = ApiKeys::resolve(&mut resolver);
        resolver.finish(keys).map_err(|error| error.to_string())
    }

    #[test]
    fn each_consumer_has_its_own() {
        let keys = resolve(&format!(r#"{{"310000205":"{KEY}"}}"#)).expect("keys");
        let number = |text| OrganisationNumber::parse(text).expect("a number");
        let value = keys.of(&number("310000205")).expect("a key");
        assert_eq!(value, KEY);
        assert!(value.is_sensitive() && keys.of(&number("310000302")).is_none());
        assert!(!format!("{keys:?}").contains(KEY));
    }

    #[test]
    fn faults_name_the_variable_and_no_key() {
        for keys in [
            "",
            "{}",
            "x",
            r#"{"310000206":"k"}"#,
            r#"{"310000205":"s3cr3t"}"#,
        ] {
            let error = resolve(keys).expect_err(keys);
            assert!(error.contains("altinn_api_keys"), "{error}");
            assert!(!error.contains("s3cr3t"), "{error}");
        }
    }
}
