use std::path::Path;

use super::*;

const WHOLE: &str = r#"
        [[budget]]
        name = "post"
        origins = ["https://post.example"]
        calls_per_second = 10
        calls_in_progress = 8
        calls_per_second_per_customer = 1
        calls_in_progress_per_customer = 2
        counted_by = ["tenant"]
        share = "1/2"
        [[budget.class]]
        name = "drain"
        reserved = 2
        [[budget.class]]
        name = "visits"
        most = 4
    "#;

fn all(text: &str) -> Result<Vec<Budget>, String> {
    #[derive(Deserialize)]
    struct Content {
        budget: Vec<Table>,
    }
    let document = Document::parse(Path::new("budgets.toml"), text).unwrap();
    let content: Content = document.typed().unwrap();
    Budget::all(&document, content.budget).map_err(|error| error.to_string())
}

#[expect(clippy::unnecessary_wraps, reason = "the form in which limits have it")]
fn rate(calls: usize, milliseconds: u64) -> Option<Rate> {
    Some(Rate {
        calls,
        per: Duration::from_millis(milliseconds),
    })
}

#[test]
fn a_machine_keeps_its_share() {
    let budgets = all(WHOLE).unwrap();
    let [budget] = budgets.as_slice() else {
        panic!("one budget")
    };
    assert!(budget.is_for(&Origin::of_entry("https://post.example:443").unwrap()));
    assert!(!budget.is_for(&Origin::of_entry("https://other.example").unwrap()));
    assert!(budget.by_tenant && !budget.by_service);
    let limits = &budget.limits;
    assert_eq!(limits.rate, rate(5, 1000));
    // Half a call in a second is one in two.
    assert_eq!(limits.customer_rate, rate(1, 2000));
    assert_eq!(limits.in_progress, Some(4));
    assert_eq!(limits.customer_in_progress, Some(1));
    let names: Vec<_> = limits.classes.iter().map(|class| &*class.name).collect();
    assert_eq!(names, ["drain", "visits", "other"]);
    assert_eq!(limits.classes[0].reserved, rate(1, 1000));
    assert_eq!(limits.classes[1].most, rate(2, 1000));
    assert_eq!(limits.class(Some("visits")), 1);
    assert_eq!(limits.class(Some("unheard")), 2);
    assert_eq!(limits.class(None), 2);
}

#[test]
fn each_fault_is_named() {
    for (written, instead, message) in [
        ("name = \"post\"", "name = \"a b\"", "a `name` must be of"),
        ("[\"https://post.example\"]", "[]", "`origins` is empty"),
        ("https://post", "https://*.post", "wildcards"),
        (
            "post.example\"]",
            "post.example/path\"]",
            "an entry has no path",
        ),
        (
            "post.example\"]",
            "post.example\", \"https://post.example:443\"]",
            "`origins` has https://post.example twice",
        ),
        ("= 10", "= 0", "nonzero"),
        ("= 10", "= -1", "invalid value"),
        ("= 10", "= 1001", "`calls_per_second` must be at most 1000"),
        ("= 8", "= 1", "`share` leaves no call in progress"),
        (
            "_per_customer = 2",
            "_per_customer = 9",
            "`calls_in_progress_per_customer` is more than all customers have",
        ),
        ("\"tenant\"", "\"town\"", "unknown variant `town`"),
        ("1/2", "2/1", "`share` must be a part such as"),
        ("1/2", "1/101", "`share` must be a part such as"),
        ("1/2", "half", "`share` must be a part such as"),
        (
            "reserved = 2",
            "reserved = 11",
            "the class `drain` has more than",
        ),
        (
            "reserved = 2",
            "reserved = 10",
            "the classes reserve all calls of this machine's share",
        ),
        (
            "\"visits\"",
            "\"drain\"",
            "the class `drain` is there twice",
        ),
        (
            "most = 4",
            "most = 4\nreserved = 5",
            "the class `visits` reserves more than its `most`",
        ),
        ("most = 4", "at_most = 4", "unknown field `at_most`"),
        ("share", "part", "unknown field `part`"),
    ] {
        assert_eq!(WHOLE.matches(written).count(), 1, "{written}");
        let error = all(&WHOLE.replace(written, instead)).err();
        let error = error.unwrap_or_default();
        assert!(error.contains(message), "{written}: {error}\n{message}");
    }
}

#[test]
fn all_faults_of_all_budgets_are_named_at_once() {
    let second = r#"
            [[budget]]
            name = "post"
            origins = ["https://post.example", "post"]
            share = "0/1"
            [[budget]]
            colour = "red"
        "#;
    let error = all(&format!("{WHOLE}{second}")).unwrap_err();
    for message in [
        "budget `post`: the name is used twice",
        "another budget has https://post.example too",
        "`origins`: an entry is scheme://host",
        "`calls_per_second` or `calls_in_progress` is missing",
        "`share` must be a part",
        "budget 3: colour: unknown field `colour`",
    ] {
        assert!(error.contains(message), "{error}\n{message}");
    }
}
