//! Tests of orders that are repeated with the same `Idempotency-Key`.

use super::*;
use crate::signature::fake::{answered, refused};
use innsyn_core::platform::SendError;
use innsyn_core::platform::crashing::{CrashingPlatform, survives};
use innsyn_core::problem::Kind;
use innsyn_runtime::idempotency::Key;

async fn order_on<P: Platform>(
    bed: &TestBed,
    platform: &P,
    order: Order,
    key: &str,
) -> Result<OrderOutcome, Problem> {
    let key = Key::read(Some(&format!("\"{key}\""))).expect("a key");
    let context = context(platform);
    let signatures = &bed.signatures;
    signatures
        .order(
            &context,
            &Placement::by_customer(&bed.kari, None),
            order,
            key.as_ref(),
        )
        .await
}

fn order(bed: &TestBed, order: Order, key: &str) -> Result<OrderOutcome, Problem> {
    bed.platform.run(order_on(bed, &*bed.platform, order, key))
}

fn page(job: &JobView) -> &str {
    job.signers[0].redirect_url.as_deref().expect("a page")
}

#[test]
fn the_same_order_gives_the_same_job_and_a_new_page() {
    let bed = TestBed::new();
    let first = made(order(&bed, direct(), "k"));
    let again = made(order(&bed, direct(), "k"));
    assert_eq!(first.id, again.id);
    assert_ne!(page(&first), page(&again));
    assert_eq!(page(&again), format!("{PAGES}/#/-/new"));
    assert_eq!(bed.posten.jobs().len(), 1);
    // Without the key, or with another one, a new job is created.
    let other = made(order(&bed, direct(), "l"));
    let plain = bed.made(direct());
    assert!(other.id != first.id && plain.id != first.id && plain.id != other.id);
    assert_eq!(bed.posten.jobs().len(), 3);
    bed.assert_discreet();
}

#[test]
fn only_those_who_have_still_to_sign_get_a_page() {
    let bed = TestBed::new();
    let mut both = direct();
    both.signers.push(signer(OLA));
    let first = made(order(&bed, both.clone(), "k"));
    bed.posten.happens(90_000, 0, "SIGNED");
    bed.drain();
    let again = made(order(&bed, both.clone(), "k"));
    assert_eq!(again.signers[0].redirect_url, None);
    assert!(again.signers[1].redirect_url.is_some());
    bed.posten.happens(90_000, 1, "SIGNED");
    bed.rest();
    bed.drain();
    let over = made(order(&bed, both, "k"));
    assert_eq!((over.id, over.status), (first.id, Status::Completed));
    assert!(
        over.signers
            .iter()
            .all(|signer| signer.redirect_url.is_none())
    );
    let told = made(order(&bed, portal(), "p"));
    assert_eq!(made(order(&bed, portal(), "p")), told);
}

#[test]
fn a_page_that_cannot_be_had_costs_nobody_the_job() {
    let bed = TestBed::new();
    let first = made(order(&bed, direct(), "k"));
    bed.posten.fail("signers", Ok(answered(500, "")));
    let again = made(order(&bed, direct(), "k"));
    assert_eq!(again.id, first.id);
    assert_eq!(again.signers[0].redirect_url, None);
}

#[test]
fn another_order_with_the_key_is_refused() {
    type Alter = fn(&mut Order);
    let alterations: [Alter; 5] = [
        |order| order.title = "Another".to_owned(),
        |order| order.documents[0].content = Bytes::from_static(b"%PDF-1.4\n"),
        |order| order.documents[0].title = "Another".to_owned(),
        |order| order.signers.push(signer(OLA)),
        |order| {
            let list = ReturnAddresses::parse(["https://bank.example"].into_iter());
            let list = list.expect("a list");
            let address = list.check("https://bank.example/other", Journey::Signature);
            order.flow = FlowOptions::Direct(address.expect("on the list"));
        },
    ];
    let bed = TestBed::new();
    made(order(&bed, direct(), "k"));
    for alter in alterations {
        let mut other = direct();
        alter(&mut other);
        let problem = order(&bed, other, "k").expect_err("refused");
        assert_eq!(problem.kind, Kind::IdempotencyKeyReused);
    }
    assert_eq!(bed.posten.jobs().len(), 1);
}

#[test]
fn an_order_that_was_refused_leaves_its_key_free() {
    let bed = TestBed::new();
    let refusal = refused(403, "NOT_AUTHORIZED");
    bed.posten.fail("signature-jobs", Ok(refusal));
    assert!(order(&bed, direct(), "k").is_err());
    assert_eq!(bed.rows(), 1, "the slot in its hour");
    let mut other = direct();
    other.title = "Another".to_owned();
    made(order(&bed, other, "k"));
}

#[test]
fn an_order_whose_answer_was_lost_is_not_sent_again() {
    let bed = TestBed::new();
    let lost = SendError::Broken("x".to_owned());
    bed.posten.fail("signature-jobs", Err(lost));
    let first = unknown(order(&bed, direct(), "k"));
    let again = unknown(order(&bed, direct(), "k"));
    assert_eq!(first, again);
    assert_eq!(bed.platform.requests().len(), 1);
}

#[test]
fn of_two_at_once_one_is_at_work() {
    let bed = TestBed::new();
    bed.platform.set_latency(Duration::from_secs(2));
    let orders = (0..4).map(|_| order_on(&bed, &*bed.platform, direct(), "k"));
    let ends = bed.platform.run(futures::future::join_all(orders));
    let refused = ends.iter().filter_map(|end| end.as_ref().err());
    let kinds: Vec<Kind> = refused.map(|problem| problem.kind).collect();
    assert_eq!(kinds, [Kind::RequestInProgress; 3]);
    assert_eq!(bed.posten.jobs().len(), 1);
}

/// Simulates a client that hangs up, or a machine that stops: a repeat of the order returns the one
/// job.
#[test]
fn an_order_that_is_stopped_anywhere_is_there_once_when_it_is_sent_again() {
    for steps in 0.. {
        let bed = TestBed::new();
        let crashing = CrashingPlatform::new(&bed.platform, steps);
        let survived = survives(&crashing, order_on(&bed, &crashing, direct(), "k"));
        let jobs = bed.posten.jobs();
        bed.platform.advance(TIME);
        let again = order(&bed, direct(), "k").expect("an answer");
        let (OrderOutcome::Created(again) | OrderOutcome::Unknown(again)) = again;
        assert_eq!(bed.status(&again.id).id, again.id);
        match bed.posten.jobs().as_slice() {
            [job] => assert_eq!(job.reference, again.id, "stopped before step {steps}"),
            // Stopped between the row and the transmission: nobody can tell whether it was sent.
            [] => assert_eq!(again.status, Status::Unknown),
            _ => panic!("two jobs, stopped before step {steps}"),
        }
        if survived {
            assert!(steps > 12 && jobs.len() == 1);
            return;
        }
    }
}
