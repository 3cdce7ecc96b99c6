//! Log with one line per event: the access log, the host's own messages, and the output streams of
//! guests. Lines of guests are counted too.

mod stderr;

use std::io::Write as _;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use bytes::Bytes;
use serde::Serialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio::io::AsyncWrite;
use wasmtime_wasi::async_trait;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamResult};

use crate::counters::{Counters, Series};
use crate::lock::locked;

/// Length in bytes at which a guest's line is split.
const LONGEST_LINE: usize = 64 * 1024;

/// Destination of the lines.
#[derive(Clone)]
pub struct Log(Arc<LogTarget>);

struct LogTarget {
    sink: Sink,
    counters: Counters,
}

enum Sink {
    Stderr,
    Memory(Mutex<Vec<String>>),
}

impl Log {
    /// Creates a log that writes to the process's standard error.
    pub fn stderr() -> Self {
        Self::to(Sink::Stderr)
    }

    /// Creates a log that stores its lines for [`Log::lines`].
    pub fn memory() -> Self {
        Self::to(Sink::Memory(Mutex::default()))
    }

    fn to(sink: Sink) -> Self {
        Self(Arc::new(LogTarget {
            sink,
            counters: Counters::default(),
        }))
    }

    /// Returns the stored lines, oldest first; empty for a log that does not store them.
    pub fn lines(&self) -> Vec<String> {
        match &self.0.sink {
            Sink::Stderr => Vec::new(),
            Sink::Memory(lines) => locked(lines).clone(),
        }
    }

    /// Returns the number of events of each kind in the guests' lines so far.
    pub fn counters(&self) -> Vec<(Series, u64)> {
        self.0.counters.all()
    }

    /// Writes one unchanged line.
    pub(crate) fn line(&self, line: &str) {
        match &self.0.sink {
            Sink::Stderr => match stderr::Writer::stderr() {
                Some(writer) => writer.line(line.to_owned()),
                None => _ = writeln!(std::io::stderr().lock(), "{line}"),
            },
            Sink::Memory(lines) => locked(lines).push(line.to_owned()),
        }
    }

    /// Waits until all lines so far are written. Without it, a process that ends may lose its last
    /// ones.
    pub fn flush(&self) {
        if let Sink::Stderr = &self.0.sink
            && let Some(writer) = stderr::Writer::stderr()
        {
            writer.flush();
        }
    }

    /// Writes and counts a guest's line. Output that is no event, such as a panic's message, may
    /// have any content, so it is redacted: numbers and credentials are removed.
    fn guest(&self, component: &str, line: &str) {
        if line.starts_with('{') && line.ends_with('}') {
            self.line(line);
        } else {
            self.line(&redaction::redacted(line));
        }
        self.0.counters.count(component, line);
    }

    /// Writes one line for each counter that has increased since it was last written.
    pub(crate) fn tell_grown(&self) {
        self.tell(self.0.counters.grown());
    }

    /// Writes one line for each counter.
    pub(crate) fn tell_all(&self) {
        self.tell(self.0.counters.all());
    }

    fn tell(&self, counters: Vec<(Series, u64)>) {
        #[derive(Serialize)]
        struct Counter<'a> {
            level: &'a str,
            event: &'a str,
            #[serde(flatten)]
            series: Series,
            total: u64,
        }
        for (series, total) in counters {
            self.event(&Counter {
                level: "info",
                event: "counter",
                series,
                total,
            });
        }
    }

    /// Writes an event as one line of JSON that begins with the time.
    pub(crate) fn event(&self, event: &impl Serialize) {
        #[derive(Serialize)]
        struct Timed<'a, T> {
            time: String,
            #[serde(flatten)]
            event: &'a T,
        }
        let time = OffsetDateTime::now_utc()
            .format(&Rfc3339)
            .unwrap_or_default();
        if let Ok(line) = serde_json::to_string(&Timed { time, event }) {
            self.line(&line);
        }
    }

    /// Reports a component's failure, with the reason that its caller does not see. It is redacted:
    /// numbers and credentials are removed.
    pub(crate) fn failure(&self, component: &str, event: &str, reason: &str) {
        #[derive(Serialize)]
        struct Failure<'a> {
            level: &'a str,
            event: &'a str,
            component: &'a str,
            reason: &'a str,
        }
        self.event(&Failure {
            level: "error",
            event,
            component,
            reason: &redaction::redacted(reason),
        });
    }
}

/// Output stream of a guest, which gathers bytes into lines.
#[derive(Clone)]
pub(crate) struct GuestOutput(Arc<PartialLine>);

struct PartialLine {
    log: Log,
    component: String,
    partial: Mutex<Vec<u8>>,
}

impl GuestOutput {
    pub(crate) fn new(log: Log, component: &str) -> Self {
        Self(Arc::new(PartialLine {
            log,
            component: component.to_owned(),
            partial: Mutex::default(),
        }))
    }

    fn push(&self, bytes: &[u8]) {
        let mut partial = locked(&self.0.partial);
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            partial.extend_from_slice(piece);
            if piece.ends_with(b"\n") || partial.len() >= LONGEST_LINE {
                self.0.emit(&mut partial);
            }
        }
    }
}

impl PartialLine {
    fn emit(&self, partial: &mut Vec<u8>) {
        let line = String::from_utf8_lossy(partial);
        let line = line.trim_end_matches(['\n', '\r']);
        if !line.is_empty() {
            self.log.guest(&self.component, line);
        }
        partial.clear();
    }
}

impl Drop for PartialLine {
    fn drop(&mut self) {
        let mut rest = std::mem::take(&mut *locked(&self.partial));
        self.emit(&mut rest);
    }
}

impl IsTerminal for GuestOutput {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for GuestOutput {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(self.clone())
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }
}

impl AsyncWrite for GuestOutput {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        self.push(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[async_trait]
impl Pollable for GuestOutput {
    async fn ready(&mut self) {}
}

impl OutputStream for GuestOutput {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.push(&bytes);
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(LONGEST_LINE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guests_output_is_gathered_into_lines() {
        let log = Log::memory();
        let output = GuestOutput::new(log.clone(), "claims");
        output.push(b"one\ntw");
        output.push(b"o\r\n\nthree");
        assert_eq!(log.lines(), ["one", "two"]);
        drop(output);
        assert_eq!(log.lines(), ["one", "two", "three"]);
    }

    #[test]
    fn what_is_no_event_is_logged_without_numbers_and_credentials() {
        let log = Log::memory();
        let output = GuestOutput::new(log.clone(), "claims");
        output.push(b"panicked at src/lib.rs: 028290 90123 with hvs.CAESIJ1x\n");
        output.push(b"{\"event\":\"request\",\"time\":\"2026-01-01T12:00:00Z\"}\n");
        log.failure("claims", "outbound", "no answer to 02829090123");
        let lines = log.lines();
        assert_eq!(lines[0], "panicked at src/lib.rs: … with …");
        assert_eq!(
            lines[1],
            "{\"event\":\"request\",\"time\":\"2026-01-01T12:00:00Z\"}"
        );
        assert!(
            lines[2].ends_with("\"reason\":\"no answer to …\"}"),
            "{}",
            lines[2]
        );
    }

    #[test]
    fn guests_lines_are_counted_and_told() {
        let log = Log::memory();
        let output = GuestOutput::new(log.clone(), "token");
        output.push(b"{\"event\":\"token\",\"outcome\":\"minted\"}\n");
        log.tell_grown();
        log.tell_grown();
        log.tell_all();
        let told: Vec<_> = log.lines().split_off(1);
        assert_eq!(told.len(), 2);
        for line in told {
            let end = "\"event\":\"counter\",\"component\":\"token\",\"of\":\"token\",\"outcome\":\"minted\",\"total\":1}";
            assert!(line.ends_with(end), "{line}");
        }
    }

    #[test]
    fn events_are_json_with_the_time_first() {
        let log = Log::memory();
        log.failure("claims", "outbound", "a reason");
        let line = log.lines().pop().unwrap();
        assert!(line.starts_with("{\"time\":\"2"), "{line}");
        assert!(
            line.ends_with("\"component\":\"claims\",\"reason\":\"a reason\"}"),
            "{line}"
        );
    }
}
