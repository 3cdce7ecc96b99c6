//! Body of a consent request.

use std::collections::BTreeMap;

use serde::Deserialize;

use innsyn_core::party::Party;
use innsyn_core::problem::Problem;
use innsyn_core::reference::Reference;
use innsyn_runtime::idempotency::Fingerprint;

/// Maximum number of members of `metadata`: more than any service requires.
const MOST_METADATA: usize = 32;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StartBody {
    pub(super) party: Option<String>,
    pub(super) party_name: Option<String>,
    pub(super) service: Option<String>,
    #[serde(
        default,
        deserialize_with = "innsyn_core::json::map::<MOST_METADATA, _, _>"
    )]
    pub(super) metadata: BTreeMap<String, String>,
    pub(super) return_address: String,
    reference: Option<String>,
}

impl StartBody {
    /// Returns the fingerprint of what is requested and for which party. What a request may leave out
    /// comes last, and only if it is there: an upgrade must not change the fingerprints of requests
    /// that do not use what is new.
    pub(super) fn fingerprint(&self, party: &Party) -> Fingerprint {
        let metadata = self.metadata.iter();
        let metadata = metadata.flat_map(|(name, value)| [name.as_bytes(), value.as_bytes()]);
        let fields: Vec<&[u8]> = [
            party.expose(),
            self.party_name.as_deref().unwrap_or_default(),
            self.service.as_deref().unwrap_or_default(),
            self.return_address.as_str(),
        ]
        .into_iter()
        .map(str::as_bytes)
        .chain(metadata)
        .chain(self.reference.as_deref().map(str::as_bytes))
        .collect();
        Fingerprint::from_parts(&fields)
    }

    /// Returns the consumer's own reference.
    pub(super) fn reference(&self) -> Result<Option<Reference>, Problem> {
        let reference = self.reference.as_deref();
        reference
            .map(|text| Reference::parse_field("reference", text))
            .transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use innsyn_core::party::Environment;
    use innsyn_core::problem::Kind;

    fn body(further: &str) -> StartBody {
        let json = format!(r#"{{"return_address":"https://bank.example/"{further}}}"#);
        serde_json::from_str(&json).expect("a body")
    }

    #[test]
    fn without_a_reference_the_fingerprint_is_that_of_earlier_releases() {
        let party = Party::parse("313367002", Environment::Test).expect("a party");
        let fingerprint = |further: &str| body(further).fingerprint(&party);
        let earlier = ["313367002", "", "krav", "https://bank.example/", "a", "b"];
        let earlier = earlier.map(str::as_bytes);
        let same = r#","service":"krav","metadata":{"a":"b"}"#;
        assert_eq!(fingerprint(same), Fingerprint::from_parts(&earlier));
        let others = [
            r#","service":"krav","metadata":{"a":"b"},"reference":"c""#,
            r#","service":"krav","metadata":{"a":"b"},"reference":"d""#,
            r#","service":"krav","metadata":{"a":"b","c":"d"}"#,
        ];
        let mut all = others.map(fingerprint).to_vec();
        all.push(fingerprint(same));
        for (index, one) in all.iter().enumerate() {
            assert!(!all[..index].contains(one), "{index}");
        }
    }

    #[test]
    fn a_reference_is_optional_and_holds_no_number() {
        assert_eq!(body("").reference(), Ok(None));
        let fine = body(r#","reference":"SAK-2026_000417""#).reference();
        assert_eq!(
            fine.expect("fine").expect("one").as_str(),
            "SAK-2026_000417"
        );
        for (reference, kind) in [
            ("02829090123", Kind::PersonalDataMisplaced),
            ("sak-028290_90123", Kind::PersonalDataMisplaced),
            ("sak 1", Kind::RequestInvalid),
            ("", Kind::RequestInvalid),
        ] {
            let refused = body(&format!(r#","reference":"{reference}""#)).reference();
            let problem = refused.expect_err(reference);
            assert_eq!(problem.kind, kind, "{reference}");
            assert!(!problem.detail.unwrap_or_default().contains("90123"));
        }
    }
}
