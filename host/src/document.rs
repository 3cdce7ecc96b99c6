//! Reading a TOML file so that whoever wrote it is told what is wrong, without its values.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde::de::DeserializeOwned;
use toml::{Table, Value};

/// What is wrong with a file in Spin's format. Values are not repeated: they may be secret.
#[derive(Debug, thiserror::Error)]
pub enum DocumentError {
    /// The file is not there or cannot be read.
    #[error("{}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// The text is not TOML.
    #[error("{}, line {line}: {message}", path.display())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What the parser says.
        message: String,
    },
    /// A key that neither Spin nor this host knows, one that is missing, or a value of the wrong kind.
    #[error("{}: {message}", path.display())]
    Refused {
        /// The file.
        path: PathBuf,
        /// What is wrong, and where.
        message: String,
    },
    /// Something that Spin has and this host has not.
    #[error("{}: `{key}` is part of Spin's format, but this host does not support it{}", path.display(), hint.as_ref().map(|hint| format!(": {hint}")).unwrap_or_default())]
    Unsupported {
        /// The file.
        path: PathBuf,
        /// The key, with the tables it is in.
        key: String,
        /// What to write instead.
        hint: Option<String>,
    },
}

/// A TOML file and where it was read.
pub(crate) struct Document {
    path: PathBuf,
    pub(crate) table: Table,
}

impl Document {
    pub(crate) fn read(path: &Path) -> Result<Self, DocumentError> {
        let text = fs::read_to_string(path).map_err(|source| DocumentError::Unreadable {
            path: path.to_owned(),
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
                path: path.to_owned(),
                line,
                message: error.message().to_owned(),
            }
        })?;
        Ok(Self {
            path: path.to_owned(),
            table,
        })
    }

    /// The folder that relative paths in this file start at.
    pub(crate) fn folder(&self) -> &Path {
        match self.path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        }
    }

    /// Refuses the keys of one table that Spin knows and this host does not.
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

    /// The whole document as a type that names its keys.
    pub(crate) fn typed<T: DeserializeOwned>(&self) -> Result<T, DocumentError> {
        self.value(Value::Table(self.table.clone()))
    }

    /// A part of the document as a type that names its keys.
    pub(crate) fn value<T: DeserializeOwned>(&self, value: Value) -> Result<T, DocumentError> {
        value.try_into().map_err(|error: toml::de::Error| {
            let message = error
                .to_string()
                .split_whitespace()
                .collect::<Vec<_>>()
                .join(" ");
            self.refused(message)
        })
    }

    pub(crate) fn refused(&self, message: impl Into<String>) -> DocumentError {
        DocumentError::Refused {
            path: self.path.clone(),
            message: message.into(),
        }
    }

    pub(crate) fn unsupported(&self, key: &str, hint: Option<&str>) -> DocumentError {
        DocumentError::Unsupported {
            path: self.path.clone(),
            key: key.to_owned(),
            hint: hint.map(str::to_owned),
        }
    }
}

/// A key with the table that it is in.
pub(crate) fn joined(place: &str, key: &str) -> String {
    if place.is_empty() {
        key.to_owned()
    } else {
        format!("{place}.{key}")
    }
}
