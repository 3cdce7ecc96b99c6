use std::fs;

use super::*;

fn entry(text: &str, folder: &Path) -> ClientTls {
    let mut entry: ClientTls = toml::from_str(text).unwrap();
    entry.check(folder).unwrap();
    entry
}

fn load(text: &str, folder: &Path) -> Result<Identities, TlsError> {
    Identities::load(&[entry(text, folder)])
}

const NAMES: &str = "component_ids = [\"a\"]\nhosts = [\"Localhost\"]\n";

#[test]
fn the_first_entry_that_names_component_and_host_counts() {
    let folder = Path::new("");
    let entries = [
        entry("component_ids = [\"b\"]\nhosts = [\"localhost\"]", folder),
        entry(NAMES, folder),
        entry(NAMES, folder),
    ];
    let identities = Identities::load(&entries).unwrap();
    let entry = |component, origin| {
        let origin = Origin::of_entry(origin).unwrap();
        identities.select(component, &origin).entry
    };
    assert_eq!(entry("a", "https://localhost:8443"), Entry::ClientTls(1));
    assert_eq!(entry("b", "https://localhost"), Entry::ClientTls(0));
    assert_eq!(entry("a", "https://example.com"), Entry::Default);
    assert_eq!(entry("c", "https://localhost"), Entry::Default);
}

#[test]
fn files_that_cannot_be_used_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let one = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let other = rcgen::KeyPair::generate().unwrap();
    fs::write(folder.path().join("cert.pem"), one.cert.pem()).unwrap();
    fs::write(
        folder.path().join("key.pem"),
        one.signing_key.serialize_pem(),
    )
    .unwrap();
    fs::write(folder.path().join("other.pem"), other.serialize_pem()).unwrap();
    fs::write(folder.path().join("empty.pem"), "").unwrap();
    let with = |rest: &str| {
        load(&format!("{NAMES}{rest}"), folder.path())
            .map(|_| ())
            .map_err(|error| error.to_string())
    };
    assert_eq!(
        with(
            "client_cert_file = \"cert.pem\"\nclient_private_key_file = \"key.pem\"\nca_roots_file = \"cert.pem\""
        ),
        Ok(())
    );
    for (rest, message) in [
        ("ca_roots_file = \"none.pem\"", "none.pem: "),
        (
            "ca_roots_file = \"empty.pem\"",
            "empty.pem: no certificate in PEM",
        ),
        (
            "client_cert_file = \"cert.pem\"\nclient_private_key_file = \"empty.pem\"",
            "empty.pem: no private key in PEM",
        ),
        (
            "client_cert_file = \"cert.pem\"\nclient_private_key_file = \"other.pem\"",
            "cert.pem with its key: ",
        ),
    ] {
        let error = with(rest).unwrap_err();
        assert!(error.contains(message), "{error}");
    }
}

#[test]
fn pem_as_it_is_pasted_is_read_and_nothing_of_it_is_repeated() {
    let folder = tempfile::tempdir().unwrap();
    let one = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let (chain, key) = (one.cert.pem(), one.signing_key.serialize_pem());
    let with = |chain: &[u8], key: &[u8]| {
        fs::write(folder.path().join("cert.pem"), chain).unwrap();
        fs::write(folder.path().join("key.pem"), key).unwrap();
        let rest = "client_cert_file = \"cert.pem\"\nclient_private_key_file = \"key.pem\"";
        let loaded = load(&format!("{NAMES}{rest}"), folder.path());
        loaded.map(|_| ()).map_err(|error| error.to_string())
    };
    let forms: [fn(&str) -> String; 5] = [
        |text| text.replace('\n', " "),
        |text| text.replace('\n', "\\n"),
        |text| {
            let lines = text.lines().map(|line| format!("\t{line}\r\n"));
            lines.collect::<Vec<_>>().concat()
        },
        |text| format!("'{}'", text.trim_end()),
        |text| format!("\u{feff}{text}"),
    ];
    for form in forms {
        assert_eq!(with(form(&chain).as_bytes(), form(&key).as_bytes()), Ok(()));
    }
    let latin1 = [b"utl\xf8per\n", chain.as_bytes()].concat();
    assert_eq!(with(&latin1, key.as_bytes()), Ok(()));
    let cut = key.split("-----END").next().unwrap();
    let error = with(chain.as_bytes(), cut.as_bytes()).unwrap_err();
    assert!(
        error.ends_with("key.pem: line 1: the block has no END line"),
        "{error}"
    );
}
