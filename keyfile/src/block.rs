//! Boundaries: from a text to its blocks.

use crate::body::{self, Body};
use crate::encoding::OTHER;
use crate::{Block, Deviation, Fault, Kind, Pem};

const DASHES: &[u8] = b"-----";
const BEGIN: &[u8] = b"-----BEGIN";
const END: &[u8] = b"-----END";

/// Longest label that is taken for one.
const LONGEST_LABEL: usize = 64;

/// Reads every block of `text` into `pem`.
pub(crate) fn read_all(text: &[u8], pem: &mut Pem) {
    let mut reader = Reader { text, pem };
    let mut place = 0;
    while let Some(next) = reader.block(place) {
        place = next;
    }
    if !reader.pem.is_pem()
        && let Some(at) = misspelt(text)
    {
        let fault = Fault::Boundary(reader.line(at));
        reader.pem.faults.push(fault);
    }
}

struct Reader<'a> {
    text: &'a [u8],
    pem: &'a mut Pem,
}

/// A BEGIN or END line: its label, and where it starts and ends.
struct Boundary<'a> {
    label: &'a [u8],
    start: usize,
    end: usize,
}

impl<'a> Reader<'a> {
    /// Reads the first block from `place` on, and returns where it ends.
    fn block(&mut self, place: usize) -> Option<usize> {
        let begin = self.find(BEGIN, place);
        let stray = self.find(END, place);
        if let Some(stray) = stray
            && begin.is_none_or(|begin| stray < begin)
        {
            self.fault(Fault::End, stray);
            return Some(stray + END.len());
        }
        let begin = begin?;
        let Some(opening) = self.boundary(BEGIN, begin) else {
            self.fault(Fault::Boundary, begin);
            return Some(begin + BEGIN.len());
        };
        let Some(end) = self.find(END, opening.end) else {
            self.fault(Fault::NoEnd, begin);
            return self.find(BEGIN, opening.end);
        };
        if let Some(next) = self.find(BEGIN, opening.end).filter(|next| *next < end) {
            self.fault(Fault::NoEnd, begin);
            return Some(next);
        }
        let Some(closing) = self
            .boundary(END, end)
            .filter(|closing| closing.label == opening.label)
        else {
            self.fault(Fault::End, end);
            return Some(end + END.len());
        };
        self.take(&opening, &closing);
        Some(closing.end)
    }

    fn take(&mut self, opening: &Boundary<'a>, closing: &Boundary<'a>) {
        let inside = self
            .text
            .get(opening.end..closing.start)
            .unwrap_or_default();
        let oddities = &mut self.pem.oddities;
        oddities.extend(before(self.text, opening.start));
        oddities.extend(behind(self.text, closing.end));
        let line = self.line(opening.start);
        match body::read(inside, line, &mut self.pem.oddities) {
            Ok(Body { headers, der }) => {
                let kind = kind(opening.label, &headers);
                self.pem.blocks.push(Block { kind, headers, der });
            }
            Err(fault) => self.pem.faults.push(fault),
        }
    }

    fn boundary(&self, word: &[u8], start: usize) -> Option<Boundary<'a>> {
        let inside = start + word.len();
        let rest = self.text.get(inside..)?;
        let rest = rest.get(..rest.len().min(LONGEST_LABEL + DASHES.len()))?;
        let length = rest
            .windows(DASHES.len())
            .position(|window| window == DASHES)?;
        let label = rest.get(..length)?;
        let is_label = |byte: &u8| byte.is_ascii_graphic() || *byte == b' ';
        (label.iter().all(is_label) && label.first() == Some(&b' ')).then_some(Boundary {
            label: label.trim_ascii(),
            start,
            end: inside + length + DASHES.len(),
        })
    }

    fn find(&self, wanted: &[u8], from: usize) -> Option<usize> {
        let rest = self.text.get(from..)?;
        let found = rest
            .windows(wanted.len())
            .position(|window| window == wanted)?;
        Some(from + found)
    }

    fn fault(&mut self, fault: fn(usize) -> Fault, at: usize) {
        let line = self.line(at);
        self.pem.faults.push(fault(line));
    }

    /// Number of the line at a place, from 1.
    fn line(&self, at: usize) -> usize {
        let before = self.text.get(..at).unwrap_or_default();
        before.split(|byte| *byte == b'\n').count()
    }
}

fn kind(label: &[u8], headers: &[(String, String)]) -> Kind {
    let is_encrypted = headers.iter().any(|(name, _)| name == "DEK-Info");
    match label {
        b"CERTIFICATE" | b"X509 CERTIFICATE" => Kind::Certificate,
        b"TRUSTED CERTIFICATE" => Kind::TrustedCertificate,
        b"ENCRYPTED PRIVATE KEY" => Kind::EncryptedPrivateKey,
        label if label.ends_with(b"PRIVATE KEY") && is_encrypted => Kind::TraditionallyEncryptedKey,
        b"X509 CRL" => Kind::RevocationList,
        b"PRIVATE KEY" | b"RSA PRIVATE KEY" | b"EC PRIVATE KEY" => Kind::PrivateKey,
        _ => Kind::Other,
    }
}

/// Returns the deviation in the text before a BEGIN, on its line.
fn before(text: &[u8], start: usize) -> Option<Deviation> {
    let text = text.get(..start)?;
    let line = text.rsplit(|byte| is_line_break(*byte)).next()?;
    let content = line.trim_ascii_end();
    if content.is_empty() {
        return (!line.is_empty()).then_some(Deviation::Indented);
    }
    Some(around(content.trim_ascii()))
}

/// Returns the deviation in the text after an END, on its line.
fn behind(text: &[u8], end: usize) -> Option<Deviation> {
    let text = text.get(end..)?;
    let line = text.split(|byte| is_line_break(*byte)).next()?.trim_ascii();
    (!line.is_empty()).then(|| around(line))
}

fn around(text: &[u8]) -> Deviation {
    if text.starts_with(br"\n") || text.ends_with(br"\n") {
        Deviation::EscapedLineBreaks
    } else if text.starts_with(DASHES) || text.ends_with(DASHES) {
        Deviation::OneLine
    } else if text
        .iter()
        .all(|byte| body::is_quote(*byte) || b",;".contains(byte))
    {
        Deviation::Quoted
    } else if text.iter().all(|byte| *byte >= OTHER) {
        Deviation::NotAscii
    } else {
        Deviation::TextOnBoundary
    }
}

pub(crate) const fn is_line_break(byte: u8) -> bool {
    matches!(byte, b'\n' | b'\r')
}

/// Place of a BEGIN that has not its five hyphens, in a text that has no other.
fn misspelt(text: &[u8]) -> Option<usize> {
    let words: [&[u8]; 3] = [b"BEGIN CERT", b"BEGIN PRIV", b"PRIVATE KEY-"];
    let found = words.iter().filter_map(|word| {
        let mut windows = text.windows(word.len());
        windows.position(|window| window.eq_ignore_ascii_case(word))
    });
    found.min()
}
