//! `innsyn doctor`: arguments, output and exit codes.

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::ValueEnum;
use console::Term;
use innsyn_core::party::{Environment, OrganisationNumber};
use innsyn_core::secret::Secret;
use serde_json::json;
use time::OffsetDateTime;

use crate::checks::{self, CheckContext};
use crate::finding::{Purpose, Severity};
use crate::language::Language;
use crate::material::{Files, Password, read_password};
use crate::network::NetworkChecks;
use crate::project::ProjectOptions;
use crate::report::{CertificateReport, ProjectReport};
use crate::{app_files, catalogue, network, project};

/// Variable with the password of the file. An argument would be visible to every user of the machine.
const PASSWORD: &str = "INNSYN_PASSWORD";

/// Exit code if a check could not be made.
const UNCHECKED: u8 = 3;

/// Arguments of the command.
#[derive(clap::Args)]
pub struct Arguments {
    /// Certificate as PKCS#12, PEM or DER, perhaps with its key and chain. Without this option, the certificates and keys of
    /// the project's configuration are checked: `spin.toml`, the runtime configuration, and variables.
    #[arg(long, value_name = "FILE")]
    certificate: Option<PathBuf>,
    #[command(flatten)]
    project: project::Arguments,
    /// Private key, if it is in a separate file.
    #[arg(long, value_name = "FILE", requires = "certificate")]
    key: Option<PathBuf>,
    /// Certificates of the issuers, if they are in a separate file.
    #[arg(long, value_name = "FILE", requires = "certificate")]
    chain: Option<PathBuf>,
    /// File with the password, which may also be in the variable `INNSYN_PASSWORD`.
    #[arg(long, value_name = "FILE", requires = "certificate")]
    password_file: Option<PathBuf>,
    /// Name of the key in a PKCS#12 file with several keys.
    #[arg(long, value_name = "NAME", requires = "certificate")]
    alias: Option<String>,
    /// Intended use of the certificate.
    #[arg(long, value_enum, default_value = "token")]
    purpose: Purpose,
    /// Environment in which it will be used.
    #[arg(long, value_enum)]
    environment: Option<Target>,
    /// Number of the organisation that will use it.
    #[arg(long, value_name = "NUMBER", requires = "certificate")]
    organisation: Option<String>,
    /// Authorities to trust besides Buypass and Commfides, in PEM, such as the sandbox's. An authority with `test` in its name
    /// counts for the test environment, others for production.
    #[arg(long, value_name = "FILE")]
    trust: Option<PathBuf>,
    /// Language of the report. The default is Norwegian if `LC_ALL` or `LANG` is, else English.
    #[arg(long, value_enum)]
    language: Option<Language>,
    /// Prints one JSON object, and nothing else.
    #[arg(long)]
    json: bool,
    /// Lists the problems that the doctor can find, and checks nothing.
    #[arg(long)]
    list_checks: bool,
    /// Writes key, chain and settings for the app into this folder, if every check was made and no error was found.
    #[arg(long, value_name = "FOLDER", requires = "certificate")]
    write: Option<PathBuf>,
    #[command(flatten)]
    network: network::Arguments,
}

#[derive(Clone, Copy, ValueEnum)]
enum Target {
    Test,
    Production,
}

/// Report of either kind.
enum Report {
    Certificate(Box<CertificateReport>),
    Project(ProjectReport),
}

/// Checks the certificate of the arguments, or those of the project with `manifest`, and prints the report.
///
/// Exit codes: 0 OK (every check of the purpose was made), 1 warnings, 2 errors, 3 a check could not be made.
pub async fn run(
    arguments: &Arguments,
    manifest: impl FnOnce() -> anyhow::Result<PathBuf>,
) -> ExitCode {
    let language = arguments
        .language
        .unwrap_or_else(Language::from_environment);
    if arguments.list_checks {
        let mut out = std::io::stdout();
        for entry in catalogue::all() {
            let [observation, ..] = language.choose(entry.nb, entry.en);
            // A closed output is no error of the command.
            let _unread = writeln!(out, "{}  {observation}", entry.id);
        }
        return ExitCode::SUCCESS;
    }
    let report = match &arguments.certificate {
        Some(certificate) => {
            let report = check_certificate(arguments, certificate, language).await;
            report.map(|report| Report::Certificate(Box::new(report)))
        }
        None => match manifest() {
            Ok(manifest) => check_project(arguments, manifest, language).await,
            Err(error) => Err(error),
        },
    };
    let outcome = report.and_then(|report| {
        let text = if arguments.json {
            report.json()?
        } else {
            let stdout = std::io::stdout();
            let is_plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
            report.text(stdout.is_terminal() && !is_plain)
        };
        writeln!(std::io::stdout(), "{}", text.trim_end())?;
        Ok(report.exit_code())
    });
    match outcome {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            let text = language.choose("Ble ikke kontrollert", "Could not be checked");
            let reason = redaction::redacted(&format!("{error:#}"));
            // A closed output is no error of the command.
            let _unheard = if arguments.json {
                let unchecked = json!({ "verdict": "unchecked", "reason": reason });
                writeln!(std::io::stdout(), "{unchecked}")
            } else {
                writeln!(std::io::stderr(), "{text}: {reason}")
            };
            ExitCode::from(UNCHECKED)
        }
    }
}

impl Report {
    fn json(&self) -> serde_json::Result<String> {
        match self {
            Self::Certificate(report) => serde_json::to_string(report),
            Self::Project(report) => serde_json::to_string(report),
        }
    }

    fn text(&self, with_colours: bool) -> String {
        match self {
            Self::Certificate(report) => report.text(with_colours),
            Self::Project(report) => report.text(with_colours),
        }
    }

    fn exit_code(&self) -> u8 {
        let (worst, is_complete) = match self {
            Self::Certificate(report) => (report.worst(), report.is_complete()),
            Self::Project(report) => (report.worst(), report.is_complete()),
        };
        match worst {
            Some(Severity::Error) => 2,
            _ if !is_complete => UNCHECKED,
            Some(Severity::Warning) => 1,
            None | Some(Severity::Info) => 0,
        }
    }
}

/// Checks the certificates and keys that the project's configuration names.
async fn check_project(
    arguments: &Arguments,
    manifest: PathBuf,
    language: Language,
) -> anyhow::Result<Report> {
    let options = ProjectOptions {
        environment: arguments.environment.map(Into::into),
        trust: arguments.trust.as_deref(),
        revocation: arguments.network.revocation()?,
        language,
    };
    let report = project::examine(&arguments.project, manifest, &options).await;
    report.map(Report::Project)
}

/// Checks the certificate of the arguments.
async fn check_certificate(
    arguments: &Arguments,
    certificate: &Path,
    language: Language,
) -> anyhow::Result<CertificateReport> {
    let organisation = arguments.organisation.as_deref().map(|number| {
        OrganisationNumber::parse(number).with_context(|| format!("--organisation {number}"))
    });
    let organisation = organisation.transpose()?;
    let purpose = arguments.network.purpose(arguments.purpose);
    let target = arguments.environment.map(Into::into);
    let network = NetworkChecks::from_arguments(&arguments.network, purpose, target)?;
    let mut files = Files {
        key: arguments.key.as_deref(),
        chain: arguments.chain.as_deref(),
        trust: arguments.trust.as_deref(),
        password: password(arguments)?,
        alias: arguments.alias.as_deref(),
        ..Files::new(certificate)
    };
    let mut material = files.load(purpose)?;
    if files.password.is_none()
        && material.needs_password()
        && let Some(password) = prompt_password(certificate, language)?
    {
        files.password = Some(password);
        material = files.load(purpose)?;
    }
    let authorities = checks::authorities(&material);
    let context = CheckContext {
        material: &material,
        authorities: &authorities,
        purpose,
        target,
        organisation: organisation.as_ref(),
        now: OffsetDateTime::now_utc(),
    };
    let mut results = checks::run(&context);
    if let Some(network) = &network {
        results.append(network.run(&context, language).await);
    }
    let mut report = CertificateReport::new(&context, &results, language);
    if let Some(folder) = &arguments.write {
        if report.worst() == Some(Severity::Error) || !report.is_complete() {
            report.set_nothing_written();
        } else {
            report.set_written(app_files::write(&context, folder)?);
        }
    }
    Ok(report)
}

/// Reads the password from the file of the arguments, or else from the environment.
fn password(arguments: &Arguments) -> anyhow::Result<Option<Password>> {
    match &arguments.password_file {
        Some(path) => read_password(path).map(Some),
        None => Ok(std::env::var(PASSWORD).ok().map(Secret::new)),
    }
}

/// Prompts for the password of `certificate` on a terminal.
fn prompt_password(certificate: &Path, language: Language) -> anyhow::Result<Option<Password>> {
    let terminal = Term::stderr();
    if !terminal.is_term() || !std::io::stdin().is_terminal() {
        return Ok(None);
    }
    let word = language.choose("Passordet til", "Password of");
    terminal.write_str(&format!("{word} {}: ", certificate.display()))?;
    let text = terminal.read_secure_line()?;
    Ok(Some(text).filter(|text| !text.is_empty()).map(Secret::new))
}

impl From<Target> for Environment {
    fn from(target: Target) -> Self {
        match target {
            Target::Test => Self::Test,
            Target::Production => Self::Production,
        }
    }
}
