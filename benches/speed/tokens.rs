//! Tokens: the component beside a greeting, and the sidecar beside NAV's texas.

use std::os::unix::fs::OpenOptionsExt as _;
use std::process::Command;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use benches::cpu;
use benches::load::{Clock, MakeRequest, Target};
use benches::product::{Product, ProductOptions};
use benches::report::Figure;
use benches::requests::{Requests, SCOPE, TokenRequests};
use benches::source::Source;
use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use rsa::RsaPrivateKey;
use rsa::pkcs8::DecodePrivateKey as _;
use rsa::traits::{PrivateKeyParts as _, PublicKeyParts as _};
use serde_json::{Value, json};

use crate::program::{self, Program};
use crate::rounds::alternate;

/// Name of this part.
pub(crate) const PART: &str = "tokens";

const CONNECTIONS: usize = 8;

pub(crate) async fn measure(skipped: &mut Vec<String>) -> Vec<Figure> {
    let source = Source::start();
    let (product, login) = Product::with_consent(&ProductOptions::beside(&source)).await;
    let mut figures = component(&product, &Requests::new(&product, &source, &login)).await;
    let variables = product.variables();
    let consumer = &variables["consumer_organisation"];
    let sidecar = sidecar(&product, consumer);
    let texas = program::named_by("TEXAS").map(|path| {
        let clients = &variables["maskinporten_clients"];
        texas(&path, &product, clients, consumer)
    });
    let Some(texas) = texas else {
        skipped.push("TEXAS names no texas: the sidecar is compared with a hello alone".to_owned());
        let (cached, mint) = sidecar.targets();
        let requests = Requests::new(&product, &source, &login);
        for (name, target) in [("sidecar, cached", &cached), ("sidecar, mint", &mint)] {
            let sides = alternate(&[("hello", &requests.hello), (name, target)], CONNECTIONS).await;
            figures.extend(sides[1].against(&sides[0], PART, ""));
        }
        return figures;
    };
    program::listens(texas.address).await;
    let ((cached, mint), (their_cached, their_mint)) = (sidecar.targets(), texas.targets());
    for (name, here, there) in [
        ("sidecar, cached", &cached, &their_cached),
        ("sidecar, mint", &mint, &their_mint),
    ] {
        let sides = alternate(&[("texas", there), (name, here)], CONNECTIONS).await;
        figures.extend(sides[1].against(&sides[0], PART, ""));
    }
    figures
}

/// The component's own answers, from its cache.
async fn component(product: &Product, requests: &Requests) -> Vec<Figure> {
    let TokenRequests { repeated, new } = TokenRequests::new(product);
    let targets = [
        ("hello", &requests.hello),
        ("token, repeated request", &repeated),
        ("token, new body", &new),
    ];
    let sides = alternate(&targets, CONNECTIONS).await;
    let compared = sides[1..]
        .iter()
        .flat_map(|side| side.against(&sides[0], PART, ""));
    compared.collect()
}

/// A running sidecar, ours or NAV's.
struct Sidecar {
    address: std::net::SocketAddr,
    clock: Clock,
    _program: Program,
}

impl Sidecar {
    /// Returns requests for a token that is kept, and for new ones.
    fn targets(&self) -> (Target, Target) {
        let target = |more: &str| Target {
            address: self.address,
            request: form(&format!(
                "identity_provider=maskinporten&target={SCOPE}{more}"
            )),
            clock: self.clock.clone(),
        };
        (target(""), target("&skip_cache=true"))
    }
}

fn form(body: &str) -> MakeRequest {
    let body = Bytes::from(body.replace(':', "%3A"));
    Arc::new(move || {
        Request::post("/api/v1/token")
            .header("host", "localhost")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Full::new(body.clone()))
            .expect("a request")
    })
}

/// Starts our sidecar. Its CPU time and the app's for it are counted together.
fn sidecar(product: &Product, consumer: &str) -> Sidecar {
    use std::io::Write as _;
    let back_end = product.sandbox.back_end();
    let key = product.folder().join("backend.key");
    let mut file = std::fs::OpenOptions::new();
    let file = file.write(true).create_new(true).mode(0o600).open(&key);
    file.expect("a file")
        .write_all(back_end.seed.as_bytes())
        .expect("a file");
    let mut command = Command::new(program::built("innsyn"));
    command.args([
        "token-sidecar",
        "--listen",
        "127.0.0.1:0",
        "--subject",
        back_end.subject,
    ]);
    command
        .args(["--app", &product.url, "--consumer", consumer, "--key"])
        .arg(key);
    let (program, endpoint) =
        Program::start_after(&mut command, "export NAIS_TOKEN_ENDPOINT=http://");
    let (address, _) = endpoint.split_once('/').expect("an endpoint");
    let id = program.id();
    Sidecar {
        address: address.parse().expect("an address"),
        clock: Arc::new(move || cpu::of_process(id) + cpu::of_threads(cpu::APP)),
        _program: program,
    }
}

/// Starts texas as the same client of the same Maskinporten.
fn texas(path: &std::path::Path, product: &Product, clients: &str, consumer: &str) -> Sidecar {
    let clients: Value = serde_json::from_str(clients).expect("JSON");
    let mut clients = clients.as_array().expect("clients").iter();
    let client = clients.find(|client| client["organisation"] == consumer);
    let client = client.expect("the client of the consumer");
    let key = &client["keys"][0];
    let metadata = "/.well-known/oauth-authorization-server";
    let maskinporten = &product.sandbox.addresses().maskinporten;
    let address = program::free_address();
    let mut command = Command::new(path);
    command
        .env("BIND_ADDRESS", address.to_string())
        .env("MASKINPORTEN_ENABLED", "true")
        .env(
            "MASKINPORTEN_CLIENT_ID",
            client["client_id"].as_str().expect("an id"),
        )
        .env("MASKINPORTEN_CLIENT_JWK", jwk(key))
        .env(
            "MASKINPORTEN_WELL_KNOWN_URL",
            format!("{maskinporten}{metadata}"),
        )
        .env("SSL_CERT_FILE", product.sandbox.ca_file())
        .env("OTEL_SDK_DISABLED", "true");
    let program = Program::start(&mut command);
    let id = program.id();
    Sidecar {
        address,
        clock: Arc::new(move || cpu::of_process(id)),
        _program: program,
    }
}

/// Writes a key of `maskinporten_clients` as texas reads it (RFC 7518 §6.3).
fn jwk(key: &Value) -> String {
    let rsa = RsaPrivateKey::from_pkcs8_pem(key["key"].as_str().expect("a key")).expect("RSA");
    let text = |number: &rsa::BigUint| URL_SAFE_NO_PAD.encode(number.to_bytes_be());
    let primes = rsa.primes();
    let factors = rsa.dp().zip(rsa.dq()).expect("a key with factors");
    let inverse = rsa.crt_coefficient();
    json!({
        "kty": "RSA", "alg": "RS256", "use": "sig", "kid": key["kid"],
        "n": text(rsa.n()), "e": text(rsa.e()), "d": text(rsa.d()),
        "p": text(&primes[0]), "q": text(&primes[1]),
        "dp": text(factors.0), "dq": text(factors.1),
        "qi": text(&inverse.expect("an inverse")),
    })
    .to_string()
}
