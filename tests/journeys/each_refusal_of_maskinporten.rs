//! Everything that Maskinporten can hold against the app, provoked once: each is a problem of its own,
//! with its code, its trace id and what to do about it.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::routing::post;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::StatusCode;
use journeys::{Answer, Bench, COMPANY, SOLE_PROPRIETORSHIP, Setup};
use rcgen::RsaKeySize;
use reqwest::header::CONTENT_TYPE;
use sandbox::altinn::DEMO_DELEGATED_SCOPE;
use sandbox::authority::{EnterpriseAuthority, Profile, rsa_key};
use sandbox::consumer::{FJORDBANKEN, INNLANDSBANKEN};
use sandbox::fault::Fault;
use sandbox::maskinporten::{Client, DetailsRefusal, Register, Switches};
use sandbox::world::Counterparty;
use serde_json::{Value, json};

const SCOPE: &str = "skatteetaten:kravogbetalinger";

async fn start() -> Bench {
    Bench::with(Setup {
        token_is_public: true,
        ..Setup::default()
    })
    .await
}

/// Checks that an answer of `/token` says this, and that it says what to do.
#[track_caller]
fn is_refused(answer: &Answer, status: u16, error: &str, problem: &str, code: Option<&str>) {
    let body = answer.json(status);
    let said = (&body["error"], &body["problem"], body["code"].as_str());
    assert_eq!(said, (&json!(error), &json!(problem), code), "{body}");
    let description = body["error_description"].as_str().expect("a description");
    assert!(description.contains("What to do: "), "{body}");
    assert_eq!(body["trace_id"].as_str().map(str::len), Some(32), "{body}");
    let address = body["error_uri"].as_str().unwrap_or_default();
    assert!(code.is_none_or(|code| address.ends_with(code)), "{body}");
}

/// A token for `scope`, of an identity that no one has asked for before.
async fn ask(bench: &Bench, consumer: &str, what: &str, fields: &[(&str, &str)]) -> Answer {
    let resource = format!("urn:{what}");
    let mut all = vec![("scope", SCOPE), ("resource", resource.as_str())];
    all.retain(|(name, _)| !fields.iter().any(|(other, _)| other == name));
    all.extend(fields);
    bench.back_end_asks(consumer, &all).await
}

/// The app's clients at Maskinporten after `change` of the one of `consumer`.
async fn restart_with(bench: &mut Bench, consumer: &str, change: impl FnOnce(&mut Value)) {
    let variables = bench.sandbox.variables(&bench.public_url);
    let mut clients: Value =
        serde_json::from_str(&variables["maskinporten_clients"]).expect("JSON");
    let client = clients.as_array_mut().expect("clients").iter_mut();
    change(
        client
            .into_iter()
            .find(|client| client["organisation"] == consumer)
            .expect("a client"),
    );
    let changed = [("maskinporten_clients".to_owned(), clients.to_string())];
    bench.restart_app_with(changed.into()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_client_and_its_key() {
    let mut bench = start().await;

    restart_with(&mut bench, FJORDBANKEN, |client| {
        client["client_id"] = "nobody".into()
    })
    .await;
    let answer = ask(&bench, FJORDBANKEN, "client", &[]).await;
    is_refused(
        &answer,
        400,
        "invalid_grant",
        "client-unknown",
        Some("MP-100"),
    );

    restart_with(&mut bench, FJORDBANKEN, |client| {
        client["keys"][0]["kid"] = "another".into()
    })
    .await;
    let answer = ask(&bench, FJORDBANKEN, "kid", &[]).await;
    is_refused(&answer, 400, "invalid_grant", "key-unknown", None);

    let other = rsa_key(RsaKeySize::_2048).expect("a key").serialize_pem();
    restart_with(&mut bench, FJORDBANKEN, |client| {
        client["keys"][0]["key"] = other.into()
    })
    .await;
    let answer = ask(&bench, FJORDBANKEN, "key", &[]).await;
    is_refused(
        &answer,
        400,
        "invalid_grant",
        "signature-refused",
        Some("MP-124"),
    );

    restart_with(&mut bench, FJORDBANKEN, |_| {}).await;
    let a_year = time::Duration::days(366);
    change_client(&bench, |client| client.keys[0].posted -= a_year);
    let answer = ask(&bench, FJORDBANKEN, "old", &[]).await;
    is_refused(&answer, 400, "invalid_grant", "key-expired", Some("MP-121"));
    change_client(&bench, |client| client.keys[0].posted += a_year);

    ask(&bench, FJORDBANKEN, "good", &[]).await.json(200);
    bench.log_is_clean(&[]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_enterprise_certificate() {
    let mut bench = start().await;
    let now = bench.world().clock.now();
    let key = rsa_key(RsaKeySize::_2048).expect("a key");
    let issued = |authority: &EnterpriseAuthority, organisation: &str| {
        let leaf = authority.issue(Profile::Seid2, organisation, "BANKEN ASA", &key, now);
        json!([STANDARD.encode(leaf.expect("a certificate"))])
    };
    let elsewhere = EnterpriseAuthority::generate(now).expect("an authority");
    let of_another = issued(&elsewhere, INNLANDSBANKEN);
    let anothers = issued(&bench.world().enterprise, "310000108");
    for (chain, problem, code) in [
        (of_another.clone(), "certificate-refused", "MP-120"),
        (anothers, "certificate-not-the-clients", "MP-122"),
        (
            json!(["bm8gY2VydGlmaWNhdGU="]),
            "certificate-chain-refused",
            "MP-123",
        ),
    ] {
        let change = |client: &mut Value| client["keys"][0]["certificate_chain"] = chain;
        restart_with(&mut bench, INNLANDSBANKEN, change).await;
        let answer = ask(&bench, INNLANDSBANKEN, code, &[]).await;
        is_refused(&answer, 400, "invalid_grant", problem, Some(code));
    }

    let certified = |client: &mut Value| {
        client["keys"] =
            json!([{"certificate_chain": of_another, "key": client["keys"][0]["key"]}]);
    };
    restart_with(&mut bench, FJORDBANKEN, certified).await;
    let answer = ask(&bench, FJORDBANKEN, "keys", &[]).await;
    is_refused(&answer, 400, "invalid_grant", "key-required", None);
    bench.log_is_clean(&[]);
}

#[tokio::test(flavor = "multi_thread")]
async fn scopes_and_suppliers() {
    let bench = start().await;
    let register =
        |change: &dyn Fn(&mut Register)| bench.world().maskinporten.change(|r| change(r));

    change_client(&bench, |client| drop(client.scopes.remove(SCOPE)));
    let answer = ask(&bench, FJORDBANKEN, "client", &[]).await;
    is_refused(
        &answer,
        400,
        "invalid_scope",
        "scope-not-on-client",
        Some("MP-200"),
    );
    change_client(&bench, |client| {
        drop(client.scopes.insert(SCOPE.to_owned()))
    });

    let types = |types: &[&str]| {
        let types: Vec<String> = types.iter().map(|name| (*name).to_owned()).collect();
        register(&|r| {
            r.scope_mut(SCOPE)
                .expect("a scope")
                .integration_types
                .clone_from(&types)
        });
    };
    types(&["idporten"]);
    let answer = ask(&bench, FJORDBANKEN, "type", &[]).await;
    is_refused(
        &answer,
        400,
        "invalid_scope",
        "scope-not-allowed",
        Some("MP-201"),
    );
    types(&["maskinporten"]);

    register(&|r| r.withdraw(SCOPE, FJORDBANKEN));
    let answer = ask(&bench, FJORDBANKEN, "access", &[]).await;
    is_refused(
        &answer,
        403,
        "forbidden",
        "scope-not-granted",
        Some("MP-250"),
    );
    register(&|r| r.grant(SCOPE, FJORDBANKEN));

    let delegated = |consumer| [("scope", DEMO_DELEGATED_SCOPE), ("consumer_org", consumer)];
    register(&|r| r.grant(DEMO_DELEGATED_SCOPE, COMPANY));
    let answer = ask(&bench, FJORDBANKEN, "none", &delegated(COMPANY)).await;
    is_refused(
        &answer,
        403,
        "forbidden",
        "scope-not-delegated",
        Some("MP-251"),
    );

    let answer = ask(&bench, FJORDBANKEN, "own", &delegated(FJORDBANKEN)).await;
    is_refused(
        &answer,
        400,
        "invalid_request",
        "consumer-org-refused",
        None,
    );

    let supplier = ask(
        &bench,
        FJORDBANKEN,
        "supplier",
        &delegated(SOLE_PROPRIETORSHIP),
    )
    .await;
    let claims = claims(&bench, &supplier);
    assert_eq!(
        claims["consumer"]["ID"],
        format!("0192:{SOLE_PROPRIETORSHIP}")
    );
    assert_eq!(claims["supplier"]["ID"], format!("0192:{FJORDBANKEN}"));
    bench.log_is_clean(&[]);
}

#[tokio::test(flavor = "multi_thread")]
async fn details_and_restrictions() {
    let bench = start().await;
    let system_user = |owner: &str| {
        let owner = format!("0192:{owner}");
        let org = json!({"authority": "iso6523-actorid-upis", "ID": owner});
        json!([{"type": "urn:altinn:systemuser", "systemuser_org": org}]).to_string()
    };
    let (known, unknown) = (system_user(SOLE_PROPRIETORSHIP), system_user(COMPANY));

    let answer = ask(
        &bench,
        FJORDBANKEN,
        "none",
        &[("authorization_details", &unknown)],
    )
    .await;
    let error = "invalid_altinn_customer_configuration";
    is_refused(&answer, 400, error, "system-user-refused", Some("MP-303"));

    for (refusal, problem, code) in [
        (DetailsRefusal::Type, "details-type-unknown", "MP-301"),
        (DetailsRefusal::Field, "details-field-unknown", "MP-302"),
    ] {
        bench.world().maskinporten.set_switches(Switches {
            details_refused: Some(refusal),
            ..Switches::default()
        });
        let answer = ask(
            &bench,
            FJORDBANKEN,
            code,
            &[("authorization_details", &known)],
        )
        .await;
        is_refused(
            &answer,
            400,
            "invalid_authorization_details",
            problem,
            Some(code),
        );
    }
    bench.world().maskinporten.set_switches(Switches {
        strict_resource: true,
        ..Switches::default()
    });
    let answer = ask(&bench, FJORDBANKEN, "", &[("resource", "no-address")]).await;
    is_refused(&answer, 400, "invalid_target", "resource-refused", None);

    let consent = json!([{
        "type": "urn:altinn:consent",
        "id": uuid::Uuid::new_v4(),
        "from": format!("urn:altinn:organization:identifier-no:{COMPANY}"),
    }]);
    let fields = [("authorization_details", consent.to_string())];
    let fields = fields
        .each_ref()
        .map(|(name, value)| (*name, value.as_str()));
    let answer = ask(&bench, FJORDBANKEN, "consent", &fields).await;
    is_refused(
        &answer,
        400,
        "invalid_authorization_details",
        "consent-required",
        Some("MP-303"),
    );

    let fields = [
        ("authorization_details", known.as_str()),
        ("pid", "02829090123"),
    ];
    let claims = claims(&bench, &ask(&bench, FJORDBANKEN, "good", &fields).await);
    assert_eq!(claims["pid"], "02829090123");
    assert_eq!(claims["aud"], "urn:good");
    assert_eq!(
        claims["authorization_details"][0]["type"],
        "urn:altinn:systemuser"
    );
    bench.log_is_clean(&["02829090123"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_grant_its_time_and_its_repetition() {
    let bench = start().await;

    bench.world().maskinporten.set_switches(Switches {
        max_grant_lifetime_s: 30,
        ..Switches::default()
    });
    let answer = ask(&bench, FJORDBANKEN, "long", &[]).await;
    is_refused(
        &answer,
        400,
        "invalid_request",
        "grant-malformed",
        Some("MP-011"),
    );
    bench.world().maskinporten.set_switches(Switches::default());

    bench.fault(Counterparty::Maskinporten, 2, Fault::Doubled);
    let answer = ask(&bench, FJORDBANKEN, "twice", &[]).await;
    is_refused(
        &answer,
        400,
        "invalid_grant",
        "grant-reused",
        Some("MP-012"),
    );
    bench.fault(Counterparty::Maskinporten, 1, Fault::Doubled);
    ask(&bench, FJORDBANKEN, "once", &[]).await.json(200);

    bench.drift(-100);
    let answer = ask(&bench, FJORDBANKEN, "late", &[]).await;
    is_refused(
        &answer,
        400,
        "invalid_grant",
        "clock-skewed",
        Some("MP-130"),
    );
    let late = answer.body;
    assert!(late.contains(" s behind Maskinporten's"), "{late}");

    bench.drift(130);
    let answer = ask(&bench, FJORDBANKEN, "early", &[]).await;
    is_refused(&answer, 400, "invalid_grant", "clock-skewed", None);
    let early = answer.body;
    assert!(early.contains(" s ahead of Maskinporten's"), "{early}");

    bench.drift(-30);
    ask(&bench, FJORDBANKEN, "good", &[]).await.json(200);
    bench.log_is_clean(&[]);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_issuer_than_it_is() {
    let mut bench = start().await;
    let gateway = gateway(&bench).await;

    let changed = [("maskinporten_origin".to_owned(), gateway)];
    bench.restart_app_with(changed.into()).await;

    let answer = ask(&bench, FJORDBANKEN, "audience", &[]).await;
    is_refused(
        &answer,
        400,
        "invalid_grant",
        "audience-refused",
        Some("MP-110"),
    );
}

/// The address of something that passes grants on to Maskinporten, and knows nothing of its metadata.
async fn gateway(bench: &Bench) -> String {
    let authority = std::fs::read(bench.sandbox.ca_file()).expect("the authority");
    let authority = reqwest::Certificate::from_pem(&authority).expect("a certificate");
    let http = reqwest::Client::builder()
        .tls_certs_only([authority])
        .build()
        .expect("a client");
    let token = format!("{}/token", bench.sandbox.addresses().maskinporten);
    let router = Router::new()
        .route("/token", post(pass_on))
        .with_state((http, token));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port");
    let address = listener.local_addr().expect("bound");
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://localhost:{}", address.port())
}

async fn pass_on(
    State((http, token)): State<(reqwest::Client, String)>,
    body: Bytes,
) -> (StatusCode, [(http::HeaderName, &'static str); 1], Bytes) {
    let form = "application/x-www-form-urlencoded";
    let request = http.post(token).header(CONTENT_TYPE, form).body(body);
    let answer = request.send().await.expect("an answer");
    let status = answer.status();
    let json = [(http::header::CONTENT_TYPE, "application/json")];
    (status, json, answer.bytes().await.expect("a body"))
}

fn change_client(bench: &Bench, change: impl FnOnce(&mut Client)) {
    let id = bench.world().consumers[0].client_id;
    bench.world().maskinporten.change(|register| {
        change(register.client_mut(id).expect("Fjordbanken's client"));
    });
}

/// What the token says, which Maskinporten has signed.
#[track_caller]
fn claims(bench: &Bench, answer: &Answer) -> Value {
    let token = answer.json(200)["access_token"].clone();
    let world = bench.world();
    let claims = world
        .maskinporten
        .verify(world.clock.now(), token.as_str().expect("a token"));
    claims.expect("a good token")
}
