//! TLS server of OpenSSL.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// OpenSSL server, terminated when the value is dropped.
pub(crate) struct OpensslServer {
    child: Child,
    pub(crate) origin: String,
}

impl OpensslServer {
    /// Starts a server with `localhost.pem` and its key in `folder`, on a free port. Without
    /// `openssl`, returns `None` with a warning, or fails if skipping is not allowed.
    pub(crate) fn start(folder: &Path, arguments: &[&str]) -> Option<Self> {
        let mut command = Command::new("openssl");
        command
            .current_dir(folder)
            .args(["s_server", "-accept", "0", "-www", "-cert", "localhost.pem"])
            .args(["-key", "localhost.key"])
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let Ok(mut child) = command.spawn() else {
            programs::skip("openssl", "its TLS servers are not called");
            return None;
        };
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let address = loop {
            let line = lines.next().unwrap().unwrap();
            if let Some(address) = line.strip_prefix("ACCEPT ") {
                break address.to_owned();
            }
        };
        // The thread ends when the receiver is dropped.
        std::thread::spawn(move || lines.for_each(drop));
        let (_, port) = address.rsplit_once(':').unwrap();
        Some(Self {
            child,
            origin: format!("https://localhost:{port}"),
        })
    }
}

impl Drop for OpensslServer {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}
