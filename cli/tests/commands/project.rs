//! Project with its configuration, for the doctor to examine.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use sandbox::kit::Clock;
use sandbox::pki::certificates::{Defect, Order};
use sandbox::pki::{Profile, Purpose, Vendor};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::doctor::{Answer, ask, closed, file, text};

/// Organisation number of the project's owner.
pub(crate) const ORGANISATION: &str = "310000302";

/// Variables that the project declares.
const NAMES: [&str; 9] = [
    "environment",
    "consumer_organisation",
    "maskinporten_origin",
    "maskinporten_clients",
    "token_services",
    "vault_origin",
    "vault_token",
    "seal_certificate_chain",
    "seal_key",
];

/// Project that a test changes before the doctor runs.
pub(crate) struct Project {
    folder: TempDir,
    pub(crate) variables: BTreeMap<&'static str, String>,
    pub(crate) runtime: String,
    pub(crate) pins: String,
}

impl Project {
    /// Creates a project without defects: a certificate at Maskinporten, in TLS and at a pin, and a
    /// registered key.
    pub(crate) fn new() -> Self {
        let folder = TempDir::new().expect("a folder");
        for (name, purpose, defects) in [
            ("good", Purpose::Authentication, &[][..]),
            ("bad", Purpose::Authentication, &[Defect::Expired]),
            ("seal", Purpose::Signing, &[]),
        ] {
            let order = Order {
                vendor: Vendor::Buypass,
                profile: Profile::Seid2,
                purposes: vec![purpose],
                organisation: ORGANISATION.to_owned(),
                name: "INNLANDSBANKEN ASA".to_owned(),
                defects: defects.to_vec(),
            };
            let package = order.make(Clock::default().now()).expect("certificates");
            package.write(&folder.path().join(name)).expect("files");
        }
        let mut project = Self {
            folder,
            variables: BTreeMap::new(),
            runtime: client_tls(
                "good/authentication-chain.pem",
                "good/authentication-key.pem",
            ),
            pins: pin("good/root.pem", "good/authentication-chain.pem"),
        };
        let registered =
            json!({ "kid": "k-1", "key": project.read("good/authentication-key.pem") });
        let certified = project.certified(&project.list(&["good/authentication-chain.pem"]));
        project.clients(&[certified, registered]);
        for (name, value) in [
            ("environment", "test"),
            ("consumer_organisation", ORGANISATION),
            ("maskinporten_origin", "https://test.maskinporten.no"),
            (
                "token_services",
                r#"[{"subject": "payroll", "scopes": [], "consumer_orgs": ["313367002"]}]"#,
            ),
        ] {
            project.variables.insert(name, value.to_owned());
        }
        project.set("seal_certificate_chain", "good/authentication-chain.pem");
        project.set("seal_key", "good/authentication-key.pem");
        project
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.folder.path().join(name)).expect("a file")
    }

    /// Sets the variable to the content of the file.
    pub(crate) fn set(&mut self, variable: &'static str, name: &str) {
        let content = self.read(name);
        self.variables.insert(variable, content);
    }

    /// Encodes the certificates in the files as a list of base64.
    pub(crate) fn list(&self, names: &[&str]) -> Value {
        let texts: String = names.iter().map(|name| self.read(name)).collect();
        let blocks = texts.split("-----BEGIN CERTIFICATE-----").skip(1);
        let all = blocks.map(|block| {
            let body = block.split("-----END").next().expect("a body");
            body.split_whitespace().collect::<String>()
        });
        all.collect()
    }

    /// Returns a key with this chain.
    pub(crate) fn certified(&self, chain: &Value) -> Value {
        json!({ "certificate_chain": chain, "key": self.read("good/authentication-key.pem") })
    }

    /// Sets up a vault for clients whose keys are in it.
    pub(crate) fn with_vault(&mut self) {
        self.variables
            .insert("vault_origin", "https://vault.example".to_owned());
        self.variables.insert("vault_token", "no-token".to_owned());
    }

    pub(crate) fn clients(&mut self, keys: &[Value]) {
        let client = json!({ "organisation": ORGANISATION, "client_id": "x", "keys": keys });
        let clients = json!([client]).to_string();
        self.variables.insert("maskinporten_clients", clients);
    }

    /// Runs the doctor on the project.
    pub(crate) fn looked_at(&self, more: &[&str]) -> Answer {
        let folder = self.folder.path();
        let each = |line: &dyn Fn(&str) -> String| NAMES.map(line).concat();
        let declared = each(&|name| format!("{name} = {{ default = \"\" }}\n"));
        let passed = each(&|name| format!("{name} = \"{{{{ {name} }}}}\"\n"));
        let manifest = file(
            folder,
            "spin.toml",
            format!(
                "spin_manifest_version = 2\napplication = {{ name = \"a\" }}\n[variables]\n{declared}\
                 [[trigger.http]]\nroute = \"/...\"\ncomponent = \"one\"\n[component.one]\n\
                 source = \"one.wasm\"\n[component.one.variables]\n{passed}"
            ),
        );
        let lines = self.variables.iter();
        let lines: Vec<String> = lines
            .map(|(name, value)| format!("{name} = {}\n", json!(value)))
            .collect();
        let variables = closed(folder, "variables.toml", lines.concat());
        let runtime = file(folder, "runtime.toml", &self.runtime);
        let pins = file(folder, "pins.toml", &self.pins);
        let trusted = self.read("good/root.pem") + &self.read("good/issuing.pem");
        let trusted = file(folder, "trusted.pem", trusted);
        let mut arguments = vec![
            "--json",
            "--manifest",
            text(&manifest),
            "--runtime-config",
            text(&runtime),
            "--pins",
            text(&pins),
            "--variables",
            text(&variables),
            "--trust",
            text(&trusted),
        ];
        arguments.extend(more);
        let answer = ask(&arguments);
        for secret in [
            self.read("good/authentication-key.pem"),
            self.read("seal/signing-key.pem"),
        ] {
            let inside = secret.lines().nth(3).expect("base64");
            assert!(!answer.text.contains(inside) && !answer.complaints.contains(inside));
        }
        answer
    }
}

pub(crate) fn client_tls(chain: &str, key: &str) -> String {
    format!(
        "[[client_tls]]\ncomponent_ids = [\"one\"]\nhosts = [\"localhost\"]\n\
         client_cert_file = \"{chain}\"\nclient_private_key_file = \"{key}\"\n"
    )
}

pub(crate) fn pin(roots: &str, chain: &str) -> String {
    format!(
        "[[pin]]\nname = \"post\"\norigin = \"https://localhost\"\nroots_file = \"{roots}\"\n\
         subject = [{{ attribute = \"serialNumber\", value = \"1\" }}]\nclient_cert_file = \"{chain}\"\n\
         client_private_key_file = \"good/authentication-key.pem\"\n"
    )
}

/// Returns the findings as pairs of the setting and `severity id`.
pub(crate) fn found(answer: &Answer) -> Vec<(String, String)> {
    let json = answer.json();
    let settings = json["settings"].as_array();
    let settings = settings.unwrap_or_else(|| panic!("{}", answer.text)).iter();
    let of_setting = |setting: &Value| {
        let name = setting["setting"].as_str().expect("a name").to_owned();
        let all = setting["findings"].as_array().expect("findings").clone();
        all.into_iter().map(move |finding| {
            let part = |member: &str| finding[member].as_str().expect("text").to_owned();
            (name.clone(), format!("{} {}", part("severity"), part("id")))
        })
    };
    settings.flat_map(of_setting).collect()
}
