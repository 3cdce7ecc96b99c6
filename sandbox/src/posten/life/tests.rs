//! Jobs from beginning to end, by the clock of the test.

use time::macros::datetime;

use super::*;
use crate::posten::example::{EIRIK, NOBODY, RAGNA, direct, portal, signature};
use crate::posten::job::JobStatus::{CompletedSuccessfully, Failed as JobFailed, InProgress};
use crate::posten::job::SignerStatus::{
    Blocked, Cancelled, ContactInformationMissing, Expired, Failed, NotApplicable, Rejected,
    Reserved, Signed, Waiting,
};
use crate::posten::order::{Notifications, OnBehalfOf, Order};

const START: OffsetDateTime = datetime!(2026-11-20 12:00 UTC);
const DAY: Duration = Duration::DAY;

fn nobody() -> Contacts {
    Contacts::default()
}

fn sign(job: &mut Job, position: usize, at: OffsetDateTime) -> Result<(), ActionRefusal> {
    let signature = signature(&job.order, at);
    job.sign(position, signature, &nobody())
}

#[test]
fn a_direct_job_is_done_when_all_have_signed() {
    let mut job = direct(true)
        .signed_by(RAGNA, 0)
        .signed_by(EIRIK, 0)
        .job(START);
    sign(&mut job, 1, START + DAY).unwrap();
    assert_eq!(job.told(), (InProgress, vec![Waiting, Signed]));
    sign(&mut job, 0, START + DAY * 2).unwrap();
    assert_eq!(job.told(), (CompletedSuccessfully, vec![Signed, Signed]));
    assert_eq!(job.ended, Some(START + DAY * 2));
    assert_eq!(job.changes.len(), 2);
    assert_eq!(
        sign(&mut job, 0, START + DAY * 3),
        Err(ActionRefusal::Ended)
    );
}

#[test]
fn one_refusal_ends_the_job_for_all() {
    let mut job = direct(true)
        .signed_by(RAGNA, 0)
        .signed_by(EIRIK, 0)
        .job(START);
    job.fail(0, Rejected, START).unwrap();
    assert_eq!(job.told(), (JobFailed, vec![Rejected, NotApplicable]));
    assert_eq!(job.fail(1, Rejected, START), Err(ActionRefusal::Ended));
    assert_eq!(job.changes.len(), 1);
}

#[test]
fn only_who_polls_has_a_queue() {
    let mut job = direct(false).signed_by(RAGNA, 0).job(START);
    sign(&mut job, 0, START).unwrap();
    assert!(job.changes.is_empty());
}

#[test]
fn a_direct_job_lives_for_thirty_days() {
    let mut job = direct(true)
        .signed_by(RAGNA, 0)
        .signed_by(EIRIK, 0)
        .job(START);
    sign(&mut job, 0, START + DAY).unwrap();
    let deadline = START + DAY * 30;
    job.advance(deadline - Duration::SECOND, &nobody());
    assert_eq!(job.status, InProgress);
    job.advance(deadline + DAY, &nobody());
    assert_eq!(job.told(), (JobFailed, vec![Signed, Expired]));
    assert_eq!(job.ended, Some(deadline), "not when it is looked at");
    assert_eq!(job.signers[1].state.since, deadline);
}

#[test]
fn a_ceremony_that_broke_down_can_be_tried_again_until_the_job_ends() {
    let mut job = direct(true)
        .signed_by(RAGNA, 0)
        .signed_by(EIRIK, 0)
        .job(START);
    job.break_down(0, START).unwrap();
    assert_eq!(job.told(), (InProgress, vec![Failed, Waiting]));
    let mut other = job.clone();
    sign(&mut job, 0, START).unwrap();
    assert_eq!(job.told(), (InProgress, vec![Signed, Waiting]));

    other.advance(START + DAY * 30, &nobody());
    assert_eq!(other.told(), (JobFailed, vec![Expired, Expired]));
    let mut ended = direct(true).signed_by(RAGNA, 0).job(START);
    ended.fail(0, Failed, START).unwrap();
    assert_eq!(ended.told(), (JobFailed, vec![Failed]));
    ended.advance(START + DAY * 31, &nobody());
    assert_eq!(ended.told(), (JobFailed, vec![Failed]), "it is over");
}

#[test]
fn groups_sign_one_after_the_other_and_each_has_its_own_time() {
    let order = portal(DAY)
        .signed_by(RAGNA, 2)
        .signed_by(EIRIK, 1)
        .signed_by(NOBODY, 1);
    let mut job = order.job(START);
    assert_eq!(sign(&mut job, 0, START), Err(ActionRefusal::NotYet));
    sign(&mut job, 1, START).unwrap();
    assert_eq!(sign(&mut job, 0, START), Err(ActionRefusal::NotYet));
    let later = START + Duration::hours(20);
    sign(&mut job, 2, later).unwrap();
    assert_eq!(job.signers[0].state.since, later);

    // The first group's time is over, the second's is not.
    job.advance(START + Duration::hours(30), &nobody());
    assert_eq!(job.told(), (InProgress, vec![Waiting, Signed, Signed]));
    job.advance(later + DAY, &nobody());
    assert_eq!(job.told(), (JobFailed, vec![Expired, Signed, Signed]));
}

#[test]
fn who_was_never_let_in_does_not_expire() {
    let mut job = portal(DAY)
        .signed_by(RAGNA, 0)
        .signed_by(EIRIK, 1)
        .job(START);
    job.advance(START + DAY, &nobody());
    assert_eq!(job.told(), (JobFailed, vec![Expired, NotApplicable]));
}

#[test]
fn a_portal_job_opens_when_it_is_to() {
    let mut order = portal(DAY).signed_by(RAGNA, 0);
    order.flow = Flow::Portal {
        activation: Some(START + DAY * 7),
        available_seconds: 3600,
    };
    let mut job = order.job(START);
    assert_eq!(sign(&mut job, 0, START), Err(ActionRefusal::NotYet));
    job.advance(START + DAY * 7, &nobody());
    assert_eq!(job.may_act(0), Ok(()));
    // Read much later: it was open for an hour.
    let mut order = portal(DAY).signed_by(RAGNA, 0);
    order.flow = job.order.flow.clone();
    let mut job = order.job(START);
    job.advance(START + DAY * 30, &nobody());
    assert_eq!(job.told(), (JobFailed, vec![Expired]));
    assert_eq!(job.ended, Some(START + DAY * 7 + Duration::HOUR));
}

#[test]
fn a_portal_job_can_be_cancelled_until_it_is_over() {
    let mut job = portal(DAY)
        .signed_by(RAGNA, 0)
        .signed_by(EIRIK, 1)
        .job(START);
    job.cancel(START).unwrap();
    assert_eq!(job.told(), (JobFailed, vec![Cancelled, NotApplicable]));
    assert_eq!(job.cancel(START), Err(ActionRefusal::Ended));
    assert_eq!(job.changes.len(), 1);
    let mut job = direct(true).signed_by(RAGNA, 0).job(START);
    assert_eq!(job.cancel(START), Err(ActionRefusal::WrongFlow));
}

#[test]
fn a_signer_is_blocked() {
    let mut job = portal(DAY)
        .signed_by(RAGNA, 0)
        .signed_by(EIRIK, 0)
        .job(START);
    job.fail(0, Blocked, START).unwrap();
    assert_eq!(job.told(), (JobFailed, vec![Blocked, NotApplicable]));
}

#[test]
fn who_is_reserved_or_cannot_be_reached_ends_a_public_bodys_job() {
    let contacts = Contacts {
        reserved: vec!["eirik".to_owned()],
        without_contact_information: vec!["ragna".to_owned()],
    };
    let told = |order: Order| {
        let mut job = Job::new(1, order, START);
        job.advance(START, &contacts);
        job.told()
    };
    let public = |number| portal(DAY).signed_by(number, 0).of_a_public_body();
    assert_eq!(told(public(EIRIK)), (JobFailed, vec![Reserved]));
    assert_eq!(
        told(public(RAGNA)),
        (JobFailed, vec![ContactInformationMissing])
    );
    assert_eq!(
        told(public(NOBODY)),
        (JobFailed, vec![ContactInformationMissing])
    );

    // The register is not asked if the sender is private, or the signer signs for another.
    let private = portal(DAY).signed_by(EIRIK, 0).signed_by(RAGNA, 0);
    assert_eq!(told(private), (InProgress, vec![Waiting, Waiting]));
    let mut for_another = portal(DAY).signed_by(EIRIK, 0);
    let given = for_another.signers[0].notifications.clone();
    for_another = for_another.of_a_public_body();
    for_another.signers[0].notifications = given;
    for_another.signers[0].on_behalf_of = Some(OnBehalfOf::Other);
    assert_eq!(told(for_another.clone()), (InProgress, vec![Waiting]));
    for_another.signers[0].on_behalf_of = None;
    assert_ne!(
        for_another.signers[0].notifications,
        Some(Notifications::Lookup)
    );
    assert_eq!(told(for_another), (JobFailed, vec![Reserved]));
}

#[test]
fn documents_are_kept_for_forty_days_and_deletable_after_one() {
    let mut job = direct(true).signed_by(RAGNA, 0).job(START);
    assert!(!job.is_deletable(START + DAY * 20), "not signed yet");
    sign(&mut job, 0, START).unwrap();
    assert!(!job.is_deletable(START + DAY - Duration::SECOND));
    assert!(job.is_deletable(START + DAY));
    assert!(job.has_documents(START + DAY * 40 - Duration::SECOND));
    assert!(!job.has_documents(START + DAY * 40));
    assert!(!job.is_deletable(START + DAY * 40));
}
