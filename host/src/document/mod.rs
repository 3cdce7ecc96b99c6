//! Reader of TOML files whose error messages locate each fault without repeating a value.

mod key_path;
mod reader;

use std::fs;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use toml::{Table, Value};

pub(crate) use key_path::joined;

/// Error of a file in Spin's format. Values are not repeated: they may be secret.
#[derive(Debug, thiserror::Error)]
pub enum DocumentError {
    /// The file is missing or cannot be read.
    #[error("{}: {source}", path.display())]
    Unreadable {
        /// Path of the file.
        path: PathBuf,
        /// Cause.
        source: std::io::Error,
    },
    /// The text is not TOML.
    #[error("{}, line {line}: {message}", path.display())]
    Syntax {
        /// Path of the file.
        path: PathBuf,
        /// Line, from 1.
        line: usize,
        /// Message of the parser.
        message: String,
    },
    /// A key is unknown to Spin and to this host, a required one is missing, or a value has the
    /// wrong kind.
    #[error("{}: {message}", path.display())]
    Refused {
        /// Path of the file.
        path: PathBuf,
        /// Description and place of the fault.
        message: String,
    },
    /// A key of Spin that this host does not support.
    #[error("{}: `{key}` is part of Spin's format, but this host does not support it{}", path.display(), hint.as_ref().map(|hint| format!(": {hint}")).unwrap_or_default())]
    Unsupported {
        /// Path of the file.
        path: PathBuf,
        /// Key, with the path of its tables.
        key: String,
        /// Alternative to write.
        hint: Option<String>,
    },
}

/// TOML file and its path.
pub(crate) struct Document {
    path: PathBuf,
    pub(crate) table: Table,
}

impl Document {
    pub(crate) fn read(path: &Path) -> Result<Self, DocumentError> {
        let text = fs::read_to_string(path).map_err(|source| DocumentError::Unreadable {
            path: shown(path),
            source,
        })?;
        Self::parse(path, &text)
    }

    pub(crate) fn parse(path: &Path, text: &str) -> Result<Self, DocumentError> {
        let table = text.parse::<Table>().map_err(|error| {
            let start = error.span().map_or(0, |span| span.start);
            let line = text
                .bytes()
                .take(start)
                .filter(|byte| *byte == b'\n')
                .count()
                .saturating_add(1);
            DocumentError::Syntax {
                path: shown(path),
                line,
                message: redaction::redacted(error.message()),
            }
        })?;
        Ok(Self {
            path: path.to_owned(),
            table,
        })
    }

    /// Returns the folder that relative paths in this file start at.
    pub(crate) fn folder(&self) -> &Path {
        match self.path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        }
    }

    /// Refuses the keys of one table that Spin supports and this host does not.
    pub(crate) fn refuse(
        &self,
        place: &str,
        table: &Table,
        keys: &[&str],
    ) -> Result<(), DocumentError> {
        match keys.iter().find(|key| table.contains_key(**key)) {
            Some(key) => Err(self.unsupported(&joined(place, key), None)),
            None => Ok(()),
        }
    }

    /// Deserialises the whole document into a type that names its keys.
    pub(crate) fn typed<T: DeserializeOwned>(&self) -> Result<T, DocumentError> {
        self.value(Value::Table(self.table.clone()))
    }

    /// Deserialises a part of the document into a type that names its keys.
    pub(crate) fn value<T: DeserializeOwned>(&self, value: Value) -> Result<T, DocumentError> {
        reader::read(value).map_err(|message| self.refused(message))
    }

    /// Creates an error about the content of the file. The message is redacted, since a secret may
    /// be in the wrong place.
    pub(crate) fn refused(&self, message: impl AsRef<str>) -> DocumentError {
        DocumentError::Refused {
            path: shown(&self.path),
            message: redaction::redacted(message.as_ref()),
        }
    }

    pub(crate) fn unsupported(&self, key: &str, hint: Option<&str>) -> DocumentError {
        DocumentError::Unsupported {
            path: shown(&self.path),
            key: redaction::redacted(key),
            hint: hint.map(str::to_owned),
        }
    }
}

/// Returns the path for a message. A key in place of a file name is not repeated.
pub(crate) fn shown(path: &Path) -> PathBuf {
    redaction::redacted(&path.to_string_lossy()).into()
}
