//! Which Altinn it is.

use std::collections::BTreeMap;

use http::HeaderValue;

use crate::config::Resolver;
use crate::party::OrganisationNumber;
use crate::secret::Secret;

const REMEDY: &str = "set it to 3, or to 2 for the consents of before June 2026";
const KEYS: &str =
    r#"set it to JSON such as {"310000205":"<API key>"}, with a key for each consumer"#;

/// Which Altinn it is.
#[derive(Clone, Debug)]
pub(crate) enum Generation {
    /// Altinn 2, which closed on 19 June 2026: a code for each consent, and a token of its own beside that of
    /// Maskinporten.
    Two(ApiKeys),
    /// Altinn 3: the consent is in Maskinporten's token.
    Three,
}

/// The consumers' API keys.
#[derive(Clone, Debug)]
pub(crate) struct ApiKeys(BTreeMap<OrganisationNumber, Secret<String>>);

impl Generation {
    /// Reads `altinn_generation`, and `altinn_api_keys` where there are any.
    pub(crate) fn resolve(resolver: &mut Resolver<'_>) -> Option<Self> {
        let is_two = resolver.parsed(
            "altinn_generation",
            "is unknown",
            REMEDY,
            |text| match text {
                "2" => Some(true),
                "3" => Some(false),
                _ => None,
            },
        )?;
        if is_two {
            ApiKeys::resolve(resolver).map(Self::Two)
        } else {
            Some(Self::Three)
        }
    }
}

impl ApiKeys {
    fn resolve(resolver: &mut Resolver<'_>) -> Option<Self> {
        let raw: BTreeMap<String, String> = resolver.json("altinn_api_keys", KEYS)?;
        let keys = Self::read(raw);
        if keys.is_none() {
            let reason = "has a part that is not an organisation number with an API key, a UUID";
            resolver.invalid("altinn_api_keys", reason, KEYS);
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
    pub(crate) fn of_one(number: &str, key: &str) -> Self {
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

    fn resolve(generation: &str, keys: &str) -> Result<Generation, String> {
        let raw = Raw::from_pairs([("altinn_generation", generation), ("altinn_api_keys", keys)]);
        let mut resolver = Resolver::new(&raw);
        let generation = Generation::resolve(&mut resolver);
        let generation = resolver.finish(generation);
        generation.map_err(|error| error.to_string())
    }

    #[test]
    fn only_the_former_needs_keys() {
        assert!(matches!(resolve("3", ""), Ok(Generation::Three)));
        let keys = format!(r#"{{"310000205":"{KEY}"}}"#);
        let Ok(Generation::Two(keys)) = resolve("2", &keys) else {
            panic!("Altinn 2")
        };
        let number = |text| OrganisationNumber::parse(text).expect("a number");
        let value = keys.of(&number("310000205")).expect("a key");
        assert_eq!(value, KEY);
        assert!(value.is_sensitive() && keys.of(&number("310000302")).is_none());
        assert!(!format!("{keys:?}").contains(KEY));
    }

    #[test]
    fn faults_name_the_variable_and_no_key() {
        let error = resolve("4", "").expect_err("no generation");
        assert!(
            error.contains("altinn_generation is unknown: set it to 3"),
            "{error}"
        );
        for keys in [
            "",
            "{}",
            "x",
            r#"{"310000206":"k"}"#,
            r#"{"310000205":"s3cr3t"}"#,
        ] {
            let error = resolve("2", keys).expect_err(keys);
            assert!(error.contains("altinn_api_keys"), "{error}");
            assert!(!error.contains("s3cr3t"), "{error}");
        }
    }
}
