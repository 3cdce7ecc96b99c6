//! Signing journey through the proxy with callers required: the proxy and the app are processes of
//! their own, with the arguments and settings in `deploy/`. Parts that a test machine cannot have
//! are replaced: names in a cluster, stores, and the external services, which are the sandbox's.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use host::{App, Options};
use journeys::{AGREEMENT, TestBed, ThirdPartyPrograms, build_components, order_freely};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use reqwest::{Certificate, Client};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tempfile::TempDir;
use tokio::net::TcpListener;
use toml::Table;

use crate::process::Process;

/// Text before the address that the app's process prints when it has a port.
const HERE: &str = "listening on ";

/// Settings that the app's process reads, in one line.
#[derive(Deserialize, Serialize)]
struct Settings {
    folder: PathBuf,
    variables: BTreeMap<String, String>,
}

/// App in a process of its own: this very program, which runs the one test [`serves`].
struct AppProcess {
    port: u16,
    process: Child,
    /// Standard input, whose end terminates the process.
    input: ChildStdin,
    /// Standard output, kept open: a test that cannot print ends.
    output: BufReader<ChildStdout>,
}

impl AppProcess {
    /// Starts a process that waits for its settings.
    fn start(log: &Path) -> Self {
        let mut process = Command::new(std::env::current_exe().expect("this program"))
            .args([
                "--exact",
                "signs_as_deployed::serves",
                "--ignored",
                "--nocapture",
            ])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(fs::File::create(log).expect("a log"))
            .spawn()
            .expect("a process");
        let mut output = BufReader::new(process.stdout.take().expect("its output"));
        let port = after(&mut output, HERE).parse().expect("a port");
        Self {
            port,
            input: process.stdin.take().expect("its input"),
            process,
            output,
        }
    }

    fn serve(&mut self, settings: &Settings) {
        let line = serde_json::to_string(settings).expect("JSON");
        writeln!(self.input, "{line}").expect("a process that listens");
        after(&mut self.output, "serving");
    }
}

impl Drop for AppProcess {
    fn drop(&mut self) {
        _ = self.process.kill();
        _ = self.process.wait();
    }
}

/// Returns the text after `label` in the next line that has it.
fn after(output: &mut BufReader<ChildStdout>, label: &str) -> String {
    let mut lines = output.by_ref().lines().map_while(Result::ok);
    let found = lines.find_map(|line| Some(line.split_once(label)?.1.trim().to_owned()));
    found.expect("a process that says it")
}

/// Server process of the other tests, not a test: serves the app until its input ends.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "the other tests start it, as a process of its own"]
#[expect(clippy::print_stdout, reason = "the test that starts it reads it")]
async fn serves() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    println!("{HERE}{}", listener.local_addr().expect("bound").port());
    let mut input = std::io::stdin().lock();
    let mut line = String::new();
    input.read_line(&mut line).expect("settings");
    if line.is_empty() {
        return;
    }
    let settings: Settings = serde_json::from_str(&line).expect("settings");
    let mut options = Options::new(project().join("spin.toml"));
    options.runtime_config = Some(settings.folder.join("runtime-config.toml"));
    options.state_dir = settings.folder.join("state");
    options.cache_dir = Some(project().join("target/compiled"));
    options.variables = settings.variables;
    let app = App::load(options).await.expect("an app");
    let server = app.serve(listener);
    println!("serving");
    tokio::task::block_in_place(|| input.read_line(&mut line)).expect("its end");
    server.shutdown().await;
}

fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the project")
}

/// Proxy with the arguments of a deployment, and its address.
struct Proxy {
    process: Process,
    origin: String,
    http: Client,
}

impl Proxy {
    /// Starts the app with files in `folder`, which replaces `mount` in `arguments`, and on another
    /// port.
    async fn start(
        arguments: &[&str],
        mount: &str,
        folder: &Path,
        sandbox: &sandbox::Sandbox,
    ) -> Self {
        fs::write(folder.join("pins.toml"), sandbox.pins(&[])).expect("a file");
        let callers = fs::read_to_string(project().join("deploy/spinkube/callers.toml"));
        let callers = callers.expect("a file");
        let public_key = sandbox.callers();
        let public_key = public_key.split('"').nth(1).expect("a key");
        let callers = callers.replace("\"PUBLIC_KEY\"", &format!("\"{public_key}\""));
        fs::write(folder.join("callers.toml"), callers).expect("a file");
        let root = write_certificate(folder);
        let arguments: Vec<String> = arguments
            .iter()
            .map(|argument| argument.replace(mount, folder.to_str().expect("UTF-8")))
            .map(|argument| argument.replace(":7165", ":0"))
            .collect();
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let mut process = Process::start(&arguments);
        let scheme = if arguments
            .iter()
            .any(|argument| argument.contains("--certificate"))
        {
            "https"
        } else {
            "http"
        };
        let address = process.after(&format!("{scheme}://")).await;
        let (_, rest) = address.rsplit_once(':').expect("a port");
        let (port, pin) = rest.split_once('/').expect("a path");
        assert_eq!(pin, "posten/");
        Self {
            process,
            origin: format!("{scheme}://localhost:{port}"),
            http: Client::builder()
                .tls_certs_only([root])
                .build()
                .expect("a client"),
        }
    }

    /// Returns status and problem of a call without a credential.
    async fn answers_a_stranger(&self, header: Option<(&str, &str)>) -> (u16, Value) {
        let mut request = self.http.get(format!("{}/posten/api", self.origin));
        if let Some((name, value)) = header {
            request = request.header(name, value);
        }
        let answer = request.send().await.expect("an answer");
        let status = answer.status().as_u16();
        let body: Value = answer.json().await.expect("JSON");
        (status, body["problem"].clone())
    }
}

/// Writes the certificate of a cluster's authority for `localhost`, as `tls.crt` and `tls.key`, and
/// the authority's own.
fn write_certificate(folder: &Path) -> Certificate {
    let mut authority = CertificateParams::new(Vec::new()).expect("parameters");
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = || KeyPair::generate().expect("a key");
    let authority = CertifiedIssuer::self_signed(authority, key()).expect("an authority");
    let own = key();
    let certificate = CertificateParams::new(vec!["localhost".to_owned()])
        .and_then(|params| params.signed_by(&own, &authority))
        .expect("a certificate");
    for (name, text) in [
        ("cluster-ca.pem", authority.pem()),
        ("tls.crt", certificate.pem()),
        ("tls.key", own.serialize_pem()),
    ] {
        fs::write(folder.join(name), text).expect("a file");
    }
    Certificate::from_der(authority.der()).expect("a certificate")
}

/// Writes the shipped runtime configuration, with stores in memory and the names and files of this
/// machine.
fn write_runtime_config(folder: &Path, egress: &str, sandbox: &sandbox::Sandbox) {
    let text = fs::read_to_string(project().join("deploy/spinkube/runtime-config.toml"));
    let mut config: Table = text.expect("a file").parse().expect("TOML");
    let stores = config["key_value_store"].as_table_mut().expect("stores");
    let memory: Table = "type = \"spin\"".parse().expect("TOML");
    stores
        .iter_mut()
        .for_each(|(_, store)| *store = memory.clone().into());
    let entry = &mut config["client_tls"].as_array_mut().expect("entries")[0];
    let host = egress.trim_start_matches("https://").split(':').next();
    assert_eq!(entry["hosts"][0].as_str(), host);
    entry["hosts"][0] = "localhost".into();
    let roots = entry["ca_roots_file"].as_str().expect("a path");
    let roots = folder.join(roots.strip_prefix("/certificates/").expect("the mount"));
    // The sandbox's login service has the same host name here.
    let own = fs::read_to_string(&roots).expect("a file");
    let sandboxs = fs::read_to_string(sandbox.ca_file()).expect("a file");
    fs::write(&roots, own + &sandboxs).expect("a file");
    entry["ca_roots_file"] = roots.to_str().expect("UTF-8").into();
    fs::write(folder.join("runtime-config.toml"), config.to_string()).expect("a file");
}

/// Runs the journey from the order to the signed documents, and then calls the proxy as other
/// callers.
async fn walks(bed: &TestBed, proxy: Proxy, log: &Path) {
    let ragna = bed.customer("ragna");
    let (id, redirect) = ragna.orders().await;
    assert_eq!(ragna.job(&id).await["status"], "in_progress");
    let browser = bed.browser();
    let back = browser.signs_and_returns(&redirect, "ragna", "sign").await;
    assert!(back.ends_with("/sign?signature=completed"), "{back}");
    assert_eq!(ragna.job(&id).await["status"], "completed");
    let (status, kind, pades) = ragna.fetches(&id, "pades").await;
    assert_eq!((status, kind.as_str()), (200, "application/pdf"));
    assert!(pades.starts_with(b"%PDF-") && pades.len() > AGREEMENT.len());
    let (status, _, xades) = ragna.fetches(&id, "signers/0/xades").await;
    assert_eq!(status, 200);
    assert!(String::from_utf8_lossy(&xades).contains("SignatureValue"));

    let unknown = (407, "caller-unknown".into());
    assert_eq!(proxy.answers_a_stranger(None).await, unknown);
    let guess = ("innsyn-proxy-authorization", "Bearer e30.e30.e30");
    assert_eq!(proxy.answers_a_stranger(Some(guess)).await, unknown);
    let image = ("sec-fetch-site", "cross-site");
    let browser = (403, "not-this-machine".into());
    assert_eq!(proxy.answers_a_stranger(Some(image)).await, browser);

    let said = proxy.process.stop().await;
    let calls = said
        .lines()
        .filter(|line| line.contains(r#""caller":"signature""#));
    assert!(calls.clone().count() >= 4, "{said}");
    assert!(
        calls.clone().all(|line| line.contains(r#""status":2"#)),
        "{said}"
    );
    let app = fs::read_to_string(log).expect("a log");
    for text in [&said, &app] {
        assert!(
            !text.contains("eyJ") && !text.contains(&ragna.pid),
            "{text}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn under_kubernetes() {
    let Some(others) = ThirdPartyPrograms::installed() else {
        return;
    };
    let shipped = project().join("deploy/spinkube");
    let environment = [("DEPLOY", shipped.to_str().expect("UTF-8"))];
    let deployed = others.run("deployment.py", &shipped, &environment).await;
    build_components();
    let folder = TempDir::new().expect("a folder");
    let log = folder.path().join("app.log");
    let mut app = AppProcess::start(&log);
    let bed = TestBed::without_app(format!("http://localhost:{}", app.port)).await;
    let arguments = deployed["arguments"].as_array().expect("a list");
    let arguments: Vec<&str> = arguments.iter().filter_map(Value::as_str).collect();
    let mount = deployed["mount"].as_str().expect("a path");
    let proxy = Proxy::start(&arguments, mount, folder.path(), &bed.sandbox).await;

    let shipped = deployed["variables"].as_object().expect("variables");
    let egress = shipped["posten_origin"].as_str().expect("an origin");
    let pins = fs::read_to_string(project().join("deploy/pins.toml")).expect("a file");
    let pins: Table = pins.parse().expect("TOML");
    let pin = pins["pin"][0]["name"].as_str().expect("a name");
    assert_eq!(shipped["posten_proxy_path"], format!("/{pin}"));
    let sandboxs = bed.sandbox.variables(&bed.public_url);
    let variables = shipped.iter().map(|(name, value)| {
        let value = match value.as_str() {
            Some(value) if value.contains(egress) => value.replace(egress, &proxy.origin),
            Some(_) if name == "posten_own_origin" => bed.sandbox.addresses().posten.clone(),
            Some(value) => sandboxs.get(name).map_or(value, String::as_str).to_owned(),
            None => sandboxs[name].clone(),
        };
        (name.clone(), value)
    });
    let mut variables: BTreeMap<String, String> = variables.collect();
    // The journey is that of a customer who orders.
    order_freely(&mut variables);
    assert_eq!(variables["egress_origins"], proxy.origin);
    write_runtime_config(folder.path(), egress, &bed.sandbox);
    app.serve(&Settings {
        folder: folder.path().to_owned(),
        variables,
    });
    walks(&bed, proxy, &log).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_one_machine() {
    build_components();
    let folder = TempDir::new().expect("a folder");
    let log = folder.path().join("app.log");
    let mut app = AppProcess::start(&log);
    let bed = TestBed::without_app(format!("http://localhost:{}", app.port)).await;
    let unit = fs::read_to_string(project().join("deploy/systemd/innsyn-egress.service"));
    let unit = unit.expect("a unit");
    let start = "ExecStart=/usr/local/bin/innsyn ";
    let command = unit.lines().find_map(|line| line.strip_prefix(start));
    let arguments: Vec<&str> = command.expect("a command").split(' ').collect();
    let proxy = Proxy::start(&arguments, "/etc/innsyn", folder.path(), &bed.sandbox).await;

    let mut variables = bed.sandbox.variables(&bed.public_url);
    order_freely(&mut variables);
    for (name, value) in [
        ("posten_origin", proxy.origin.as_str()),
        ("posten_proxy_path", "/posten"),
        ("posten_own_origin", &bed.sandbox.addresses().posten),
        ("budgeted_origins", &proxy.origin),
        ("egress_origins", &proxy.origin),
    ] {
        variables.insert(name.to_owned(), value.to_owned());
    }
    let config = bed.sandbox.runtime_config();
    fs::write(folder.path().join("runtime-config.toml"), config).expect("a file");
    app.serve(&Settings {
        folder: folder.path().to_owned(),
        variables,
    });
    walks(&bed, proxy, &log).await;
}
