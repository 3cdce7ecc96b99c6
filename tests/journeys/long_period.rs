//! The customer asks for more than a year: windows, one after another, merged without a changed byte.

use journeys::{Bench, SOLE_PROPRIETORSHIP};
use sandbox::world::Counterparty;

#[tokio::test(flavor = "multi_thread")]
async fn four_years_come_back_as_one_document() {
    let bench = Bench::start().await;
    let ragna = bench.customer("ragna");
    ragna.gives_consent(SOLE_PROPRIETORSHIP).await;
    let calls = bench.calls(Counterparty::Skatteetaten);

    for (path, list) in [("krav", "krav"), ("innbetalinger", "innbetaling"), ("utbetalinger", "utbetaling")] {
        let whole = ragna.get(&format!("/claims/{path}?fraOgMed=2023-01-01&tilOgMed=2026-12-31"), SOLE_PROPRIETORSHIP).await;
        let document = whole.json(200);
        assert_eq!(document["periode"]["fraOgMed"], "2023-01-01", "{path}");
        assert_eq!(document["periode"]["tilOgMed"], "2026-12-31", "{path}");
        let merged = document[list].as_array().expect("a list").len();
        let mut seen = std::collections::BTreeSet::new();
        for element in document[list].as_array().expect("a list") {
            assert!(seen.insert(element.to_string()), "{path}: twice: {element}");
        }
        let mut single = 0;
        for year in 2023..=2026 {
            let path = format!("/claims/{path}?fraOgMed={year}-01-01&tilOgMed={year}-12-31");
            let answer = ragna.get(&path, SOLE_PROPRIETORSHIP).await;
            if answer.status == 200 {
                single += answer.json(200)[list].as_array().expect("a list").len();
            }
        }
        assert!(merged > 0 && merged <= single, "{path}: {merged} of {single}");
    }

    // 1,461 days are five windows; each single year is one.
    assert_eq!(bench.calls(Counterparty::Skatteetaten), calls + 3 * (5 + 4));
}

#[tokio::test(flavor = "multi_thread")]
async fn amounts_keep_every_digit() {
    let bench = Bench::start().await;
    let ragna = bench.customer("ragna");
    ragna.gives_consent(SOLE_PROPRIETORSHIP).await;

    let whole = ragna.get("/claims/krav?fraOgMed=2023-01-01&tilOgMed=2026-12-31", SOLE_PROPRIETORSHIP).await;

    let amount = sandbox::skatteetaten::ODD_AMOUNT;
    assert!(whole.body.contains(amount), "{amount} has been changed");
}
