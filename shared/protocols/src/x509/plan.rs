//! Certificate builder for tests. It writes DER directly, so that any field may have a value that
//! no authority would issue.
//!
//! The signature consists of zeros, since nothing here verifies it.

#![allow(
    missing_docs,
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    clippy::return_self_not_must_use,
    reason = "for tests: its fields are those of RFC 5280"
)]

use time::OffsetDateTime;
use time::format_description::FormatItem;
use time::macros::{datetime, format_description};

/// Tags of ASN.1 string types.
pub const UTF8: u8 = 0x0c;
pub const PRINTABLE: u8 = 0x13;
pub const TELETEX: u8 = 0x14;
pub const BMP: u8 = 0x1e;

const UTC: &[FormatItem<'_>] =
    format_description!("[year repr:last_two][month][day][hour][minute][second]Z");

/// Type of the key.
#[derive(Clone, Copy)]
pub enum Key {
    Rsa(usize),
    P256,
}

/// Contents of a test certificate.
#[derive(Clone)]
pub struct Plan {
    pub serial: Vec<u8>,
    pub signature: &'static str,
    pub string: u8,
    pub issuer: Vec<(&'static str, String)>,
    pub subject: Vec<(&'static str, String)>,
    pub from: OffsetDateTime,
    pub until: OffsetDateTime,
    pub key: Key,
    pub extensions: Vec<Extension>,
}

/// Extension of a certificate.
#[derive(Clone)]
pub struct Extension {
    pub oid: &'static str,
    pub is_critical: bool,
    pub content: Vec<u8>,
}

impl Extension {
    pub const fn critical(oid: &'static str, content: Vec<u8>) -> Self {
        Self {
            oid,
            is_critical: true,
            content,
        }
    }

    pub const fn non_critical(oid: &'static str, content: Vec<u8>) -> Self {
        Self {
            oid,
            is_critical: false,
            content,
        }
    }
}

impl Plan {
    /// Returns a Buypass authentication certificate of SEID 2, for this `NTRNO-…` or other
    /// identifier.
    pub fn new(identifier: &str) -> Self {
        Self {
            serial: vec![1; 11],
            signature: "1.2.840.113549.1.1.11",
            string: UTF8,
            issuer: names(&[
                ("2.5.4.6", "NO"),
                ("2.5.4.97", "NTRNO-983163327"),
                ("2.5.4.10", "Buypass AS"),
                ("2.5.4.3", "Buypass Class 3 Test4 CA G2 ST Business"),
            ]),
            subject: names(&[
                ("2.5.4.6", "NO"),
                ("2.5.4.10", "TESTVIRKSOMHET"),
                ("2.5.4.3", "TESTVIRKSOMHET"),
                ("2.5.4.97", identifier),
            ]),
            from: datetime!(2023-06-15 10:00 UTC),
            until: datetime!(2026-06-15 21:59 UTC),
            key: Key::Rsa(3072),
            extensions: vec![
                Extension::non_critical("2.5.29.19", sequence(&[])),
                authority("a7febb6c5988ad742e465e7a68f9d1bbbfcfb68b"),
                Extension::non_critical("2.5.29.14", tlv(0x04, &[7; 20])),
                usage(&[0x05, 0xa0]),
                policies(&["2.16.578.1.26.1.3.2", "0.4.0.2042.1.1"]),
            ],
        }
    }

    /// Replaces the extension with the same object identifier.
    pub fn with(mut self, extension: Extension) -> Self {
        self = self.without(extension.oid);
        self.extensions.push(extension);
        self
    }

    pub fn without(mut self, oid: &str) -> Self {
        self.extensions.retain(|extension| extension.oid != oid);
        self
    }

    pub fn subject(mut self, subject: &[(&'static str, &str)]) -> Self {
        self.subject = names(subject);
        self
    }

    pub fn der(&self) -> Vec<u8> {
        let algorithm = sequence(&[oid(self.signature), tlv(0x05, &[])]);
        let content = sequence(&[
            tlv(0xa0, &tlv(0x02, &[2])),
            tlv(0x02, &self.serial),
            algorithm.clone(),
            self.name(&self.issuer),
            sequence(&[moment(self.from), moment(self.until)]),
            self.name(&self.subject),
            self.key.der(),
            tlv(0xa3, &self.extensions()),
        ]);
        sequence(&[content, algorithm, bits(&[0; 256])])
    }

    fn name(&self, names: &[(&'static str, String)]) -> Vec<u8> {
        let parts = names.iter().map(|(name, value)| {
            let value = match self.string {
                BMP => value.encode_utf16().flat_map(u16::to_be_bytes).collect(),
                TELETEX => value
                    .chars()
                    .map(|c| u8::try_from(c).expect("latin"))
                    .collect(),
                _ => value.clone().into_bytes(),
            };
            // A country is always a printable string.
            let string = if *name == "2.5.4.6" {
                PRINTABLE
            } else {
                self.string
            };
            let value = if *name == "2.5.4.6" {
                b"NO".to_vec()
            } else {
                value
            };
            tlv(0x31, &sequence(&[oid(name), tlv(string, &value)]))
        });
        sequence(&parts.collect::<Vec<_>>())
    }

    fn extensions(&self) -> Vec<u8> {
        let all = self.extensions.iter().map(|extension| {
            let critical = if extension.is_critical {
                tlv(0x01, &[0xff])
            } else {
                Vec::new()
            };
            sequence(&[oid(extension.oid), critical, tlv(0x04, &extension.content)])
        });
        sequence(&all.collect::<Vec<_>>())
    }
}

impl Key {
    fn der(self) -> Vec<u8> {
        match self {
            Self::Rsa(length) => {
                let modulus = [vec![0], vec![0xc1; length / 8]].concat();
                let key = sequence(&[tlv(0x02, &modulus), tlv(0x02, &[1, 0, 1])]);
                let algorithm = sequence(&[oid("1.2.840.113549.1.1.1"), tlv(0x05, &[])]);
                sequence(&[algorithm, bits(&key)])
            }
            Self::P256 => {
                let algorithm = [oid("1.2.840.10045.2.1"), oid("1.2.840.10045.3.1.7")];
                sequence(&[sequence(&algorithm), bits(&[4; 65])])
            }
        }
    }
}

pub fn names(names: &[(&'static str, &str)]) -> Vec<(&'static str, String)> {
    let names = names.iter();
    names
        .map(|(name, value)| (*name, (*value).to_owned()))
        .collect()
}

/// Returns a key usage: the number of unused bits, and the bits.
pub fn usage(bits: &[u8]) -> Extension {
    Extension::critical("2.5.29.15", tlv(0x03, bits))
}

pub fn extended(uses: &[&str]) -> Extension {
    let uses: Vec<_> = uses.iter().map(|usage| oid(usage)).collect();
    Extension::non_critical("2.5.29.37", sequence(&uses))
}

pub fn policies(policies: &[&str]) -> Extension {
    let policies = policies.iter().map(|policy| sequence(&[oid(policy)]));
    Extension::non_critical("2.5.29.32", sequence(&policies.collect::<Vec<_>>()))
}

/// Returns an authority key identifier, from hexadecimal.
pub fn authority(key: &str) -> Extension {
    let bytes = (0..key.len()).step_by(2);
    let bytes: Vec<u8> = bytes
        .map(|at| u8::from_str_radix(&key[at..at + 2], 16).expect("hexadecimal"))
        .collect();
    Extension::non_critical("2.5.29.35", sequence(&[tlv(0x80, &bytes)]))
}

/// Returns a subject alternative name, from the tag of its kind (0x81 e-mail, 0x82 website) and the
/// name.
pub fn alternative(tag: u8, name: &str) -> Extension {
    Extension::non_critical("2.5.29.17", sequence(&[tlv(tag, name.as_bytes())]))
}

pub fn sequence(parts: &[Vec<u8>]) -> Vec<u8> {
    tlv(0x30, &parts.concat())
}

pub fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len();
    let mut der = vec![tag];
    match u8::try_from(length) {
        Ok(short) if short < 0x80 => der.push(short),
        Ok(short) => der.extend([0x81, short]),
        Err(_) => {
            der.push(0x82);
            der.extend(u16::try_from(length).expect("not long").to_be_bytes());
        }
    }
    der.extend(content);
    der
}

fn bits(content: &[u8]) -> Vec<u8> {
    tlv(0x03, &[&[0], content].concat())
}

fn moment(time: OffsetDateTime) -> Vec<u8> {
    tlv(0x17, time.format(UTC).expect("a time").as_bytes())
}

fn oid(text: &str) -> Vec<u8> {
    let arcs: Vec<u32> = text
        .split('.')
        .map(|arc| arc.parse().expect("an arc"))
        .collect();
    let mut content = Vec::new();
    for arc in std::iter::once(arcs[0] * 40 + arcs[1]).chain(arcs[2..].iter().copied()) {
        let groups = (0..5).rev().map(|group| (arc >> (7 * group)) & 0x7f);
        let mut groups: Vec<u32> = groups.skip_while(|group| *group == 0).collect();
        if groups.is_empty() {
            groups.push(0);
        }
        let last = groups.len() - 1;
        let groups = groups.iter().enumerate();
        content.extend(groups.map(|(index, group)| {
            u8::try_from(if index < last { group | 0x80 } else { *group }).expect("seven bits")
        }));
    }
    tlv(0x06, &content)
}
