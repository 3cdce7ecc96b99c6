//! Jobs from beginning to end, as their sender sees them.

use sandbox::population::FJORDBANKEN;
use sandbox::posten::{Contacts, Switches, TechnicalFailure};

use crate::posten::jobs::{EIRIK, RAGNA, Sender, direct, portal, token};
use crate::posten::package_writer::{Draft, KARI};
use crate::posten::support::Reply;

fn signers(status: &Reply) -> Vec<(String, String)> {
    let names = status.attributes("status", "signer");
    names.into_iter().zip(status.texts("status")).collect()
}

fn state(signer: &str, status: &str) -> (String, String) {
    (signer.to_owned(), status.to_owned())
}

#[tokio::test]
async fn the_status_is_for_who_has_the_latest_token() {
    let sender = Sender::start().await;
    let job = sender.create(&direct(&[RAGNA])).await;
    assert_eq!(job.text("reference").as_deref(), Some("sak-417"));
    let url = job.text("status-url").unwrap();
    let early = "SIGNING_CEREMONY_NOT_COMPLETED";
    sender.get(&url).await.is_refused(404, early, "");
    let guessed = format!("{url}?status_query_token=guessed");
    sender.get(&guessed).await.is_refused(404, early, "");

    let failed = sender.act(&job, 0, "fail").await;
    assert!(
        failed.starts_with("http://localhost:1/feil?status_query_token="),
        "{failed}"
    );
    let status = sender.status(&job, &failed).await;
    assert_eq!(
        status.text("signature-job-status").as_deref(),
        Some("IN_PROGRESS")
    );
    assert_eq!(signers(&status), [state(RAGNA, "FAILED")]);

    let done = sender.act(&job, 0, "sign").await;
    assert!(
        done.starts_with("http://localhost:1/ferdig?jobb=417&status_query_token="),
        "{done}"
    );
    assert_eq!(token(&done).len(), 43);
    let wrong = "INVALID_STATUS_QUERY_TOKEN";
    sender
        .status(&job, &failed)
        .await
        .is_refused(403, wrong, "");
    sender.get(&guessed).await.is_refused(403, wrong, "");
    sender.get(&url).await.is_refused(403, wrong, "");
    for _ in 0..2 {
        let status = sender.status(&job, &done).await;
        status.is_taken();
        assert_eq!(
            status.text("signature-job-status").as_deref(),
            Some("COMPLETED_SUCCESSFULLY")
        );
        assert_eq!(signers(&status), [state(RAGNA, "SIGNED")]);
    }
}

#[tokio::test]
async fn each_signers_return_tells_of_the_whole_job() {
    let sender = Sender::start().await;
    let job = sender.create(&direct(&[RAGNA, EIRIK])).await;
    let numbers = job.texts("personal-identification-number");
    assert_eq!(numbers, [EIRIK, RAGNA], "not in the order of the request");
    assert_eq!(job.attributes("redirect-url", "signer"), [RAGNA, EIRIK]);
    let first = sender.act(&job, 1, "sign").await;
    let status = sender.status(&job, &first).await;
    assert_eq!(
        status.text("signature-job-status").as_deref(),
        Some("IN_PROGRESS")
    );
    assert_eq!(
        signers(&status),
        [state(RAGNA, "WAITING"), state(EIRIK, "SIGNED")]
    );
    assert_eq!(status.attributes("xades-url", "signer"), [EIRIK]);
    assert_eq!(status.text("pades-url"), None);

    let second = sender.act(&job, 0, "reject").await;
    assert!(second.starts_with("http://localhost:1/avvist?"), "{second}");
    for exit in [&first, &second] {
        let status = sender.status(&job, exit).await;
        assert_eq!(
            status.text("signature-job-status").as_deref(),
            Some("FAILED")
        );
        assert_eq!(
            signers(&status),
            [state(RAGNA, "REJECTED"), state(EIRIK, "SIGNED")]
        );
    }
}

#[tokio::test]
async fn a_technical_failure_may_be_the_end() {
    let sender = Sender::start().await;
    sender.switch(Switches {
        technical_failure: TechnicalFailure::Ends,
        ..Switches::default()
    });
    let job = sender.create(&direct(&[RAGNA, EIRIK])).await;
    let exit = sender.act(&job, 0, "fail").await;
    let status = sender.status(&job, &exit).await;
    assert_eq!(
        status.text("signature-job-status").as_deref(),
        Some("FAILED")
    );
    assert_eq!(
        signers(&status),
        [state(RAGNA, "FAILED"), state(EIRIK, "NOT_APPLICABLE")]
    );
}

#[tokio::test]
async fn a_redirect_address_is_renewed_whatever_clients_send() {
    let sender = Sender::start().await;
    let job = sender.create(&direct(&[RAGNA, EIRIK])).await;
    // Signers are returned in reverse: the last is the first of the request.
    let address = &job.attributes("signer", "href")[1];
    let document = "<direct-signer-update-request xmlns=\"http://signering.posten.no/schema/v1\"><redirect-url/></direct-signer-update-request>";
    let mut given = job.texts("redirect-url");
    for (body, headers) in [
        ("", &[][..]),
        (document, &[("content-type", "application/xml")]),
        (
            document,
            &[
                ("content-type", "application/xml; charset=UTF-8"),
                ("content-encoding", "UTF-8"),
            ],
        ),
    ] {
        let request = headers
            .iter()
            .fold(sender.http.post(address), |request, (name, value)| {
                request.header(*name, *value)
            });
        let renewed = Reply::receive(request.body(body).send().await.unwrap()).await;
        renewed.is_taken();
        assert_eq!(
            renewed.attributes("direct-signer-response", "href"),
            [address.as_str()]
        );
        let number = renewed.text("personal-identification-number");
        assert_eq!(number.as_deref(), Some(RAGNA));
        let new = renewed.texts("redirect-url");
        assert!(!given.contains(&new[0]), "{new:?}");
        given.extend(new);
    }
    for body in ["<nonsense", "<direct-signer-update-request/>"] {
        let request = sender.http.post(address).body(body);
        let refused = Reply::receive(request.send().await.unwrap()).await;
        refused.is_refused(400, "SCHEMA_VALIDATION_ERROR", "");
    }
    sender.act(&job, 0, "sign").await;
    sender
        .post(address)
        .await
        .is_refused(409, "JOB_ALREADY_COMPLETED", "");
    sender
        .post(&format!("{address}0"))
        .await
        .is_refused(404, "NOT_FOUND", "");
}

#[tokio::test]
async fn a_portal_job_is_cancelled_once_and_a_direct_one_never() {
    let sender = Sender::start().await;
    let job = sender.create(&portal(&[(RAGNA, 0), (EIRIK, 1)])).await;
    let cancel = job.text("cancellation-url").unwrap();
    assert_eq!(sender.post(&cancel).await.status, 204);
    sender
        .post(&cancel)
        .await
        .is_refused(409, "JOB_ALREADY_COMPLETED", "");
    let change = sender
        .poll("portal", "?polling_queue=innsending")
        .await
        .said;
    assert_eq!(
        change.texts("status"),
        ["FAILED", "CANCELLED", "NOT_APPLICABLE"]
    );
    assert_eq!(change.text("cancellation-url"), None);

    let job = sender.create(&direct(&[RAGNA])).await;
    let exit = sender.act(&job, 0, "fail").await;
    let status = sender.status(&job, &exit).await;
    let confirmation = status.text("confirmation-url").unwrap();
    let cancel = confirmation.replace("status/complete", "cancel");
    sender.post(&cancel).await.is_refused(404, "NOT_FOUND", "");
}

#[tokio::test]
async fn addresses_are_those_given_and_no_others() {
    let sender = Sender::start().await;
    let job = sender.create(&direct(&[RAGNA])).await;
    let id = job.text("signature-job-id").unwrap();
    let exit = sender.act(&job, 0, "sign").await;
    let status = sender.status(&job, &exit).await;
    let root = sender.bed.root(FJORDBANKEN);
    for name in ["confirmation-url", "xades-url", "pades-url"] {
        let address = status.text(name).unwrap();
        assert!(
            address.starts_with(&format!("{root}/portal/signature-jobs/")),
            "{address}"
        );
        assert!(!address.contains(&id), "{address}");
    }
    for made_up in ["complete", "status/complete", "pades", "xades/1"] {
        let made_up = format!("{root}/direct/signature-jobs/{id}/{made_up}");
        sender.get(&made_up).await.is_refused(404, "NOT_FOUND", "");
    }
    let shape = job.texts("redirect-url")[0].clone();
    let (page, token) = shape.split_once("/signere/#/-/").unwrap();
    assert_eq!(page, sender.bed.sandbox.addresses().posten_page);
    assert_eq!(token.len(), 43);
}

#[tokio::test]
async fn jobs_of_others_are_not_there() {
    let sender = Sender::start().await;
    let job = sender.create(&portal(&[(RAGNA, 0)])).await;
    let address = job.text("cancellation-url").unwrap();
    let other = crate::posten::support::order(sandbox::population::INNLANDSBANKEN, &[]);
    let shown = sender.bed.made(other).await;
    let other = sender.bed.client(&shown);
    let own = address.replace(FJORDBANKEN, sandbox::population::INNLANDSBANKEN);
    let said = Reply::receive(other.post(&own).send().await.unwrap()).await;
    said.is_refused(404, "NOT_FOUND", "");
    assert_eq!(sender.post(&address).await.status, 204);
}

#[tokio::test]
async fn both_styles_and_unknown_elements_are_met_in_six_jobs() {
    let sender = Sender::start().await;
    let mut met = Vec::new();
    for _ in 0..6 {
        let job = sender.create(&direct(&[RAGNA])).await;
        let exit = sender.act(&job, 0, "sign").await;
        let status = sender.status(&job, &exit).await;
        let prefixed = status.body.contains("<ns4:signature-job-id>");
        assert_eq!(job.body.contains("<ns4:signature-job-id>"), prefixed);
        let unknown = status.text("not-in-the-schema").is_some();
        assert_eq!(job.text("not-in-the-schema").is_some(), unknown);
        met.push((prefixed, unknown));
    }
    for kind in [(true, true), (true, false), (false, true), (false, false)] {
        assert!(met.contains(&kind), "{met:?}");
    }
}

#[tokio::test]
async fn who_cannot_be_reached_or_named_ends_a_public_bodys_job() {
    let sender = Sender::start().await;
    sender.switch(Switches {
        contacts: Contacts {
            reserved: vec!["ragna".to_owned()],
            without_contact_information: Vec::new(),
        },
        ..Switches::default()
    });
    let municipality = crate::posten::support::order(sandbox::posten::FJORDVIK, &[]);
    let shown = sender.bed.made(municipality).await;
    let create = async |draft: &Draft| {
        let mut draft = draft.clone();
        draft.manifest = draft
            .manifest
            .replace(FJORDBANKEN, sandbox::posten::FJORDVIK);
        let organisation = sandbox::posten::FJORDVIK;
        let created = sender.bed.create_with(&shown, organisation, &draft).await;
        created.is_taken();
        created
    };
    create(&portal(&[(RAGNA, 0), (EIRIK, 1)])).await;
    let root = sender.bed.root(sandbox::posten::FJORDVIK);
    let poll = format!("{root}/portal/signature-jobs?polling_queue=innsending");
    let http = sender.bed.client(&shown);
    let change = Reply::receive(http.get(&poll).send().await.unwrap()).await;
    assert_eq!(
        change.texts("status"),
        ["FAILED", "RESERVED", "NOT_APPLICABLE"]
    );

    // Kari is in no register.
    let job = create(&direct(&[KARI])).await;
    let exit = sender.act(&job, 0, "sign").await;
    assert!(exit.starts_with("http://localhost:1/feil?"), "{exit}");
    let address = job.text("status-url").unwrap();
    let address = format!("{address}?status_query_token={}", token(&exit));
    let status = Reply::receive(http.get(&address).send().await.unwrap()).await;
    assert_eq!(
        signers(&status),
        [state(KARI, "SIGNERS_NAME_NOT_AVAILABLE")]
    );
}

#[tokio::test]
async fn the_journal_names_no_job_and_no_person() {
    let sender = Sender::start().await;
    let job = sender.create(&direct(&[RAGNA])).await;
    let exit = sender.act(&job, 0, "sign").await;
    sender.status(&job, &exit).await.is_taken();
    sender
        .get(&job.text("status-url").unwrap())
        .await
        .is_refused(403, "INVALID_STATUS_QUERY_TOKEN", "");
    let journal = &sender.bed.sandbox.services().journal;
    let entries = serde_json::to_string(&journal.entries()).unwrap();
    assert!(entries.contains("INVALID_STATUS_QUERY_TOKEN"), "{entries}");
    assert!(
        entries.contains("/direct/signature-jobs/{id}/status"),
        "{entries}"
    );
    let id = job.text("signature-job-id").unwrap();
    for secret in [RAGNA, id.as_str(), token(&exit)] {
        assert!(!entries.contains(secret), "{entries}");
    }
}
