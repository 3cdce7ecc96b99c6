//! Settings of TLS: `client_tls` and pins.

use std::path::Path;

use host::{Configuration, Place, TlsSetting};
use innsyn_protocols::x509::{Authorities, Authority};

use super::context::ProjectContext;
use super::setting::Setting;
use crate::catalogue::configuration::A01;
use crate::catalogue::network::N05;
use crate::checks::{no_current_authority, with_authority};
use crate::finding::{Finding, Purpose};
use crate::material::{Files, read_authorities};

/// Returns the client certificate and the trust store of each entry.
pub(super) fn settings(configuration: &Configuration, project: &ProjectContext) -> Vec<Setting> {
    let entries = configuration.tls.iter();
    entries
        .flat_map(|entry| {
            let certificate = client_certificate(entry, project);
            let roots = entry.roots.as_deref();
            let roots = roots.map(|path| trust_store(entry, path, project));
            certificate.into_iter().chain(roots)
        })
        .collect()
}

fn name(entry: &TlsSetting) -> String {
    match &entry.place {
        Place::ClientTls(number) => format!("client_tls {number}"),
        Place::Pin(name) => format!("pin {name}"),
    }
}

/// Reports a file that cannot be used. Its name is redacted: it may be a key in place of a name.
fn unusable_file(error: &anyhow::Error) -> Finding {
    A01.finding([redaction::redacted(&format!("{error:#}")).into()])
}

fn client_certificate(entry: &TlsSetting, project: &ProjectContext) -> Option<Setting> {
    let (certificate, key) = entry.client.as_ref()?;
    let files = Files {
        key: Some(key),
        only_pem: true,
        ..Files::new(certificate)
    };
    let name = format!("{}, client_cert_file", name(entry));
    let setting = |findings| Setting::new(name.clone(), Purpose::Tls, findings);
    Some(match files.load(Purpose::Tls) {
        Ok(material) => Setting {
            organisation: project.organisation(&material),
            material: Some(material),
            refused: entry.check_client().err().map(|error| error.to_string()),
            ..setting(Vec::new())
        },
        Err(error) => setting(vec![unusable_file(&error)]),
    })
}

fn trust_store(entry: &TlsSetting, path: &Path, project: &ProjectContext) -> Setting {
    let is_pin = matches!(entry.place, Place::Pin(_));
    let file = if is_pin {
        "roots_file"
    } else {
        "ca_roots_file"
    };
    let findings = match (read_authorities(path), entry.check_roots()) {
        (Err(error), _) => vec![unusable_file(&error)],
        (Ok(_), Err(error)) => vec![A01.finding([error.to_string().into()])],
        (Ok(all), Ok(())) => {
            let known = project
                .trusted
                .iter()
                .fold(Authorities::known(), with_authority);
            let enterprise = all.iter();
            let enterprise = enterprise.filter_map(|certificate| known.whose(&certificate.fields));
            let enterprise: Vec<Authority> = enterprise.cloned().collect();
            let found = if is_pin {
                no_current_authority(&enterprise, project.target)
            } else {
                // Servers that are identified by host name have certificates of public authorities.
                let first = enterprise.first();
                first.map(|known| N05.finding([file.into(), known.name.as_str().into()]))
            };
            found.into_iter().collect()
        }
    };
    Setting::new(format!("{}, {file}", name(entry)), Purpose::Tls, findings)
}
