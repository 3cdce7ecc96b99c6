//! `--live`: what others answer. First the name, TCP and TLS, then for a token Maskinporten's metadata, its clock
//! and a test grant, and for two-way TLS the counterparty. In either case the issuer is asked whether it has revoked
//! the certificate.

mod counterparty;
mod line;
mod maskinporten;
mod revocation;

use std::fs;
use std::io::{IsTerminal, stderr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use indicatif::ProgressBar;
use keyfile::Pem;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use shared::certificate::{Authority, Certificate};
use shared::config::Origin;
use shared::party::Environment;

use super::catalogue::live::N05;
use super::checks::{Examination, Outcome, Scope};
use super::finding::{Level, Purpose};
use super::language::{Both, Language};
use super::project;
pub(super) use revocation::Revocation;

#[derive(clap::Args)]
#[group(id = "network")]
pub(super) struct Arguments {
    /// Asks over the network too: Maskinporten, or for two-way TLS the counterparty, and the certificate's issuer; of a
    /// project's certificates the issuers alone.
    #[arg(long)]
    live: bool,
    /// Maskinporten's address. Without it, that of the environment.
    #[arg(long, value_name = "ORIGIN", requires_all = ["live", "certificate"])]
    maskinporten: Option<String>,
    /// The client for which a token is asked for, as a test. The token is not shown.
    #[arg(long, value_name = "ID", requires_all = ["live", "scope", "certificate"])]
    client_id: Option<String>,
    /// The scope of the test.
    #[arg(long, value_name = "SCOPE", requires = "client_id")]
    scope: Option<String>,
    /// The key is registered on the client under this name: the purpose is then `key`.
    #[arg(long, value_name = "KID", requires = "client_id")]
    kid: Option<String>,
    /// The server's authorities, in PEM. Without it, the public ones.
    #[arg(long, value_name = "FILE", requires_all = ["live", "certificate"])]
    ca: Option<PathBuf>,
    /// For two-way TLS: the counterparty that asks for the certificate.
    #[arg(long, value_name = "ORIGIN", requires_all = ["live", "certificate"])]
    connect: Option<String>,
}

/// What is to be asked, of whom.
pub(super) struct Live {
    maskinporten: Option<Origin>,
    connect: Option<Origin>,
    wanted: Option<Wanted>,
    roots: RootCertStore,
    /// What is in `--ca`.
    store: Vec<Certificate>,
    revocation: Revocation,
}

/// The token of the test.
struct Wanted {
    client_id: String,
    scope: String,
    kid: Option<String>,
}

impl Arguments {
    /// Asks issuers alone; nothing where nobody is to be asked.
    pub(super) fn revocation(&self) -> anyhow::Result<Option<Revocation>> {
        self.live.then(Revocation::new).transpose()
    }

    /// What the certificate is for.
    pub(super) fn purpose(&self, given: Purpose) -> Purpose {
        match given {
            Purpose::Token if self.kid.is_some() => Purpose::Key,
            given => given,
        }
    }
}

impl Live {
    /// Nothing where nobody is to be asked.
    pub(super) fn of(
        arguments: &Arguments,
        purpose: Purpose,
        target: Option<Environment>,
    ) -> anyhow::Result<Option<Self>> {
        if !arguments.live {
            return Ok(None);
        }
        let origin = |name: &str, text: Option<&str>| {
            let read = text.map(|text| {
                let origin = Origin::parse(text).filter(|_| text.starts_with("https://"));
                origin.with_context(|| format!("{name} {text}: an origin is https://HOST[:PORT]"))
            });
            read.transpose()
        };
        let connect = origin("--connect", arguments.connect.as_deref())?;
        let documented = match target {
            Some(Environment::Test) => Some("https://test.maskinporten.no"),
            Some(Environment::Production) => Some("https://maskinporten.no"),
            None => None,
        };
        let is_tls = purpose == Purpose::Tls;
        ensure!(
            is_tls || connect.is_none(),
            "--connect goes with --purpose tls"
        );
        let documented = documented.filter(|_| !is_tls);
        let given = arguments.maskinporten.as_deref();
        let maskinporten = origin("--maskinporten", given.or(documented))?;
        if maskinporten.is_none() && connect.is_none() {
            bail!(
                "--live does not know whom to ask: give --environment, --maskinporten or, with --purpose tls, --connect"
            );
        }
        let wanted = arguments.client_id.clone().zip(arguments.scope.clone());
        let wanted = wanted.map(|(client_id, scope)| Wanted {
            client_id,
            scope,
            kid: arguments.kid.clone(),
        });
        if wanted.is_some() && purpose == Purpose::Key {
            ensure!(
                arguments.kid.is_some(),
                "a registered key needs its name: --kid"
            );
        }
        let (roots, store) = match &arguments.ca {
            Some(path) => authorities(path)?,
            None => (
                webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect(),
                Vec::new(),
            ),
        };
        Ok(Some(Self {
            maskinporten,
            connect,
            wanted,
            roots,
            store,
            revocation: Revocation::new()?,
        }))
    }

    /// Makes the checks that take the network, and tells on a terminal that it does.
    pub(super) async fn check(&self, scope: &Scope<'_>, language: Language) -> Examination {
        let bar = if stderr().is_terminal() {
            ProgressBar::new_spinner()
        } else {
            ProgressBar::hidden()
        };
        bar.enable_steady_tick(Duration::from_millis(120));
        let mut asked = Examination::default();
        let whose = |read| scope.authorities.whose(read).cloned();
        let whose: Vec<Authority> = self.store.iter().filter_map(whose).collect();
        if let Some(known) = whose.first() {
            let finding = N05.found(["--ca".into(), known.name.as_str().into()]);
            asked.note([finding.at_most(Level::Info)]);
        }
        asked.note(project::lacking(&whose, scope.target));
        let word = language.of("spør", "asking");
        if let Some(origin) = &self.maskinporten {
            bar.set_message(format!("{word} {origin}"));
            maskinporten::check(scope, self, origin, &mut asked).await;
        }
        if let Some(origin) = &self.connect {
            bar.set_message(format!("{word} {origin}"));
            let outcome = match scope.case() {
                Some(case) => counterparty::check(&case, self, origin).await,
                None => {
                    Outcome::NotMade(Both::new("sertifikatet mangler", "there is no certificate"))
                }
            };
            asked.add("counterparty", counterparty::ENTRIES, outcome);
        }
        self.revocation.add_to(scope, &mut asked).await;
        bar.finish_and_clear();
        asked.in_order(scope.purpose)
    }
}

/// Those in the file, to trust and to read.
fn authorities(path: &Path) -> anyhow::Result<(RootCertStore, Vec<Certificate>)> {
    let unusable = || format!("{} cannot be used", path.display());
    let bytes = fs::read(path).with_context(|| format!("{} cannot be read", path.display()))?;
    let pem = Pem::read(&bytes);
    let all = pem.certificates().with_context(unusable)?;
    let mut store = Vec::new();
    let mut roots = RootCertStore::empty();
    for der in all {
        store.extend(Certificate::read(der).ok());
        roots
            .add(CertificateDer::from(der.to_vec()))
            .with_context(unusable)?;
    }
    Ok((roots, store))
}
