//! Standard error, written in batches by a thread of its own.

use std::io::Write;
use std::sync::OnceLock;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::time::Duration;
use std::{iter, thread};

/// Time for which a batch gathers lines. Waking the thread for each line, and a system call, cost
/// more than the line.
const GATHERING: Duration = Duration::from_millis(2);

/// Limit of the queued lines. Further writers wait for space.
const WAITING: usize = 1024;

/// Size of a batch in bytes after which no further line joins it.
const BATCH: usize = 64 * 1024;

enum Message {
    Line(String),
    Flush(Sender<()>),
}

/// Queue of lines for a stream. A request never waits for a system call unless the queue is full.
pub(super) struct Writer(SyncSender<Message>);

impl Writer {
    /// Returns the writer of this process's standard error; `None` if its thread cannot be started.
    pub(super) fn stderr() -> Option<&'static Self> {
        static WRITER: OnceLock<Option<Writer>> = OnceLock::new();
        WRITER
            .get_or_init(|| Self::start(std::io::stderr()).ok())
            .as_ref()
    }

    fn start(stream: impl Write + Send + 'static) -> std::io::Result<Self> {
        let (sender, messages) = sync_channel(WAITING);
        thread::Builder::new()
            .name("log".to_owned())
            .spawn(move || write(&messages, stream))?;
        Ok(Self(sender))
    }

    /// Adds a line to the queue.
    pub(super) fn line(&self, line: String) {
        // The thread ends with the process only.
        let _ended = self.0.send(Message::Line(line));
    }

    /// Waits until the queue is empty.
    pub(super) fn flush(&self) {
        let (done, is_done) = channel();
        if self.0.send(Message::Flush(done)).is_ok() {
            let _ended = is_done.recv();
        }
    }
}

fn write(messages: &Receiver<Message>, mut stream: impl Write) {
    let mut batch = Vec::new();
    while let Ok(first) = messages.recv() {
        if let Message::Line(_) = first {
            thread::sleep(GATHERING);
        }
        let mut flushed = Vec::new();
        for message in iter::once(first).chain(messages.try_iter()) {
            match message {
                Message::Line(line) => {
                    batch.extend_from_slice(line.as_bytes());
                    batch.push(b'\n');
                }
                Message::Flush(done) => flushed.push(done),
            }
            if batch.len() >= BATCH {
                break;
            }
        }
        // A closed standard error is no reason to stop serving.
        let _closed = stream.write_all(&batch);
        batch.clear();
        for done in flushed {
            let _gone = done.send(());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    /// Stream that stores each write, and delays the first until `open`.
    struct Stream {
        writes: Arc<Mutex<Vec<String>>>,
        open: Receiver<()>,
    }

    impl Write for Stream {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            let _open = self.open.recv();
            let text = String::from_utf8(bytes.to_owned()).unwrap();
            self.writes.lock().unwrap().push(text);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn lines_that_come_during_a_write_are_written_together_and_in_order() {
        let writes = Arc::new(Mutex::default());
        let (open, is_open) = channel();
        let stream = Stream {
            writes: Arc::clone(&writes),
            open: is_open,
        };
        let queue = Writer::start(stream).unwrap();
        for number in 0..100 {
            queue.line(number.to_string());
        }
        drop(open);
        queue.flush();
        let writes = writes.lock().unwrap();
        assert!(writes.len() < 100, "{} writes", writes.len());
        let lines: Vec<String> = (0..100).map(|number| format!("{number}\n")).collect();
        assert_eq!(writes.concat(), lines.concat());
    }

    #[test]
    fn a_stream_that_fails_stops_nobody() {
        struct Closed;
        impl Write for Closed {
            fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
                Err(std::io::ErrorKind::BrokenPipe.into())
            }
            fn flush(&mut self) -> std::io::Result<()> {
                Ok(())
            }
        }
        let writer = Writer::start(Closed).unwrap();
        for _ in 0..=WAITING {
            writer.line("a line".to_owned());
        }
        writer.flush();
    }
}
