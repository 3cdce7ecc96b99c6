//! Generations of Altinn.

use crate::altinn2::Altinn2;
use innsyn_core::origin::Origin;
use innsyn_runtime::config::{Resolver, Setting};
use innsyn_runtime::settings;

settings! {
    /// Choice of the generation.
    pub(crate) GENERATION {
        ALTINN_GENERATION = Setting::with_default("altinn_generation", "3");
    }
}

const REMEDY: &str = "set it to 3, or to 2 for the consents of before June 2026";

/// Generation of Altinn.
#[derive(Clone, Debug)]
pub(crate) enum Generation {
    /// Altinn 2, which closed on 19 June 2026. A consent has a code, and a token of its own beside
    /// the Maskinporten token.
    Two(Box<Altinn2>),
    /// Altinn 3: the consent is part of the Maskinporten token.
    Three,
}

impl Generation {
    /// Reads `altinn_generation`, and the settings of Altinn 2 if that is selected. `origin` is the
    /// API's.
    pub(crate) fn resolve(resolver: &mut Resolver<'_>, origin: Option<&Origin>) -> Option<Self> {
        let is_two =
            resolver.parsed(
                ALTINN_GENERATION.name,
                "is unknown",
                REMEDY,
                |text| match text {
                    "2" => Some(true),
                    "3" => Some(false),
                    _ => None,
                },
            )?;
        if is_two {
            Altinn2::resolve(resolver, origin).map(|altinn| Self::Two(Box::new(altinn)))
        } else {
            Some(Self::Three)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use innsyn_runtime::config::Raw;

    fn resolve(generation: &str) -> Result<Generation, String> {
        let raw = Raw::from_pairs([("altinn_generation", generation)]);
        let mut resolver = Resolver::new(&raw);
        let generation = Generation::resolve(&mut resolver, None);
        resolver
            .finish(generation)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn only_the_former_needs_more() {
        assert!(matches!(resolve("3"), Ok(Generation::Three)));
        let error = resolve("2").expect_err("no keys");
        assert!(error.contains("altinn_api_keys"), "{error}");
        let error = resolve("4").expect_err("no generation");
        assert!(
            error.contains("altinn_generation is unknown: set it to 3"),
            "{error}"
        );
    }
}
