//! Whether Maskinporten's address is that of the environment: its issuer is what a grant's `aud` says.

use host::Configuration;
use shared::party::Environment;

use super::super::catalogue::setting::N06;
use super::super::checks;
use super::super::finding::Purpose;
use super::{Around, Subject};

const NAME: &str = "maskinporten_origin";

/// Digdir, "Maskinporten: miljøer".
const PUBLISHED: [(&str, Environment); 2] = [
    ("https://maskinporten.no", Environment::Production),
    ("https://test.maskinporten.no", Environment::Test),
];

pub(super) fn subject(configuration: &Configuration, around: &Around) -> Option<Subject> {
    let origin = configuration.variable(NAME)?;
    let (_, whose) = PUBLISHED
        .into_iter()
        .find(|(published, _)| *published == origin.trim_end_matches('/'))?;
    let wrong = around.target.filter(|target| *target != whose);
    let findings = wrong.map(|target| {
        N06.found([
            origin.into(),
            checks::environment(whose),
            checks::environment(target),
        ])
    });
    let findings = findings.into_iter().collect();
    Some(Subject::bare(NAME.to_owned(), Purpose::Token, findings))
}
