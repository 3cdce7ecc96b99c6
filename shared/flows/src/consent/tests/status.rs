use super::*;
use crate::consent::fake::{PERSON, raw};
use innsyn_core::problem::Kind;

fn granted() -> (Memory, ExternalServices, Bank) {
    let (platform, services) = connected_platform();
    let bank = Bank::new(PERSON);
    platform.run(bank.start(&platform)).expect("started");
    services.respond(&services.ids()[0], "Accepted", PERSON);
    platform.run(handle_return(&bank, &platform, &newest_state(&services)));
    (platform, services, bank)
}

fn require(platform: &Memory, bank: &Bank) -> Result<(), Kind> {
    let end = platform.run(bank.require(&context(platform)));
    end.map(|_| ()).map_err(|problem| problem.kind)
}

#[test]
fn a_lost_way_back_heals_for_whoever_asks() {
    for (status, outcome, kind) in [
        ("Accepted", Outcome::Granted, None),
        ("Rejected", Outcome::Rejected, Some(Kind::ConsentRejected)),
        ("Revoked", Outcome::Revoked, Some(Kind::ConsentRevoked)),
    ] {
        let (platform, services) = connected_platform();
        let bank = Bank::new(PERSON);
        assert_eq!(platform.run(current_outcome(&bank, &platform)), None);
        assert_eq!(require(&platform, &bank), Err(Kind::ConsentRequired));
        platform.run(bank.start(&platform)).expect("started");
        assert_eq!(
            platform.run(current_outcome(&bank, &platform)),
            Some(Outcome::Pending)
        );
        assert_eq!(require(&platform, &bank), Err(Kind::ConsentPending));
        services.respond(&services.ids()[0], status, PERSON);
        platform.advance(LOOK_PAUSE);
        assert_eq!(require(&platform, &bank).err(), kind);
        assert_eq!(
            platform.run(current_outcome(&bank, &platform)),
            Some(outcome)
        );
    }
}

#[test]
fn a_consent_in_force_is_used_without_asking_or_writing() {
    let (platform, _services, bank) = granted();
    let (calls, rows) = (
        platform.requests().len(),
        platform.with_store("consents", |rows| rows.clone()),
    );
    assert!(require(&platform, &bank).is_ok());
    assert_eq!(platform.requests().len(), calls);
    assert_eq!(platform.with_store("consents", |rows| rows.clone()), rows);
    platform.shift(time::Duration::days(90));
    assert_eq!(require(&platform, &bank), Err(Kind::ConsentExpired));
}

#[test]
fn whoever_asks_how_it_stands_hears_of_a_withdrawal_within_a_minute() {
    let (platform, services, bank) = granted();
    services.respond(&services.ids()[0], "Revoked", PERSON);
    assert_eq!(
        platform.run(current_outcome(&bank, &platform)),
        Some(Outcome::Granted)
    );
    platform.shift(time::Duration::minutes(1));
    assert_eq!(
        platform.run(current_outcome(&bank, &platform)),
        Some(Outcome::Revoked)
    );
    assert_eq!(require(&platform, &bank), Err(Kind::ConsentRevoked));
}

#[test]
fn while_altinn_is_away_what_was_known_stands() {
    let (platform, services, bank) = granted();
    platform.shift(time::Duration::hours(1));
    services.fail_often(ALTINN, &down());
    assert_eq!(
        platform.run(current_outcome(&bank, &platform)),
        Some(Outcome::Granted)
    );
    assert!(
        platform
            .events()
            .iter()
            .any(|event| event["outcome"] == "source-down")
    );
}

#[test]
fn a_doubted_consent_is_settled_by_altinns_word() {
    for (status, kind) in [("Accepted", None), ("Revoked", Some(Kind::ConsentRevoked))] {
        let (platform, services, bank) = granted();
        let valid = platform.run(bank.require(&context(&platform)));
        let valid = valid.expect("in force");
        if status == "Revoked" {
            services.respond(&services.ids()[0], status, PERSON);
        }
        let doubt = || platform.run(valid.doubt(&context(&platform)));
        assert_eq!(doubt().err().map(|problem| problem.kind), kind);
        let calls = platform.requests().len();
        assert_eq!(require(&platform, &bank).err(), kind);
        assert_eq!(platform.requests().len(), calls, "the next answer is quick");
        services.fail_often(ALTINN, &Ok(raw(503, "")));
        assert_eq!(doubt().expect_err("unknown").kind, Kind::SourceDown);
        assert_eq!(require(&platform, &bank).err(), kind, "nothing was learnt");
    }
}

#[test]
fn what_is_given_up_can_be_asked_for_anew() {
    let (platform, services, bank) = granted();
    platform.run(async {
        let context = context(&platform);
        let valid = bank.require(&context).await.expect("in force");
        valid.give_up(&context).await.expect("given up");
    });
    assert_eq!(require(&platform, &bank), Err(Kind::ConsentRequired));
    platform.run(bank.start(&platform)).expect("started");
    assert_eq!(services.ids().len(), 2);
}
