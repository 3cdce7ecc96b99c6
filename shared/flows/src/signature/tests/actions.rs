//! Tests of a customer's actions on their own jobs, and on another customer's.

use super::*;
use crate::signature::fake::{answered, refused};
use innsyn_core::platform::{Answer, Body};
use innsyn_core::problem::Kind;

/// Returns a test bed with a portal job that both signers have signed.
fn signed() -> (TestBed, JobView) {
    let bed = TestBed::new();
    let job = bed.made(portal());
    bed.posten.happens(90_000, 0, "SIGNED");
    bed.posten.happens(90_000, 1, "SIGNED");
    bed.drain();
    (bed, job)
}

fn text(bed: &TestBed, answer: Result<Answer, Problem>) -> (String, String) {
    let answer = answer.expect("an answer");
    let media_type = answer.headers()["content-type"]
        .to_str()
        .expect("ASCII")
        .to_owned();
    assert!(
        matches!(answer.body(), Body::Stream(_)),
        "passed on while it comes"
    );
    let body = bed
        .platform
        .run(answer.into_body().collect(1000))
        .expect("a body");
    (media_type, String::from_utf8(body.to_vec()).expect("UTF-8"))
}

/// Returns the outcome of each action by `customer`.
fn acts(bed: &TestBed, customer: &Customer, id: &str) -> Vec<Result<(), Kind>> {
    let context = context(&*bed.platform);
    let (signatures, run) = (&bed.signatures, &bed.platform);
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
    let bed = TestBed::new();
    let job = bed.made(direct());
    bed.posten.happens(90_000, 0, "SIGNED");
    bed.drain();
    let context = context(&*bed.platform);
    let pades = bed
        .platform
        .run(bed.signatures.pades(&context, &bed.kari, &job.id));
    let (media_type, body) = text(&bed, pades);
    assert_eq!(
        (media_type.as_str(), body.as_str()),
        ("application/pdf", "%PDF-1.7 signed 90000")
    );
    let xades = bed.signatures.xades(&context, &bed.kari, &job.id, "0");
    let xades = bed.platform.run(xades);
    assert_eq!(text(&bed, xades).0, "application/xml");
    for signer in ["1", "00", "-1", "x", "99999999999999999999"] {
        let xades = bed.signatures.xades(&context, &bed.kari, &job.id, signer);
        let problem = bed.platform.run(xades).expect_err("no such signer");
        assert_eq!(problem.kind, Kind::SignatureUnknown, "{signer}");
    }
}

#[test]
fn each_state_of_a_job_allows_what_it_allows() {
    use Kind::{RequestInvalid, SignatureNotReady as NotReady, SignatureTooLate as TooLate};
    let new = |order| {
        let bed = TestBed::new();
        let job = bed.made(order);
        (bed, job)
    };
    let lost = |order| {
        let bed = TestBed::new();
        bed.posten.lose_created(true);
        let job = unknown(bed.order(order));
        (bed, job)
    };
    let ok = Ok(());
    for (name, (bed, job), ends) in [
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
        assert_eq!(acts(&bed, &bed.kari, &job.id), ends, "{name}");
        bed.assert_discreet();
    }
}

#[test]
fn anothers_job_is_as_unknown_as_none() {
    let (bed, job) = signed();
    let calls = bed.platform.requests().len();
    let strangers = [
        Customer::invented("ola", Some(OLA), &bed.consumers.default, &["may_order"]),
        Customer::invented("kari", Some(KARI), &bed.consumers.others[0], &[]),
    ];
    for stranger in &strangers {
        for id in [job.id.as_str(), &"a".repeat(32), "x", ""] {
            let ends = acts(&bed, stranger, id);
            assert!(
                ends.iter().all(|end| *end == Err(Kind::SignatureUnknown)),
                "{ends:?}"
            );
        }
    }
    assert_eq!(bed.platform.requests().len(), calls);
}

#[test]
fn a_new_page_is_the_signers_own() {
    let bed = TestBed::new();
    let job = bed.made(direct());
    let context = context(&*bed.platform);
    let page = bed.signatures.redirect(&context, &bed.kari, &job.id, "0");
    assert_eq!(bed.platform.run(page), Ok(format!("{PAGES}/#/-/new")));
    let asked = bed.platform.requests().pop().expect("a call");
    assert_eq!(
        asked.uri(),
        "https://api.posten.example/api/signers/90000-0"
    );
    // Once the job is over, there is nothing to sign.
    bed.posten.happens(90_000, 0, "SIGNED");
    bed.drain();
    let page = bed.signatures.redirect(&context, &bed.kari, &job.id, "0");
    assert_eq!(
        bed.platform.run(page).expect_err("over").kind,
        Kind::SignatureTooLate
    );
}

#[test]
fn refusals_are_told_apart() {
    let (bed, job) = signed();
    let context = context(&*bed.platform);
    for (status, kind) in [
        (404, Kind::NothingFound),
        (410, Kind::NothingFound),
        (403, Kind::SourceRefused),
        (500, Kind::SourceDown),
    ] {
        bed.posten
            .fail("pades", Ok(refused(status, "SOMETHING_NEW")));
        let pades = bed.signatures.pades(&context, &bed.kari, &job.id);
        let problem = bed.platform.run(pades).expect_err("refused");
        assert_eq!(problem.kind, kind, "{status}");
    }
    let other = bed.made(portal());
    bed.posten.fail("cancel", Ok(answered(409, "")));
    let cancelled = bed.signatures.cancel(&context, &bed.kari, &other.id);
    assert_eq!(
        bed.platform.run(cancelled).expect_err("late").kind,
        Kind::SignatureTooLate
    );
    bed.assert_discreet();
}

#[test]
fn documents_are_deleted_as_soon_as_posten_allows() {
    let bed = TestBed::new();
    let job = bed.made(direct());
    bed.posten.happens(90_000, 0, "SIGNED");
    let back = super::browser_return::handle_return(&bed, &*bed.platform, Some("good"));
    assert!(bed.platform.run(back).is_ok());
    bed.drain();
    let context = context(&*bed.platform);
    let delete = || {
        let deleted = bed
            .signatures
            .delete_documents(&context, &bed.kari, &job.id);
        bed.platform.run(deleted).map_err(|problem| problem.kind)
    };
    assert_eq!(delete(), Err(Kind::SignatureNotReady));
    // A day later its status has the address, and the token is still valid.
    bed.platform.shift(time::Duration::days(1));
    let xml = bed.posten.told(90_000).replace(
        "<pades-url>",
        "<delete-documents-url>https://api.posten.example/api/documents/90000</delete-documents-url><pades-url>",
    );
    bed.posten.fail("status", Ok(answered(200, &xml)));
    bed.posten.fail("documents", Ok(refused(409, "NOT_YET")));
    assert_eq!(delete(), Err(Kind::SignatureNotReady));
    assert_eq!(delete(), Ok(()));
    bed.posten.fail("documents", Ok(refused(404, "NOT_FOUND")));
    assert_eq!(delete(), Err(Kind::NothingFound));
}
