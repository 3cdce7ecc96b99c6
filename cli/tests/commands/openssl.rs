//! Certificates made by `openssl`, so that the tests cover other authorities than our own.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::doctor::{file, text};

/// Authority of `openssl`, in a folder with all files that it has made.
pub(crate) struct OpensslAuthority {
    folder: TempDir,
}

/// Contents of a certificate to make.
pub(crate) struct CertificateOptions<'a> {
    pub(crate) subject: &'a str,
    pub(crate) extensions: &'a str,
    pub(crate) days: &'a str,
    pub(crate) digest: &'a str,
    pub(crate) key: &'a Path,
}

/// Subject in the form that Buypass uses.
pub(crate) const SUBJECT: &str =
    "/C=NO/O=INNLANDSBANKEN ASA/CN=INNLANDSBANKEN ASA/organizationIdentifier=NTRNO-310000302";
pub(crate) const EXTENSIONS: &str = "basicConstraints=CA:false\n\
    keyUsage=critical,digitalSignature,keyEncipherment\n\
    certificatePolicies=2.16.578.1.26.1.3.2,0.4.0.2042.1.1\n";
/// Extensions of every certificate. Port 1 is closed.
const KEYS: &str = "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n\
    crlDistributionPoints=URI:http://localhost:1/issuing.crl\n";

impl OpensslAuthority {
    /// Creates the authority. Returns `None` without `openssl`, and prints a warning.
    pub(crate) fn open() -> Option<Self> {
        if !programs::is_installed("openssl", "the doctor sees no certificate of its making") {
            return None;
        }
        let ca = Self {
            folder: TempDir::new().expect("a folder"),
        };
        let authority = ca.key("authority", &["RSA", "-pkeyopt", "rsa_keygen_bits:2048"]);
        ca.run(&[
            "req", "-x509", "-new", "-sha256", "-days", "3650", "-key", text(&authority), "-out",
            text(&ca.path("authority.pem")), "-subj",
            "/C=NO/organizationIdentifier=NTRNO-310000507/O=Simulert/CN=SIMULERT Buypass Class 3 Test4 CA G2 ST Business",
        ]);
        Some(ca)
    }

    /// Returns the path of a file in its folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Returns the path of the authority's certificate.
    pub(crate) fn authority(&self) -> PathBuf {
        self.path("authority.pem")
    }

    /// Runs `openssl`.
    pub(crate) fn run(&self, arguments: &[&str]) {
        let output = Command::new("openssl")
            .args(arguments)
            .current_dir(self.folder.path())
            .output()
            .expect("openssl");
        let complaints = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {complaints}");
    }

    /// Generates a key, of an algorithm with its options.
    pub(crate) fn key(&self, name: &str, algorithm: &[&str]) -> PathBuf {
        let path = self.path(&format!("{name}.key"));
        let mut arguments = vec!["genpkey", "-out", text(&path), "-algorithm"];
        arguments.extend(algorithm);
        self.run(&arguments);
        path
    }

    /// Generates the usual key.
    pub(crate) fn usual_key(&self) -> PathBuf {
        self.key("leaf", &["RSA", "-pkeyopt", "rsa_keygen_bits:3072"])
    }

    /// Makes a certificate, signed by the authority.
    pub(crate) fn certificate(&self, name: &str, options: &CertificateOptions) -> PathBuf {
        let request = self.path(&format!("{name}.csr"));
        self.run(&[
            "req",
            "-new",
            "-utf8",
            "-key",
            text(options.key),
            "-subj",
            options.subject,
            "-out",
            text(&request),
        ]);
        let extensions = file(
            self.folder.path(),
            &format!("{name}.cnf"),
            if options.extensions.contains("authorityKeyIdentifier") {
                options.extensions.to_owned()
            } else {
                format!("{}{KEYS}", options.extensions)
            },
        );
        let path = self.path(&format!("{name}.pem"));
        self.run(&[
            "x509",
            "-req",
            "-in",
            text(&request),
            "-CA",
            text(&self.authority()),
            "-CAkey",
            text(&self.path("authority.key")),
            "-CAcreateserial",
            options.digest,
            "-days",
            options.days,
            "-extfile",
            text(&extensions),
            "-out",
            text(&path),
        ]);
        path
    }

    /// Makes a certificate without defects.
    pub(crate) fn good(&self, key: &Path) -> PathBuf {
        self.certificate("good", &CertificateOptions::new(key))
    }

    /// Makes a PKCS#12 file with the certificate, its key and the authority.
    pub(crate) fn store(
        &self,
        name: &str,
        certificate: &Path,
        key: &Path,
        more: &[&str],
    ) -> PathBuf {
        let path = self.path(name);
        let authority = self.authority();
        let mut arguments = vec![
            "pkcs12",
            "-export",
            "-in",
            text(certificate),
            "-inkey",
            text(key),
            "-certfile",
            text(&authority),
            "-out",
            text(&path),
            "-passout",
            "pass:tæst",
        ];
        arguments.extend(more);
        self.run(&arguments);
        path
    }
}

impl<'a> CertificateOptions<'a> {
    /// Returns the usual contents.
    pub(crate) fn new(key: &'a Path) -> Self {
        Self {
            subject: SUBJECT,
            extensions: EXTENSIONS,
            days: "1095",
            digest: "-sha256",
            key,
        }
    }
}
