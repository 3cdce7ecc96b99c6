//! Absence of secrets in the command's output, for any damage to their files or settings.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use leaks::{Secret, damaged, in_json, in_toml};
use p12_keystore::{Certificate, KeyStore, KeyStoreEntry, PrivateKey, PrivateKeyChain};
use rcgen::{CertificateParams, KeyPair, PKCS_RSA_SHA256, RsaKeySize};
use serde_json::json;
use tempfile::TempDir;

use crate::doctor::{closed, file, text};
use crate::project::{Project, client_tls};

/// Password of the kind that people choose.
const PASSWORD: &str = "Kx9!fjord-og-fjell-2026";
/// Token of the kind that a vault issues.
const VAULT_TOKEN: &str = "hvs.CAESIJq7nR5sX0l2vYb8wKd3fGh1";
/// 32 random bytes in base64url.
const SEED: &str = "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA";

/// Returns everything that the command prints, on either output. The command must end by itself.
fn printed(arguments: &[&str], variables: &[(&str, &str)]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_innsyn"))
        .args(arguments)
        .env("LANG", "C")
        .env("RUST_BACKTRACE", "1")
        .env_remove("INNSYN_PASSWORD")
        .envs(variables.iter().copied())
        .output()
        .expect("a process");
    let printed = [output.stdout, output.stderr].concat();
    String::from_utf8_lossy(&printed).into_owned()
}

/// Certificate with its key, of elliptic curves: quickly made.
struct CertificateAndKey {
    certificate: rcgen::Certificate,
    key: KeyPair,
}

impl CertificateAndKey {
    fn new(key: KeyPair) -> Self {
        let params = CertificateParams::new(["localhost".to_owned()]).expect("parameters");
        Self {
            certificate: params.self_signed(&key).expect("a certificate"),
            key,
        }
    }

    fn secret(&self) -> Secret {
        Secret::pem(&self.key.serialize_pem())
    }
}

fn pair() -> CertificateAndKey {
    CertificateAndKey::new(KeyPair::generate().expect("a key"))
}

/// Creates a folder with `roots.pem`, `own.pem` and `pins.toml`, whose one pin has its key in
/// `own.key`.
fn with_pins(pair: &CertificateAndKey) -> (TempDir, PathBuf) {
    let folder = TempDir::new().expect("a folder");
    for name in ["roots.pem", "own.pem"] {
        file(folder.path(), name, pair.certificate.pem());
    }
    let pins = file(folder.path(), "pins.toml", pin("\"own.key\""));
    (folder, pins)
}

fn pin(key: &str) -> String {
    format!(
        "[[pin]]\nname = \"bud\"\norigin = \"https://localhost\"\nroots_file = \"roots.pem\"\n\
         subject = [{{ attribute = \"serialNumber\", value = \"310000205\" }}]\n\
         client_cert_file = \"own.pem\"\nclient_private_key_file = {key}\n"
    )
}

/// Returns an address that is taken: a command with a valid setup ends there.
fn taken() -> (TcpListener, String) {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    (taken, address)
}

#[test]
fn of_a_pin_at_the_proxy() {
    let pair = pair();
    let secret = pair.secret();
    let (folder, pins) = with_pins(&pair);
    let (_taken, address) = taken();
    let egress = ["egress", "--pins", text(&pins), "--listen", &address];
    for damaged in damaged(&secret.text) {
        closed(folder.path(), "own.key", &damaged.bytes);
        let said = printed(&egress, &[]);
        assert!(said.contains("Error"), "{said}");
        secret.expect_unseen(damaged.name, &said);
        // A key where certificates should be.
        closed(folder.path(), "roots.pem", &damaged.bytes);
        secret.expect_unseen(damaged.name, &printed(&egress, &[]));
        file(folder.path(), "roots.pem", pair.certificate.pem());
    }
    for (name, document) in in_toml(&pin("@"), &secret.text) {
        file(folder.path(), "pins.toml", document);
        secret.expect_unseen(name, &printed(&egress, &[]));
    }
}

#[test]
fn of_the_proxy_itself_and_its_callers() {
    let pair = pair();
    let secret = pair.secret();
    let (folder, pins) = with_pins(&pair);
    closed(folder.path(), "own.key", pair.key.serialize_pem());
    let path = |name: &str| folder.path().join(name);
    let (own, key, callers) = (path("own.pem"), path("proxy.key"), path("callers.toml"));
    let (_taken, address) = taken();
    let egress = |key: &str| {
        let door = [text(&own), key, text(&callers)];
        let [certificate, key, callers] = door;
        printed(
            &[
                "egress",
                "--pins",
                text(&pins),
                "--listen",
                &address,
                "--certificate",
                certificate,
                "--key",
                key,
                "--callers",
                callers,
            ],
            &[],
        )
    };
    fs::write(&callers, format!("bank = \"{SEED}\"\n")).expect("a file");
    for damaged in damaged(&secret.text) {
        closed(folder.path(), "proxy.key", &damaged.bytes);
        secret.expect_unseen(damaged.name, &egress(text(&key)));
        // The key itself in place of its file's name.
        let in_place = damaged.text().replace('\0', "");
        secret.expect_unseen(damaged.name, &egress(&in_place));
    }
    closed(folder.path(), "proxy.key", pair.key.serialize_pem());
    let secret = Secret::new(SEED);
    for damaged in damaged(SEED) {
        let document = format!("bank = {}\n", json!(damaged.text()));
        fs::write(&callers, document).expect("a file");
        secret.expect_unseen(damaged.name, &egress(text(&key)));
    }
    for (name, document) in in_toml("other = \"\"\nbank = @\n", SEED) {
        fs::write(&callers, document).expect("a file");
        secret.expect_unseen(name, &egress(text(&key)));
    }
}

#[test]
fn of_the_sidecar() {
    let folder = TempDir::new().expect("a folder");
    let secret = Secret::new(SEED);
    let (_taken, address) = taken();
    let sidecar = |key: &str, more: &[&str]| {
        let usual = [
            "token-sidecar",
            "--subject",
            "backend",
            "--key",
            key,
            "--app",
            "http://localhost:1",
            "--consumer",
            "310000205",
            "--listen",
            &address,
        ];
        printed(&[&usual, more].concat(), &[])
    };
    for damaged in damaged(SEED) {
        let key = closed(folder.path(), "key", &damaged.bytes);
        secret.expect_unseen(damaged.name, &sidecar(text(&key), &[]));
    }
    let key = closed(folder.path(), "key", SEED);
    // A key where the authority's certificate should be.
    let other = pair().secret();
    for damaged in damaged(&other.text) {
        let ca = closed(folder.path(), "ca.pem", &damaged.bytes);
        let said = sidecar(text(&key), &["--ca", text(&ca)]);
        other.expect_unseen(damaged.name, &said);
        secret.expect_unseen(damaged.name, &said);
    }
}

#[test]
fn of_the_files_that_the_doctor_looks_at() {
    let folder = TempDir::new().expect("a folder");
    let pair = pair();
    let secret = pair.secret();
    let certificate = file(folder.path(), "own.pem", pair.certificate.pem());
    for damaged in damaged(&secret.text) {
        let key = closed(folder.path(), "own.key", &damaged.bytes);
        let alone = ["doctor", "--certificate", text(&key)];
        let said = printed(&alone, &[]);
        assert!(!said.is_empty());
        secret.expect_unseen(damaged.name, &said);
        let mut beside = vec![
            "doctor",
            "--json",
            "--certificate",
            text(&certificate),
            "--key",
            text(&key),
        ];
        secret.expect_unseen(damaged.name, &printed(&beside, &[]));
        beside.extend(["--trust", text(&key), "--live"]);
        secret.expect_unseen(damaged.name, &printed(&beside, &[]));
    }
}

#[test]
fn of_pkcs_12_and_its_password() {
    let folder = TempDir::new().expect("a folder");
    let pair = pair();
    let mut store = KeyStore::new();
    let key = PrivateKey::from_der(&pair.key.serialize_der()).expect("a key");
    let leaf = Certificate::from_der(pair.certificate.der()).expect("a certificate");
    let entry = PrivateKeyChain::new("own", key, [leaf]);
    store.add_entry("own", KeyStoreEntry::PrivateKeyChain(entry));
    let package = store.writer(PASSWORD).write().expect("PKCS#12");
    let (secret, password) = (pair.secret(), Secret::new(PASSWORD));
    let own = closed(folder.path(), "own.p12", &package);
    let expect_unseen = |name: &str, said: &str| {
        secret.expect_unseen(name, said);
        password.expect_unseen(name, said);
    };
    for damaged in damaged(PASSWORD) {
        let file = closed(folder.path(), "password", &damaged.bytes);
        let doctor = ["doctor", "--certificate", text(&own)];
        let from_file = [&doctor[..], &["--password-file", text(&file)]].concat();
        expect_unseen(damaged.name, &printed(&from_file, &[]));
        let variable = damaged.text().replace('\0', "");
        let variables = [("INNSYN_PASSWORD", variable.as_str())];
        expect_unseen(damaged.name, &printed(&doctor, &variables));
    }
    let half = package.len() / 2;
    let flipped = |at: usize| {
        let mut bytes = package.clone();
        bytes[at] ^= 0x55;
        bytes
    };
    let mut broken = vec![
        package[..half].to_vec(),
        package[half..].to_vec(),
        [&package[..], &package[..]].concat(),
        [&b"\xef\xbb\xbf"[..], &package[..]].concat(),
        String::from_utf8_lossy(&package).into_owned().into_bytes(),
        [pair.key.serialize_pem().as_bytes(), &package[..]].concat(),
        [&package[..], pair.key.serialize_pem().as_bytes()].concat(),
        package.iter().rev().copied().collect(),
    ];
    broken.extend((0..24).map(|part| flipped(part * package.len() / 24)));
    for (number, bytes) in broken.iter().enumerate() {
        let own = closed(folder.path(), "own.p12", bytes);
        let said = printed(
            &["doctor", "--certificate", text(&own)],
            &[("INNSYN_PASSWORD", PASSWORD)],
        );
        expect_unseen(&format!("broken PKCS#12, {number}"), &said);
    }
}

/// Returns the doctor's whole output about the project, for people and for programs.
fn looked_at(project: &Project) -> String {
    let answer = project.looked_at(&[]);
    answer.text + &answer.complaints
}

#[test]
fn of_the_variables_of_a_project() {
    let mut project = Project::new();
    let pem = project.read("good/authentication-key.pem");
    let secret = Secret::pem(&pem);
    for damaged in damaged(&pem) {
        project.variables.insert("seal_key", damaged.text());
        project.clients(&[json!({ "kid": "k-1", "key": damaged.text() })]);
        secret.expect_unseen(damaged.name, &looked_at(&project));
        project
            .variables
            .insert("maskinporten_clients", damaged.text());
        secret.expect_unseen(damaged.name, &looked_at(&project));
    }
    for key in [
        json!({ "kid": "k-1", "key": "@" }),
        json!({ "certificate_chain": "@", "key": "x" }),
    ] {
        let client = json!({ "organisation": "310000302", "client_id": "x", "keys": [key] });
        for (name, document) in in_json(&json!([client]), &pem) {
            project
                .variables
                .insert("maskinporten_clients", document.clone());
            project.variables.insert("token_services", document);
            secret.expect_unseen(name, &looked_at(&project));
        }
    }
}

#[test]
fn of_the_runtime_configuration_of_a_project() {
    let mut project = Project::new();
    let usual = client_tls(
        "good/authentication-chain.pem",
        "good/authentication-key.pem",
    );
    let vault = "[[variables_provider]]\ntype = \"vault\"\nurl = \"http://127.0.0.1:1\"\nmount = \"secret\"\ntoken = @\n";
    let redis = "[key_value_store.shared]\ntype = \"redis\"\nurl = @\n";
    let given =
        "[[variables_provider]]\ntype = \"static\"\n[variables_provider.values]\nseal_key = @\n";
    let address = format!("redis://app:{PASSWORD}@localhost:6379/0");
    for (document, text, secret) in [
        (vault, VAULT_TOKEN, VAULT_TOKEN),
        (redis, &*address, PASSWORD),
        (redis, PASSWORD, PASSWORD),
        (given, PASSWORD, PASSWORD),
    ] {
        let secret = Secret::new(secret);
        for (name, document) in in_toml(document, text) {
            project.runtime = document;
            secret.expect_unseen(name, &looked_at(&project));
        }
        for damaged in damaged(text) {
            project.runtime = document.replace('@', &json!(damaged.text()).to_string());
            secret.expect_unseen(damaged.name, &looked_at(&project));
            project.runtime = document.replace('@', &damaged.text());
            secret.expect_unseen(damaged.name, &looked_at(&project));
        }
    }
    project.runtime = usual;
    let key = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).expect("a key");
    let secret = CertificateAndKey::new(key).secret();
    for (name, document) in in_toml(
        "[[client_tls]]\ncomponent_ids = [\"one\"]\nhosts = [\"localhost\"]\nclient_cert_file = \"good/authentication-chain.pem\"\nclient_private_key_file = @\n",
        &secret.text,
    ) {
        project.runtime = document;
        secret.expect_unseen(name, &looked_at(&project));
    }
}

/// Passes a damaged key to every option that expects a file name.
#[test]
fn of_a_key_in_place_of_its_files_name() {
    let secret = pair().secret();
    let folder: &Path = Path::new(env!("CARGO_MANIFEST_DIR"));
    let manifest = folder.join("../spin.toml");
    for damaged in damaged(&secret.text) {
        let key = damaged.text().replace('\0', "");
        for arguments in [
            ["doctor", "--certificate", &key],
            ["doctor", "--pins", &key],
            ["doctor", "--runtime-config", &key],
            ["doctor", "--variables", &key],
            ["doctor", "--trust", &key],
            ["doctor", "--language", &key],
            ["egress", "--pins", &key],
            ["egress", "--listen", &key],
        ] {
            let mut arguments = arguments.to_vec();
            if arguments.first() == Some(&"doctor") {
                arguments.extend(["--manifest", text(&manifest)]);
            }
            secret.expect_unseen(damaged.name, &printed(&arguments, &[]));
        }
    }
}
