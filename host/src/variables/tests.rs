use std::collections::HashMap;
use std::env::VarError;

use super::*;

fn declared() -> BTreeMap<String, Variable> {
    let names = ["first", "second", "third", "fourth"]
        .map(|name| format!("{name} = {{ default = \"default\" }}\n"));
    toml::from_str(&format!(
        "{}key = {{ required = true, secret = true }}",
        names.concat()
    ))
    .unwrap()
}

fn table(pairs: &[(&str, &str)]) -> HashMap<String, String> {
    pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

fn variables(definitions: Vec<Definition>, given: &[(&str, &str)]) -> Arc<Variables> {
    let mut options = Options::new("spin.toml");
    options.variables = table(given).into_iter().collect();
    Arc::new(Variables::new(declared(), definitions, &options).unwrap())
}

#[tokio::test]
async fn what_is_given_comes_first_then_the_providers_and_defaults_last() {
    let definitions = vec![
        Definition::Static(table(&[("first", "static"), ("second", "static")])),
        Definition::Environment {
            prefix: "DEMO".to_owned(),
            read: |name| match name {
                "DEMO_SECOND" | "DEMO_THIRD" => Ok("environment".to_owned()),
                _ => Err(VarError::NotPresent),
            },
        },
    ];
    let variables = variables(definitions, &[("first", "given"), ("key", "k3y")]);
    let template = variables.template("x", "{{first}}, {{ second }}, {{ third }}, {{fourth }}.");
    let filled = variables.fill(&template.unwrap()).await.unwrap();
    assert_eq!(filled, "given, static, environment, default.");
    assert!(!format!("{variables:?}").contains("k3y"));
    assert_eq!(variables.all().await.unwrap()["key"], "k3y");
    assert_eq!(variables.defaults().len(), 4);
}

#[tokio::test]
async fn what_the_environment_has_is_asked_for_each_time() {
    static ASKED: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
    let definitions = vec![Definition::Environment {
        prefix: "DEMO".to_owned(),
        read: |_| {
            let asked = ASKED.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            Ok(asked.to_string())
        },
    }];
    let variables = variables(definitions, &[]);
    let mine = table(&[("mine", "<{{ key }}>")]).into_iter().collect();
    let own = ComponentVariables::new("c", &mine, &variables, &Log::memory()).unwrap();
    let first = own.get("mine").await.unwrap();
    assert_ne!(own.get("mine").await.unwrap(), first);
}

#[test]
fn what_is_missing_is_named_with_how_to_give_it() {
    let error = variables(Vec::new(), &[]).expect_required().unwrap_err();
    assert_eq!(
        error.to_string(),
        "variable `key` is required and without a value: set SPIN_VARIABLE_KEY"
    );
    let vault = VaultServer::new("https://vault.invalid", "t", "kv", None).ok();
    let definitions = vec![Definition::Vault(vault.unwrap())];
    variables(definitions, &[]).expect_required().unwrap();
}

#[test]
fn templates_that_cannot_be_filled_are_refused() {
    let variables = variables(Vec::new(), &[]);
    for (template, reason) in [
        (
            "{{ other }}",
            "here: `other` is not a variable of the application",
        ),
        ("{{ open", "here: `{{` without `}}`"),
    ] {
        let error = variables.template("here", template).unwrap_err();
        assert_eq!(error.to_string(), reason);
    }
}

#[tokio::test]
async fn a_component_sees_its_own_variables_only() {
    let known = variables(Vec::new(), &[("key", "k3y")]);
    let mine = table(&[("mine", "<{{ key }}>")]).into_iter().collect();
    let log = Log::memory();
    let own = ComponentVariables::new("c", &mine, &known, &log).unwrap();
    assert_eq!(own.get("mine").await.unwrap(), "<k3y>");
    assert_eq!(
        own.get("key").await,
        Err(Refusal::Undefined("key".to_owned()))
    );
    assert!(matches!(own.get("No").await, Err(Refusal::InvalidName(_))));
    let nobody = variables(Vec::new(), &[]);
    let own = ComponentVariables::new("c", &mine, &nobody, &log).unwrap();
    assert!(matches!(own.get("mine").await, Err(Refusal::Provider(_))));
    assert_eq!(log.lines().len(), 1);
}
