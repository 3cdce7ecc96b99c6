//! Temporary folder of one run with certificates, runtime configuration and stores, removed at the
//! end. Only its owner can access the folder and its files, whatever the umask.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context;
#[cfg(feature = "host")]
use pem_rfc7468::{LineEnding, encode_string};
use sandbox::Sandbox;
#[cfg(feature = "host")]
use sandbox::population::FJORDBANKEN;
use tempfile::TempDir;

#[cfg(feature = "host")]
use crate::manifest_copy;

/// Temporary folder that only this user can access, since it holds keys.
pub(crate) struct RunFolder(TempDir);

impl RunFolder {
    /// Creates the folder.
    ///
    /// # Errors
    ///
    /// If it cannot be created.
    pub(crate) fn new() -> anyhow::Result<Self> {
        let mut builder = tempfile::Builder::new();
        builder.prefix("innsyn-");
        // Without permissions the umask decides.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
        #[expect(clippy::disallowed_methods, reason = "its permissions are set")]
        let folder = builder.tempdir();
        Ok(Self(folder.context("no temporary folder could be made")?))
    }

    /// Returns the path of the folder.
    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// Writes the runtime configuration with which the app trusts the sandbox.
    pub(crate) fn write_runtime_config(&self, sandbox: &Sandbox) -> anyhow::Result<PathBuf> {
        self.write("runtime-config.toml", &sandbox.runtime_config())
    }

    /// Writes the pins of the services that the app identifies by organisation number.
    pub(crate) fn write_pins(&self, sandbox: &Sandbox) -> anyhow::Result<PathBuf> {
        self.write("pins.toml", &sandbox.pins(&["signature"]))
    }

    /// Writes the file of components that may call the proxy, and returns its path.
    pub(crate) fn write_callers(&self, sandbox: &Sandbox) -> anyhow::Result<PathBuf> {
        self.write("callers.toml", &sandbox.callers())
    }

    /// Writes the addresses as lines for a shell to `source`. They hold no secret.
    pub(crate) fn write_addresses(
        &self,
        app: &str,
        portal: &str,
        sandbox: &Sandbox,
    ) -> anyhow::Result<PathBuf> {
        let addresses = sandbox.addresses();
        let lines = [
            ("APP", app),
            ("BANK", &addresses.bank_page),
            ("ALTINN", portal),
            ("POSTEN", &addresses.posten_page),
            ("ADMIN", &addresses.admin),
        ];
        let text = lines
            .map(|(name, value)| format!("export {name}={value}\n"))
            .concat();
        self.write("addresses.sh", &text)
    }

    /// Writes the app's variables as lines for a shell to `source`, named as Spin reads them. They
    /// hold keys.
    pub(crate) fn write_variables(
        &self,
        variables: &BTreeMap<String, String>,
    ) -> anyhow::Result<PathBuf> {
        let mut text = String::new();
        for (name, value) in variables {
            let quoted = value.replace('\'', r"'\''");
            writeln!(
                text,
                "export SPIN_VARIABLE_{}='{quoted}'",
                name.to_uppercase()
            )?;
        }
        self.write("variables.sh", &text)
    }

    /// Returns the command that checks the certificates and keys of an app with these settings, and
    /// writes the files that it names, except the runtime configuration and the pins, which must
    /// have been written.
    #[cfg(feature = "host")]
    pub(crate) fn write_doctor_command(
        &self,
        sandbox: &Sandbox,
        manifest: Option<&Path>,
        variables: &BTreeMap<String, String>,
    ) -> anyhow::Result<String> {
        let variables = toml::to_string(variables)?;
        let authorities = sandbox.services().enterprise.hierarchies().into_iter();
        let authorities = authorities.flat_map(|hierarchy| {
            let (root, issuing) = (hierarchy.root().to_vec(), hierarchy.issuing().to_vec());
            [root, issuing].map(|der| encode_string("CERTIFICATE", LineEnding::LF, &der))
        });
        let trusted: String = authorities.collect::<Result<_, _>>()?;
        // The reader has run this program and may not have installed it.
        let innsyn = std::env::current_exe().unwrap_or_else(|_| PathBuf::from("innsyn"));
        let mut words = vec![shell_word(&innsyn), "doctor".to_owned()];
        let files = [
            ("--manifest", manifest.map(std::path::absolute).transpose()?),
            (
                "--runtime-config",
                Some(self.path().join("runtime-config.toml")),
            ),
            ("--pins", Some(self.path().join("pins.toml"))),
            (
                "--variables",
                Some(self.write("variables.toml", &variables)?),
            ),
            ("--trust", Some(self.write("authorities.pem", &trusted)?)),
        ];
        for (option, file) in files {
            words.extend(file.map(|file| format!("{option} {}", shell_word(&file))));
        }
        Ok(words.join(" "))
    }

    /// Writes a copy of the manifest at `path` with a public route for the token component.
    #[cfg(feature = "host")]
    pub(crate) fn write_manifest_with_token_route(&self, path: &Path) -> anyhow::Result<PathBuf> {
        let read = || -> anyhow::Result<String> {
            let path = std::path::absolute(path)?;
            let folder = path.parent().context("it is in no folder")?;
            manifest_copy::with_token_route(&fs::read_to_string(&path)?, folder)
        };
        let text = read().with_context(|| format!("{} cannot be copied", path.display()))?;
        self.write("spin.toml", &text)
    }

    /// Writes the settings of `examples/back-end`, which receives events at `receiver`, as lines for
    /// a shell to `source`. They hold keys.
    #[cfg(feature = "host")]
    pub(crate) fn write_back_end_settings(
        &self,
        app: &str,
        receiver: &str,
        sandbox: &Sandbox,
    ) -> anyhow::Result<PathBuf> {
        let listen = receiver.trim_start_matches("http://").split('/').next();
        let back_end = sandbox.back_end();
        let archive = self.path().join("archive");
        let return_address = format!("{}/signering", sandbox.addresses().bank_page);
        let lines = [
            ("INNSYN_URL", app),
            ("INNSYN_CONSUMER", FJORDBANKEN),
            ("INNSYN_SUBJECT", back_end.subject),
            ("INNSYN_KEY", back_end.seed),
            ("EVENT_SECRETS", back_end.event_secret),
            ("LISTEN", listen.unwrap_or_default()),
            ("ARCHIVE", &shell_word(&archive)),
            ("DOCUMENT", "sandbox/pages/agreement.pdf"),
            ("RETURN_ADDRESS", &return_address),
        ];
        let text = lines
            .map(|(name, value)| format!("export {name}={value}\n"))
            .concat();
        self.write("back-end.sh", &text)
    }

    /// Writes a back end's key.
    #[cfg(feature = "host")]
    pub(crate) fn write_key(&self, seed: &str) -> anyhow::Result<PathBuf> {
        self.write("back-end.key", seed)
    }

    /// Creates a file that only its owner can access.
    fn write(&self, name: &str, text: &str) -> anyhow::Result<PathBuf> {
        let path = self.path().join(name);
        let mut options = fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options
            .open(&path)
            .and_then(|mut file| file.write_all(text.as_bytes()))
            .with_context(|| format!("{} cannot be written", path.display()))?;
        Ok(path)
    }
}

/// Quotes a path as one word of a shell.
#[cfg(feature = "host")]
fn shell_word(path: &Path) -> String {
    let text = path.display().to_string();
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-+".contains(&byte);
    if text.bytes().all(is_plain) {
        text
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}
