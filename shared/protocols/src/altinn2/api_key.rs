//! API keys of the consumers. A key identifies the calling system; it does not authenticate
//! (Altinn, "API-nøkkel").

use std::collections::BTreeMap;

use http::HeaderValue;

use innsyn_core::identifier::is_uuid;
use innsyn_core::party::OrganisationNumber;
use innsyn_core::secret::Secret;

/// API keys by consumer.
#[derive(Clone, Debug)]
pub struct ApiKeys(BTreeMap<OrganisationNumber, Secret<String>>);

impl ApiKeys {
    /// Parses the keys by organisation number. Returns `None` if a number or a key is invalid, or
    /// if there are no keys.
    pub fn read(raw: BTreeMap<String, String>) -> Option<Self> {
        let keys = raw.into_iter().map(|(number, key)| {
            let number = OrganisationNumber::parse(&number).ok()?;
            is_uuid(&key).then(|| (number, Secret::new(key)))
        });
        let keys: BTreeMap<_, _> = keys.collect::<Option<_>>()?;
        (!keys.is_empty()).then_some(Self(keys))
    }

    /// Returns the value of the API-key header for the consumer.
    pub fn header_value(&self, consumer: &OrganisationNumber) -> Option<HeaderValue> {
        let mut value = HeaderValue::from_str(self.0.get(consumer)?.expose()).ok()?;
        value.set_sensitive(true);
        Some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "0198a000-1111-4222-8333-444455556666";

    fn read(pairs: &[(&str, &str)]) -> Option<ApiKeys> {
        let pairs = pairs.iter();
        ApiKeys::read(
            pairs
                .map(|(number, key)| ((*number).to_owned(), (*key).to_owned()))
                .collect(),
        )
    }

    #[test]
    fn each_consumer_has_its_own() {
        let keys = read(&[("310000205", KEY)]).expect("keys");
        let number = |text| OrganisationNumber::parse(text).expect("a number");
        let value = keys.header_value(&number("310000205")).expect("a key");
        assert_eq!(value, KEY);
        assert!(value.is_sensitive() && keys.header_value(&number("310000302")).is_none());
        assert!(!format!("{keys:?}").contains(KEY));
    }

    #[test]
    fn a_number_or_a_key_of_another_form_is_refused() {
        for pairs in [&[][..], &[("310000206", KEY)], &[("310000205", "s3cr3t")]] {
            assert!(read(pairs).is_none(), "{pairs:?}");
        }
    }
}
