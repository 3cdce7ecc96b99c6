//! Key-value stores, variables and timers.

use std::time::Duration;

use host::Timer;
use tempfile::TempDir;

use crate::support::Application;

#[tokio::test(flavor = "multi_thread")]
async fn records_are_set_read_listed_and_deleted() {
    let running = Application::default().start(|_| ()).await;
    for store in ["default", "memory"] {
        assert_eq!(
            running.key_value(store, "get", "a", "").await,
            (200, "none".to_owned())
        );
        for (key, value) in [("b", "1"), ("a", "2"), ("a", "3")] {
            assert_eq!(
                running.key_value(store, "set", key, value).await,
                (200, String::new())
            );
        }
        assert_eq!(running.key_value(store, "get", "a", "").await.1, "3");
        assert_eq!(running.key_value(store, "keys", "", "").await.1, "a,b");
        assert_eq!(running.key_value(store, "exists", "b", "").await.1, "true");
        assert_eq!(running.key_value(store, "delete", "b", "").await.0, 200);
        assert_eq!(running.key_value(store, "exists", "b", "").await.1, "false");
    }
    assert_eq!(
        running.key_value("other", "get", "a", "").await,
        (502, "Error::AccessDenied".to_owned())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn files_outlive_the_application_and_memory_does_not() {
    let folder = TempDir::new().unwrap();
    for (default, memory) in [("none", "none"), ("kept", "none")] {
        let running = Application::default()
            .start_in(folder.path(), |_| ())
            .await
            .unwrap();
        assert_eq!(
            running.key_value("default", "get", "a", "").await.1,
            default
        );
        assert_eq!(running.key_value("memory", "get", "a", "").await.1, memory);
        for store in ["default", "memory"] {
            running.key_value(store, "set", "a", "kept").await;
        }
        running.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn components_read_their_variables_and_environment() {
    let application = Application {
        variables: "[variables]\nname = { default = \"someone\" }\nkey = { required = true, secret = true }\n",
        front: "[component.front.variables]\ngreeting = \"Hello {{ name }}\"\nkey = \"{{ key }}\"\n",
        ..Application::default()
    };
    let running = application
        .start(|options| _ = options.variables.insert("key".to_owned(), "k3y".to_owned()))
        .await;
    let variable = async |name| {
        running
            .get("/front/variable", &[("probe-name", name)])
            .await
    };
    assert_eq!(
        variable("greeting").await,
        (200, "Hello someone".to_owned())
    );
    assert_eq!(variable("key").await, (200, "k3y".to_owned()));
    assert_eq!(
        variable("name").await,
        (502, "Error::Undefined(\"name\")".to_owned())
    );
    assert!(variable("Name").await.1.starts_with("Error::InvalidName"));
    assert_eq!(
        running
            .get("/front/environment", &[("probe-name", "MODE")])
            .await
            .1,
        "test"
    );
    assert!(!running.log_has("k3y"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_timer_calls_its_route() {
    let running = Application::default()
        .start(|options| {
            options.timers.push(Timer {
                every: Duration::from_millis(50),
                method: "POST".to_owned(),
                path: "/front/output".to_owned(),
                authorization: Some("Bearer s3cret".to_owned()),
            });
        })
        .await;
    while running.server().requests("front") < 2 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(running.log_has(r#""route":"/front/...","method":"POST","status":200"#));
    assert!(!running.log_has("s3cret"));
}
