//! `--write`: the files that the app is given, out of whatever the certificate came in.

use std::fs::{DirBuilder, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::checks::{self, Scope};
use super::finding::Purpose;
use super::material::PrivateKey;
use crate::pem;

/// What is left for whoever fills it in.
const CLIENT_ID: &str = "CLIENT-ID-AT-MASKINPORTEN";
const KID: &str = "KID-AT-MASKINPORTEN";
const ORGANISATION: &str = "ORGANISATION-NUMBER";

/// Writes them into `folder`. Nothing is overwritten.
pub(super) fn write(scope: &Scope, folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let key = scope.material.key.as_ref().and_then(PrivateKey::pkcs8);
    let key = key.context("there is no key to write")?;
    let key = pem::block("PRIVATE KEY", key.expose());
    let leaf = scope.material.leaf.as_ref();
    let above = leaf.map(|leaf| checks::sorted(leaf, &scope.material.others));
    let above = above.into_iter().flatten();
    let above = above.filter(|held| !held.read.is_self_issued());
    let chain: Vec<&[u8]> = leaf
        .into_iter()
        .chain(above)
        .map(|held| held.der.as_slice())
        .collect();

    let mut files = vec![("key.pem", key.clone())];
    if !chain.is_empty() {
        let chain = chain.iter().map(|der| pem::certificate(der)).collect();
        files.push(("chain.pem", chain));
    }
    if matches!(scope.purpose, Purpose::Token | Purpose::Key) {
        files.push(("maskinporten_clients.json", clients(scope, &chain, &key)?));
    }
    if scope.purpose == Purpose::Tls {
        files.push(("client_tls.toml", CLIENT_TLS.to_owned()));
    }
    for (name, _) in &files {
        let path = folder.join(name);
        ensure!(!path.exists(), "{} is there already", path.display());
    }
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    let made = builder.create(folder);
    made.with_context(|| format!("{} cannot be made", folder.display()))?;
    files
        .into_iter()
        .map(|(name, content)| {
            let path = folder.join(name);
            private(&path, &content)
                .with_context(|| format!("{} cannot be written", path.display()))?;
            Ok(path)
        })
        .collect()
}

/// The variable of the token component.
fn clients(scope: &Scope, chain: &[&[u8]], key: &str) -> anyhow::Result<String> {
    let leaf = scope.material.leaf.as_ref();
    let own = leaf.and_then(|leaf| leaf.read.subject.number().ok());
    let own = own.map(|own| own.number.to_string());
    let organisation = scope.organisation.map(ToString::to_string).or(own);
    let known_by = if scope.purpose == Purpose::Key {
        json!({ "kid": KID, "key": key })
    } else {
        let chain: Vec<String> = chain.iter().map(|der| STANDARD.encode(der)).collect();
        json!({ "certificate_chain": chain, "key": key })
    };
    let clients = json!([{
        "organisation": organisation.as_deref().unwrap_or(ORGANISATION),
        "client_id": CLIENT_ID,
        "keys": [known_by],
    }]);
    Ok(serde_json::to_string_pretty(&clients)? + "\n")
}

const CLIENT_TLS: &str = "\
# Goes into the host's runtime configuration. The paths start at that file.
[[client_tls]]
component_ids = [\"COMPONENT\"]
hosts = [\"HOST.OF.THE.COUNTERPARTY\"]
client_cert_file = \"chain.pem\"
client_private_key_file = \"key.pem\"
";

/// For its owner alone, and only where nothing is yet.
fn private(path: &Path, content: &str) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(path)?.write_all(content.as_bytes())
}
