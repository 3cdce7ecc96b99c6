//! Periods above a year: the app reads windows in sequence, and merges them without a changed byte.

use journeys::{COMPANY, Generation, SOLE_PROPRIETORSHIP, TestBed};
use sandbox::kit::ExternalService;
use sandbox::skatteetaten::{Shape, Switches};

#[tokio::test(flavor = "multi_thread")]
async fn four_years_come_back_as_one_document() {
    for altinn in Generation::BOTH {
        let bed = TestBed::with_altinn(altinn).await;
        let ragna = bed.customer("ragna");
        ragna.gives_consent(SOLE_PROPRIETORSHIP).await;
        let calls = bed.calls(ExternalService::Skatteetaten);
        let asked = bed.calls_to_altinn();
        let last = bed.services().clock.now().year();
        let first = last - 3;
        let (from, to) = (format!("{first}-01-01"), format!("{last}-12-31"));

        for (path, list) in [
            ("krav", "krav"),
            ("innbetalinger", "innbetaling"),
            ("utbetalinger", "utbetaling"),
        ] {
            let whole = ragna
                .get(
                    &format!("/claims/{path}?fraOgMed={from}&tilOgMed={to}"),
                    SOLE_PROPRIETORSHIP,
                )
                .await;
            let document = whole.json(200);
            assert_eq!(document["periode"]["fraOgMed"], from.as_str(), "{path}");
            assert_eq!(document["periode"]["tilOgMed"], to.as_str(), "{path}");
            let merged = document[list].as_array().expect("a list").len();
            let mut seen = std::collections::BTreeSet::new();
            for element in document[list].as_array().expect("a list") {
                assert!(seen.insert(element.to_string()), "{path}: twice: {element}");
            }
            let mut single = 0;
            for year in first..=last {
                let path = format!("/claims/{path}?fraOgMed={year}-01-01&tilOgMed={year}-12-31");
                let answer = ragna.get(&path, SOLE_PROPRIETORSHIP).await;
                if answer.status == 200 {
                    single += answer.json(200)[list].as_array().expect("a list").len();
                }
            }
            assert!(
                merged > 0 && merged <= single,
                "{path}: {merged} of {single}"
            );
        }

        // 1,461 days are five windows of 365; of four single years one is a leap year, which is
        // two.
        let windows = 3 * (5 + 5);
        assert_eq!(bed.calls(ExternalService::Skatteetaten), calls + windows);
        // Altinn 2's consent token lasts for half a minute: each window has its own. All are
        // verified with the keys that the component `consent` has fetched.
        let proofs = if altinn == Generation::Two {
            windows
        } else {
            0
        };
        assert_eq!(bed.calls_to_altinn(), asked + proofs);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn amounts_keep_every_digit() {
    for altinn in Generation::BOTH {
        let bed = TestBed::with_altinn(altinn).await;
        let ragna = bed.customer("ragna");
        ragna.gives_consent(COMPANY).await;
        let year = bed.services().clock.now().year();
        bed.services().skatteetaten.set_switches(Switches {
            shape: Shape::ExtremeAmounts,
            ..Switches::default()
        });

        let period = format!("fraOgMed={}-01-01&tilOgMed={year}-12-31", year - 3);
        let whole = ragna.get(&format!("/claims/krav?{period}"), COMPANY).await;

        // One digit more than a binary floating-point number holds, and a zero that it would drop.
        for amount in [":12345678901234567.89,", ":148210.00,"] {
            assert!(
                whole.body.contains(amount),
                "{amount} has been changed: {}",
                whole.body
            );
        }
    }
}
