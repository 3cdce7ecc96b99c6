//! Third-party filing program, wenche, onboarded as a supplier: it registers its system, asks a
//! customer for a system user and for a change of it, and logs in for the customer.

use journeys::ThirdPartyPrograms;
use sandbox::altinn::{DEMO_SYSTEM, System};
use sandbox::kit::Clock;
use sandbox::maskinporten::Scope;
use sandbox::population::{Credential, FJORDBANKEN};
use sandbox::{Options, Sandbox};
use serde_json::json;

const CUSTOMER: &str = "314055403";

#[tokio::test(flavor = "multi_thread")]
async fn wenche_registers_its_system_and_logs_in_for_a_customer() {
    let Some(others) = ThirdPartyPrograms::installed() else {
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let options = Options {
        clock: Clock::default(),
        directory: folder.path().to_owned(),
        app: None,
    };
    let sandbox = Sandbox::start(options).await.expect("a sandbox");
    let services = sandbox.services();
    let consumer = services
        .consumers
        .iter()
        .find(|consumer| consumer.organisation == FJORDBANKEN);
    let consumer = consumer.expect("a consumer");
    // A client belongs to one system, and the demo's to another.
    services.altinn.register_system(System {
        id: DEMO_SYSTEM.to_owned(),
        client_ids: [].into(),
        rights: [].into(),
    });
    services.maskinporten.change(|register| {
        for scope in ["altinn:instances.read", "altinn:instances.write"] {
            register.add_scope(scope, Scope::default());
            let client = register.client_mut(consumer.client_id).expect("a client");
            client.scopes.insert(scope.to_owned());
            register.grant(scope, FJORDBANKEN);
        }
    });
    let Credential::Registered { kid } = consumer.credential else {
        panic!("a registered key");
    };
    let key = folder.path().join("key.pem");
    std::fs::write(&key, consumer.pem().expect("a key")).expect("a file");

    let addresses = sandbox.addresses();
    let origin = &addresses.maskinporten;
    let environment = [
        ("ISSUER", &*format!("{origin}/")),
        ("TOKEN_ENDPOINT", &format!("{origin}/token")),
        ("JWKS", &format!("{origin}/jwk")),
        ("ALTINN", &addresses.altinn),
        ("ADMIN", &addresses.admin),
        ("HOME", &folder.path().to_string_lossy()),
        ("WENCHE_ENV", "test"),
        ("ORG_NUMMER", FJORDBANKEN),
        ("SKD_TEST_ORG_NUMMER", CUSTOMER),
        ("MASKINPORTEN_CLIENT_ID", consumer.client_id),
        ("MASKINPORTEN_KID", kid),
        ("MASKINPORTEN_PRIVAT_NOKKEL", &key.to_string_lossy()),
    ];
    let script = "supplier_with_wenche.py";
    let told = others.run(script, sandbox.ca_file(), &environment).await;

    assert_eq!(told["registered"], json!([false, true]), "{told}");
    let page = format!(
        "{}/accessmanagement/ui/systemuser/request?id=",
        addresses.altinn_page
    );
    let confirm = told["confirm_url"].as_str().unwrap_or_default();
    assert!(confirm.starts_with(&page), "{told}");
    let before = told["before"].as_str().unwrap_or_default();
    assert!(before.contains("MP-303"), "{told}");
    assert_eq!(told["status"], "Accepted");
    let user = &told["user"];
    assert_eq!(
        (&user["reporteeOrgNo"], &user["integrationTitle"]),
        (&json!(CUSTOMER), &json!("Wenche"))
    );
    let details = &told["after"]["authorization_details"][0];
    assert_eq!(details["systemuser_id"], json!([user["id"]]), "{told}");
    assert_eq!(details["system_id"], format!("{FJORDBANKEN}_wenche2"));
    assert_eq!(told["has_altinn_token"], true);
    assert_eq!(told["change"], "New");
    sandbox.shutdown().await;
}
