//! Maskinporten without the others.

use std::path::Path;
use std::sync::Arc;

use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use sandbox::interfaces::{ActiveConsent, Authorisations, ConsentObstacle, Delegation, SystemUser};
use sandbox::kit::Clock;
use sandbox::maskinporten::{self, TokenKeys};
use sandbox::pki::EnterpriseAuthority;
use sandbox::standalone::{Maskinporten, Options};
use serde_json::{Value, json};
use time::OffsetDateTime;
use tokio::net::TcpListener;
use uuid::Uuid;

use crate::maskinporten::support::{Answer, GRANT_TYPE, Grant};

async fn start(directory: &Path) -> Maskinporten {
    let options = Options {
        clock: Clock::default(),
        directory: directory.join("new"),
        listen: ([127, 0, 0, 1], 0).into(),
    };
    Maskinporten::start(options).await.unwrap()
}

fn http(maskinporten: &Maskinporten) -> reqwest::Client {
    let pem = std::fs::read(maskinporten.ca_file()).unwrap();
    let authority = reqwest::Certificate::from_pem(&pem).unwrap();
    let client = reqwest::Client::builder().tls_certs_only([authority]);
    client.build().unwrap()
}

fn grant(
    maskinporten: &Maskinporten,
    client: &sandbox::standalone::Client,
    header: Value,
) -> Grant {
    let now = Clock::default().now().unix_timestamp();
    let pem = std::fs::read(&client.key_pem_file).unwrap();
    Grant {
        header,
        claims: json!({
            "aud": maskinporten.issuer(),
            "iss": client.client_id,
            "scope": maskinporten.scopes()[0],
            "iat": now,
            "exp": now + 100,
            "jti": Uuid::new_v4().to_string(),
        }),
        key: EncodingKey::from_rsa_pem(&pem).unwrap(),
        algorithm: Algorithm::RS256,
    }
}

#[tokio::test]
async fn what_it_writes_is_enough_for_a_token() {
    let directory = tempfile::tempdir().unwrap();
    let maskinporten = start(directory.path()).await;
    let http = http(&maskinporten);
    let [registered, certified] = maskinporten.clients() else {
        panic!("two clients");
    };
    let chain = certified.chain_file.as_ref().unwrap();
    let chain: Vec<_> = CertificateDer::pem_file_iter(chain)
        .unwrap()
        .map(|certificate| {
            use base64::Engine;
            base64::engine::general_purpose::STANDARD.encode(certificate.unwrap())
        })
        .collect();
    assert_eq!(chain.len(), 2);
    let kid = registered.kid.as_ref().unwrap();
    for (client, header) in [
        (registered, json!({ "alg": "RS256", "kid": kid })),
        (certified, json!({ "alg": "RS256", "x5c": chain })),
    ] {
        let assertion = grant(&maskinporten, client, header).assertion();
        let form = [("grant_type", GRANT_TYPE), ("assertion", &assertion)];
        let answer = Answer::receive(http.post(maskinporten.token_endpoint()).form(&form)).await;
        let consumer = answer.claims()["consumer"]["ID"].clone();
        assert_eq!(consumer, format!("0192:{}", client.organisation));
    }

    let jwk = std::fs::read(registered.key_jwk_file.as_ref().unwrap()).unwrap();
    let jwk: Value = serde_json::from_slice(&jwk).unwrap();
    assert_eq!(jwk["kid"], **kid);
    for name in ["d", "p", "q", "dp", "dq", "qi"] {
        assert!(jwk[name].is_string(), "{name}");
    }
    let public: Jwk = serde_json::from_value(jwk).unwrap();
    let pem = std::fs::read(&registered.key_pem_file).unwrap();
    let pair = EncodingKey::from_rsa_pem(&pem).unwrap();
    let expected = Jwk::from_encoding_key(&pair, Algorithm::RS256).unwrap();
    assert_eq!(public.algorithm, expected.algorithm);
    maskinporten.shutdown().await;
}

#[tokio::test]
async fn it_is_administered_with_what_it_asks_of_altinn() {
    let directory = tempfile::tempdir().unwrap();
    let maskinporten = start(directory.path()).await;
    let http = http(&maskinporten);
    let status = |path: &str| {
        let request = http.get(format!("{}{path}", maskinporten.admin()));
        async { request.send().await.unwrap().status().as_u16() }
    };
    for path in [
        "/clock",
        "/faults",
        "/journal",
        "/counters",
        "/maskinporten/clients",
        "/maskinporten/switches",
        "/altinn/delegations",
        "/altinn/systemusers",
        "/altinn/consents",
    ] {
        assert_eq!(status(path).await, 200, "{path}");
    }
    assert_eq!(status("/skatteetaten/switches").await, 404);
    maskinporten.shutdown().await;
}

#[cfg(unix)]
#[tokio::test]
async fn what_it_writes_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let directory = tempfile::tempdir().unwrap();
    let maskinporten = start(directory.path()).await;
    let mut files = 0;
    for entry in std::fs::read_dir(directory.path().join("new")).unwrap() {
        let entry = entry.unwrap();
        let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{:?}", entry.path());
        files += 1;
    }
    assert_eq!(
        files, 5,
        "the authority, two keys in PEM, one as JWK, one chain"
    );
    maskinporten.shutdown().await;
}

#[tokio::test]
async fn it_listens_where_its_certificate_is_for() {
    let directory = tempfile::tempdir().unwrap();
    let options = Options {
        clock: Clock::default(),
        directory: directory.path().join("new"),
        listen: ([192, 0, 2, 1], 0).into(),
    };
    let error = Maskinporten::start(options).await.unwrap_err();
    assert!(error.to_string().contains("localhost"), "{error}");
}

/// Registers without any delegation, consent or system user.
#[derive(Debug)]
struct EmptyRegisters;

impl Authorisations for EmptyRegisters {
    fn is_delegated(&self, _: &Delegation) -> bool {
        false
    }

    fn consent(
        &self,
        _: OffsetDateTime,
        _: Uuid,
        _: &str,
        _: &str,
    ) -> Result<ActiveConsent, Vec<ConsentObstacle>> {
        Err(vec![])
    }

    fn system_user(&self, _: &str, _: &str, _: &str, _: Option<&str>) -> Option<SystemUser> {
        None
    }
}

#[tokio::test]
async fn it_is_built_without_any_other_service() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let at = origin.clone();
    let making = tokio::task::spawn_blocking(move || {
        let clock = Clock::default();
        let enterprise = EnterpriseAuthority::generate(clock.now()).unwrap();
        let tokens = Arc::new(TokenKeys::new(&at).unwrap());
        maskinporten::Maskinporten::new(clock, tokens, &enterprise, Arc::new(EmptyRegisters))
    });
    let router = maskinporten::router(Arc::new(making.await.unwrap()));
    let serving = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let metadata = http.get(format!("{origin}/.well-known/oauth-authorization-server"));
    let metadata: Value = metadata.send().await.unwrap().json().await.unwrap();
    assert_eq!(metadata["issuer"], format!("{origin}/"));
    serving.abort();
}
