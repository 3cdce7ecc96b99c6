//! Running process of `innsyn`.

use std::process::{Command as Plain, Stdio};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::task::JoinHandle;

const INNSYN: &str = env!("CARGO_BIN_EXE_innsyn");

/// Process that is asked to stop when this is dropped.
pub(crate) struct Process {
    child: Child,
    printed: Lines<BufReader<ChildStdout>>,
    complaints: Arc<Mutex<String>>,
    listening: JoinHandle<()>,
}

impl Process {
    /// Starts `innsyn` with `arguments`.
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let mut command = Command::new(INNSYN);
        command.args(arguments);
        Self::spawn(command)
    }

    /// Starts it in a shell with a permissive umask.
    pub(crate) fn start_without_umask(arguments: &[&str]) -> Self {
        let mut command = Command::new("sh");
        command.args(["-c", "umask 000 && exec \"$0\" \"$@\"", INNSYN]);
        command.args(arguments);
        Self::spawn(command)
    }

    fn spawn(mut command: Command) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("a process");
        let printed = child.stdout.take().expect("its output");
        let complaints = Arc::new(Mutex::new(String::new()));
        let mut stderr = BufReader::new(child.stderr.take().expect("its complaints")).lines();
        let heard = complaints.clone();
        let listening = tokio::spawn(async move {
            while let Ok(Some(line)) = stderr.next_line().await {
                let mut heard = heard.lock().expect("not poisoned");
                heard.push_str(&line);
                heard.push('\n');
            }
        });
        Self {
            child,
            printed: BufReader::new(printed).lines(),
            complaints,
            listening,
        }
    }

    /// Returns the next line of its output.
    pub(crate) async fn line(&mut self) -> String {
        let line = self.printed.next_line().await.expect("text");
        line.unwrap_or_else(|| panic!("it ended: {}", self.complaints()))
    }

    /// Returns the text after `label` in the next line of output that has it.
    pub(crate) async fn after(&mut self, label: &str) -> String {
        loop {
            let line = self.line().await;
            if let Some((_, rest)) = line.split_once(label) {
                return rest.trim().to_owned();
            }
        }
    }

    /// Returns the soft and the hard limit on core files, from `/proc`.
    #[cfg(target_os = "linux")]
    pub(crate) fn core_limit(&self) -> String {
        let id = self.child.id().expect("it runs");
        crate::core_dumps::limit_of(id)
    }

    /// Returns its standard error so far.
    pub(crate) fn complaints(&self) -> String {
        self.complaints.lock().expect("not poisoned").clone()
    }

    /// Asks it to stop, waits for its end, and returns its standard error.
    pub(crate) async fn stop(mut self) -> String {
        self.terminate();
        let status = self.child.wait().await.expect("its end");
        assert!(status.success(), "{status}: {}", self.complaints());
        (&mut self.listening).await.expect("everything heard");
        self.complaints()
    }

    /// Waits for a successful end, and returns its standard error.
    pub(crate) async fn end(mut self) -> String {
        while self.printed.next_line().await.expect("text").is_some() {}
        let status = self.child.wait().await.expect("its end");
        assert!(status.success(), "{status}: {}", self.complaints());
        (&mut self.listening).await.expect("everything heard");
        self.complaints()
    }

    /// Waits for a failed end, and returns its standard error.
    pub(crate) async fn fail(mut self) -> String {
        let mut printed = String::new();
        let stdout = self.printed.get_mut();
        stdout.read_to_string(&mut printed).await.expect("text");
        let status = self.child.wait().await.expect("its end");
        assert!(!status.success(), "{printed}");
        (&mut self.listening).await.expect("everything heard");
        self.complaints()
    }

    fn terminate(&self) {
        if let Some(id) = self.child.id() {
            let _ = Plain::new("kill").arg(id.to_string()).status();
        }
    }
}

impl Drop for Process {
    /// Stops it gracefully: killed, it would leave its folder with keys.
    fn drop(&mut self) {
        self.terminate();
    }
}
