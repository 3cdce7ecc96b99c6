//! Checks over the network that the arguments ask for.

use std::fs;
use std::io::{IsTerminal, stderr};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use indicatif::ProgressBar;
use innsyn_core::origin::Origin;
use innsyn_core::party::Environment;
use innsyn_protocols::x509::{Authority, Certificate};
use keyfile::Pem;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;

use super::arguments::Arguments;
use super::maskinporten::{self, TestToken};
use super::mutual_tls;
use super::revocation::RevocationClient;
use crate::catalogue::network::N05;
use crate::checks::{CheckContext, CheckResults, Outcome, no_current_authority};
use crate::finding::{Purpose, Severity};
use crate::language::{Bilingual, Language};

/// Checks that use the network: servers, authorities and time limits.
pub(crate) struct NetworkChecks {
    maskinporten: Option<Origin>,
    connect: Option<Origin>,
    test_token: Option<TestToken>,
    roots: RootCertStore,
    /// Certificates of `--ca`.
    ca: Vec<Certificate>,
    revocation: RevocationClient,
}

impl NetworkChecks {
    /// Reads the arguments. Returns `None` if no network checks are requested.
    ///
    /// # Errors
    ///
    /// If arguments contradict each other, name no server, or `--ca` cannot be read.
    pub(crate) fn from_arguments(
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
        let test_token = arguments.client_id.clone().zip(arguments.scope.clone());
        let test_token = test_token.map(|(client_id, scope)| TestToken {
            client_id,
            scope,
            kid: arguments.kid.clone(),
        });
        if test_token.is_some() && purpose == Purpose::Key {
            ensure!(
                arguments.kid.is_some(),
                "a registered key needs its name: --kid"
            );
        }
        let (roots, ca) = match &arguments.ca {
            Some(path) => read_ca(path)?,
            None => (
                webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect(),
                Vec::new(),
            ),
        };
        Ok(Some(Self {
            maskinporten,
            connect,
            test_token,
            roots,
            ca,
            revocation: RevocationClient::new()?,
        }))
    }

    /// Makes the checks, with a progress line on a terminal.
    pub(crate) async fn run(&self, context: &CheckContext<'_>, language: Language) -> CheckResults {
        let bar = if stderr().is_terminal() {
            ProgressBar::new_spinner()
        } else {
            ProgressBar::hidden()
        };
        bar.enable_steady_tick(Duration::from_millis(120));
        let mut results = CheckResults::default();
        let authorities = self.enterprise_authorities(context);
        if let Some(known) = authorities.first() {
            let finding = N05.finding(["--ca".into(), known.name.as_str().into()]);
            results.add_findings([finding.at_most(Severity::Info)]);
        }
        results.add_findings(no_current_authority(&authorities, context.target));
        let word = language.choose("spør", "asking");
        if let Some(origin) = &self.maskinporten {
            bar.set_message(format!("{word} {origin}"));
            let token = self.test_token.as_ref();
            maskinporten::check(context, &self.roots, token, origin, &mut results).await;
        }
        if let Some(origin) = &self.connect {
            bar.set_message(format!("{word} {origin}"));
            let outcome = match context.certificate() {
                Some(certificate) => mutual_tls::check(&certificate, &self.roots, origin).await,
                None => Outcome::Skipped(Bilingual::new(
                    "sertifikatet mangler",
                    "there is no certificate",
                )),
            };
            results.add("counterparty", mutual_tls::ENTRIES, outcome);
        }
        self.revocation.add_to(context, &mut results).await;
        bar.finish_and_clear();
        results.sorted(context.purpose)
    }

    /// Returns the authorities of enterprise certificates in `--ca`.
    fn enterprise_authorities(&self, context: &CheckContext<'_>) -> Vec<Authority> {
        let authority = |read| context.authorities.whose(read).cloned();
        self.ca.iter().filter_map(authority).collect()
    }
}

/// Reads a file of authorities, as trust anchors and as certificates.
fn read_ca(path: &Path) -> anyhow::Result<(RootCertStore, Vec<Certificate>)> {
    let unusable = || format!("{} cannot be used", path.display());
    let bytes = fs::read(path).with_context(|| format!("{} cannot be read", path.display()))?;
    let pem = Pem::read(&bytes);
    let all = pem.certificates().with_context(unusable)?;
    let mut certificates = Vec::new();
    let mut roots = RootCertStore::empty();
    for der in all {
        certificates.extend(Certificate::read(der).ok());
        roots
            .add(CertificateDer::from(der.to_vec()))
            .with_context(unusable)?;
    }
    Ok((roots, certificates))
}
