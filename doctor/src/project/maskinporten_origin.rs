//! Address of Maskinporten: its issuer is the `aud` of a grant, so it must be that of the environment.

use host::Configuration;
use innsyn_core::party::Environment;
use innsyn_flows::token::MASKINPORTEN_ORIGIN;

use super::context::ProjectContext;
use super::setting::Setting;
use crate::catalogue::configuration::N06;
use crate::finding::Purpose;

const NAME: &str = MASKINPORTEN_ORIGIN.name;

/// Published addresses (Digdir, "Maskinporten: miljøer").
const PUBLISHED: [(&str, Environment); 2] = [
    ("https://maskinporten.no", Environment::Production),
    ("https://test.maskinporten.no", Environment::Test),
];

/// Returns the setting if it is a published address.
pub(super) fn setting(configuration: &Configuration, project: &ProjectContext) -> Option<Setting> {
    let origin = configuration.variable(NAME)?;
    let (_, environment) = PUBLISHED
        .into_iter()
        .find(|(published, _)| *published == origin.trim_end_matches('/'))?;
    let other = project.target.filter(|target| *target != environment);
    let finding =
        other.map(|target| N06.finding([origin.into(), environment.into(), target.into()]));
    let findings = finding.into_iter().collect();
    Some(Setting::new(NAME.to_owned(), Purpose::Token, findings))
}
