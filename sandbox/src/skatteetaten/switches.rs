//! What krav og betalinger may do differently from the ordinary, where the documentation is silent or
//! a change may come unannounced.

use serde::{Deserialize, Serialize};

use super::node::Node;
use super::refusal::Refusal;

/// The switches; `default()` is the ordinary.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Switches {
    /// Refuse every call with this.
    pub failing: Option<Refusal>,
    /// How long a call takes, in milliseconds: long enough, and calls meet each other.
    pub latency_milliseconds: u32,
    /// What a token without the scope is refused with.
    pub missing_scope: MissingScope,
    /// What a known party without items gets.
    pub nothing_found: NothingFound,
    /// What the header for Altinn 2's consent token is called.
    pub proof_header: ProofHeader,
    /// Members of the answers' objects.
    pub shape: Shape,
}

/// What the header for Altinn 2's consent token is called.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ProofHeader {
    /// `AltinnSamtykke`, as in all that was published since 2022.
    #[default]
    TwoN,
    /// `AltinSamtykke`, as the first page about krav og betalinger has it.
    OneN,
}

/// What a token without the scope is refused with.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MissingScope {
    /// 401 `KB-004`.
    #[default]
    Unauthenticated,
    /// 403 `DAS-008`.
    NotAuthorised,
}

/// What a known party without items gets.
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
    /// As in the documentation's examples.
    #[default]
    Documented,
    /// Each object has one member more.
    UnknownMembers,
    /// Each object's members come in the opposite order.
    Reordered,
    /// Without the members that may be absent.
    MissingOptional,
}

/// Members that a reader must do without.
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
    "plassertKrav",
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
    pub(super) fn of(self, tree: Node) -> Node {
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
        }
    }
}
