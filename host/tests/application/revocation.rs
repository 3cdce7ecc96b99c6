//! Revocation lists of pinned services, made by OpenSSL.

use std::fs;
use std::path::Path;
use std::process::Command;

use host::{AccessControl, Egress, Log};
use rcgen::{DnType, SerialNumber};
use tempfile::TempDir;
use tokio::net::TcpListener;

use crate::openssl::OpensslServer;
use crate::support::{Application, RunningApplication};
use crate::upstream::{Authority, Tls};

const REFUSED: &str = "ErrorCode::TlsCertificateError";
const REVOKED: &str = "it, or one that issued it, is revoked";

const CONFIGURATION: &str = "
[req]
distinguished_name = name
[name]
[any]
organizationName = optional
organizationIdentifier = optional
commonName = optional
[common]
new_certs_dir = .
default_md = sha256
default_days = 30
default_crl_days = 30
policy = any
rand_serial = yes
unique_subject = no
crl_extensions = list
[root]
.include common.cnf
database = root.txt
crlnumber = root.number
certificate = ca.pem
private_key = root.key
[issuing]
.include common.cnf
database = issuing.txt
crlnumber = issuing.number
certificate = issuing.pem
private_key = issuing.key
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[server]
keyUsage = critical, digitalSignature
[list]
authorityKeyIdentifier = keyid:always
";

/// Root `ca.pem`, below it an issuer `issuing.pem`, and below that a server `localhost.pem` with a
/// number in place of a name.
struct Issuers(TempDir);

impl Issuers {
    /// Creates the issuers. Returns `None` without `openssl`, and prints a warning.
    fn new() -> Option<Self> {
        if Command::new("openssl").arg("version").output().is_err() {
            programs::skip("openssl", "its revocation lists are not read");
            return None;
        }
        let own = Self(TempDir::new().unwrap());
        let common = CONFIGURATION.split("[common]").nth(1).unwrap();
        let common = common.split("[root]").next().unwrap();
        fs::write(own.path().join("common.cnf"), common).unwrap();
        fs::write(own.path().join("ca.cnf"), CONFIGURATION).unwrap();
        for issuer in ["root", "issuing"] {
            fs::write(own.path().join(format!("{issuer}.txt")), "").unwrap();
            fs::write(own.path().join(format!("{issuer}.number")), "01").unwrap();
        }
        own.request(
            "root",
            "/CN=Test root",
            &["-x509", "-extensions", "authority", "-out", "ca.pem"],
        );
        own.issue("issuing", "/CN=Test issuing", "root", "authority");
        own.issue(
            "localhost",
            "/O=Bud AS/organizationIdentifier=NTRNO-310000205",
            "issuing",
            "server",
        );
        own.list("root", &[]);
        own.list("issuing", &[]);
        Some(own)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn openssl(&self, arguments: &[&str]) {
        let mut command = Command::new("openssl");
        let output = command.current_dir(self.path()).args(arguments).output();
        let output = output.unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {said}");
    }

    fn request(&self, name: &str, subject: &str, rest: &[&str]) {
        let key = format!("{name}.key");
        let new = [
            "req", "-new", "-config", "ca.cnf", "-nodes", "-newkey", "ec",
        ];
        let curve = ["-pkeyopt", "ec_paramgen_curve:P-256"];
        let names = ["-keyout", key.as_str(), "-subj", subject];
        self.openssl(&[&new, curve.as_slice(), &names, rest].concat());
    }

    fn issue(&self, name: &str, subject: &str, issuer: &str, profile: &str) {
        let (request, certificate) = (format!("{name}.csr"), format!("{name}.pem"));
        self.request(name, subject, &["-out", &request]);
        let names = [
            "-extensions",
            profile,
            "-in",
            &request,
            "-out",
            &certificate,
        ];
        self.ca(issuer, &[&["-batch", "-notext"], names.as_slice()].concat());
    }

    fn ca(&self, issuer: &str, rest: &[&str]) {
        let ca = ["ca", "-config", "ca.cnf", "-name", issuer];
        self.openssl(&[ca.as_slice(), rest].concat());
    }

    fn revoke(&self, issuer: &str, certificate: &str) {
        self.ca(issuer, &["-revoke", certificate]);
    }

    /// Writes `<issuer>.crl`, in PEM, as a new file that replaces the previous one.
    fn list(&self, issuer: &str, rest: &[&str]) {
        self.ca(issuer, &[&["-gencrl", "-out", "new.crl"], rest].concat());
        let file = self.path().join(format!("{issuer}.crl"));
        fs::rename(self.path().join("new.crl"), file).unwrap();
    }

    fn server(&self) -> OpensslServer {
        OpensslServer::start(self.path(), &["-cert_chain", "issuing.pem"]).unwrap()
    }

    /// Starts an application whose public component has a pin on the server, with these lists.
    async fn application(&self, origin: &str, lists: &[&str]) -> RunningApplication {
        start(self.path(), origin, lists).await.unwrap()
    }
}

fn pin(origin: &str, lists: &[&str]) -> String {
    format!(
        "[[pin]]\nname = \"bud\"\ncomponent_ids = [\"front\"]\norigin = \"{origin}\"\nroots_file = \"ca.pem\"\n\
         crl_files = {lists:?}\n\
         subject = [{{ attribute = \"organizationIdentifier\", value = \"NTRNO-310000205\" }}]\n"
    )
}

async fn start(
    folder: &Path,
    origin: &str,
    lists: &[&str],
) -> Result<RunningApplication, host::LoadError> {
    fs::write(folder.join("pins.toml"), pin(origin, lists)).unwrap();
    Application::calling(&[origin])
        .start_in(folder, |options| {
            options.pins = Some(folder.join("pins.toml"));
        })
        .await
}

const BOTH: [&str; 2] = ["issuing.crl", "root.crl"];

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_certificate_is_refused_without_a_restart() {
    let Some(issuers) = Issuers::new() else {
        return;
    };
    let server = issuers.server();
    let running = issuers.application(&server.origin, &BOTH).await;
    let (status, answer) = running.outbound(&server.origin).await;
    assert_eq!(status, 200, "{answer}");
    issuers.revoke("issuing", "localhost.pem");
    let (status, _) = running.outbound(&server.origin).await;
    assert_eq!(status, 200, "the list does not say so yet");
    issuers.list("issuing", &[]);
    let (_, answer) = running.outbound(&server.origin).await;
    assert_eq!(answer, REFUSED);
    assert!(running.log_has(REVOKED));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_issuer_is_refused_whatever_the_form_of_the_lists() {
    let Some(issuers) = Issuers::new() else {
        return;
    };
    issuers.revoke("root", "issuing.pem");
    issuers.list("root", &[]);
    let der = [
        "crl", "-in", "root.crl", "-outform", "DER", "-out", "root.der",
    ];
    issuers.openssl(&der);
    let read = |name: &str| fs::read_to_string(issuers.path().join(name)).unwrap();
    let both = format!(
        "Lists of today\n{}{}",
        read("issuing.crl"),
        read("root.crl")
    );
    fs::write(issuers.path().join("both.pem"), both).unwrap();
    let server = issuers.server();
    for lists in [BOTH.as_slice(), &["issuing.crl", "root.der"], &["both.pem"]] {
        let running = issuers.application(&server.origin, lists).await;
        assert_eq!(
            running.outbound(&server.origin).await.1,
            REFUSED,
            "{lists:?}"
        );
        assert!(running.log_has(REVOKED), "{lists:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_status_that_cannot_be_known_is_refused() {
    let Some(issuers) = Issuers::new() else {
        return;
    };
    let server = issuers.server();
    for lists in [["issuing.crl"], ["root.crl"]] {
        let running = issuers.application(&server.origin, &lists).await;
        assert_eq!(
            running.outbound(&server.origin).await.1,
            REFUSED,
            "{lists:?}"
        );
        assert!(running.log_has("has no revocation list of its issuer"));
    }
    let past = [
        "-crl_lastupdate",
        "20200101000000Z",
        "-crl_nextupdate",
        "20200102000000Z",
    ];
    issuers.list("root", &past);
    let running = issuers.application(&server.origin, &BOTH).await;
    assert!(running.log_has("the revocation list expired 2020-01-02T00:00:00Z"));
    assert_eq!(running.outbound(&server.origin).await.1, REFUSED);
    assert!(running.log_has("a revocation list in `crl_files` has expired"));
    // The next list is enough.
    issuers.list("root", &[]);
    assert_eq!(running.outbound(&server.origin).await.0, 200);
    // A key of the same name as the issuer's signs a list.
    let own = fs::read(issuers.path().join("root.key")).unwrap();
    let genuine = fs::read(issuers.path().join("ca.pem")).unwrap();
    issuers.request(
        "root",
        "/CN=Test root",
        &["-x509", "-extensions", "authority", "-out", "ca.pem"],
    );
    issuers.list("root", &[]);
    fs::write(issuers.path().join("root.key"), own).unwrap();
    fs::write(issuers.path().join("ca.pem"), genuine).unwrap();
    assert_eq!(running.outbound(&server.origin).await.1, REFUSED);
    assert!(running.log_has("is not signed by the issuer that it names"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_runs_out_is_reported_before_it_does() {
    let Some(issuers) = Issuers::new() else {
        return;
    };
    issuers.list(
        "root",
        &["-crl_lastupdate", "20200101000000Z", "-crldays", "1"],
    );
    let server = issuers.server();
    let running = issuers.application(&server.origin, &BOTH).await;
    for _ in 0..2 {
        assert_eq!(running.outbound(&server.origin).await.0, 200);
    }
    let lines = running.log.lines();
    let warnings: Vec<_> = lines
        .iter()
        .filter(|line| line.contains("\"event\":\"revocation\""))
        .collect();
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    for part in [
        "\"level\":\"warn\"",
        "\"pin\":\"bud\"",
        "root.crl",
        "fetch the next one",
    ] {
        assert!(warnings[0].contains(part), "{}", warnings[0]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_cannot_be_read_stops_the_start_and_leaves_the_one_before_in_use() {
    let Some(issuers) = Issuers::new() else {
        return;
    };
    let server = issuers.server();
    let running = issuers.application(&server.origin, &BOTH).await;
    let whole = fs::read(issuers.path().join("issuing.crl")).unwrap();
    let certificate = fs::read(issuers.path().join("ca.pem")).unwrap();
    for (content, message) in [
        (&whole[..whole.len() / 2], "the block has no END line"),
        (
            certificate.as_slice(),
            "no revocation list (X509 CRL) in PEM",
        ),
        (b"\x30\x03\x02\x01\x00", "not a revocation list"),
        (b"", "not a revocation list"),
    ] {
        fs::write(issuers.path().join("issuing.crl"), content).unwrap();
        assert_eq!(running.outbound(&server.origin).await.0, 200);
        assert!(running.log_has(message), "{message}");
        assert!(running.log_has("the lists that were read before stay in use"));
        let error = start(issuers.path(), &server.origin, &BOTH)
            .await
            .err()
            .unwrap();
        let error = error.to_string();
        assert!(
            error.starts_with("pin `bud`: ") && error.contains(message),
            "{error}"
        );
    }
    fs::remove_file(issuers.path().join("issuing.crl")).unwrap();
    assert_eq!(running.outbound(&server.origin).await.0, 200);
    issuers.revoke("issuing", "localhost.pem");
    issuers.list("issuing", &[]);
    assert_eq!(running.outbound(&server.origin).await.1, REFUSED);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_from_before_the_revocation_is_not_used_again() {
    let folder = TempDir::new().unwrap();
    let authority = Authority::new();
    let known = authority.write(folder.path(), &[]);
    let list = folder.path().join("root.crl");
    fs::write(&list, authority.revocation_list(&[])).unwrap();
    let tls = Tls {
        names: Vec::new(),
        change: |params| {
            params.serial_number = Some(SerialNumber::from(7));
            let number = DnType::CustomDnType(vec![2, 5, 4, 97]);
            params.distinguished_name.push(number, "NTRNO-310000205");
        },
        clients: false,
        ..Tls::default()
    };
    let upstream = authority.serve(tls, known).await;
    let origin = format!("https://localhost:{}", upstream.port());
    let running = start(folder.path(), &origin, &["root.crl"]).await.unwrap();
    for _ in 0..2 {
        let (status, answer) = running.outbound(&origin).await;
        assert_eq!(status, 200, "{answer}");
    }
    assert_eq!(upstream.connections(), 1);
    fs::write(&list, authority.revocation_list(&[7])).unwrap();
    assert_eq!(running.outbound(&origin).await.1, REFUSED);
    assert!(running.log_has(REVOKED));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_proxy_refuses_a_revoked_certificate_too() {
    let Some(issuers) = Issuers::new() else {
        return;
    };
    let server = issuers.server();
    let file = issuers.path().join("pins.toml");
    fs::write(&file, pin(&server.origin, &BOTH)).unwrap();
    let log = Log::memory();
    let egress = Egress::load(&file, AccessControl::loopback(), log.clone()).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let egress = egress.serve(listener).unwrap();
    let call = async || {
        let url = format!("http://{}/bud/", egress.address());
        reqwest::get(url).await.unwrap().status().as_u16()
    };
    assert_eq!(call().await, 200);
    issuers.revoke("issuing", "localhost.pem");
    issuers.list("issuing", &[]);
    assert_eq!(call().await, 502);
    assert!(log.lines().iter().any(|line| line.contains(REVOKED)));
    egress.shutdown().await;
}
