//! Application of probes, built once, served on a port of the system's choice.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use host::{App, LoadError, Log, Options, Server, build};
use tempfile::TempDir;
use tokio::net::TcpListener;

/// Two probes: one public under `/front`, one private. Text in `<>` is filled in by
/// [`Application`].
pub(crate) const TWO_PROBES: &str = r#"
spin_manifest_version = 2
[application]
name = "probes"
<variables>
[[trigger.http]]
route = "/front/..."
component = "front"
[[trigger.http]]
route = { private = true }
component = "back"
[component.front]
source = "<probe>"
key_value_stores = ["default", "memory"]
allowed_outbound_hosts = [<hosts>]
environment = { MODE = "test" }
<front>
[component.back]
source = "<probe>"
allowed_outbound_hosts = [<hosts>]
"#;

const MEMORY_STORE: &str = "[key_value_store.memory]\ntype = \"spin\"\n";

/// Configuration of a test's application.
#[derive(Default)]
pub(crate) struct Application {
    pub(crate) variables: &'static str,
    pub(crate) front: &'static str,
    pub(crate) hosts: Vec<String>,
    pub(crate) config: String,
}

/// Running application.
pub(crate) struct RunningApplication {
    /// Server, taken by [`RunningApplication::shutdown`].
    server: Option<Server>,
    pub(crate) log: Log,
    pub(crate) client: reqwest::Client,
}

impl Application {
    pub(crate) fn calling(origins: &[&str]) -> Self {
        Self {
            hosts: origins.iter().map(|origin| (*origin).to_owned()).collect(),
            ..Self::default()
        }
    }

    /// Writes the files into a folder and returns options with their paths.
    pub(crate) fn options(&self, folder: &Path) -> Options {
        let hosts = self
            .hosts
            .iter()
            .map(|host| format!("{host:?}"))
            .collect::<Vec<_>>()
            .join(", ");
        let manifest = TWO_PROBES
            .replace("<variables>", self.variables)
            .replace("<front>", self.front)
            .replace("<hosts>", &hosts)
            .replace("<probe>", &probe().display().to_string());
        fs::write(folder.join("spin.toml"), manifest).unwrap();
        fs::write(
            folder.join("runtime-config.toml"),
            format!("{MEMORY_STORE}{}", self.config),
        )
        .unwrap();
        let mut options = Options::new(folder.join("spin.toml"));
        options.runtime_config = Some(folder.join("runtime-config.toml"));
        options.cache_dir = Some(Path::new(env!("CARGO_TARGET_TMPDIR")).join("compiled"));
        options.log = Log::memory();
        options
    }

    pub(crate) async fn start(&self, change: impl FnOnce(&mut Options)) -> RunningApplication {
        let folder = TempDir::new().unwrap();
        self.start_in(folder.path(), change).await.unwrap()
    }

    pub(crate) async fn start_in(
        &self,
        folder: &Path,
        change: impl FnOnce(&mut Options),
    ) -> Result<RunningApplication, LoadError> {
        let mut options = self.options(folder);
        change(&mut options);
        let log = options.log.clone();
        let app = App::load(options).await?;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Ok(RunningApplication {
            server: Some(app.serve(listener)),
            log,
            client: reqwest::Client::new(),
        })
    }
}

impl RunningApplication {
    pub(crate) fn server(&self) -> &Server {
        self.server.as_ref().unwrap()
    }

    pub(crate) async fn shutdown(mut self) {
        self.server.take().unwrap().shutdown().await;
    }

    pub(crate) fn request(&self, path: &str, headers: &[(&str, &str)]) -> reqwest::RequestBuilder {
        let request = self
            .client
            .get(format!("http://{}{path}", self.server().address()));
        headers.iter().fold(request, |request, (name, value)| {
            request.header(*name, *value)
        })
    }

    /// Sends a GET request, and returns status and body.
    pub(crate) async fn get(&self, path: &str, headers: &[(&str, &str)]) -> (u16, String) {
        let response = self.request(path, headers).send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }

    /// Calls an address through the front probe, and returns status and body.
    pub(crate) async fn outbound(&self, url: &str) -> (u16, String) {
        self.get("/front/outbound", &[("probe-url", url)]).await
    }

    /// Runs an operation on a store through the front probe.
    pub(crate) async fn key_value(
        &self,
        store: &str,
        operation: &str,
        key: &str,
        value: &str,
    ) -> (u16, String) {
        let headers = [
            ("probe-store", store),
            ("probe-operation", operation),
            ("probe-key", key),
            ("probe-value", value),
        ];
        self.get("/front/key-value", &headers).await
    }

    pub(crate) fn log_has(&self, text: &str) -> bool {
        self.log.lines().iter().any(|line| line.contains(text))
    }
}

/// Checks that the host itself has answered with `status`, in the common form of its answers.
/// Returns the headers.
pub(crate) async fn expect_problem(
    answer: reqwest::Response,
    status: u16,
) -> reqwest::header::HeaderMap {
    assert_eq!(answer.status(), status);
    let title = answer.status().canonical_reason().unwrap();
    let headers = answer.headers().clone();
    for (name, value) in [
        ("content-type", "application/problem+json"),
        ("cache-control", "no-store"),
        ("x-content-type-options", "nosniff"),
        ("access-control-allow-origin", "*"),
        (
            "access-control-expose-headers",
            "correlation-id, retry-after",
        ),
    ] {
        assert_eq!(headers[name], value, "{name}");
    }
    let id = headers["correlation-id"].to_str().unwrap();
    let expected = format!(
        r#"{{"type":"about:blank","title":"{title}","status":{status},"correlation_id":"{id}"}}"#
    );
    assert_eq!(answer.text().await.unwrap(), expected);
    headers
}

/// Returns the compiled probe, built by the common build of components.
fn probe() -> &'static Path {
    static PROBE: OnceLock<PathBuf> = OnceLock::new();
    PROBE.get_or_init(|| {
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let folder = TempDir::new().unwrap();
        let manifest = folder.path().join("spin.toml");
        let content = format!(
            "spin_manifest_version = 2\n[application]\nname = \"probe\"\n[trigger]\n[component.probe]\nsource = \"probe.wasm\"\n\
             [component.probe.build]\ncommand = \"cargo build --target wasm32-wasip2 --release -p probe\"\nworkdir = {:?}\n",
            workspace.display().to_string()
        );
        fs::write(&manifest, content).unwrap();
        let mut lines = Vec::new();
        let built = build::components(&manifest, build::Purpose::Local, &mut |progress| lines.push(format!("{progress:?}")));
        built.unwrap_or_else(|error| panic!("{error}\n{}", lines.join("\n")));
        // This test's own executable is in <target>/<profile>/deps.
        let executable = std::env::current_exe().unwrap();
        executable.ancestors().nth(3).unwrap().join("wasm32-wasip2/release/probe.wasm")
    })
}

/// Prints the application's log if the test fails.
impl Drop for RunningApplication {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{}", self.log.lines().join("\n"));
        }
    }
}
