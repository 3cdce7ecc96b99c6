//! Bounded lists and maps. They are counted while they are parsed, so a list that is too long takes
//! no more memory than a permitted one.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// Parses a list of at most `MOST` elements, for `deserialize_with`.
///
/// # Errors
/// [`Error::invalid_length`] at the first excess element, which is not kept; the rest is not read.
pub fn list<'de, const MOST: usize, T, D>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    deserializer.deserialize_seq(List::<MOST, T>(PhantomData))
}

/// Parses an object of at most `MOST` members, for `deserialize_with`.
///
/// # Errors
/// [`Error::invalid_length`] at the first excess member, as for [`list`].
pub fn map<'de, const MOST: usize, V, D>(deserializer: D) -> Result<BTreeMap<String, V>, D::Error>
where
    V: Deserialize<'de>,
    D: Deserializer<'de>,
{
    deserializer.deserialize_map(Map::<MOST, V>(PhantomData))
}

struct List<const MOST: usize, T>(PhantomData<T>);

impl<'de, const MOST: usize, T: Deserialize<'de>> Visitor<'de> for List<MOST, T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at most {MOST} elements")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Vec<T>, A::Error> {
        let mut list = Vec::new();
        while list.len() < MOST {
            match elements.next_element()? {
                Some(element) => list.push(element),
                None => return Ok(list),
            }
        }
        match elements.next_element::<IgnoredAny>()? {
            Some(_) => Err(A::Error::invalid_length(MOST.saturating_add(1), &self)),
            None => Ok(list),
        }
    }
}

struct Map<const MOST: usize, V>(PhantomData<V>);

impl<'de, const MOST: usize, V: Deserialize<'de>> Visitor<'de> for Map<MOST, V> {
    type Value = BTreeMap<String, V>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at most {MOST} members")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        let mut map = BTreeMap::new();
        for _ in 0..MOST {
            match members.next_entry()? {
                Some((name, value)) => map.insert(name, value),
                None => return Ok(map),
            };
        }
        match members.next_key::<IgnoredAny>()? {
            Some(_) => Err(A::Error::invalid_length(MOST.saturating_add(1), &self)),
            None => Ok(map),
        }
    }
}
