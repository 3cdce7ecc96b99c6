//! Which Altinn it is.

use super::generation2::Former;
use crate::config::{Origin, Resolver};

const REMEDY: &str = "set it to 3, or to 2 for the consents of before June 2026";

/// Which Altinn it is.
#[derive(Clone, Debug)]
pub(crate) enum Generation {
    /// Altinn 2, which closed on 19 June 2026: a code for each consent, and a token of its own beside that of
    /// Maskinporten.
    Two(Box<Former>),
    /// Altinn 3: the consent is in Maskinporten's token.
    Three,
}

impl Generation {
    /// Reads `altinn_generation`, and the settings of Altinn 2 where it is that one. `origin` is the interface's.
    pub(crate) fn resolve(resolver: &mut Resolver<'_>, origin: Option<&Origin>) -> Option<Self> {
        let is_two = resolver.parsed(
            "altinn_generation",
            "is unknown",
            REMEDY,
            |text| match text {
                "2" => Some(true),
                "3" => Some(false),
                _ => None,
            },
        )?;
        if is_two {
            Former::resolve(resolver, origin).map(|former| Self::Two(Box::new(former)))
        } else {
            Some(Self::Three)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Raw;

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
