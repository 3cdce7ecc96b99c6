//! Golden files, compared byte for byte.

use std::io::Read as _;

use http::header;

use super::*;

/// Returns a job with characters that must be escaped, which a valid order may not hold.
fn direct() -> Job {
    Job {
        description: Some("Les avtalen fo\u{308}r\rdu\tsigne\u{301}rer.\n".to_owned()),
        ..super::direct()
    }
}

const DIRECT_ORDER: &str = concat!(
    "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n",
    "<direct-signature-job-request xmlns=\"http://signering.posten.no/schema/v1\">",
    "<reference>sak-ZqVb0yJ2bqkYt2mD</reference>",
    "<exit-urls>",
    "<completion-url>https://bank.example/signatures/return/completion?job=a&amp;b=\"c\"</completion-url>",
    "<rejection-url>https://bank.example/signatures/return/rejection?job=a</rejection-url>",
    "<error-url>https://bank.example/signatures/return/error?job=a</error-url>",
    "</exit-urls>",
    "<status-retrieval-method>POLLING</status-retrieval-method>",
    "<polling-queue>innsending</polling-queue>",
    "</direct-signature-job-request>",
);

const PORTAL_ORDER: &str = concat!(
    "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n",
    "<portal-signature-job-request xmlns=\"http://signering.posten.no/schema/v1\">",
    "<reference>sak-ZqVb0yJ2bqkYt2mD</reference>",
    "</portal-signature-job-request>",
);

const DIRECT_MANIFEST: &str = concat!(
    "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n",
    "<direct-signature-job-manifest xmlns=\"http://signering.posten.no/schema/v1\">",
    "<signer>",
    "<personal-identification-number>17897432161</personal-identification-number>",
    "<signature-type>AUTHENTICATED_ELECTRONIC_SIGNATURE</signature-type>",
    "<on-behalf-of>SELF</on-behalf-of>",
    "</signer>",
    "<signer>",
    "<signer-identifier>part-2</signer-identifier>",
    "<on-behalf-of>OTHER</on-behalf-of>",
    "</signer>",
    "<sender><organization-number>310000205</organization-number></sender>",
    "<title>Avtale &lt;1&gt; &amp; ]]&gt; \"to\"</title>",
    "<description>Les avtalen f\u{f6}r&#xD;du\tsign\u{e9}rer.\n</description>",
    "<documents>",
    "<document href=\"0000_document.pdf\" mime=\"application/pdf\"><title>Avtale</title></document>",
    "<document href=\"0001_document.txt\" mime=\"text/plain\"><title>Vedlegg</title></document>",
    "</documents>",
    "<required-authentication>3</required-authentication>",
    "<identifier-in-signed-documents>DATE_OF_BIRTH_AND_NAME</identifier-in-signed-documents>",
    "</direct-signature-job-manifest>",
);

const PORTAL_MANIFEST: &str = concat!(
    "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n",
    "<portal-signature-job-manifest xmlns=\"http://signering.posten.no/schema/v1\">",
    "<signers>",
    "<signer order=\"0\">",
    "<personal-identification-number>17897432161</personal-identification-number>",
    "<signature-type>ADVANCED_ELECTRONIC_SIGNATURE</signature-type>",
    "<notifications-using-lookup><email></email><sms></sms></notifications-using-lookup>",
    "<on-behalf-of>SELF</on-behalf-of>",
    "</signer>",
    "<signer order=\"1\">",
    "<personal-identification-number>69886141211</personal-identification-number>",
    "<notifications><email address=\"o'leder&amp;co@bedrift.example\"></email>",
    "<sms number=\"+4740000001\"></sms></notifications>",
    "<on-behalf-of>OTHER</on-behalf-of>",
    "</signer>",
    "<signer order=\"1\">",
    "<identified-by-contact-information></identified-by-contact-information>",
    "<notifications><sms number=\"40000002\"></sms></notifications>",
    "<on-behalf-of>SELF</on-behalf-of>",
    "</signer>",
    "</signers>",
    "<sender><organization-number>310000205</organization-number></sender>",
    "<title>Avtale &lt;1&gt; &amp; ]]&gt; \"to\"</title>",
    "<nonsensitive-title>Avtale til signering</nonsensitive-title>",
    "<documents>",
    "<document href=\"0000_document.pdf\" mime=\"application/pdf\"><title>Avtale</title></document>",
    "</documents>",
    "<required-authentication>4</required-authentication>",
    "<availability><activation-time>2026-11-23T08:00:00+01:00</activation-time>",
    "<available-seconds>604800</available-seconds></availability>",
    "</portal-signature-job-manifest>",
);

#[test]
fn orders() {
    assert_eq!(message::order(&direct()), DIRECT_ORDER);
    assert_eq!(message::order(&portal()), PORTAL_ORDER);
}

#[test]
fn manifests() {
    assert_eq!(manifest::manifest(&direct()), DIRECT_MANIFEST);
    assert_eq!(manifest::manifest(&portal()), PORTAL_MANIFEST);
}

#[test]
fn what_is_left_out_is_left_out() {
    let bare = Job {
        plan: Plan::Portal {
            activation: None,
            available: None,
        },
        nonsensitive_title: None,
        authentication: None,
        ..portal()
    };
    let manifest = manifest::manifest(&bare);
    for name in [
        "nonsensitive-title",
        "description",
        "required",
        "availab",
        "identifier-in",
    ] {
        assert!(!manifest.contains(name), "{name}");
    }
    let only_activation = Job {
        plan: Plan::Portal {
            activation: Some(NOW),
            available: None,
        },
        ..portal()
    };
    assert!(manifest::manifest(&only_activation).contains(
        "<availability><activation-time>2026-11-20T14:05:09.75+01:00</activation-time></availability>"
    ));
}

/// Compares with a signature made by lxml and Python's `cryptography` from the same files, key and
/// time: PKCS #1 v1.5 is deterministic.
#[test]
fn a_package() {
    let files = asice::Files::new(&direct());
    let entries: Vec<_> = files.entries().collect();
    assert_eq!(
        entries,
        [
            (
                "0000_document.pdf",
                "application/pdf",
                direct().documents[0].content.as_ref()
            ),
            ("0001_document.txt", "text/plain", "Blåbær\r\n".as_bytes()),
            (
                "manifest.xml",
                "application/xml",
                DIRECT_MANIFEST.as_bytes()
            ),
        ]
    );
    let signatures = xades::signatures(&files.signed(), &SEAL, NOW).expect("signatures");
    assert_eq!(signatures, include_str!("fixture/signatures.xml"));
    assert!(signatures.len() < xades::most_bytes(3, &SEAL));
}

#[test]
fn an_order_as_it_is_sent() {
    let sealed = posten()
        .create(&portal(), &SEAL, || NOW, BOUNDARY)
        .expect("a request");
    let request = &sealed.request;
    assert_eq!(request.method(), "POST");
    assert_eq!(
        request.uri(),
        "http://localhost:3100/posten/api/310000205/portal/signature-jobs"
    );
    assert_eq!(request.headers()[header::ACCEPT], "application/xml");
    assert_eq!(
        request.headers()[header::CONTENT_TYPE],
        "multipart/mixed; boundary=b1e55edb1e55edb1e55ed"
    );
    let before = format!(
        "--{BOUNDARY}\r\nContent-Type: application/xml\r\n\r\n{PORTAL_ORDER}\r\n--{BOUNDARY}\r\nContent-Type: application/octet-stream\r\n\r\n"
    );
    let package = request.body().strip_prefix(before.as_bytes());
    let package = package.expect("the message first");
    let after = format!("\r\n--{BOUNDARY}--\r\n");
    let package = package.strip_suffix(after.as_bytes()).expect("the end");
    assert_eq!(sealed.package, package);

    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(package)).expect("a ZIP file");
    assert_eq!(archive.offset(), 0);
    let names: Vec<String> = (0..archive.len())
        .map(|place| {
            let mut entry = archive.by_index(place).expect("an entry");
            assert_eq!(entry.compression(), zip::CompressionMethod::Deflated);
            assert_eq!(entry.last_modified(), Some(zip::DateTime::DEFAULT));
            let mut content = Vec::new();
            entry.read_to_end(&mut content).expect("its content");
            entry.name().expect("UTF-8").into_owned()
        })
        .collect();
    assert_eq!(
        names,
        [
            "0000_document.pdf",
            "manifest.xml",
            "META-INF/signatures.xml"
        ]
    );
}

/// Checks that the body is allocated once and never grows, also for incompressible content.
#[test]
fn the_body_has_room_for_everything() {
    let mut noise = b"%PDF-1.7\n".to_vec();
    let mut state = 1_u32;
    while noise.len() < MOST_BYTES {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        noise.push(state.to_be_bytes()[0]);
    }
    let mut job = portal();
    job.documents[0].content = Bytes::from(noise);
    assert_eq!(
        job.check(innsyn_core::party::Environment::Test, NOW),
        Ok(())
    );
    let files = asice::Files::new(&job);
    assert!(std::ptr::eq(
        files.entries().next().expect("the document").2.as_ptr(),
        job.documents[0].content.as_ptr()
    ));
    let mut body = Vec::with_capacity(files.most_bytes(&SEAL));
    let place = body.as_ptr();
    files.write(&SEAL, || NOW, &mut body).expect("written");
    assert!(body.len() > MOST_BYTES, "it is not compressible");
    assert_eq!(body.as_ptr(), place, "it did not grow");
}

#[test]
fn a_boundary_is_letters_and_digits() {
    for boundary in [
        "",
        "short",
        "with space in it!",
        "b1e55ed\r\nb1e55edb1e55ed",
    ] {
        let created = posten().create(&portal(), &SEAL, || NOW, boundary);
        assert_eq!(created.err(), Some(RequestError::Boundary), "{boundary:?}");
    }
}
