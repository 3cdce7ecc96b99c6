//! `--write`: key, chain and settings as files that the app reads.

use std::fs::{DirBuilder, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use pem_rfc7468::LineEnding;
use serde_json::json;

use crate::checks::CheckContext;
use crate::finding::Purpose;
use crate::material::PrivateKey;

/// Placeholders to be replaced by the user.
const CLIENT_ID: &str = "CLIENT-ID-AT-MASKINPORTEN";
const KID: &str = "KID-AT-MASKINPORTEN";
const ORGANISATION: &str = "ORGANISATION-NUMBER";

/// Writes the files into `folder`, and returns their paths.
///
/// # Errors
///
/// If there is no key, a file of the same name exists, or the folder or a file cannot be written.
pub(crate) fn write(context: &CheckContext, folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let key = context.material.key.as_ref().and_then(PrivateKey::pkcs8);
    let key = key.context("there is no key to write")?;
    let key = pem_rfc7468::encode_string("PRIVATE KEY", LineEnding::LF, key.expose())?;
    let leaf = context.material.leaf.as_ref();
    let chain = leaf.map(|leaf| leaf.presented_chain(&context.material.others));
    let chain = chain.into_iter().flatten();
    let chain: Vec<&[u8]> = chain.map(|link| link.der.as_slice()).collect();

    let mut files = vec![("key.pem", key.clone())];
    if !chain.is_empty() {
        let certificate =
            |der: &&[u8]| pem_rfc7468::encode_string("CERTIFICATE", LineEnding::LF, der);
        files.push((
            "chain.pem",
            chain.iter().map(certificate).collect::<Result<_, _>>()?,
        ));
    }
    if matches!(context.purpose, Purpose::Token | Purpose::Key) {
        files.push(("maskinporten_clients.json", clients(context, &chain, &key)?));
    }
    if context.purpose == Purpose::Tls {
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
            create_private(&path, &content)
                .with_context(|| format!("{} cannot be written", path.display()))?;
            Ok(path)
        })
        .collect()
}

/// Returns the value of the variable `maskinporten_clients`.
fn clients(context: &CheckContext, chain: &[&[u8]], key: &str) -> anyhow::Result<String> {
    let leaf = context.material.leaf.as_ref();
    let own = leaf.and_then(|leaf| leaf.fields.subject.number().ok());
    let own = own.map(|own| own.number.to_string());
    let organisation = context.organisation.map(ToString::to_string).or(own);
    let known_by = if context.purpose == Purpose::Key {
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

/// Creates a file that only its owner can access. An existing file is an error.
fn create_private(path: &Path, content: &str) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(path)?.write_all(content.as_bytes())
}
