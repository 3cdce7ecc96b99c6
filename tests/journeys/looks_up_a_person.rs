//! Look-ups of persons in Folkeregisteret: by a customer about themselves, and by a back end about
//! the persons it must know of. Both need a scope in the login, and neither needs a consent.

use std::collections::BTreeMap;

use journeys::{Customer, TestBed, TestOptions};
use reqwest::Method;
use sandbox::bank::Overrides;
use sandbox::folkeregisteret::lookup::Switches;
use sandbox::kit::{Content, ExternalService, Fault};
use serde_json::Value;

const PATH: &str = "/persons/oppslag";
const ODD: &str = "02829090123";
const SOLVEIG: &str = "14858512450";

/// Logs the customer in with `scope`.
fn with_scope<'a>(customer: Customer<'a>, scope: &str) -> Customer<'a> {
    customer.with_login(&Overrides::default().claim("scope", scope))
}

/// Logs in as a back end of the bank, which is no person.
fn back_end<'a>(bed: &'a TestBed, scope: &str) -> Customer<'a> {
    let login = Overrides::default().claim("scope", scope);
    bed.customer("ragna").replaced_by_back_end(&login)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_sees_themselves_as_the_register_says_it() {
    let bed = TestBed::start().await;
    let ragna = with_scope(bed.customer("ragna"), "openid innsyn:person");

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
    assert_eq!(bed.calls(ExternalService::PersonLookup), 2);
    assert_eq!(bed.calls(ExternalService::Altinn), 0);
    bed.log_is_clean(&[&ragna.pid, ODD]);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_looks_anybody_up_without_the_scope() {
    let bed = TestBed::start().await;
    let ragna = bed.customer("ragna");
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
        let ragna = with_scope(bed.customer("ragna"), scope);
        let answer = ragna.get(PATH, &ragna.pid).await;
        answer.problem(403, "caller-not-allowed");
    }
    // The scope for others is not valid in a customer's login, even if the bank issues it.
    let ragna = with_scope(bed.customer("ragna"), "innsyn:persons");
    for number in [&ragna.pid, ODD] {
        ragna
            .get(PATH, number)
            .await
            .problem(403, "caller-not-allowed");
    }
    // Nor does it make a back end of a login without the claim, or with another program's.
    for other in [Value::Null, "app".into()] {
        let login = Overrides::default()
            .claim("pid", Value::Null)
            .claim("client_id", other)
            .claim("scope", "innsyn:persons");
        let nobody = bed.customer("ragna").with_login(&login);
        nobody
            .get(PATH, ODD)
            .await
            .problem(403, "caller-not-allowed");
    }
    let log = bed.log.lines().join("\n");
    assert!(log.contains("is not a back end's: it has no claim of login_back_end_claim"));
    let back_end = back_end(&bed, "innsyn:person");
    back_end
        .get(PATH, ODD)
        .await
        .problem(403, "caller-not-allowed");

    assert_eq!(bed.calls(ExternalService::PersonLookup), 0);
    assert_eq!(bed.minted(), 0);
    bed.log_is_clean(&[&ragna.pid, ODD]);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_subject_is_the_customers_number_persons_stay_persons() {
    let by_subject = [
        ("login_party_claim", "sub"),
        ("login_back_end_claim", "sub=case-work"),
    ];
    let by_subject = by_subject.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let bed = TestBed::with(TestOptions {
        variables: BTreeMap::from(by_subject),
        ..TestOptions::default()
    })
    .await;
    let pid = bed.customer("ragna").pid;
    let login = |subject: &str| {
        let login = Overrides::default()
            .claim("sub", subject)
            .claim("pid", Value::Null)
            .claim("scope", "innsyn:person innsyn:persons");
        bed.customer("ragna").with_login(&login)
    };
    let ragna = login(&pid);
    ragna.get(PATH, ODD).await.problem(403, "party-not-allowed");
    ragna.send(Method::GET, PATH, None, None).await.json(200);
    let stranger = login("c-5f0b1c9e");
    stranger
        .get(PATH, ODD)
        .await
        .problem(403, "party-not-allowed");
    assert_eq!(bed.calls(ExternalService::PersonLookup), 1);
    back_end(&bed, "innsyn:persons")
        .get(PATH, ODD)
        .await
        .json(200);
    bed.log_is_clean(&[&pid, ODD]);
}

#[tokio::test(flavor = "multi_thread")]
async fn with_no_scope_configured_the_lookup_is_closed() {
    let closed = ["persons_own_scope", "persons_others_scope"];
    let closed = closed.map(|name| (name.to_owned(), String::new()));
    let bed = TestBed::with(TestOptions {
        variables: BTreeMap::from(closed),
        ..TestOptions::default()
    })
    .await;
    let ragna = with_scope(bed.customer("ragna"), "innsyn:person innsyn:persons");
    ragna
        .get(PATH, &ragna.pid)
        .await
        .problem(403, "caller-not-allowed");
    let back_end = back_end(&bed, "innsyn:person innsyn:persons");
    back_end
        .get(PATH, ODD)
        .await
        .problem(403, "caller-not-allowed");
    assert_eq!(bed.calls(ExternalService::PersonLookup), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_back_end_looks_up_whom_it_must_with_one_token_for_all() {
    let bed = TestBed::start().await;
    let back_end = back_end(&bed, "innsyn:persons");

    let odd = back_end.get(PATH, ODD).await.json(200);
    assert_eq!(
        odd["bostedsadresse"][0]["vegadresse"]["adressenavn"],
        "Myrgata"
    );
    // Her address is strictly confidential: the register itself leaves it out, and the app neither
    // adds nor removes anything.
    let hidden = back_end.get(PATH, SOLVEIG).await.json(200);
    assert!(hidden.get("bostedsadresse").is_none(), "{hidden}");
    assert_eq!(
        hidden["adressebeskyttelse"][0]["graderingsnivaa"],
        "strengtFortrolig"
    );
    assert_eq!(bed.minted(), 1);

    let nobody = back_end.send(Method::GET, PATH, None, None).await;
    nobody.problem(400, "request-invalid");
    for (number, status, problem) in [
        ("02925796975", 404, "party-unknown"),
        ("02829090124", 400, "party-invalid"),
        ("313367002", 400, "party-invalid"),
        // A valid number of the real register that is not assigned.
        ("02013299997", 403, "party-not-allowed"),
    ] {
        back_end.get(PATH, number).await.problem(status, problem);
    }
    bed.log_is_clean(&[ODD, SOLVEIG, "02925796975", "02829090124", "02013299997"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_register_refuses_is_told() {
    let bed = TestBed::start().await;
    let back_end = back_end(&bed, "innsyn:persons");
    bed.services().lookup.set_switches(Switches {
        calls_per_minute: 1,
    });
    back_end.get(PATH, ODD).await.json(200);
    let throttled = back_end.get(PATH, ODD).await;
    throttled.problem(429, "too-many-calls");
    // The register counts milliseconds, the app seconds, as the standard does.
    let wait: u64 = throttled.header("retry-after").parse().expect("a number");
    assert!((1..=60).contains(&wait), "{wait}");
    bed.services().lookup.set_switches(Switches::default());

    for (code, body, status, problem) in [
        (404, Content::Html, 502, "source-refused"),
        (400, Content::Html, 502, "source-refused"),
        (500, Content::Json, 503, "source-down"),
    ] {
        let code = http::StatusCode::from_u16(code).expect("a status");
        bed.fault(
            ExternalService::PersonLookup,
            None,
            Fault::Status { code, body },
        );
        back_end.get(PATH, ODD).await.problem(status, problem);
        bed.services().faults.clear();
    }
    bed.log_is_clean(&[ODD]);
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
    let bed = TestBed::with(TestOptions {
        variables: BTreeMap::from([("persons_api".to_owned(), api)]),
        ..TestOptions::default()
    })
    .await;
    let back_end = back_end(&bed, "innsyn:persons");
    let refused = back_end.get(PATH, ODD).await;
    assert_eq!(refused.problem(502, "source-refused")["kode"], "FREG-001");
}
