//! The vendor's own schemas on what is answered while a job lives, where they are: in the folder
//! that `POSTEN_XSD` names.

use sandbox::posten::Switches;

use crate::posten::jobs::{EIRIK, RAGNA, Sender, direct, portal};
use crate::posten::package_schema::{driver, is_valid, schemas};
use crate::posten::support::Reply;

#[tokio::test]
async fn they_validate_what_is_answered_while_a_job_lives() {
    let Some(schemas) = schemas() else { return };
    let sender = Sender::start().await;
    sender.switch(Switches {
        unknown_elements: false,
        ..Switches::default()
    });
    let folder = sender.bed.new_folder();
    let driver = driver(&schemas, &folder);
    let check = |said: &Reply| {
        let valid = is_valid(&driver, &folder, &said.body);
        assert_eq!(valid, Ok(()), "{}", said.body);
    };

    // Two, since one job's answers look other than the next one's.
    for _ in 0..2 {
        let job = sender.create(&direct(&[RAGNA, EIRIK])).await;
        check(&job);
        check(&sender.post(&job.attributes("signer", "href")[0]).await);
        check(&sender.get(&job.text("status-url").unwrap()).await);
        for (position, act) in [(0, "fail"), (0, "sign"), (1, "sign")] {
            let exit = sender.act(&job, position, act).await;
            check(&sender.status(&job, &exit).await);
            check(
                &sender
                    .poll("direct", "?polling_queue=innsending")
                    .await
                    .said,
            );
        }
        let job = sender.create(&portal(&[(RAGNA, 0), (EIRIK, 1)])).await;
        check(&job);
        for (position, act) in [(0, "sign"), (1, "reject")] {
            sender.act(&job, position, act).await;
            check(
                &sender
                    .poll("portal", "?polling_queue=innsending")
                    .await
                    .said,
            );
        }
        check(&sender.post(&job.text("cancellation-url").unwrap()).await);
    }
    let named = format!("<personal-identification-number>{RAGNA}</personal-identification-number>");
    let by_contact = portal(&[(RAGNA, 0)]).manifest(&named, "<identified-by-contact-information/>");
    let job = sender.create(&by_contact).await;
    sender.act(&job, 0, "block").await;
    check(
        &sender
            .poll("portal", "?polling_queue=innsending")
            .await
            .said,
    );

    let job = sender.create(&direct(&[RAGNA])).await;
    let exit = sender.act(&job, 0, "sign").await;
    sender.wait(24 * 60 * 60);
    let status = sender.status(&job, &exit).await;
    assert!(status.text("delete-documents-url").is_some());
    check(&status);
    check(&sender.get(&status.texts("xades-url")[0]).await);
}
