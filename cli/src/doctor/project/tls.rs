//! What is shown and trusted in TLS: `client_tls` and pins.

use std::path::Path;

use host::{Configuration, Place, TlsSetting};
use shared::certificate::{Authorities, Authority, Generation};
use shared::party::Environment;

use super::super::catalogue::live::N05;
use super::super::catalogue::setting::{A01, N04};
use super::super::checks;
use super::super::finding::{Finding, Purpose};
use super::super::language::Both;
use super::super::material::{self, Files};
use super::{Around, Subject};

pub(super) fn subjects(configuration: &Configuration, around: &Around) -> Vec<Subject> {
    let settings = configuration.tls.iter();
    settings
        .flat_map(|setting| {
            let shown = shown(setting, around);
            let trusted = setting.roots.as_deref();
            let trusted = trusted.map(|path| trust(setting, path, around));
            shown.into_iter().chain(trusted)
        })
        .collect()
}

fn name(setting: &TlsSetting) -> String {
    match &setting.place {
        Place::ClientTls(number) => format!("client_tls {number}"),
        Place::Pin(name) => format!("pin {name}"),
    }
}

/// A file that cannot be used. Its name is a key where somebody has written one in its place.
fn refused(error: &anyhow::Error) -> Finding {
    A01.found([redaction::redacted(&format!("{error:#}")).into()])
}

/// The certificate that is shown.
fn shown(setting: &TlsSetting, around: &Around) -> Option<Subject> {
    let (certificate, key) = setting.client.as_ref()?;
    let files = Files {
        key: Some(key),
        only_pem: true,
        ..Files::of(certificate)
    };
    let name = format!("{}, client_cert_file", name(setting));
    let bare = |findings| Subject::bare(name.clone(), Purpose::Tls, findings);
    Some(match material::gather(&files, Purpose::Tls) {
        Ok(material) => Subject {
            organisation: around.organisation(&material),
            material: Some(material),
            refused: setting.check_client().err().map(|error| error.to_string()),
            ..bare(Vec::new())
        },
        Err(error) => bare(vec![refused(&error)]),
    })
}

/// The authorities that are trusted.
fn trust(setting: &TlsSetting, path: &Path, around: &Around) -> Subject {
    let is_pin = matches!(setting.place, Place::Pin(_));
    let file = if is_pin {
        "roots_file"
    } else {
        "ca_roots_file"
    };
    let rejection = setting.check_roots().err();
    let findings = match material::trusted(path) {
        Err(error) => vec![refused(&error)],
        Ok(_) if rejection.is_some() => {
            let reason = rejection.map(|error| error.to_string());
            vec![A01.found([reason.unwrap_or_default().into()])]
        }
        Ok(all) => {
            let known = around
                .trusted
                .iter()
                .fold(Authorities::known(), checks::with);
            let whose = all.iter().filter_map(|held| known.whose(&held.read));
            let whose: Vec<Authority> = whose.cloned().collect();
            let found = if is_pin {
                lacking(&whose, around.target)
            } else {
                // Servers that are called by their name have certificates of public authorities.
                let first = whose.first();
                first.map(|known| N05.found([file.into(), known.name.as_str().into()]))
            };
            found.into_iter().collect()
        }
    };
    Subject::bare(format!("{}, {file}", name(setting)), Purpose::Tls, findings)
}

/// Whether a truststore of enterprise authorities has none of those that issue in this environment today.
pub(in super::super) fn lacking(
    authorities: &[Authority],
    target: Option<Environment>,
) -> Option<Finding> {
    let named = authorities.first()?;
    let is_right = |known: &Authority| {
        known.generation == Generation::Seid2
            && target.is_none_or(|target| known.environment == target)
    };
    let here = target.map_or_else(|| Both::new("i dag", "today"), checks::environment);
    let missing = !authorities.iter().any(is_right);
    missing.then(|| N04.found([named.name.as_str().into(), here]))
}
