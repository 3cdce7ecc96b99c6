//! Repeated visits to the exit address of a job: Posten does not block the bank, and other
//! customers can order.

use std::time::Duration;

use futures::future::join_all;
use journeys::{TestBed, by_our_host_alone};
use sandbox::bank::Overrides;

/// Note of Posten's filter when it blocks the bank.
const SHUT_OUT: &str = "more calls than one may make in a second";

#[tokio::test(flavor = "multi_thread")]
async fn every_other_customer_orders() {
    if by_our_host_alone("Spin keeps no budget") {
        return;
    }
    let bed = TestBed::start().await;
    let ragna = bed.customer("ragna");
    let (_, redirect) = ragna.orders().await;
    let exit = bed.browser().signs(&redirect, "ragna", "sign").await;
    let (address, _) = exit.split_once("&status_query_token=").expect("a token");
    let browser = bed.browser();
    for round in 0..4 {
        // Each with another token, so that none is known to be used.
        let visits: Vec<_> = (0..12)
            .map(|visit| format!("{address}&status_query_token=token-{round}-{visit}"))
            .collect();
        let visits = visits.iter().map(|visit| browser.visits(visit));
        let others: Vec<_> = ["solveig", "odd", "eirik"]
            .into_iter()
            .flat_map(|name| [(name, 1), (name, 2)])
            .map(|(name, login)| {
                let subject = Overrides::default().claim("sub", format!("{name} {login}"));
                bed.customer(name).with_login(&subject)
            })
            .collect();
        let orders = others.iter().map(|other| other.orders_with(|_| ()));
        let (visits, orders) = tokio::join!(join_all(visits), join_all(orders));
        for visit in visits {
            assert_eq!(visit.status, 303, "a browser is sent on: {visit:#?}");
        }
        for order in orders {
            order.json(201);
        }
        bed.advance(Duration::from_secs(15));
    }
    let entries = bed.services().journal.entries();
    let shut_out = entries
        .iter()
        .filter(|entry| entry.note.as_deref() == Some(SHUT_OUT));
    assert_eq!(shut_out.count(), 0);
}
