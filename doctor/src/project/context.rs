//! Context in which the settings are checked.

use std::path::Path;

use host::Configuration;
use innsyn_core::party::{Environment, OrganisationNumber};

use crate::language::Language;
use crate::material::{LoadedCertificate, Material, read_authorities};
use crate::network::RevocationClient;

/// Options of the checks, besides the files.
pub(crate) struct ProjectOptions<'a> {
    /// Environment, in place of the one that the project is configured for.
    pub(crate) environment: Option<Environment>,
    /// File of authorities that are trusted besides the known ones.
    pub(crate) trust: Option<&'a Path>,
    /// Client for the issuers' services, if they are to be asked.
    pub(crate) revocation: Option<RevocationClient>,
    /// Language of the report.
    pub(crate) language: Language,
}

/// Facts of the project by which its settings are checked.
pub(super) struct ProjectContext {
    /// Environment in which the app runs.
    pub(super) target: Option<Environment>,
    /// Organisations that the app acts for, the default first.
    pub(super) consumers: Vec<OrganisationNumber>,
    /// Authorities that are trusted besides the known ones.
    pub(super) trusted: Vec<LoadedCertificate>,
}

impl ProjectContext {
    /// Reads the context from the configuration.
    ///
    /// # Errors
    ///
    /// If the file of authorities cannot be read.
    pub(super) fn new(
        configuration: &Configuration,
        options: &ProjectOptions,
    ) -> anyhow::Result<Self> {
        let configured = match configuration.variable("environment") {
            Some("test") => Some(Environment::Test),
            Some("production") => Some(Environment::Production),
            _ => None,
        };
        let names = ["consumer_organisation", "consumer_organisations"];
        let numbers = names.into_iter().flat_map(|name| {
            let list = configuration.variable(name).unwrap_or_default();
            list.split(',')
                .filter_map(|text| OrganisationNumber::parse(text.trim()).ok())
                .collect::<Vec<_>>()
        });
        let trusted = options.trust.map(read_authorities).transpose()?;
        Ok(Self {
            target: options.environment.or(configured),
            consumers: numbers.collect(),
            trusted: trusted.unwrap_or_default(),
        })
    }

    /// Returns the organisation that the certificate is expected to have: its own if the app acts for that one, else the
    /// default.
    pub(super) fn organisation(&self, material: &Material) -> Option<OrganisationNumber> {
        let own = material.leaf.as_ref()?.fields.subject.number().ok()?;
        let is_consumer = self.consumers.contains(&own.number);
        let default = self.consumers.first().cloned();
        if is_consumer {
            Some(own.number)
        } else {
            default
        }
    }
}
