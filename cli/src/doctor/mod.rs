//! `innsyn doctor`: says what is wrong with an enterprise certificate, before a counterparty does.
//!
//! With `--certificate` it looks at files, without it at everything that the project's configuration names. It asks
//! nobody but with `--live`.

mod catalogue;
mod checks;
mod finding;
mod language;
mod live;
mod material;
mod project;
mod report;
mod write;

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::ValueEnum;
use console::Term;
use serde_json::json;
use shared::party::{self, OrganisationNumber};
use shared::secret::Secret;
use time::OffsetDateTime;

use checks::Scope;
use finding::{Level, Purpose};
use language::Language;
use material::{Files, Password};
use report::Report;

/// The variable with what opens the file: an argument would be seen by everybody on the machine.
const PASSWORD: &str = "INNSYN_PASSWORD";

/// Exit code where a check could not be made.
const UNCHECKED: u8 = 3;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The certificate, as PKCS#12, PEM or DER; perhaps with its key and chain. Without it, every one that the
    /// project is configured with: `spin.toml`, the runtime configuration, and variables.
    #[arg(long, value_name = "FILE")]
    certificate: Option<PathBuf>,
    #[command(flatten)]
    project: project::Arguments,
    /// Its private key, where it is in a file of its own.
    #[arg(long, value_name = "FILE", requires = "certificate")]
    key: Option<PathBuf>,
    /// The certificates above it, where they are in a file of their own.
    #[arg(long, value_name = "FILE", requires = "certificate")]
    chain: Option<PathBuf>,
    /// A file with the password, which may also be in the variable `INNSYN_PASSWORD`.
    #[arg(long, value_name = "FILE", requires = "certificate")]
    password_file: Option<PathBuf>,
    /// Which of the keys in a PKCS#12 file.
    #[arg(long, value_name = "NAME", requires = "certificate")]
    alias: Option<String>,
    /// What it is to be used for.
    #[arg(long, value_enum, default_value = "token")]
    purpose: Purpose,
    /// Where it is to be used.
    #[arg(long, value_enum)]
    environment: Option<Target>,
    /// Whom it is to be used for.
    #[arg(long, value_name = "NUMBER", requires = "certificate")]
    organisation: Option<String>,
    /// Authorities to trust besides Buypass and Commfides, in PEM: the sandbox's, for one. Those with `test` in
    /// their name count as the test environment's, all others as production's.
    #[arg(long, value_name = "FILE")]
    trust: Option<PathBuf>,
    /// The report's language. Without it, Norwegian where `LC_ALL` or `LANG` is.
    #[arg(long, value_enum)]
    language: Option<Language>,
    /// Prints one JSON object, and nothing else.
    #[arg(long)]
    json: bool,
    /// Lists the checks by name, each with what it says; looks at nothing.
    #[arg(long)]
    list_checks: bool,
    /// Writes key, chain and settings for the app into this folder, if every check was made and no error was found.
    #[arg(long, value_name = "FOLDER", requires = "certificate")]
    write: Option<PathBuf>,
    #[command(flatten)]
    live: live::Arguments,
}

#[derive(Clone, Copy, ValueEnum)]
enum Target {
    Test,
    Production,
}

/// What there is to tell.
enum Told {
    Certificate(Box<Report>),
    Project(project::Report),
}

/// Looks at the certificate, or at those of the project with this manifest, and reports. Exit codes: 0 OK (every check of
/// the purpose was made), 1 warnings, 2 errors, 3 a check could not be made.
pub(crate) async fn run(
    arguments: &Arguments,
    manifest: impl FnOnce() -> anyhow::Result<PathBuf>,
) -> ExitCode {
    let language = arguments.language.unwrap_or_else(Language::of_environment);
    if arguments.list_checks {
        let mut out = std::io::stdout();
        for entry in catalogue::all() {
            let [seen, ..] = language.of(entry.nb, entry.en);
            // Nothing more can be done where nobody reads it.
            let _unread = writeln!(out, "{}  {seen}", entry.id);
        }
        return ExitCode::SUCCESS;
    }
    let looked = match &arguments.certificate {
        Some(certificate) => {
            let looked = looked_at(arguments, certificate, language).await;
            looked.map(|report| Told::Certificate(Box::new(report)))
        }
        None => match manifest() {
            Ok(manifest) => project(arguments, manifest, language).await,
            Err(error) => Err(error),
        },
    };
    let outcome = looked.and_then(|told| {
        let text = if arguments.json {
            told.json()?
        } else {
            let stdout = std::io::stdout();
            let is_plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
            told.text(stdout.is_terminal() && !is_plain)
        };
        writeln!(std::io::stdout(), "{}", text.trim_end())?;
        Ok(told.code())
    });
    match outcome {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            let text = language.of("Ble ikke kontrollert", "Could not be checked");
            let reason = redaction::redacted(&format!("{error:#}"));
            // Nothing more can be done where nobody hears it.
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

impl Told {
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

    fn code(&self) -> u8 {
        let (worst, is_complete) = match self {
            Self::Certificate(report) => (report.worst(), report.is_complete()),
            Self::Project(report) => (report.worst(), report.is_complete()),
        };
        match worst {
            Some(Level::Error) => 2,
            _ if !is_complete => UNCHECKED,
            Some(Level::Warning) => 1,
            None | Some(Level::Info) => 0,
        }
    }
}

async fn project(
    arguments: &Arguments,
    manifest: PathBuf,
    language: Language,
) -> anyhow::Result<Told> {
    let asked = project::Asked {
        environment: arguments.environment.map(Into::into),
        trust: arguments.trust.as_deref(),
        revocation: arguments.live.revocation()?,
        language,
    };
    let looked = project::looked_at(&arguments.project, manifest, &asked).await;
    looked.map(Told::Project)
}

async fn looked_at(
    arguments: &Arguments,
    certificate: &Path,
    language: Language,
) -> anyhow::Result<Report> {
    let organisation = arguments.organisation.as_deref().map(|number| {
        OrganisationNumber::parse(number).with_context(|| format!("--organisation {number}"))
    });
    let organisation = organisation.transpose()?;
    let purpose = arguments.live.purpose(arguments.purpose);
    let target = arguments.environment.map(Into::into);
    let live = live::Live::of(&arguments.live, purpose, target)?;
    let mut files = Files {
        key: arguments.key.as_deref(),
        chain: arguments.chain.as_deref(),
        trust: arguments.trust.as_deref(),
        password: password(arguments)?,
        alias: arguments.alias.as_deref(),
        ..Files::of(certificate)
    };
    let mut material = material::gather(&files, purpose)?;
    if files.password.is_none()
        && material.needs_password()
        && let Some(password) = asked_password(certificate, language)?
    {
        files.password = Some(password);
        material = material::gather(&files, purpose)?;
    }
    let authorities = checks::authorities(&material);
    let scope = Scope {
        material: &material,
        authorities: &authorities,
        purpose,
        target,
        organisation: organisation.as_ref(),
        now: OffsetDateTime::now_utc(),
    };
    let mut examination = checks::examine(&scope);
    if let Some(live) = &live {
        examination.append(live.check(&scope, language).await);
    }
    let mut report = Report::of(&scope, &examination, language);
    if let Some(folder) = &arguments.write {
        if report.worst() == Some(Level::Error) || !report.is_complete() {
            report.nothing_written();
        } else {
            report.written = write::write(&scope, folder)?;
        }
    }
    Ok(report)
}

fn password(arguments: &Arguments) -> anyhow::Result<Option<Password>> {
    match &arguments.password_file {
        Some(path) => material::read_password(path).map(Some),
        None => Ok(std::env::var(PASSWORD).ok().map(Secret::new)),
    }
}

/// Asks for the password of `certificate` where a person sits at the terminal.
fn asked_password(certificate: &Path, language: Language) -> anyhow::Result<Option<Password>> {
    let terminal = Term::stderr();
    if !terminal.is_term() || !std::io::stdin().is_terminal() {
        return Ok(None);
    }
    let word = language.of("Passordet til", "Password of");
    terminal.write_str(&format!("{word} {}: ", certificate.display()))?;
    let text = terminal.read_secure_line()?;
    Ok(Some(text).filter(|text| !text.is_empty()).map(Secret::new))
}

impl From<Target> for party::Environment {
    fn from(target: Target) -> Self {
        match target {
            Target::Test => Self::Test,
            Target::Production => Self::Production,
        }
    }
}
