//! Heads of requests as bytes on the wire, for tests of a client's requests.

use std::sync::{Arc, Mutex, PoisonError};

use super::ExternalService;

/// Maximum number of stored heads.
const KEPT: usize = 2000;

/// Maximum length of a head, in bytes.
const LONGEST: usize = 64 * 1024;

/// Heads of HTTP/1.1 requests, oldest first. They contain the sandbox's tokens as sent.
#[derive(Clone, Debug, Default)]
pub struct Heads(Arc<Mutex<Vec<Head>>>);

/// Head of a request: request line and header fields.
#[derive(Clone, Debug)]
pub struct Head {
    /// Server that received it.
    pub service: ExternalService,
    /// Request line and fields, without the empty line at the end.
    pub text: String,
}

impl Heads {
    /// Returns the heads received so far.
    pub fn all(&self) -> Vec<Head> {
        let heads = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        heads.clone()
    }

    fn add(&self, head: Head) {
        let mut heads = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if heads.len() < KEPT {
            heads.push(head);
        }
    }
}

impl Head {
    /// Returns the method and the path with its query.
    pub fn line(&self) -> (&str, &str) {
        let mut words = self.text.split(' ');
        let mut word = || words.next().unwrap_or_default();
        (word(), word())
    }

    /// Returns the values of a field, one for each of its occurrences.
    pub fn field<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let fields = self.text.split("\r\n").skip(1);
        let fields = fields.filter_map(|field| field.split_once(':'));
        fields
            .filter(|(field, _)| field.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.trim())
    }
}

/// Recorder of the heads of one connection's requests.
#[derive(Clone, Debug)]
pub(crate) struct Recorder {
    heads: Heads,
    service: ExternalService,
    position: Position,
}

/// Position in the bytes of a connection.
#[derive(Clone, Debug)]
enum Position {
    /// Position in a head, with the bytes received so far.
    Head(Vec<u8>),
    /// Position in a body, with the number of bytes left.
    Body(usize),
    /// Content whose length is unknown, such as a chunked body. Later heads are not recorded.
    Lost,
}

impl Recorder {
    pub(crate) fn new(heads: &Heads, service: ExternalService) -> Self {
        Self {
            heads: heads.clone(),
            service,
            position: Position::Head(Vec::new()),
        }
    }

    /// Reads the next bytes of the connection.
    pub(crate) fn read(&mut self, mut bytes: &[u8]) {
        while let Some((first, after)) = bytes.split_first() {
            match &mut self.position {
                Position::Head(head) => {
                    head.push(*first);
                    bytes = after;
                    if head.ends_with(b"\r\n\r\n") {
                        let head = std::mem::take(head);
                        self.position = self.record(&head);
                    } else if head.len() == LONGEST {
                        self.position = Position::Lost;
                    }
                }
                Position::Body(left) => {
                    let (body, after) = bytes.split_at(bytes.len().min(*left));
                    *left = left.saturating_sub(body.len());
                    bytes = after;
                    if *left == 0 {
                        self.position = Position::Head(Vec::new());
                    }
                }
                Position::Lost => return,
            }
        }
    }

    /// Stores a head and returns the position after it.
    fn record(&self, head: &[u8]) -> Position {
        let text = String::from_utf8_lossy(head);
        let head = Head {
            service: self.service,
            text: text.trim_end().to_owned(),
        };
        let is_chunked = head.field("transfer-encoding").next().is_some();
        let length = head.field("content-length").next();
        let length = length.map_or(Some(0), |length| length.parse().ok());
        self.heads.add(head);
        match length.filter(|_| !is_chunked) {
            Some(0) => Position::Head(Vec::new()),
            Some(length) => Position::Body(length),
            None => Position::Lost,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_are_found_however_the_bytes_come() {
        let bytes = b"POST /a HTTP/1.1\r\nContent-Length: 4\r\n\r\nGET GET /b?c HTTP/1.1\r\nX: 1\r\nx: 2\r\n\r\n\
                      POST /d HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /e HTTP/1.1\r\n\r\n";
        for size in 1..bytes.len() {
            let heads = Heads::default();
            let mut recorder = Recorder::new(&heads, ExternalService::Posten);
            for piece in bytes.chunks(size) {
                recorder.read(piece);
            }
            let all = heads.all();
            let lines: Vec<_> = all.iter().map(Head::line).collect();
            assert_eq!(lines, [("POST", "/a"), ("GET", "/b?c"), ("POST", "/d")]);
            assert!(all[1].field("x").eq(["1", "2"]));
            assert!(all[2].field("transfer-encoding").eq(["chunked"]));
        }
    }
}
