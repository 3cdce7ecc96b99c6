//! Proxy to services whose certificate has no host name.

use std::fs;

use rcgen::generate_simple_self_signed;
use reqwest::Client;
use serde_json::Value;
use tempfile::TempDir;
use tokio::net::TcpListener;

use crate::process::Process;

/// Creates a folder with `pins.toml`, whose one pin is at a closed port.
async fn folder() -> TempDir {
    let folder = TempDir::new().expect("a folder");
    let root = generate_simple_self_signed(["root".to_owned()]).expect("a certificate");
    fs::write(folder.path().join("roots.pem"), root.cert.pem()).expect("a file");
    let nobody = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let port = nobody.local_addr().expect("bound").port();
    let pins = format!(
        "[[pin]]\nname = \"bud\"\norigin = \"https://localhost:{port}\"\nroots_file = \"roots.pem\"\n\
         subject = [{{ attribute = \"serialNumber\", value = \"310000205\" }}]\n"
    );
    fs::write(folder.path().join("pins.toml"), pins).expect("a file");
    folder
}

#[tokio::test]
async fn it_says_where_each_counterparty_is_and_stops_when_asked() {
    let folder = folder().await;
    let pins = folder.path().join("pins.toml");
    let pins = pins.to_str().expect("UTF-8");
    let mut process = Process::start(&["egress", "--pins", pins, "--listen", "127.0.0.1:0"]);
    let address = format!("http:{}", process.after("http:").await);
    assert!(address.ends_with("/bud/"), "{address}");
    let answer = Client::new().get(&address).send().await.expect("an answer");
    assert_eq!(answer.status(), 502);
    let answer: Value = answer.json().await.expect("JSON");
    assert_eq!(answer["problem"], "no-connection");
    let log = process.stop().await;
    assert!(
        log.contains("\"event\":\"egress\",\"pin\":\"bud\""),
        "{log}"
    );
}

#[tokio::test]
async fn it_does_not_start_where_others_could_use_it() {
    let folder = folder().await;
    let file = |name: &str| {
        let path = folder.path().join(name);
        path.to_str().expect("UTF-8").to_owned()
    };
    let pins = file("pins.toml");
    let open = ["egress", "--pins", &pins, "--listen", "0.0.0.0:0"];
    let said = Process::start(&open).fail().await;
    assert!(
        said.contains("needs a certificate of its own and its callers' keys"),
        "{said}"
    );

    let roots = file("roots.pem");
    let half = [open.as_slice(), &["--certificate", &roots]].concat();
    let said = Process::start(&half).fail().await;
    assert!(said.contains("--callers"), "{said}");

    let none = ["egress", "--pins", &roots];
    let said = Process::start(&none).fail().await;
    assert!(said.contains("roots.pem cannot be used"), "{said}");
}
