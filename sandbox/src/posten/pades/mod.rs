//! PAdES: all documents of a job as one PDF file, signed by each who has signed so far.
//!
//! A signature is an incremental update at the end of the file (ISO 32000-1 §7.5.6), so that the
//! earlier ones stay valid, with the subfilter `ETSI.CAdES.detached` (ETSI EN 319 142-1, baseline
//! B). Assumptions: signers sign the file themselves, although the real service may seal it for
//! them; the order of the pages, with the signers on the last. Unlike the real ones, the files are
//! not PDF/A.

mod cms;
mod pages;

use std::fmt::Write;

use anyhow::Context;
use lopdf::{Dictionary, Document, IncrementalDocument, Object, StringFormat, dictionary};
use time::{OffsetDateTime, UtcOffset};

use super::job::Job;
use super::signature::Signature;

/// Bytes reserved for a signature: three certificates, and some room.
const RESERVED: usize = 8192;
/// Placeholder for a length that is known when the file is written; has as many digits as any.
const UNKNOWN: i64 = 9_999_999_999;
/// Flags "print" and "locked" (ISO 32000-1 §12.5.3).
const ANNOTATION_FLAGS: i64 = 132;
/// Signatures exist, and the file may only be appended to (ISO 32000-1 §12.7.2).
const SIGNATURE_FLAGS: i64 = 3;

/// Builds the file. Takes time: not for an async thread.
pub(super) fn build(job: &Job) -> anyhow::Result<Vec<u8>> {
    let signatures: Vec<_> = job.signatures().collect();
    let unsigned = pages::bundle(&job.order, &signatures)?;
    let mut numbered = signatures.into_iter().zip(1..);
    numbered.try_fold(unsigned, |file, (signature, number)| {
        signed(file, signature, number)
    })
}

/// Appends a signature to `file`.
fn signed(file: Vec<u8>, signature: &Signature, number: usize) -> anyhow::Result<Vec<u8>> {
    let previous = Document::load_mem(&file)?;
    let length = file.len();
    let root = previous.trailer.get(b"Root")?.as_reference()?;
    let page = previous.page_iter().last().context("no page")?;
    let mut update = IncrementalDocument::create_from(file, previous);

    let value = update.new_document.add_object(value(signature));
    let field = update.new_document.add_object(dictionary! {
        "Type" => "Annot",
        "Subtype" => "Widget",
        "FT" => "Sig",
        "T" => Object::string_literal(format!("Signatur {number}")),
        "V" => value,
        "F" => ANNOTATION_FLAGS,
        "Rect" => vec![0.into(), 0.into(), 0.into(), 0.into()],
        "P" => page,
    });
    update.opt_clone_object_to_new_document(page)?;
    add(
        update.new_document.get_dictionary_mut(page)?,
        b"Annots",
        field,
    );
    update.opt_clone_object_to_new_document(root)?;
    let catalog = update.new_document.get_dictionary_mut(root)?;
    let form = catalog.get(b"AcroForm").and_then(Object::as_dict);
    let mut form = form.cloned().unwrap_or_default();
    form.set("SigFlags", SIGNATURE_FLAGS);
    add(&mut form, b"Fields", field);
    catalog.set("AcroForm", form);

    let mut written = Vec::new();
    update.save_to(&mut written)?;
    fill_in(&mut written, length, signature)?;
    Ok(written)
}

/// Builds the signature dictionary, with placeholders for the byte range and the content.
fn value(signature: &Signature) -> Dictionary {
    dictionary! {
        "Type" => "Sig",
        "Filter" => "Adobe.PPKLite",
        "SubFilter" => "ETSI.CAdES.detached",
        "ByteRange" => vec![0.into(), UNKNOWN.into(), UNKNOWN.into(), UNKNOWN.into()],
        "Contents" => Object::String(vec![0; RESERVED], StringFormat::Hexadecimal),
        "M" => Object::string_literal(date(signature.at)),
        "Name" => lopdf::text_string(&signature.name),
    }
}

/// Appends `item` to the list under `key`.
fn add(dictionary: &mut Dictionary, key: &[u8], item: lopdf::ObjectId) {
    let list = dictionary.get(key).and_then(Object::as_array);
    let mut list = list.cloned().unwrap_or_default();
    list.push(item.into());
    dictionary.set(key, list);
}

/// Writes the lengths and the signature into the room that was left for them after `from`.
fn fill_in(file: &mut [u8], from: usize, signature: &Signature) -> anyhow::Result<()> {
    let room = format!("[0 {UNKNOWN} {UNKNOWN} {UNKNOWN}]");
    let lengths = find(file, from, room.as_bytes()).context("no room for lengths")?;
    let begin = find(file, from, format!("<{}", "0".repeat(RESERVED)).as_bytes())
        .context("no room for a signature")?;
    let end = begin.saturating_add(2 * RESERVED + 2);
    let range = format!("[0 {begin} {end} {}]", file.len().saturating_sub(end));
    put(file, lengths, format!("{range:<0$}", room.len()).as_bytes())?;

    let parts = [file.get(..begin), file.get(end..)];
    let parts: Vec<&[u8]> = parts.into_iter().flatten().collect();
    let value = cms::sign(&parts, &signature.signer)?;
    anyhow::ensure!(value.len() <= RESERVED, "the signature is too long");
    let mut digits = String::new();
    for byte in value {
        write!(digits, "{byte:02x}")?;
    }
    put(file, begin.saturating_add(1), digits.as_bytes())
}

fn find(file: &[u8], from: usize, sought: &[u8]) -> Option<usize> {
    let rest = file.get(from..)?;
    let found = rest.windows(sought.len()).position(|here| here == sought)?;
    from.checked_add(found)
}

fn put(file: &mut [u8], at: usize, bytes: &[u8]) -> anyhow::Result<()> {
    let place = file.get_mut(at..at.saturating_add(bytes.len()));
    place.context("no room")?.copy_from_slice(bytes);
    Ok(())
}

/// Formats a date as PDF does (ISO 32000-1 §7.9.4).
fn date(moment: OffsetDateTime) -> String {
    let utc = moment.to_offset(UtcOffset::UTC);
    format!(
        "D:{}{:02}{:02}{:02}{:02}{:02}Z",
        utc.year(),
        u8::from(utc.month()),
        utc.day(),
        utc.hour(),
        utc.minute(),
        utc.second()
    )
}
