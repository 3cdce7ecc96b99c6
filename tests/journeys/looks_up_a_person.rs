//! The bank looks persons up in Folkeregisteret: a customer about themselves, a back end about whom it must. Neither
//! is possible without a scope in the login, and no consent is asked for.

use std::collections::BTreeMap;

use journeys::{Bench, Customer, Setup};
use reqwest::Method;
use sandbox::bank::Overrides;
use sandbox::fault::{Content, Fault};
use sandbox::folkeregisteret::lookup::Switches;
use sandbox::world::Counterparty;
use serde_json::Value;

const PATH: &str = "/persons/oppslag";
const ODD: &str = "02829090123";
const SOLVEIG: &str = "14858512450";

/// Logged in with `scope`.
fn with_scope<'a>(customer: Customer<'a>, scope: &str) -> Customer<'a> {
    customer.with_login(&Overrides::default().claim("scope", scope))
}

/// A back end of the bank, which is no person.
fn back_end<'a>(bench: &'a Bench, scope: &str) -> Customer<'a> {
    let login = Overrides::default()
        .claim("sub", "case-work")
        .claim("scope", scope)
        .claim("pid", Value::Null)
        .claim("organisations", Value::Null);
    bench.customer("ragna").with_login(&login)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_sees_themselves_as_the_register_says_it() {
    let bench = Bench::start().await;
    let ragna = with_scope(bench.customer("ragna"), "openid innsyn:person");

    // Without a party it is the customer.
    let own = ragna.send(Method::GET, PATH, None, None).await;
    let document = own.json(200);
    assert_eq!(document["navn"][0]["etternavn"], "FJORDVIK");
    assert_eq!(
        document["identifikasjonsnummer"][0]["foedselsEllerDNummer"],
        ragna.pid.as_str()
    );
    assert!(
        document.get("familierelasjon").is_none(),
        "no more than the parts that are configured"
    );
    assert_eq!(own.header("content-type"), "application/json");
    assert_eq!(own.header("cache-control"), "no-store");
    ragna.get(PATH, &ragna.pid).await.json(200);

    ragna.get(PATH, ODD).await.problem(403, "party-not-allowed");
    ragna
        .get(PATH, "313367002")
        .await
        .problem(403, "party-not-allowed");
    assert_eq!(bench.calls(Counterparty::PersonLookup), 2);
    assert_eq!(bench.calls(Counterparty::Altinn), 0);
    bench.log_is_clean(&[&ragna.pid, ODD]);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_looks_anybody_up_without_the_scope() {
    let bench = Bench::start().await;
    let ragna = bench.customer("ragna");
    ragna
        .get(PATH, &ragna.pid)
        .await
        .problem(403, "caller-not-allowed");
    for scope in [
        "",
        "innsyn:token",
        "innsyn",
        "innsyn:personal",
        "innsyn:person.x",
    ] {
        let ragna = with_scope(bench.customer("ragna"), scope);
        let answer = ragna.get(PATH, &ragna.pid).await;
        answer.problem(403, "caller-not-allowed");
    }
    // The scope for others is none of a customer's, whoever has given it to them.
    let ragna = with_scope(bench.customer("ragna"), "innsyn:persons");
    for number in [&ragna.pid, ODD] {
        ragna
            .get(PATH, number)
            .await
            .problem(403, "caller-not-allowed");
    }
    let back_end = back_end(&bench, "innsyn:person");
    back_end
        .get(PATH, ODD)
        .await
        .problem(403, "caller-not-allowed");

    assert_eq!(bench.calls(Counterparty::PersonLookup), 0);
    assert_eq!(bench.minted(), 0);
    bench.log_is_clean(&[&ragna.pid, ODD]);
}

#[tokio::test(flavor = "multi_thread")]
async fn with_no_scope_configured_the_lookup_is_closed() {
    let closed = ["persons_own_scope", "persons_others_scope"];
    let closed = closed.map(|name| (name.to_owned(), String::new()));
    let bench = Bench::with(Setup {
        variables: BTreeMap::from(closed),
        ..Setup::default()
    })
    .await;
    let ragna = with_scope(bench.customer("ragna"), "innsyn:person innsyn:persons");
    ragna
        .get(PATH, &ragna.pid)
        .await
        .problem(403, "caller-not-allowed");
    let back_end = back_end(&bench, "innsyn:person innsyn:persons");
    back_end
        .get(PATH, ODD)
        .await
        .problem(403, "caller-not-allowed");
    assert_eq!(bench.calls(Counterparty::PersonLookup), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_back_end_looks_up_whom_it_must_with_one_token_for_all() {
    let bench = Bench::start().await;
    let back_end = back_end(&bench, "innsyn:persons");

    let odd = back_end.get(PATH, ODD).await.json(200);
    assert_eq!(
        odd["bostedsadresse"][0]["vegadresse"]["adressenavn"],
        "Myrgata"
    );
    // Her address is strictly confidential: the register itself leaves it out, and nothing is added or taken here.
    let hidden = back_end.get(PATH, SOLVEIG).await.json(200);
    assert!(hidden.get("bostedsadresse").is_none(), "{hidden}");
    assert_eq!(
        hidden["adressebeskyttelse"][0]["graderingsnivaa"],
        "strengtFortrolig"
    );
    assert_eq!(bench.minted(), 1);

    let nobody = back_end.send(Method::GET, PATH, None, None).await;
    nobody.problem(400, "request-invalid");
    for (number, status, problem) in [
        ("02925796975", 404, "party-unknown"),
        ("02829090124", 400, "party-invalid"),
        ("313367002", 400, "party-invalid"),
        // A number of the real register, which is nobody's.
        ("02013299997", 403, "party-not-allowed"),
    ] {
        back_end.get(PATH, number).await.problem(status, problem);
    }
    bench.log_is_clean(&[ODD, SOLVEIG, "02925796975", "02829090124", "02013299997"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_register_refuses_is_told() {
    let bench = Bench::start().await;
    let back_end = back_end(&bench, "innsyn:persons");
    bench.world().lookup.set_switches(Switches {
        calls_per_minute: 1,
    });
    back_end.get(PATH, ODD).await.json(200);
    let throttled = back_end.get(PATH, ODD).await;
    throttled.problem(429, "too-many-calls");
    // The register says milliseconds, we say seconds, as the standard does.
    let wait: u64 = throttled.header("retry-after").parse().expect("a number");
    assert!((1..=60).contains(&wait), "{wait}");
    bench.world().lookup.set_switches(Switches::default());

    for (code, body, status, problem) in [
        (404, Content::Html, 502, "source-refused"),
        (400, Content::Html, 502, "source-refused"),
        (500, Content::Json, 503, "source-down"),
    ] {
        let code = http::StatusCode::from_u16(code).expect("a status");
        bench.fault(
            Counterparty::PersonLookup,
            None,
            Fault::Status { code, body },
        );
        back_end.get(PATH, ODD).await.problem(status, problem);
        bench.world().faults.clear();
    }
    bench.log_is_clean(&[ODD]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_that_the_package_does_not_open_is_the_apps_fault() {
    let manifest = std::fs::read_to_string(
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../spin.toml"),
    );
    let manifest = manifest.expect("a manifest");
    let (_, api) = manifest
        .split_once("persons_api = { default = '''")
        .expect("the API");
    let (api, _) = api.split_once("'''").expect("its end");
    let api = api.replace("part=person-basis", "part=legitimasjonsdokument");
    let bench = Bench::with(Setup {
        variables: BTreeMap::from([("persons_api".to_owned(), api)]),
        ..Setup::default()
    })
    .await;
    let back_end = back_end(&bench, "innsyn:persons");
    let refused = back_end.get(PATH, ODD).await;
    assert_eq!(refused.problem(502, "source-refused")["kode"], "FREG-001");
}
