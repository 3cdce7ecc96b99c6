//! Runs of `innsyn doctor --live` on revoked certificates, and against issuers with faulty answers.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sandbox::kit::{Clock, ExternalService, Fault, Rule};
use sandbox::pki::certificates::{Defect, Order};
use sandbox::pki::{Profile, Purpose, Vendor};
use sandbox::population::{FJORDBANKEN, INNLANDSBANKEN};
use sandbox::{Options, Sandbox};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio::process::{Child, Command};

use crate::doctor::{Answer, ask, file, json_of, text};
use crate::openssl::{CertificateOptions, EXTENSIONS, OpensslAuthority};

/// Sandbox, and the files that the doctor needs to test certificates on its two-way TLS.
pub(crate) struct RevocationTestBed {
    pub(crate) sandbox: Sandbox,
    pub(crate) clock: Clock,
    pub(crate) folder: TempDir,
}

impl RevocationTestBed {
    pub(crate) async fn start() -> Self {
        let folder = TempDir::new().expect("a folder");
        let clock = Clock::default();
        let options = Options {
            clock: clock.clone(),
            directory: folder.path().join("sandbox"),
            app: None,
        };
        let sandbox = Sandbox::start(options).await.expect("a start");
        let bed = Self {
            sandbox,
            clock,
            folder,
        };
        let authorities = bed.sandbox.services().enterprise.hierarchies();
        let all = authorities.map(|hierarchy| pem(hierarchy.root()) + &pem(hierarchy.issuing()));
        file(bed.folder.path(), "trusted.pem", all.concat());
        bed
    }

    pub(crate) fn trusted(&self) -> PathBuf {
        self.folder.path().join("trusted.pem")
    }

    /// Orders Fjordbanken's certificate with `defects`, under the sandbox's authority, and returns
    /// the folder with its files.
    pub(crate) fn ordered(&self, vendor: Vendor, defects: &[Defect]) -> PathBuf {
        self.made(&order(vendor, defects))
    }

    fn made(&self, order: &Order) -> PathBuf {
        let folder = tempfile::tempdir_in(self.folder.path()).expect("a folder");
        let folder = folder.keep();
        tokio::task::block_in_place(|| {
            let authority = &self.sandbox.services().enterprise;
            let package = order.make_under(authority, self.clock.now());
            package
                .expect("certificates")
                .write(&folder)
                .expect("files");
        });
        folder
    }

    /// Runs the doctor on the certificate in `folder`.
    pub(crate) fn tried(&self, folder: &Path, ca: &Path, more: &[&str]) -> Answer {
        let [chain, key] = ["chain", "key"].map(|part| format!("authentication-{part}.pem"));
        let key = folder.join(key);
        let trusted = self.trusted();
        let mut arguments = vec![
            "--key",
            text(&key),
            "--trust",
            text(&trusted),
            "--purpose",
            "tls",
            "--environment",
            "test",
            "--live",
            "--ca",
            text(ca),
            "--connect",
            &self.sandbox.addresses().folkeregisteret,
        ];
        arguments.extend(more);
        let chain = folder.join(chain);
        tokio::task::block_in_place(|| ask(&json_of(&chain, &arguments)))
    }
}

pub(crate) fn order(vendor: Vendor, defects: &[Defect]) -> Order {
    Order {
        vendor,
        profile: Profile::Seid2,
        purposes: vec![Purpose::Authentication],
        organisation: FJORDBANKEN.to_owned(),
        name: "FJORDBANKEN ASA".to_owned(),
        defects: defects.to_vec(),
    }
}

pub(crate) fn pem(der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn whether_it_is_revoked() {
    let bed = RevocationTestBed::start().await;
    let ca = bed.sandbox.ca_file().to_owned();
    for vendor in [Vendor::Buypass, Vendor::Commfides] {
        let good = bed.tried(&bed.ordered(vendor, &[]), &ca, &[]);
        let expected = ["info L05", "info L10", "info L14", "info L14"];
        assert_eq!(good.findings(), expected, "{}", good.text);
        let revoked = bed.ordered(vendor, &[Defect::Revoked]);
        let answer = bed.tried(&revoked, &ca, &[]);
        let found = answer.findings();
        let count = |wanted: &str| found.iter().filter(|finding| *finding == wanted).count();
        // By the list and by the responder, and the counterparty reports it too.
        assert_eq!(count("error N01"), 2, "{}", answer.text);
        assert_eq!(count("error L11"), 1, "{}", answer.text);
        assert!(answer.text.contains("it is revoked"), "{}", answer.text);
        assert_eq!(answer.code, 2);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn maskinporten_refuses_what_is_revoked() {
    let bed = RevocationTestBed::start().await;
    let client = &bed.sandbox.services().consumers[1];
    let scope = "skatteetaten:kravogbetalinger";
    for (defects, expected) in [(&[][..], "info L07"), (&[Defect::Revoked], "error I04")] {
        let mut order = order(Vendor::Buypass, defects);
        INNLANDSBANKEN.clone_into(&mut order.organisation);
        let folder = bed.made(&order);
        let [chain, key] = ["chain", "key"].map(|part| format!("authentication-{part}.pem"));
        let [chain, key] = [folder.join(chain), folder.join(key)];
        let arguments = [
            "--key",
            text(&key),
            "--environment",
            "test",
            "--live",
            "--ca",
            text(bed.sandbox.ca_file()),
            "--maskinporten",
            &bed.sandbox.addresses().maskinporten,
            "--client-id",
            client.client_id,
            "--scope",
            scope,
        ];
        let answer = tokio::task::block_in_place(|| ask(&json_of(&chain, &arguments)));
        let found = answer.findings();
        assert!(found.contains(&expected.to_owned()), "{}", answer.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn issuers_that_do_not_answer_as_they_should() {
    let bed = RevocationTestBed::start().await;
    let ca = bed.sandbox.ca_file().to_owned();
    let good = bed.ordered(Vendor::Buypass, &[]);
    // Within the certificate's validity, and before that of the answer.
    bed.clock.set_offset(-36 * 3600);
    let old = bed.tried(&good, &ca, &[]).findings();
    let count = |found: &[String], wanted| found.iter().filter(|one| *one == wanted).count();
    assert_eq!(count(&old, "warning N03"), 2, "{old:?}");
    bed.clock.set_offset(0);
    bed.sandbox.services().faults.order(Rule {
        service: ExternalService::Issuers,
        path: None,
        times: None,
        fault: Fault::TooManyRequests { retry_after: None },
    });
    let silent = bed.tried(&good, &ca, &[]).findings();
    assert_eq!(count(&silent, "warning N02"), 2, "{silent:?}");
}

/// Checks lists that `openssl ca` makes, of an authority that it made too.
#[tokio::test(flavor = "multi_thread")]
async fn lists_that_openssl_makes() {
    let (Some(ca), Some(other)) = (OpensslAuthority::open(), OpensslAuthority::open()) else {
        return;
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("its address").port();
    let key = ca.usual_key();
    let extensions = format!(
        "{EXTENSIONS}subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n\
         crlDistributionPoints=URI:http://localhost:{port}/list.crl\n"
    );
    let options = CertificateOptions {
        extensions: &extensions,
        ..CertificateOptions::new(&key)
    };
    let certificate = ca.certificate("listed", &options);
    let lists = [
        (list(&ca, None), "info L14"),
        (list(&ca, Some(&certificate)), "error N01"),
        (list(&other, None), "warning N03"),
        (b"hei".to_vec(), "warning N03"),
    ];
    for (list, expected) in lists {
        let served = async {
            let (mut tcp, _) = listener.accept().await.expect("a connection");
            let _ = tcp.read(&mut [0; 4096]).await;
            let head = format!(
                "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                list.len()
            );
            let _ = tcp.write_all(&[head.as_bytes(), &list].concat()).await;
            let _ = tcp.shutdown().await;
        };
        let authority = ca.authority();
        let arguments: Vec<String> = json_of(
            &certificate,
            &[
                "--key",
                text(&key),
                "--chain",
                text(&authority),
                "--trust",
                text(&authority),
                "--purpose",
                "tls",
                "--live",
                "--connect",
                "https://nobody.invalid",
            ],
        )
        .into_iter()
        .map(str::to_owned)
        .collect();
        let asked = tokio::task::spawn_blocking(move || {
            let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
            ask(&arguments)
        });
        let (asked, ()) = tokio::join!(asked, served);
        let found = asked.expect("an answer").findings();
        assert!(
            found.contains(&expected.to_owned()),
            "{expected}: {found:?}"
        );
    }
}

/// Checks the responder `openssl ocsp`, of an authority that openssl made.
#[tokio::test(flavor = "multi_thread")]
async fn a_responder_of_openssls() {
    let Some(ca) = OpensslAuthority::open() else {
        return;
    };
    let key = ca.usual_key();
    let authority = ca.authority();
    for (entry, expected) in [
        (None, "warning N03"),
        (Some("-valid"), "info L14"),
        (Some("-revoke"), "error N01"),
    ] {
        let free = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = free.local_addr().expect("its address").port().to_string();
        drop(free);
        let extensions = format!(
            "{EXTENSIONS}subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n\
             authorityInfoAccess=OCSP;URI:http://localhost:{port}/\n"
        );
        let options = CertificateOptions {
            extensions: &extensions,
            ..CertificateOptions::new(&key)
        };
        let certificate = ca.certificate("asked", &options);
        register(&ca, entry.map(|entry| [entry, text(&certificate)]));
        let mut responder = responder(&ca, &port).await;
        let more = [
            "--key",
            text(&key),
            "--chain",
            text(&authority),
            "--trust",
            text(&authority),
            "--purpose",
            "tls",
            "--live",
            "--connect",
            "https://nobody.invalid",
        ];
        let arguments = json_of(&certificate, &more);
        let answer = tokio::task::block_in_place(|| ask(&arguments));
        let found = answer.findings();
        assert!(
            found.contains(&expected.to_owned()),
            "{expected}: {}",
            answer.text
        );
        responder.kill().await.expect("its end");
    }
}

/// Starts an OCSP responder over the current register.
async fn responder(ca: &OpensslAuthority, port: &str) -> Child {
    let mut command = Command::new("openssl");
    command
        .current_dir(ca.path(""))
        .args([
            "ocsp",
            "-port",
            port,
            "-index",
            "index.txt",
            "-CA",
            "authority.pem",
        ])
        .args(["-rkey", "authority.key", "-rsigner", "authority.pem"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true);
    let mut child = command.spawn().expect("openssl");
    let printed = child.stdout.take().expect("its output");
    let line = BufReader::new(printed).lines().next_line().await;
    assert!(line.expect("text").expect("a line").starts_with("ACCEPT"));
    child
}

/// Makes the revocation list of `ca`'s authority, with `revoked` on it.
fn list(ca: &OpensslAuthority, revoked: Option<&Path>) -> Vec<u8> {
    register(ca, revoked.map(|revoked| ["-revoke", text(revoked)]));
    ca.run(&[&CA[..], &["-gencrl", "-out", "list.pem"]].concat());
    ca.run(&[
        "crl", "-in", "list.pem", "-outform", "DER", "-out", "list.der",
    ]);
    std::fs::read(ca.path("list.der")).expect("a list")
}

const CA: [&str; 7] = [
    "ca",
    "-config",
    "ca.cnf",
    "-keyfile",
    "authority.key",
    "-cert",
    "authority.pem",
];

/// Writes the authority's register, with one entry or none.
fn register(ca: &OpensslAuthority, entry: Option<[&str; 2]>) {
    let folder = ca.path("");
    file(&folder, "index.txt", "");
    file(
        &folder,
        "ca.cnf",
        "[ca]\ndefault_ca = own\n[own]\ndatabase = index.txt\ndefault_md = sha256\ndefault_crl_days = 1\n",
    );
    if let Some(entry) = entry {
        ca.run(&[&CA[..], &entry].concat());
    }
}
