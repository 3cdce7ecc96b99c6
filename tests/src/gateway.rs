//! Gateway that `deploy/nginx` ships, in front of an app.

use std::fs;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rcgen::{CertifiedKey, generate_simple_self_signed};
use tempfile::TempDir;

use crate::build::project;

/// Timeout for the start of nginx.
const START: Duration = Duration::from_secs(20);

/// Timeout for a line of the log.
const PATIENCE: Duration = Duration::from_secs(20);

/// Header with the client of a request, for tests of the limits by address.
pub const CLIENT: &str = "test-client";

/// Deviations of a gateway from the setup that is shipped.
#[derive(Clone, Debug, Default)]
pub struct GatewayOptions {
    /// Enables TLS, as shipped, instead of plain HTTP.
    pub tls: bool,
    /// Replacements in the configuration: the original text and the new one.
    pub changes: Vec<(&'static str, &'static str)>,
}

/// Running nginx, stopped when dropped.
pub struct Gateway {
    address: SocketAddr,
    folder: TempDir,
    process: Child,
}

impl Gateway {
    /// Starts a gateway in front of `app`. Returns `None` without nginx, and prints a warning.
    pub fn start(app: SocketAddr, setup: &GatewayOptions) -> Option<Self> {
        let folder = tempfile::tempdir().expect("a folder");
        write_certificate(folder.path());
        // Another process may take the port in between: then the start is repeated.
        for _ in 0..5 {
            let address = free_address();
            write_configuration(folder.path(), address, app, setup);
            let Ok(mut process) = run(folder.path()) else {
                programs::skip("nginx", "nothing goes through deploy/nginx");
                return None;
            };
            if is_ready(address, &mut process) {
                return Some(Self {
                    address,
                    folder,
                    process,
                });
            }
        }
        panic!("{}", said(folder.path()));
    }

    /// Returns the address that it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns its certificate, in PEM.
    pub fn certificate(&self) -> Vec<u8> {
        fs::read(self.folder.path().join("tls.crt")).expect("a certificate")
    }

    /// Returns the lines of its access log.
    pub fn log(&self) -> Vec<String> {
        let text = fs::read_to_string(self.folder.path().join("innsyn.log"));
        text.expect("a log").lines().map(str::to_owned).collect()
    }

    /// Returns the log as soon as it is as expected, or after a timeout: nginx writes a line after
    /// the answer has been sent.
    pub async fn log_when(&self, is_expected: impl Fn(&[String]) -> bool) -> Vec<String> {
        let start = Instant::now();
        loop {
            let log = self.log();
            if is_expected(&log) || start.elapsed() > PATIENCE {
                return log;
            }
            tokio::task::yield_now().await;
        }
    }

    /// Returns its errors, if it wrote any.
    pub fn errors(&self) -> String {
        fs::read_to_string(self.folder.path().join("innsyn-error.log")).expect("a log")
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        let _ended_already = self.process.kill();
        let _ended = self.process.wait();
    }
}

fn free_address() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("bound")
}

fn write_certificate(folder: &Path) {
    let names = vec!["localhost".to_owned()];
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(names).expect("made");
    fs::write(folder.join("tls.crt"), cert.pem()).expect("a file");
    fs::write(folder.join("tls.key"), signing_key.serialize_pem()).expect("a file");
}

/// Writes the shipped configuration, with other names, addresses and files, within the frame of
/// Debian's own.
fn write_configuration(
    folder: &Path,
    address: SocketAddr,
    app: SocketAddr,
    setup: &GatewayOptions,
) {
    let path = project().join("deploy/nginx/innsyn.conf");
    let mut text = fs::read_to_string(path).expect("a configuration");
    let mut replace = |old: &str, new: &str| {
        assert!(text.contains(old), "deploy/nginx has no `{old}`");
        text = text.replace(old, new);
    };
    let place = folder.display();
    let ssl = if setup.tls { " ssl http2" } else { "" };
    replace("listen [::]:443 ssl http2 default_server;", "");
    replace("listen [::]:443 ssl http2;", "");
    replace("listen 443 ssl http2", &format!("listen {address}{ssl}"));
    replace("server_name innsyn.example.no;", "server_name localhost;");
    replace("server 127.0.0.1:3000;", &format!("server {app};"));
    replace("/etc/nginx/innsyn/", &format!("{place}/"));
    replace("/var/log/nginx/", &format!("{place}/"));
    for (old, new) in &setup.changes {
        replace(old, new);
    }
    fs::write(folder.join("innsyn.conf"), text).expect("a file");
    let paths: String = ["client_body", "proxy", "fastcgi", "scgi", "uwsgi"]
        .map(|name| format!("{name}_temp_path {place}/{name};\n"))
        .concat();
    let main = format!(
        "daemon off;\nmaster_process off;\npid {place}/pid;\nerror_log {place}/main.log;\n\
         events {{ worker_connections 2048; }}\n\
         http {{\n{paths}access_log off;\nset_real_ip_from 127.0.0.1;\nreal_ip_header {CLIENT};\n\
         include {place}/innsyn.conf;\n}}\n"
    );
    fs::write(folder.join("nginx.conf"), main).expect("a file");
}

fn run(folder: &Path) -> std::io::Result<Child> {
    let errors = fs::File::create(folder.join("stderr"))?;
    Command::new(program())
        .arg("-p")
        .arg(folder)
        .arg("-c")
        .arg(folder.join("nginx.conf"))
        .arg("-e")
        .arg(folder.join("main.log"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(errors)
        .spawn()
}

/// Returns the path of nginx. Debian installs it outside a user's path.
fn program() -> PathBuf {
    let debian = Path::new("/usr/sbin/nginx");
    let there = debian.exists();
    if there { debian.into() } else { "nginx".into() }
}

/// Returns true once nginx listens, and false if it ends instead.
fn is_ready(address: SocketAddr, process: &mut Child) -> bool {
    let start = Instant::now();
    loop {
        if process.try_wait().expect("a process").is_some() {
            return false;
        }
        if TcpStream::connect(address).is_ok() {
            return true;
        }
        assert!(start.elapsed() < START, "nginx does not listen");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn said(folder: &Path) -> String {
    let read = |name: &str| fs::read_to_string(folder.join(name)).unwrap_or_default();
    read("stderr") + &read("main.log")
}
