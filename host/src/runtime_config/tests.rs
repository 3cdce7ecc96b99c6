use super::*;

fn check(text: &str) -> Result<RuntimeConfig, DocumentError> {
    RuntimeConfig::check(&Document::parse(
        Path::new("conf/runtime-config.toml"),
        text,
    )?)
}

#[test]
fn all_that_is_supported_is_read() {
    let config = check(
        r#"
        [key_value_store.memory]
        type = "spin"
        [key_value_store.file]
        type = "spin"
        path = "data/file.db"
        [key_value_store.shared]
        type = "redis"
        url = "redis://localhost:6380/2"
        [key_value_store.guarded]
        type = "redis"
        url = "rediss://user:password@localhost:6380/2"
        [[variables_provider]]
        type = "static"
        values = { token = "t" }
        [[variables_provider]]
        type = "env"
        prefix = "DEMO"
        [[variables_provider]]
        type = "vault"
        url = "https://vault.example:8200"
        token = "t"
        mount = "secret"
        prefix = "innsyn"
        [[client_tls]]
        component_ids = ["token"]
        hosts = ["localhost"]
        ca_roots_file = "ca.crt"
        client_cert_file = "client.crt"
        client_private_key_file = "client.key"
        [outbound_networking]
        block_networks = ["private", "192.0.2.0/24"]
        max_total_connections = 8
        [outbound_http]
        connection_pooling = true
        max_connections = 5
        "#,
    )
    .unwrap();
    assert_eq!(config.key_value_stores["memory"], StoreDefinition::Memory);
    assert_eq!(
        config.key_value_stores["file"],
        StoreDefinition::Sqlite("conf/data/file.db".into())
    );
    assert_eq!(
        config.key_value_stores["shared"],
        StoreDefinition::Redis(RedisServer::parse("redis://localhost:6380/2").unwrap())
    );
    let redis = |url| StoreDefinition::Redis(RedisServer::parse(url).unwrap());
    let guarded = &config.key_value_stores["guarded"];
    assert_eq!(guarded, &redis("rediss://user:password@localhost:6380/2"));
    assert_ne!(guarded, &redis("redis://user:password@localhost:6380/2"));
    assert!(!format!("{guarded:?}").contains("password"));
    assert_eq!(config.providers.len(), 3);
    assert_eq!(
        config.client_tls[0].ca_roots_file.as_deref(),
        Some(Path::new("conf/ca.crt"))
    );
    assert_eq!(
        config.http,
        HttpLimits {
            pooling: true,
            connections: Some(5)
        }
    );
}

#[test]
fn pooling_is_on_without_a_table_and_off_with_a_partial_one() {
    assert!(check("").unwrap().http.pooling);
    assert!(
        !check("[outbound_http]\nmax_connections = 3")
            .unwrap()
            .http
            .pooling
    );
}

#[test]
fn what_is_wrong_is_said() {
    for (text, message) in [
        (
            "[key_value_stores.x]\ntype = \"spin\"",
            "unknown field `key_value_stores`",
        ),
        (
            "[key_value_store.x]\ntype = \"aws_dynamo\"",
            "`key_value_store.x.type = \"aws_dynamo\"` is part of Spin's format, but this host does not support it",
        ),
        (
            "[key_value_store.x]\ntype = \"redis\"",
            "missing field `url`",
        ),
        (
            "[key_value_store.x]\ntype = \"redis\"\nurl = \"http://x\"",
            "key_value_store.x: `url` is not the address of a Redis server",
        ),
        (
            "[key_value_store.x]\ntype = \"redis\"\nurl = \"rediss://x/#insecure\"",
            "key_value_store.x: `url` ends in #insecure, which this host does not support",
        ),
        (
            "[key_value_store.x]\ntype = \"paper\"",
            "key_value_store.x.type is unknown",
        ),
        ("[key_value_store.x]\npath = \"x\"", "missing field `type`"),
        (
            "[[variables_provider]]\ntype = \"azure_key_vault\"",
            "`variables_provider.type = \"azure_key_vault\"` is part of Spin's format",
        ),
        (
            "[[variables_provider]]\ntype = \"vault\"\nurl = \"https://v\"\ntoken = \"t\"",
            "missing field `mount`",
        ),
        (
            "[[variables_provider]]\ntype = \"vault\"\nurl = \"v\"\ntoken = \"t\"\nmount = \"m\"",
            "variables_provider: `url` is not the address of a vault",
        ),
        (
            "[[variables_provider]]\ntype = \"env\"\ndotenv_path = \".env\"",
            "`variables_provider.dotenv_path` is part of Spin's format",
        ),
        (
            "[[variables_provider]]\ntype = \"static\"\nvalues = { a = 1 }",
            "variables_provider.values must be a table of strings",
        ),
        (
            "[[client_tls]]\ncomponent_ids = []\nhosts = [\"x\"]",
            "client_tls: `component_ids` is empty",
        ),
        (
            "[[client_tls]]\ncomponent_ids = [\"x\"]\nhosts = []",
            "client_tls: `hosts` is empty",
        ),
        (
            "[[client_tls]]\ncomponent_ids = [\"x\"]\nhosts = [\"localhost:8443\"]",
            "client_tls: `localhost:8443` is not a host without a port",
        ),
        (
            "[[client_tls]]\ncomponent_ids = [\"x\"]\nhosts = [\"x\"]\nclient_cert_file = \"x\"",
            "client_tls: `client_cert_file` and `client_private_key_file` go together",
        ),
        (
            "[[client_tls]]\ncomponent_ids = [\"x\"]\nhosts = [\"x\"]\nca_root_file = \"x\"",
            "unknown field `ca_root_file`",
        ),
        (
            "[[client_tls]]\ncomponent_ids = [\"x\"]\nhosts = [\"x\"]\nca_use_platform_roots = true",
            "`client_tls.ca_use_platform_roots = true` is part of Spin's format",
        ),
        (
            "[outbound_networking]\nblock_networks = [\"all\"]",
            "`all` is neither a network nor `private`",
        ),
        ("[outbound_http]\npooling = true", "unknown field `pooling`"),
        (
            "[sqlite_database.x]\ntype = \"spin\"",
            "`sqlite_database` is part of Spin's format",
        ),
    ] {
        let error = check(text)
            .err()
            .map(|error| error.to_string())
            .unwrap_or_default();
        assert!(error.contains(message), "{text}: {error}");
    }
}

#[test]
fn no_message_repeats_a_value() {
    for text in [
        "[[variables_provider]]\ntype = \"static\"\nvalues = \"s3cret\"",
        "[[variables_provider]]\ntype = \"static\"\nvalues = { a = \"s3cret\" b }",
        "[[variables_provider]]\ntype = \"vault\"\nurl = \"https://s3cret@v\"\ntoken = \"s3cret\"\nmount = \"m\"",
        "[[variables_provider]]\ntype = \"vault\"\nurl = \"https://v\"\ntoken = \"s3cret\\n\"\nmount = \"m\"",
        "[[variables_provider]]\ntype = \"vault\"\nurl = \"https://v\"\ntoken = [\"s3cret\"]\nmount = \"m\"",
        "[key_value_store.x]\ntype = \"redis\"\nurl = \"rediss://x:s3cret@x/#insecure\"",
        "[key_value_store.x]\ntype = \"redis\"\nurl = \"http://x:s3cret@x\"",
    ] {
        let error = check(text)
            .err()
            .map(|error| error.to_string())
            .unwrap_or_default();
        assert!(!error.is_empty() && !error.contains("s3cret"), "{error}");
    }
}
