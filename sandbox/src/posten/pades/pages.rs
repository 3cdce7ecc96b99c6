//! Pages of the file: those of the documents, and one with the signers.

use std::collections::HashSet;
use std::fmt::Write;

use anyhow::Context;
use aws_lc_rs::digest::{SHA256, digest};
use lopdf::xref::XrefType;
use lopdf::{Dictionary, Document, Object, ObjectId, Stream, dictionary};
use time::format_description::well_known::Rfc3339;

use crate::posten::order::{self, Order};
use crate::posten::signature::Signature;

/// Size of a page: A4, in points.
const PAGE: [i64; 4] = [0, 0, 595, 842];
const LINES: usize = 60;
/// Columns of a line in Courier of 10 points.
const COLUMNS: usize = 82;
/// Entries that a page inherits from its parents (ISO 32000-1 §7.7.3.4).
const INHERITED: [&[u8]; 4] = [b"Resources", b"MediaBox", b"CropBox", b"Rotate"];

/// Returns all documents as one PDF file, without signatures.
pub(super) fn bundle(order: &Order, signatures: &[&Signature]) -> anyhow::Result<Vec<u8>> {
    let mut book = PageWriter::new();
    for document in &order.documents {
        book.add(document)?;
    }
    let mut last = format!("{}\n\nSignert av / Signed by\n\n", order.title);
    for signature in signatures {
        let at = signature.at.replace_nanosecond(0)?.format(&Rfc3339)?;
        writeln!(last, "{}, {at}", signature.name)?;
    }
    last.push_str("\nSandkasse: alt er oppdiktet. / Sandbox: everything is invented.\n");
    book.write(&last);
    book.finish()
}

struct PageWriter {
    pdf: Document,
    tree: ObjectId,
    resources: ObjectId,
    pages: Vec<Object>,
}

impl PageWriter {
    fn new() -> Self {
        let mut pdf = Document::with_version("1.7");
        // All readers support the older form.
        pdf.reference_table.cross_reference_type = XrefType::CrossReferenceTable;
        let tree = pdf.new_object_id();
        let font = pdf.add_object(dictionary! {
            "Type" => "Font",
            "Subtype" => "Type1",
            "BaseFont" => "Courier",
            "Encoding" => "WinAnsiEncoding",
        });
        let resources = pdf.add_object(dictionary! { "Font" => dictionary! { "F1" => font } });
        Self {
            pdf,
            tree,
            resources,
            pages: Vec::new(),
        }
    }

    /// Adds the pages of a document. A document that does not match its media type is represented
    /// by its digest.
    fn add(&mut self, document: &order::Document) -> anyhow::Result<()> {
        if document.mime == "text/plain" {
            self.write(&String::from_utf8_lossy(&document.bytes));
            return Ok(());
        }
        let readable = Document::load_mem(&document.bytes).ok();
        let pages = readable.and_then(|pdf| self.import(pdf).ok());
        if let Some(pages) = pages {
            self.pages.extend(pages);
            return Ok(());
        }
        let mut text = format!("{}\n\nSHA-256 ", document.title);
        for byte in digest(&SHA256, &document.bytes).as_ref() {
            write!(text, "{byte:02x}")?;
        }
        self.write(&text);
        Ok(())
    }

    /// Imports the objects of another file, and returns its pages.
    fn import(&mut self, mut pdf: Document) -> anyhow::Result<Vec<Object>> {
        anyhow::ensure!(!pdf.is_encrypted(), "it is encrypted");
        for id in pdf.page_iter().collect::<Vec<_>>() {
            let page = whole(&pdf, id)?;
            pdf.objects.insert(id, page.into());
        }
        pdf.renumber_objects_with(self.pdf.max_id.saturating_add(1));
        let pages: Vec<_> = pdf.page_iter().collect();
        anyhow::ensure!(!pages.is_empty(), "it has no pages");
        for id in &pages {
            pdf.get_dictionary_mut(*id)?.set("Parent", self.tree);
        }
        self.pdf.max_id = pdf.max_id;
        self.pdf.objects.append(&mut pdf.objects);
        Ok(pages.into_iter().map(Object::from).collect())
    }

    /// Appends pages with the lines of `text`, wrapped.
    fn write(&mut self, text: &str) {
        let lines: Vec<_> = text.lines().flat_map(wrapped).collect();
        for lines in lines.chunks(LINES) {
            let mut content = b"BT /F1 10 Tf 12 TL 50 780 Td\n".to_vec();
            for line in lines {
                content.push(b'(');
                for byte in line {
                    if b"()\\".contains(byte) {
                        content.push(b'\\');
                    }
                    content.push(*byte);
                }
                content.extend(b") Tj T*\n");
            }
            content.extend(b"ET");
            let content = self.pdf.add_object(Stream::new(Dictionary::new(), content));
            let page = self.pdf.add_object(dictionary! {
                "Type" => "Page",
                "Parent" => self.tree,
                "MediaBox" => PAGE.map(Object::from).to_vec(),
                "Resources" => self.resources,
                "Contents" => content,
            });
            self.pages.push(page.into());
        }
    }

    fn finish(mut self) -> anyhow::Result<Vec<u8>> {
        let count = i64::try_from(self.pages.len())?;
        let tree = dictionary! { "Type" => "Pages", "Kids" => self.pages, "Count" => count };
        self.pdf.set_object(self.tree, tree);
        let catalog = dictionary! { "Type" => "Catalog", "Pages" => self.tree };
        let catalog = self.pdf.add_object(catalog);
        self.pdf.trailer.set("Root", catalog);
        let mut written = Vec::new();
        self.pdf.save_to(&mut written)?;
        Ok(written)
    }
}

/// Returns a page with the entries that it inherits.
fn whole(pdf: &Document, id: ObjectId) -> anyhow::Result<Dictionary> {
    let mut page = pdf.get_dictionary(id)?.clone();
    let mut above = page.clone();
    let mut seen = HashSet::from([id]);
    while let Ok(parent) = above.get(b"Parent").and_then(Object::as_reference) {
        anyhow::ensure!(seen.insert(parent), "its pages go round in a circle");
        above = pdf.get_dictionary(parent)?.clone();
        for key in INHERITED {
            if let (Err(_), Ok(value)) = (page.get(key), above.get(key)) {
                page.set(key, value.clone());
            }
        }
    }
    page.get(b"MediaBox")
        .context("it has a page without a size")?;
    Ok(page)
}

/// Wraps a line to the width of the page.
fn wrapped(line: &str) -> Vec<Vec<u8>> {
    let bytes = latin(line);
    if bytes.is_empty() {
        return vec![bytes];
    }
    bytes.chunks(COLUMNS).map(<[u8]>::to_vec).collect()
}

/// Converts text to the font's encoding, with loss: Latin 1 without control characters.
fn latin(text: &str) -> Vec<u8> {
    let shown = text.chars().map(|character| {
        let byte = u8::try_from(character);
        byte.ok()
            .filter(|byte| matches!(byte, b' '..=b'~' | 0xa0..))
    });
    shown.map(|byte| byte.unwrap_or(b'?')).collect()
}
