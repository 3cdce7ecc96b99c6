//! Browsers at the exit addresses of a job, which need no login: they cannot exhaust the app's
//! calls to Posten.

use futures::future::{join, join_all};
use journeys::TestBed;
use reqwest::redirect::Policy;
use reqwest::{Client, Response};
use sandbox::posten::Switches;
use std::time::Duration;

/// Returns the address to which the visit is redirected.
fn location(answer: &Response) -> &str {
    assert_eq!(answer.status(), 303);
    let location = answer.headers().get("location").expect("an address");
    location.to_str().expect("printable")
}

/// Creates a client that follows no redirect.
fn client() -> Client {
    let client = Client::builder().redirect(Policy::none()).build();
    client.expect("a client")
}

/// Returns `exit` with another token.
fn with_token(exit: &str, token: &str) -> String {
    let (address, _) = exit.split_once("status_query_token=").expect("a token");
    format!("{address}status_query_token={token}")
}

#[tokio::test(flavor = "multi_thread")]
async fn twelve_at_a_time_cost_other_customers_nothing() {
    let bed = TestBed::start().await;
    let (ragna, eirik) = (bed.customer("ragna"), bed.customer("eirik"));
    let (_, redirect) = ragna.orders().await;
    // The job continues after it, and its exit address is known.
    let exit = bed.browser().signs(&redirect, "ragna", "fail").await;
    let client = client();
    for round in 0..4 {
        let visits = join_all((0..12).map(|visit| {
            // Half of them with one token, as a browser that is reloaded; the others with one each.
            let token = format!("made-up-{round}-{}", if visit < 6 { 0 } else { visit });
            client.get(with_token(&exit, &token)).send()
        }));
        let orders = async {
            for _ in 0..2 {
                eirik.orders_with(|_| ()).await.json(201);
            }
        };
        let (visits, ()) = join(visits, orders).await;
        for answer in visits {
            let answer = answer.expect("an answer");
            assert!(location(&answer).ends_with("?signature=in_progress"));
        }
        bed.advance(Duration::from_secs(15));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_was_made_up_does_not_cost_the_signer_their_look() {
    let bed = TestBed::start().await;
    let ragna = bed.customer("ragna");
    let (id, redirect) = ragna.orders().await;
    let exit = bed.browser().signs(&redirect, "ragna", "sign").await;
    let client = client();
    let visit = async |address: String| {
        let answer = client.get(address).send().await.expect("an answer");
        location(&answer).to_owned()
    };
    let lost = visit(with_token(&exit, "made-up")).await;
    assert!(lost.ends_with("?signature=in_progress"), "{lost}");
    let back = visit(exit).await;
    assert!(back.ends_with("?signature=completed"), "{back}");
    assert_eq!(ragna.job(&id).await["status"], "completed");
}

#[tokio::test(flavor = "multi_thread")]
async fn where_posten_takes_no_calls_the_browser_goes_home() {
    let bed = TestBed::start().await;
    let ragna = bed.customer("ragna");
    let (_, redirect) = ragna.orders().await;
    let exit = bed.browser().signs(&redirect, "ragna", "sign").await;
    // Each call is one too many, and blocks the bank.
    bed.services().posten.set_switches(Switches {
        calls_per_second: 0,
        ..Switches::default()
    });
    let answer = client().get(&exit).send().await.expect("an answer");
    assert!(location(&answer).ends_with("?signature=in_progress"));
}
