//! Audit from the log alone: the bank finds out who has read which party's data, with the recipe of
//! docs/operations.md, which OpenSSL carries out.

use std::fs;
use std::io::Write as _;
use std::process::{Command, Stdio};

use journeys::{SOLE_PROPRIETORSHIP, TestBed, TestOptions};
use reqwest::Method;
use sandbox::population::FJORDBANKEN;
use serde_json::{Value, json};

/// Returns the recipe for a pseudonym from docs/operations.md.
fn recipe() -> String {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/operations.md");
    let page = fs::read_to_string(page).expect("the page");
    let chapter = page.split("### Who read what of whom").nth(1);
    let block = chapter.and_then(|chapter| chapter.split("```sh\n").nth(1));
    let block = block.and_then(|block| block.split("```").next());
    block.expect("a recipe").to_owned()
}

/// Returns the pseudonym of `identifier`. Returns `None` without `openssl`, and prints a warning.
fn pseudonym(bed: &TestBed, identifier: &str) -> Option<String> {
    if Command::new("openssl").arg("version").output().is_err() {
        programs::skip("openssl", "pseudonyms are not compared with its own");
        return None;
    }
    let key = &bed.sandbox.variables(&bed.public_url)["key_set_store_key"];
    let mut shell = Command::new("sh")
        .args(["-euc", &recipe()])
        .env("KEY_SET_STORE_KEY", key)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("a shell");
    let mut input = shell.stdin.take().expect("an input");
    writeln!(input, "{identifier}").expect("a number");
    drop(input);
    let output = shell.wait_with_output().expect("an end");
    assert!(output.status.success());
    let pseudonym = String::from_utf8(output.stdout).expect("text");
    Some(pseudonym.trim().to_owned())
}

/// Returns the audit lines of the log, oldest first.
fn trail(bed: &TestBed) -> Vec<Value> {
    let lines = bed.log.lines().into_iter();
    let lines = lines.filter_map(|line| serde_json::from_str::<Value>(&line).ok());
    lines.filter(|line| line["event"] == "audit").collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn by_the_pseudonym_of_a_number() {
    let bed = TestBed::start().await;
    let (ragna, solveig) = (bed.customer("ragna"), bed.customer("solveig"));
    let Some(party) = pseudonym(&bed, SOLE_PROPRIETORSHIP) else {
        return;
    };
    let consumer = pseudonym(&bed, FJORDBANKEN).expect("as above");
    ragna.gives_consent(SOLE_PROPRIETORSHIP).await;
    ragna.open_claims(SOLE_PROPRIETORSHIP).await.json(200);
    solveig
        .open_claims(SOLE_PROPRIETORSHIP)
        .await
        .problem(403, "party-not-allowed");

    let lines = trail(&bed);
    let recorded = |route: &str, outcome: &str| {
        let mut found = lines
            .iter()
            .filter(|line| line["route"] == route && line["outcome"] == outcome);
        let line = found.next().expect("a line").clone();
        assert!(
            line["parties"]
                .as_array()
                .expect("a list")
                .contains(&json!(party))
        );
        assert_eq!(line["consumer"], consumer);
        line
    };
    let asked = recorded("/consent", "ok");
    let read = recorded("/claims/aapnekrav", "ok");
    let refused = recorded("/claims/aapnekrav", "party-not-allowed");
    assert_eq!(asked["resource"], "krav-og-betalinger");
    assert_eq!(
        (&read["status"], &refused["status"]),
        (&200.into(), &403.into())
    );
    assert_eq!(asked["caller"], read["caller"]);
    assert_ne!(read["caller"], refused["caller"]);
    assert!(read["caller"].is_string() && read["time"].is_string());
    // The lines of the same request at `token` have the same trace, and name the calling service.
    let token = lines
        .iter()
        .find(|line| line["route"] == "/token" && line["trace_id"] == read["trace_id"]);
    let token = token.expect("a token was asked for");
    assert_eq!(token["service"], "claims");
    assert_eq!(token["resource"], "skatteetaten:kravogbetalinger");
    bed.log_is_clean(&[&ragna.pid, &solveig.pid, SOLE_PROPRIETORSHIP]);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_kind_of_request_leaves_a_line_and_none_names_anybody() {
    let bed = TestBed::with(TestOptions {
        token_is_public: true,
        ..TestOptions::default()
    })
    .await;
    let ragna = bed.customer("ragna");
    let (id, redirect) = ragna.orders().await;
    ragna.job(&id).await;
    bed.browser()
        .signs_and_returns(&redirect, "ragna", "sign")
        .await;
    ragna.fetches(&id, "pades").await;
    ragna
        .send(Method::GET, "/persons/oppslag", None, None)
        .await;
    bed.drains().await.json(200);
    let fields = [("scope", "skatteetaten:kravogbetalinger")];
    bed.back_end_asks(FJORDBANKEN, &fields).await.json(200);
    let unknown = [("scope", &*format!("a:{}", ragna.pid))];
    bed.back_end_asks(FJORDBANKEN, &unknown).await;

    let lines = trail(&bed);
    let routes: Vec<&str> = lines
        .iter()
        .filter_map(|line| line["route"].as_str())
        .collect();
    for route in [
        "/signatures",
        "/signatures/{id}",
        "/signatures/{id}/pades",
        "/persons/oppslag",
        "/token",
    ] {
        assert!(routes.contains(&route), "{route}: {routes:?}");
    }
    // Returning browsers and timers have no login.
    assert!(
        !routes
            .iter()
            .any(|route| route.contains("return") || route.contains("drain"))
    );
    if let Some(signer) = pseudonym(&bed, &ragna.pid) {
        let order = lines.iter().find(|line| line["route"] == "/signatures");
        assert_eq!(order.expect("a line")["parties"], json!([signer]));
    }
    for line in &lines {
        let text = line.to_string();
        assert!(!text.contains(&ragna.pid), "{text}");
        let caller = line["caller"].as_str().or(line["service"].as_str());
        assert!(caller.is_some_and(|caller| !caller.is_empty()), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_ordered_and_who_read_a_job() {
    let bed = TestBed::start().await;
    let ragna = bed.customer("ragna");
    let job = bed.back_end_orders(&ragna, "SAK-1").await;
    let id = job["id"].as_str().expect("an id");
    ragna.job(id).await;
    bed.back_end_gets("/signatures/orders/SAK-1").await;
    bed.back_end_gets("/signatures/orders?reference=SAK-1")
        .await;
    let path = format!("/signatures/{id}");
    bed.customer("eirik")
        .send(Method::GET, &path, None, None)
        .await
        .problem(404, "signature-unknown");

    let lines = trail(&bed);
    let about: Vec<_> = lines.iter().filter(|line| line["resource"] == id).collect();
    let routes: Vec<_> = about
        .iter()
        .map(|line| (&line["method"], &line["route"]))
        .collect();
    assert_eq!(
        json!(routes),
        json!([
            ["POST", "/signatures/orders"],
            ["GET", "/signatures/{id}"],
            ["GET", "/signatures/orders/{job}"],
        ])
    );
    let back_end = bed.sandbox.back_end().subject;
    assert_eq!(about[0]["service"], back_end);
    assert_eq!(about[2]["service"], back_end);
    let list = lines.iter().find(|line| line["resource"] == "list");
    assert_eq!(list.expect("a line")["parties"], json!([]));
    if let Some(signer) = pseudonym(&bed, &ragna.pid) {
        let customer = pseudonym(&bed, ragna.subject()).expect("as above");
        assert_eq!(about[1]["caller"], customer);
        assert_eq!(about[1]["parties"], json!([signer]));
        for line in [about[0], about[2]] {
            let mut parties: Vec<_> = line["parties"].as_array().expect("a list").clone();
            parties.sort_by_key(Value::to_string);
            let mut expected = [json!(signer), json!(customer)];
            expected.sort_by_key(Value::to_string);
            assert_eq!(parties, expected);
        }
    }
    bed.log_is_clean(&[&ragna.pid]);
}
