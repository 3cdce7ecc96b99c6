//! Inputs of keys and PEM.

use super::*;

pub(super) fn keys(table: &mut Table) {
    for (name, options) in [
        ("encrypted key, AES-256", "-v2 aes256"),
        ("… in DER", "-v2 aes256 -outform DER"),
        ("… HMAC-SHA1", "-v2 aes256 -v2prf hmacWithSHA1"),
        ("… HMAC-SHA512", "-v2 aes128 -v2prf hmacWithSHA512"),
        ("… scrypt", "-scrypt"),
        ("… Camellia", "-v2 camellia256"),
        ("… ARIA", "-v2 aria256"),
        ("… 3DES", "-v2 des3"),
        ("… PKCS#12's 3DES", "-v1 PBE-SHA1-3DES"),
        (
            "… PKCS#12's RC2",
            "-v1 PBE-SHA1-RC2-128 -provider legacy -provider default",
        ),
        (
            "… PBES1, MD5 and DES",
            "-v1 PBE-MD5-DES -provider legacy -provider default",
        ),
        (
            "… PBES1, SHA-1 and DES",
            "-v1 PBE-SHA1-DES -provider legacy -provider default",
        ),
        (
            "… PBES1, MD5 and RC2",
            "-v1 PBE-MD5-RC2-64 -provider legacy -provider default",
        ),
        ("… SM4", "-v2 sm4"),
    ] {
        table.sealed(name, options);
    }
    let path = table.ca.path("traditional.key");
    let arguments = [
        "rsa",
        "-in",
        text(&table.key),
        "-aes256",
        "-traditional",
        "-out",
    ];
    table
        .ca
        .run(&[&arguments[..], &[text(&path), "-passout", "pass:p"]].concat());
    close(&path);
    let how = "`openssl rsa -aes256 -traditional`";
    table.add("key in OpenSSL's old encrypted form", how, &path, PASSWORD);
}

pub(super) fn pem(table: &mut Table) {
    let good = fs::read_to_string(&table.good).expect("PEM");
    let utf16: Vec<u8> = format!("\u{feff}{good}")
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let lines: Vec<&str> = good.lines().collect();
    let body = lines[1..lines.len() - 1].concat();
    let wide: Vec<_> = body
        .as_bytes()
        .chunks(76)
        .map(String::from_utf8_lossy)
        .collect();
    let (begin, end) = (lines[0], lines[lines.len() - 1]);
    let indented: Vec<_> = good.lines().map(|line| format!("  {line}\n")).collect();
    for (name, bytes) in [
        ("PEM", good.clone().into_bytes()),
        (
            "… text in Latin-1 before it",
            [b"utl\xf8per\n", good.as_bytes()].concat(),
        ),
        ("… CR LF", good.replace('\n', "\r\n").into_bytes()),
        ("… CR alone", good.replace('\n', "\r").into_bytes()),
        ("… trailing blanks", good.replace('\n', " \n").into_bytes()),
        (
            "… lines of 76 characters",
            format!("{begin}\n{}\n{end}\n", wide.join("\n")).into_bytes(),
        ),
        ("… one line", good.replace('\n', " ").into_bytes()),
        (
            "… `\\n` as two characters",
            good.replace('\n', "\\n").into_bytes(),
        ),
        ("… indented", indented.concat().into_bytes()),
        (
            "… in quotation marks",
            format!("\"{}\"", good.trim_end()).into_bytes(),
        ),
        ("… byte order mark", format!("\u{feff}{good}").into_bytes()),
        ("… UTF-16", utf16),
        (
            "… without END",
            good.split("-----END")
                .next()
                .expect("a start")
                .as_bytes()
                .to_vec(),
        ),
        ("… four hyphens", good.replace("-----", "----").into_bytes()),
    ] {
        table.bytes(name, "from `openssl x509`, edited", &bytes, "");
    }
    let der = table.ca.path("good.der");
    let arguments = ["x509", "-in", text(&table.good), "-outform", "DER", "-out"];
    table.ca.run(&[&arguments[..], &[text(&der)]].concat());
    table.add("DER", "`openssl x509 -outform DER`", &der, "");
    let mut bytes = fs::read(&der).expect("DER");
    bytes.push(b'\n');
    table.bytes(
        "… with a byte behind it",
        "the same, a line feed added",
        &bytes,
        "",
    );
    table.bytes("an empty file", "`: > empty`", b"", "");
    let store = [0xFE, 0xED, 0xFE, 0xED, 0, 0, 0, 2];
    table.bytes(
        "a Java key store (JKS)",
        "keytool before Java 9",
        &store,
        "",
    );
}
