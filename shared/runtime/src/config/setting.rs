//! Declaration of settings: name, default, and secrecy, once for each.

/// Setting: a variable of the application, as a component reads it.
///
/// Components never fall back to the default. It is the one that `spin.toml` and
/// `docs/configuration.md` must have, and tests compare the three.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Setting {
    /// Name of the variable.
    pub name: &'static str,
    /// Default of the variable.
    pub default: DefaultValue,
    /// True for a value that must not be shown.
    pub secret: bool,
}

/// Default of a variable in the manifest.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum DefaultValue {
    /// None: each deployment sets the variable.
    Required,
    /// Empty text, which means that the setting is absent.
    Empty,
    /// Text.
    Text(&'static str),
    /// JSON, which only the manifest has.
    Json,
    /// Default that differs between datasets, which only the manifest has.
    OfDataset,
}

impl Setting {
    /// Declares a setting that each deployment must set.
    pub const fn required(name: &'static str) -> Self {
        Self::new(name, DefaultValue::Required)
    }

    /// Declares a setting that may be absent.
    pub const fn optional(name: &'static str) -> Self {
        Self::new(name, DefaultValue::Empty)
    }

    /// Declares a setting with a default.
    pub const fn with_default(name: &'static str, text: &'static str) -> Self {
        Self::new(name, DefaultValue::Text(text))
    }

    /// Declares a setting in JSON, with a default that only the manifest has.
    pub const fn json(name: &'static str) -> Self {
        Self::new(name, DefaultValue::Json)
    }

    /// Declares a setting of each dataset, whose name begins with the component's.
    pub const fn of_dataset(end: &'static str) -> Self {
        Self::new(end, DefaultValue::OfDataset)
    }

    const fn new(name: &'static str, default: DefaultValue) -> Self {
        Self {
            name,
            default,
            secret: false,
        }
    }

    /// Declares that the value is secret.
    #[must_use]
    pub const fn secret(mut self) -> Self {
        self.secret = true;
        self
    }
}

/// Declares settings: a constant for each, and one that lists them.
///
/// # Examples
///
/// ```
/// use innsyn_runtime::config::Setting;
/// use innsyn_runtime::settings;
///
/// settings! {
///     /// Settings of the queue.
///     pub QUEUE {
///         QUEUE_NAME = Setting::required("queue_name");
///         QUEUE_KEY = Setting::optional("queue_key").secret();
///     }
/// }
///
/// assert_eq!(QUEUE, [QUEUE_NAME, QUEUE_KEY]);
/// ```
#[macro_export]
macro_rules! settings {
    ($(#[$doc:meta])* $visibility:vis $all:ident {
        $($(#[$about:meta])* $seen:vis $one:ident = $setting:expr;)*
    }) => {
        $($(#[$about])* $seen const $one: $crate::config::Setting = $setting;)*

        $(#[$doc])*
        $visibility const $all: &[$crate::config::Setting] = &[$($one),*];
    };
}
