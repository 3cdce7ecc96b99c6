//! Without `--certificate`: every certificate and key that the project's own configuration names, each judged for
//! what the app uses it for. Values come from the providers of the runtime configuration, `--variables` and the
//! environment, in this order. None is printed.

mod app;
mod chain;
mod clients;
mod origins;
mod report;
mod tls;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use host::{Configuration, Options};
use shared::party::{Environment, OrganisationNumber};
use time::OffsetDateTime;

use super::catalogue::identity::O08;
use super::catalogue::live::N05;
use super::catalogue::setting::{A01, N04, N06};
use super::checks::{self, Examination, Outcome, Scope};
use super::finding::{Entry, Finding, Level, Purpose};
use super::language::Language;
use super::live::Revocation;
use super::material::{self, Held, Material};
use super::report::Report as One;
pub(super) use report::Report;
pub(super) use tls::lacking;

#[derive(clap::Args)]
#[group(id = "project", conflicts_with = "certificate")]
pub(super) struct Arguments {
    /// The runtime configuration, with `client_tls`. Without it, `runtime-config.toml` beside the manifest.
    #[arg(long, value_name = "FILE")]
    runtime_config: Option<PathBuf>,
    /// The counterparties that are known by their organisation's number.
    #[arg(long, value_name = "FILE")]
    pins: Option<PathBuf>,
    /// Values of variables, in TOML: `name = "value"`. They come before those of `SPIN_VARIABLE_…`.
    #[arg(long, value_name = "FILE")]
    variables: Option<PathBuf>,
}

/// Something that is configured, and what is known of it before it is judged.
struct Subject {
    /// Where it stands.
    setting: String,
    /// What the app uses it for.
    purpose: Purpose,
    /// For whom.
    organisation: Option<OrganisationNumber>,
    /// The certificate and the key, where there is one.
    material: Option<Material>,
    /// What is wrong with the setting itself.
    findings: Vec<Finding>,
    /// Reason why the app or the host refuses the setting, in the words of its own reader.
    refused: Option<String>,
}

/// Catalogue entries that are looked for in a setting that is no certificate.
static SETTING: &[&Entry] = &[&A01, &N04, &N05, &N06, &O08];

/// What the settings are judged by.
struct Around {
    target: Option<Environment>,
    /// The organisations that the app acts for: the default first.
    consumers: Vec<OrganisationNumber>,
    /// Authorities that are trusted besides the known ones.
    trusted: Vec<Held>,
}

/// What is asked for besides the files.
pub(super) struct Asked<'a> {
    pub(super) environment: Option<Environment>,
    pub(super) trust: Option<&'a Path>,
    pub(super) revocation: Option<Revocation>,
    pub(super) language: Language,
}

/// Looks at everything.
pub(super) async fn looked_at(
    arguments: &Arguments,
    manifest: PathBuf,
    asked: &Asked<'_>,
) -> anyhow::Result<Report> {
    let configuration = read(arguments, manifest).await?;
    let around = Around::of(&configuration, asked)?;
    let mut subjects = tls::subjects(&configuration, &around);
    subjects.extend(clients::subjects(&configuration));
    subjects.extend(clients::seal(&configuration, &around));
    subjects.extend(clients::services(&configuration, &around));
    subjects.extend(origins::subject(&configuration, &around));
    let refused = app::refused(&configuration, &subjects);
    subjects.extend(refused);
    let mut reports = Vec::new();
    for subject in subjects {
        reports.push(subject.judged(&around, asked).await);
    }
    Ok(Report::new(reports, configuration.unset, asked.language))
}

async fn read(arguments: &Arguments, manifest: PathBuf) -> anyhow::Result<Configuration> {
    let beside = manifest.with_file_name("runtime-config.toml");
    let mut options = Options::new(manifest);
    let given = arguments.runtime_config.clone();
    options.runtime_config = given.or(beside.is_file().then_some(beside));
    options.pins.clone_from(&arguments.pins);
    options.variables = variables(arguments.variables.as_deref())?;
    Ok(Configuration::read(&options).await?)
}

fn variables(path: Option<&Path>) -> anyhow::Result<BTreeMap<String, String>> {
    let Some(path) = path else {
        return Ok(BTreeMap::new());
    };
    let text =
        fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
    // What the parser says could quote a secret.
    let table: Option<BTreeMap<String, String>> = toml::from_str(&text).ok();
    table.with_context(|| format!("{} is not TOML of names and texts", path.display()))
}

impl Around {
    fn of(configuration: &Configuration, asked: &Asked) -> anyhow::Result<Self> {
        let target = match configuration.variable("environment") {
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
        Ok(Self {
            target: asked.environment.or(target),
            consumers: numbers.collect(),
            trusted: asked
                .trust
                .map(material::trusted)
                .transpose()?
                .unwrap_or_default(),
        })
    }

    /// The organisation that the certificate should be of: its own where that is one of ours, else the default.
    fn organisation(&self, material: &Material) -> Option<OrganisationNumber> {
        let own = material.leaf.as_ref()?.read.subject.number().ok()?;
        let is_ours = self.consumers.contains(&own.number);
        let default = self.consumers.first().cloned();
        if is_ours { Some(own.number) } else { default }
    }
}

impl Subject {
    /// A setting without a certificate.
    fn bare(setting: String, purpose: Purpose, findings: Vec<Finding>) -> Self {
        Self {
            setting,
            purpose,
            organisation: None,
            material: None,
            findings,
            refused: None,
        }
    }

    /// Returns whether an error is known of the subject before it is judged.
    fn is_refused(&self) -> bool {
        let inside = self.material.iter().flat_map(|inside| &inside.findings);
        let mut all = self.findings.iter().chain(inside);
        all.any(|finding| finding.level(self.purpose) == Some(Level::Error))
    }

    async fn judged(self, around: &Around, asked: &Asked<'_>) -> One {
        let language = asked.language;
        let purpose = self.purpose;
        let Some(mut material) = self.material else {
            let mut examination = Examination::default();
            examination.add("setting", SETTING, Outcome::Made(self.findings));
            let report = One::bare(&examination.in_order(purpose), purpose, language);
            return report.about(self.setting);
        };
        material.findings.extend(self.findings);
        material.trusted.clone_from(&around.trusted);
        let authorities = checks::authorities(&material);
        let scope = Scope {
            material: &material,
            authorities: &authorities,
            purpose,
            target: around.target,
            organisation: self.organisation.as_ref(),
            now: OffsetDateTime::now_utc(),
        };
        let mut examination = checks::examine(&scope);
        if let Some(revocation) = &asked.revocation {
            let mut asked = Examination::default();
            revocation.add_to(&scope, &mut asked).await;
            examination.append(asked.in_order(purpose));
        }
        // What the app or the host itself refuses, whatever the doctor makes of it.
        if let Some(reason) = self.refused
            && !examination.has_errors(purpose)
        {
            examination.note([A01.found([reason.into()])]);
        }
        let report = One::of(&scope, &examination, language);
        report.about(self.setting)
    }
}
