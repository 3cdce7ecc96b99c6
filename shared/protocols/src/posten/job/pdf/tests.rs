use super::*;

/// Returns a file with these objects, without compression.
fn file(header: &str, objects: &str, trailer: &str) -> Vec<u8> {
    format!(
        "{header}\n%\u{e2}\u{e3}\u{cf}\u{d3}\n{objects}\nxref\n0 1\n0000000000 65535 f \ntrailer\n<< /Size 1 {trailer} >>\nstartxref\n9\n%%EOF\n"
    )
    .into_bytes()
}

const CATALOG: &str = "1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj";

#[test]
fn the_header_stands_within_the_first_kilobyte() {
    let pdf = file("%PDF-1.7", CATALOG, "/Root 1 0 R");
    for before in [0, 1, 500, 1024 - HEADER.len()] {
        let file = [vec![b' '; before], pdf.clone()].concat();
        assert_eq!(check(&file), Ok(()), "{before}");
    }
    let late = [vec![b' '; 1025 - HEADER.len()], pdf].concat();
    assert_eq!(check(&late), Err(Violation::NotPdf));
    for text in ["", "%PDF", "PDF-1.7", "<html>%PDX-1.7"] {
        assert_eq!(check(text.as_bytes()), Err(Violation::NotPdf), "{text}");
    }
}

#[test]
fn the_catalog_says_a_later_version_than_the_header() {
    for (header, catalog, fits) in [
        ("1.0", "", false),
        ("1.1", "", true),
        ("1.7", "", true),
        ("2.0", "", false),
        ("1.8", "", false),
        ("1.10", "", false),
        ("1", "", false),
        ("x.y", "", false),
        ("1.4", "/Version /1.7", true),
        ("1.4", "/Version/1.7", true),
        ("1.4", "/Version /2.0", false),
        ("1.4", "/Version /2#2E0", false),
        ("1.4", "/V#65rsion /2.0", false),
        ("1.0", "/Version /1.3", true),
        // Not an earlier version, and no value other than a name.
        ("1.4", "/Version /1.0", true),
        ("2.0", "/Version /1.7", false),
        ("1.4", "/Version (2.0)", true),
        ("1.4", "/Extensions << /X << /Version /2.0 >> >>", true),
        ("1.4", "/Version /latest", true),
    ] {
        let catalog = format!("1 0 obj <</Type/Catalog {catalog} /Pages 2 0 R>> endobj");
        let file = file(&format!("%PDF-{header}"), &catalog, "/Root 1 0 R");
        let expected = if fits {
            Ok(())
        } else {
            Err(Violation::PdfVersion)
        };
        assert_eq!(check(&file), expected, "{header} {catalog}");
    }
    // A later update of the file replaces the catalog.
    let updated = |first: &str, second: &str| {
        let catalog = |version| format!("1 0 obj << /Type /Catalog /Version /{version} >> endobj ");
        check(&file("%PDF-1.4", &(catalog(first) + &catalog(second)), ""))
    };
    assert_eq!(updated("1.7", "2.0"), Err(Violation::PdfVersion));
    assert_eq!(updated("2.0", "1.7"), Ok(()));
}

fn deflated(data: &[u8]) -> Vec<u8> {
    use std::io::Write as _;
    let level = flate2::Compression::default();
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), level);
    encoder.write_all(data).expect("written");
    encoder.finish().expect("written")
}

#[test]
fn a_catalog_in_an_object_stream_is_read() {
    let stream = |data: &[u8], filter: &str| {
        let length = data.len();
        let head = format!(
            "%PDF-1.5\n3 0 obj << /Type /ObjStm /N 2 /First 8 {filter} /Length {length} >>\nstream\n"
        );
        [head.as_bytes(), data, b"\nendstream endobj\n%%EOF"].concat()
    };
    for (version, expected) in [("1.7", Ok(())), ("2.0", Err(Violation::PdfVersion))] {
        let objects = format!(
            "1 0 2 30 << /Type /Catalog /Version /{version} >> << /Type /Pages /Kids [] >>"
        );
        let packed = stream(&deflated(objects.as_bytes()), "/Filter /FlateDecode");
        assert_eq!(check(&packed), expected, "{version}");
        assert_eq!(
            check(&stream(objects.as_bytes(), "")),
            expected,
            "{version}"
        );
        // Objects that begin within the limit are read, whatever follows them.
        let bomb = [objects.as_bytes(), &vec![b' '; 8 << 20]].concat();
        let packed = stream(&deflated(&bomb), "/Filter [/FlateDecode]");
        assert_eq!(check(&packed), expected, "{version}");
        let mut broken = deflated(objects.as_bytes());
        let end = broken.len() - 4;
        broken[end..].fill(0);
        assert_eq!(check(&stream(&broken, "/Filter /FlateDecode")), expected);
    }
    // Entries in the data of a stream are not those of a trailer.
    let objects = b"1 0 << /Type /XRef /Encrypt 12 0 R >> trailer << /Encrypt 12 0 R >>";
    assert_eq!(
        check(&stream(&deflated(objects), "/Filter /FlateDecode")),
        Ok(())
    );
}

#[test]
fn an_encrypted_file_is_known_by_its_trailer() {
    for trailer in [
        "/Encrypt 12 0 R",
        "/Encrypt<</Filter/Standard/V 4>>",
        "/Encrypt\n12\n0\nR",
        "/Encrypt % by a number\r 12 0 R",
        "/ID [<00> <01>] /Encrypt 12 0 R",
        "/Info << /Title (a \\) b) >> /Encrypt 12 0 R",
        "/E#6ecrypt 12 0 R",
    ] {
        let encrypted = file("%PDF-1.6", CATALOG, trailer);
        assert_eq!(check(&encrypted), Err(Violation::PdfEncrypted), "{trailer}");
    }
    // A cross-reference stream in place of the trailer, before the update that follows.
    let stream = "7 0 obj << /Type /XRef /Length 3 /W [1 2 1] /Encrypt 8 0 R >> stream\nabc\nendstream endobj";
    let encrypted = file("%PDF-1.6", stream, "/Root 1 0 R");
    assert_eq!(check(&encrypted), Err(Violation::PdfEncrypted));
    let twice = [
        file("%PDF-1.6", CATALOG, "/Encrypt 12 0 R"),
        file("", CATALOG, ""),
    ]
    .concat();
    assert_eq!(check(&twice), Err(Violation::PdfEncrypted));
    // Broken objects before the trailer hide nothing.
    for broken in [
        "1 0 obj << /A << /B [ endobj",
        "1 0 obj << /A [ /B endobj",
        "1 0 obj ] >> endobj",
        "1 0 obj <48 65 endobj",
    ] {
        let encrypted = file("%PDF-1.6", broken, "/Encrypt 12 0 R");
        assert_eq!(check(&encrypted), Err(Violation::PdfEncrypted), "{broken}");
    }
}

#[test]
fn the_word_in_a_text_or_a_comment_encrypts_nothing() {
    let inner = "trailer << /Encrypt 12 0 R >>";
    let longer = format!("{inner}\nendstream\n{inner}");
    for objects in [
        format!("5 0 obj ({inner}) endobj"),
        format!("5 0 obj (a (b) \\( {inner} \\) c) endobj"),
        format!("5 0 obj << /Title ({inner}) /Encrypt 12 0 R >> endobj"),
        format!("% {inner}\r5 0 obj null endobj"),
        format!(
            "5 0 obj << /Length {} >>\nstream\n{inner}\nendstream endobj",
            inner.len()
        ),
        // The length is indirect, or wrong: the stream ends at its keyword.
        format!("5 0 obj << /Length 6 0 R >>\nstream\r\n{inner}\r\nendstream endobj"),
        format!("5 0 obj << /Length 3 >> stream\n{inner}\nendstream endobj"),
        // A file within a file.
        format!(
            "5 0 obj << /Length {} >> stream\n{longer}\nendstream endobj",
            longer.len()
        ),
        "5 0 obj << /EncryptMetadata false /Encryption 1 0 R >> endobj".to_owned(),
        "5 0 obj << /Type /Annot /Encrypt 1 0 R >> endobj".to_owned(),
        "5 0 obj [ << /Type /XRef /Encrypt 1 0 R >> ] endobj".to_owned(),
    ] {
        let open = file("%PDF-1.6", &objects, "/Root 1 0 R /Encrypt null");
        assert_eq!(check(&open), Ok(()), "{objects}");
    }
    for trailer in [
        "/Info << /Encrypt 12 0 R >>",
        "/Encrypt null /Root 1 0 R",
        "/Root [ /Encrypt 12 0 R ]",
        "/Producer /Encrypt /Root 1 0 R",
    ] {
        let open = file("%PDF-1.6", CATALOG, trailer);
        assert_eq!(check(&open), Ok(()), "{trailer}");
    }
}

#[test]
fn a_file_that_is_cut_off_or_not_one_ends_the_reading() {
    let whole = file(
        "%PDF-1.6",
        "1 0 obj << /T (a\\)) /H <41> /Length 2 >> stream\nab\nendstream endobj",
        "/Root 1 0 R",
    );
    for length in HEADER.len() + 3..whole.len() {
        assert_eq!(check(&whole[..length]), Ok(()), "cut at {length}");
    }
    for byte in 0..=255 {
        let noise = [b"%PDF-1.6\n".as_slice(), &[byte; 4096]].concat();
        assert_eq!(check(&noise), Ok(()), "{byte}");
    }
}
