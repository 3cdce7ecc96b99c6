//! Switches of krav og betalinger, for undocumented behaviour and unannounced changes.

use serde::{Deserialize, Serialize};

use super::refusal::Refusal;
use crate::kit::document::Node;

/// Switches of behaviour. The default is the documented behaviour.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Switches {
    /// Refusal of all calls, if set.
    pub failing: Option<Refusal>,
    /// Duration of a call, in milliseconds: if it is long enough, calls meet each other.
    pub latency_milliseconds: u32,
    /// Refusal of a token without the scope.
    pub missing_scope: MissingScope,
    /// Answer about a known party without items.
    pub nothing_found: NothingFound,
    /// Name of the header with Altinn 2's consent token.
    pub proof_header: ProofHeader,
    /// Members of the answers' objects.
    pub shape: Shape,
}

/// Name of the header with Altinn 2's consent token.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ProofHeader {
    /// `AltinnSamtykke`, as in all that was published since 2022.
    #[default]
    TwoN,
    /// `AltinSamtykke`, as the first page about krav og betalinger has it.
    OneN,
}

/// Refusal of a token without the scope.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MissingScope {
    /// 401 `KB-004`.
    #[default]
    Unauthenticated,
    /// 403 `DAS-008`.
    NotAuthorised,
}

/// Answer about a known party without items.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NothingFound {
    /// 404 `KB-007`.
    #[default]
    Refused,
    /// 200 with empty lists.
    EmptyLists,
}

/// Members of the answers' objects.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// Format of the documentation's examples.
    #[default]
    Documented,
    /// Unknown member in each object.
    UnknownMembers,
    /// Opposite order of the members of each object.
    Reordered,
    /// Omits the members that may be absent.
    MissingOptional,
    /// Original amounts of claims with one digit more than a binary floating-point number has.
    ExtremeAmounts,
}

/// Original amount that no binary floating-point number represents.
const EXTREME: &str = "12345678901234567.89";

/// Members that an answer may omit.
const OPTIONAL: &[&str] = &[
    "skjermet",
    "periode",
    "totalOversikt",
    "oversiktPerKravgruppe",
    "kravtype",
    "gjenstaaendeBeloep",
    "stipulerteRenter",
    "kravbeskrivelse",
    "kravperiode",
    "opprettelsesdatoForKrav",
    "kravgruppe",
    "fastsettingsmaate",
    "hovedstolKravidentifikator",
    "betalingsinformasjon",
    "plassertInnbetaling",
    "plassertMotkrav",
    "plassertKrav",
    "bankinformasjon",
    "kontoeiersNavn",
    "innbetaltFra",
    "mottakersKontonummer",
    "betaltTil",
    "utbetalingstatus",
];

impl ProofHeader {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::TwoN => "AltinnSamtykke",
            Self::OneN => "AltinSamtykke",
        }
    }
}

impl MissingScope {
    pub(super) const fn refusal(self) -> Refusal {
        match self {
            Self::Unauthenticated => Refusal::Unauthenticated,
            Self::NotAuthorised => Refusal::NotAuthorised,
        }
    }
}

impl Shape {
    pub(super) fn apply(self, tree: Node) -> Node {
        match self {
            Self::Documented => tree,
            Self::UnknownMembers => tree.map_objects(&|members| {
                members.insert(
                    0,
                    (
                        "nyttFelt",
                        Node::List(vec![Node::Amount("1e2".into()), Node::text("x")]),
                    ),
                );
            }),
            Self::Reordered => tree.map_objects(&|members| members.reverse()),
            Self::MissingOptional => {
                tree.map_objects(&|members| members.retain(|(name, _)| !OPTIONAL.contains(name)))
            }
            Self::ExtremeAmounts => tree.map_objects(&|members| {
                for (name, value) in members {
                    if *name == "opprinneligBeloep" {
                        *value = Node::Amount(EXTREME.into());
                    }
                }
            }),
        }
    }
}
