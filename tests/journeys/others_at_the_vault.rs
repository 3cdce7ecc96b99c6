//! Third-party client of vaults, hvac: it uses the sandbox's vault unchanged.

use journeys::ThirdPartyPrograms;
use sandbox::kit::Clock;
use sandbox::{Options, Sandbox, vault};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn it_signs_with_the_one_key_of_its_role_and_keeps_secrets() {
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
    let vault = &sandbox.services().vault;
    let environment = [
        ("VAULT", &*sandbox.addresses().vault),
        ("ROLE_ID", vault.role_id()),
        ("SECRET_ID", vault.secret_id()),
        ("KEY", vault::KEY),
        ("ROOT_TOKEN", vault.root_token()),
        ("VARIABLES_TOKEN", vault.variables_token()),
    ];
    let run = async || {
        let script = "vault_with_hvac.py";
        others.run(script, sandbox.ca_file(), &environment).await
    };

    let found = run().await;
    assert_eq!(
        found,
        json!({
            "sealed": false,
            "secrets": {
                "nothing_yet": "InvalidPath",
                "versions": [1, 2],
                "newest": "two",
                "first": "one",
                "wrong_cas": "InvalidRequest",
                "cas": 3,
                "elsewhere": "Forbidden",
                "write": "Forbidden",
                "with_the_role": "Forbidden",
                "deleted": "InvalidPath",
            },
            "authenticated": true,
            "policies": ["default", "vestbanken-sign"],
            "lease": 1200,
            "type": "rsa-2048",
            "version": "v1",
            "valid": true,
            "wrong_secret": "InvalidRequest",
            "rotate": "Forbidden",
            "another": "Forbidden",
        })
    );

    vault.seal(true);
    assert_eq!(
        run().await,
        json!({ "sealed": true, "log_in": "VaultDown" })
    );
    sandbox.shutdown().await;
}
