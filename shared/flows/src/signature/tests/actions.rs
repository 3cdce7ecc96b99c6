//! Tests of a customer's actions on their own jobs, and on another customer's.

use super::*;
use crate::signature::fake::{answered, refused};
use innsyn_core::platform::{Answer, Body};
use innsyn_core::problem::Kind;

/// Returns a test bed with a portal job that both signers have signed.
fn signed() -> (World, JobView) {
    let world = World::new();
    let job = world.made(portal());
    world.posten.happens(90_000, 0, "SIGNED");
    world.posten.happens(90_000, 1, "SIGNED");
    world.drain();
    (world, job)
}

fn text(world: &World, answer: Result<Answer, Problem>) -> (String, String) {
    let answer = answer.expect("an answer");
    let media_type = answer.headers()["content-type"]
        .to_str()
        .expect("ASCII")
        .to_owned();
    assert!(
        matches!(answer.body(), Body::Stream(_)),
        "passed on while it comes"
    );
    let body = world
        .platform
        .run(answer.into_body().collect(1000))
        .expect("a body");
    (media_type, String::from_utf8(body.to_vec()).expect("UTF-8"))
}

/// Returns the outcome of each action by `customer`.
fn acts(world: &World, customer: &Customer, id: &str) -> Vec<Result<(), Kind>> {
    let context = context(&*world.platform);
    let (signatures, run) = (&world.signatures, &world.platform);
    let kind = |problem: Problem| problem.kind;
    vec![
        run.run(signatures.status(&context, customer, id))
            .map(drop)
            .map_err(kind),
        run.run(signatures.pades(&context, customer, id))
            .map(drop)
            .map_err(kind),
        run.run(signatures.xades(&context, customer, id, "0"))
            .map(drop)
            .map_err(kind),
        run.run(signatures.confirm(&context, customer, id))
            .map(drop)
            .map_err(kind),
        run.run(signatures.cancel(&context, customer, id))
            .map(drop)
            .map_err(kind),
        run.run(signatures.redirect(&context, customer, id, "0"))
            .map(drop)
            .map_err(kind),
        run.run(signatures.delete_documents(&context, customer, id))
            .map_err(kind),
    ]
}

#[test]
fn what_is_signed_can_be_fetched() {
    let world = World::new();
    let job = world.made(direct());
    world.posten.happens(90_000, 0, "SIGNED");
    world.drain();
    let context = context(&*world.platform);
    let pades = world
        .platform
        .run(world.signatures.pades(&context, &world.kari, &job.id));
    let (media_type, body) = text(&world, pades);
    assert_eq!(
        (media_type.as_str(), body.as_str()),
        ("application/pdf", "%PDF-1.7 signed 90000")
    );
    let xades = world.signatures.xades(&context, &world.kari, &job.id, "0");
    let xades = world.platform.run(xades);
    assert_eq!(text(&world, xades).0, "application/xml");
    for signer in ["1", "00", "-1", "x", "99999999999999999999"] {
        let xades = world
            .signatures
            .xades(&context, &world.kari, &job.id, signer);
        let problem = world.platform.run(xades).expect_err("no such signer");
        assert_eq!(problem.kind, Kind::SignatureUnknown, "{signer}");
    }
}

#[test]
fn each_state_of_a_job_allows_what_it_allows() {
    use Kind::{RequestInvalid, SignatureNotReady as NotReady, SignatureTooLate as TooLate};
    let new = |order| {
        let world = World::new();
        let job = world.made(order);
        (world, job)
    };
    let lost = |order| {
        let world = World::new();
        world.posten.lose_created(true);
        let job = unknown(world.order(order));
        (world, job)
    };
    let ok = Ok(());
    for (name, (world, job), ends) in [
        (
            "a new direct job",
            new(direct()),
            [
                ok,
                Err(NotReady),
                Err(NotReady),
                Err(NotReady),
                Err(RequestInvalid),
                ok,
                Err(NotReady),
            ],
        ),
        (
            "a new portal job",
            new(portal()),
            [
                ok,
                Err(NotReady),
                Err(NotReady),
                Err(NotReady),
                ok,
                Err(RequestInvalid),
                Err(NotReady),
            ],
        ),
        (
            "a lost direct job",
            lost(direct()),
            [
                ok,
                Err(NotReady),
                Err(NotReady),
                Err(NotReady),
                Err(RequestInvalid),
                Err(NotReady),
                Err(NotReady),
            ],
        ),
        (
            "a lost portal job",
            lost(portal()),
            [
                ok,
                Err(NotReady),
                Err(NotReady),
                Err(NotReady),
                Err(NotReady),
                Err(RequestInvalid),
                Err(NotReady),
            ],
        ),
        (
            "a signed portal job",
            signed(),
            [
                ok,
                ok,
                Err(NotReady),
                ok,
                Err(TooLate),
                Err(RequestInvalid),
                ok,
            ],
        ),
    ] {
        assert_eq!(acts(&world, &world.kari, &job.id), ends, "{name}");
        world.assert_discreet();
    }
}

#[test]
fn anothers_job_is_as_unknown_as_none() {
    let (world, job) = signed();
    let calls = world.platform.requests().len();
    let strangers = [
        Customer::invented("ola", Some(OLA), &world.consumers.default, &["may_order"]),
        Customer::invented("kari", Some(KARI), &world.consumers.others[0], &[]),
    ];
    for stranger in &strangers {
        for id in [job.id.as_str(), &"a".repeat(32), "x", ""] {
            let ends = acts(&world, stranger, id);
            assert!(
                ends.iter().all(|end| *end == Err(Kind::SignatureUnknown)),
                "{ends:?}"
            );
        }
    }
    assert_eq!(world.platform.requests().len(), calls);
}

#[test]
fn a_new_page_is_the_signers_own() {
    let world = World::new();
    let job = world.made(direct());
    let context = context(&*world.platform);
    let page = world
        .signatures
        .redirect(&context, &world.kari, &job.id, "0");
    assert_eq!(world.platform.run(page), Ok(format!("{PAGES}/#/-/new")));
    let asked = world.platform.requests().pop().expect("a call");
    assert_eq!(
        asked.uri(),
        "https://api.posten.example/api/signers/90000-0"
    );
    // Once the job is over, there is nothing to sign.
    world.posten.happens(90_000, 0, "SIGNED");
    world.drain();
    let page = world
        .signatures
        .redirect(&context, &world.kari, &job.id, "0");
    assert_eq!(
        world.platform.run(page).expect_err("over").kind,
        Kind::SignatureTooLate
    );
}

#[test]
fn refusals_are_told_apart() {
    let (world, job) = signed();
    let context = context(&*world.platform);
    for (status, kind) in [
        (404, Kind::NothingFound),
        (410, Kind::NothingFound),
        (403, Kind::SourceRefused),
        (500, Kind::SourceDown),
    ] {
        world
            .posten
            .fail("pades", Ok(refused(status, "SOMETHING_NEW")));
        let pades = world.signatures.pades(&context, &world.kari, &job.id);
        let problem = world.platform.run(pades).expect_err("refused");
        assert_eq!(problem.kind, kind, "{status}");
    }
    let other = world.made(portal());
    world.posten.fail("cancel", Ok(answered(409, "")));
    let cancelled = world.signatures.cancel(&context, &world.kari, &other.id);
    assert_eq!(
        world.platform.run(cancelled).expect_err("late").kind,
        Kind::SignatureTooLate
    );
    world.assert_discreet();
}

#[test]
fn documents_are_deleted_as_soon_as_posten_allows() {
    let world = World::new();
    let job = world.made(direct());
    world.posten.happens(90_000, 0, "SIGNED");
    let back = super::browser_return::handle_return(&world, &*world.platform, Some("good"));
    assert!(world.platform.run(back).is_ok());
    world.drain();
    let context = context(&*world.platform);
    let delete = || {
        let deleted = world
            .signatures
            .delete_documents(&context, &world.kari, &job.id);
        world.platform.run(deleted).map_err(|problem| problem.kind)
    };
    assert_eq!(delete(), Err(Kind::SignatureNotReady));
    // A day later its status has the address, and the token is still valid.
    world.platform.shift(time::Duration::days(1));
    let xml = world.posten.told(90_000).replace(
        "<pades-url>",
        "<delete-documents-url>https://api.posten.example/api/documents/90000</delete-documents-url><pades-url>",
    );
    world.posten.fail("status", Ok(answered(200, &xml)));
    world.posten.fail("documents", Ok(refused(409, "NOT_YET")));
    assert_eq!(delete(), Err(Kind::SignatureNotReady));
    assert_eq!(delete(), Ok(()));
    world
        .posten
        .fail("documents", Ok(refused(404, "NOT_FOUND")));
    assert_eq!(delete(), Err(Kind::NothingFound));
}
