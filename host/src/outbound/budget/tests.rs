use std::path::Path;
use std::sync::LazyLock;

use futures::FutureExt as _;
use futures::future::{join_all, poll_immediate};
use toml::Table;

use super::settings::Rate;
use super::*;
use crate::document::Document;

fn budgets(text: &str) -> Budgets {
    let tables = vec![text.parse::<Table>().unwrap()];
    let document = Document::parse(Path::new("budgets.toml"), "").unwrap();
    Budgets::new(Budget::all(&document, tables).unwrap())
}

fn five_in_progress() -> Budgets {
    budgets(
        r#"
        name = "tax"
        origins = ["https://tax.example"]
        calls_in_progress = 5
        calls_in_progress_per_customer = 2
        counted_by = ["tenant", "service"]
        "#,
    )
}

static TAX: LazyLock<Origin> = LazyLock::new(|| Origin::of_entry("https://tax.example").unwrap());

fn marks(tenant: &str, service: &str, customer: &str) -> Marks {
    Marks {
        tenant: tenant.to_owned(),
        service: service.to_owned(),
        customer: (!customer.is_empty()).then(|| customer.into()),
        wait: Some(Duration::from_secs(20)),
        ..Marks::default()
    }
}

impl Budgets {
    /// Returns the permit, if the call may be made at once.
    async fn at_once(&self, marks: &Marks) -> Option<Permit> {
        let admission = self.admit(&TAX, marks, LONGEST_WAIT);
        // Without this, the runtime has a task that never waits wait after a while.
        let admission = tokio::task::unconstrained(admission);
        let mut permit = poll_immediate(admission).await?.unwrap().unwrap();
        permit.made();
        Some(permit)
    }
}

#[tokio::test]
async fn an_origin_without_a_budget_has_no_limit() {
    let budgets = five_in_progress();
    let other = Origin::of_entry("https://other.example").unwrap();
    let admitted = budgets.admit(&other, &Marks::default(), WAIT).await;
    assert!(admitted.unwrap().is_none());
}

#[tokio::test]
async fn tenants_and_services_are_counted_each_by_itself() {
    let budgets = five_in_progress();
    let mut held = Vec::new();
    for scope in [("1", "a"), ("1", "b"), ("2", "a"), ("", "")] {
        let marks = marks(scope.0, scope.1, "");
        for _ in 0..5 {
            held.push(budgets.at_once(&marks).await.unwrap());
        }
        assert!(budgets.at_once(&marks).await.is_none(), "{scope:?}");
    }
}

#[tokio::test]
async fn a_call_is_in_progress_until_its_permit_is_dropped() {
    let budgets = five_in_progress();
    let one = marks("1", "a", "one");
    let first = budgets.at_once(&one).await.unwrap();
    let second = budgets.at_once(&one).await.unwrap();
    first.answered();
    let third = budgets.admit(&TAX, &one, WAIT);
    let mut third = std::pin::pin!(third);
    assert!(third.as_mut().now_or_never().is_none());
    drop(first);
    assert!(third.now_or_never().unwrap().unwrap().is_some());
    drop(second);
}

#[tokio::test]
async fn a_call_that_is_dropped_while_it_waits_leaves_no_trace() {
    let budgets = five_in_progress();
    let one = marks("1", "a", "one");
    let held = [
        budgets.at_once(&one).await.unwrap(),
        budgets.at_once(&one).await.unwrap(),
    ];
    {
        let waiting: Vec<_> = (0..10)
            .map(|_| Box::pin(budgets.admit(&TAX, &one, WAIT)))
            .collect();
        for call in waiting {
            assert!(call.now_or_never().is_none());
        }
    }
    // One is admitted and dropped before it is notified.
    let mut admitted = Box::pin(budgets.admit(&TAX, &one, WAIT));
    assert!(admitted.as_mut().now_or_never().is_none());
    let [first, second] = held;
    drop(first);
    drop(admitted);
    let third = budgets.at_once(&one).await;
    assert!(third.is_some());
    drop((second, third));
    let limiters = locked(&budgets.limiters);
    let idle = limiters
        .values()
        .all(|shared| SharedLimiter::is_idle(shared, Instant::now()));
    assert!(idle);
}

#[tokio::test]
async fn sixty_calls_of_one_customer_go_two_at_a_time_and_all_go() {
    let budgets = five_in_progress();
    let counted = Mutex::new((0, 0));
    let one = marks("1", "a", "one");
    let call = |_| async {
        let permit = budgets.admit(&TAX, &one, WAIT).await.unwrap();
        let mut permit = permit.unwrap();
        permit.made();
        {
            let (now, most) = &mut *locked(&counted);
            *now += 1;
            *most = *now.max(most);
        }
        tokio::task::yield_now().await;
        locked(&counted).0 -= 1;
        drop(permit);
    };
    join_all((0..60).map(call)).await;
    assert_eq!(*locked(&counted), (0, 2));
}

#[tokio::test]
async fn a_call_over_the_rate_goes_when_the_window_has_passed() {
    let mut budget =
        budgets("name = \"a\"\norigins = [\"https://tax.example\"]\ncalls_per_second = 1");
    let limits = &mut budget.budgets[0].limits;
    Arc::get_mut(limits).unwrap().rate = Some(Rate {
        calls: 1,
        per: Duration::from_millis(20),
    });
    let start = Instant::now();
    for _ in 0..3 {
        let permit = budget.admit(&TAX, &Marks::default(), WAIT).await;
        permit.unwrap().unwrap().made();
    }
    assert!(start.elapsed() >= Duration::from_millis(40));
}

#[tokio::test]
async fn over_budget_is_said_with_a_time_to_come_again() {
    let budgets = five_in_progress();
    let one = Marks {
        wait: Some(Duration::ZERO),
        ..marks("1", "a", "one")
    };
    let held = [
        budgets.at_once(&one).await.unwrap(),
        budgets.at_once(&one).await.unwrap(),
    ];
    let over = budgets.admit(&TAX, &one, LONGEST_WAIT).await.err().unwrap();
    let expected = OverBudget {
        budget: "tax".to_owned(),
        class: "other".to_owned(),
        retry_after: 1,
    };
    assert_eq!(over, expected);
    let response = over.response();
    assert_eq!(response.status(), 429);
    assert_eq!(response.headers()["retry-after"], "1");
    assert_eq!(response.headers()["innsyn-call-refused"], "tax");
    drop(held);
    assert!(budgets.at_once(&one).await.is_some());
}

#[tokio::test]
async fn limiters_are_bounded_and_what_comes_then_shares_one() {
    let budgets = five_in_progress();
    let mut held = Vec::new();
    for tenant in 0..MOST_LIMITERS {
        held.push(
            budgets
                .at_once(&marks(&tenant.to_string(), "a", ""))
                .await
                .unwrap(),
        );
    }
    for tenant in ["x", "y", "z", "u", "v"] {
        held.push(budgets.at_once(&marks(tenant, "a", "")).await.unwrap());
    }
    assert!(budgets.at_once(&marks("w", "a", "")).await.is_none());
    drop(held);
    assert!(budgets.at_once(&marks("w", "a", "")).await.is_some());
    assert_eq!(locked(&budgets.limiters).len(), 1);
}
