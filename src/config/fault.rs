//! What is wrong with a configuration, all of it at once.

use std::fmt;

use serde::{Serialize, Serializer, ser::SerializeStruct};

/// Where a value was written.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// The file as a whole: for what is missing, or when the file could not be read.
    File,
    /// A place in the file; both numbers count from 1, the column in characters.
    Line {
        /// The line.
        line: usize,
        /// The column.
        column: usize,
    },
    /// An environment variable that overrides the file.
    Variable(String),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File => f.write_str("the file"),
            Self::Line { line, .. } => write!(f, "line {line}"),
            Self::Variable(name) => write!(f, "environment variable {}", name.escape_debug()),
        }
    }
}

/// The kind of a fault: stable, for whoever reads the JSON form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FaultCode {
    /// The file cannot be read.
    Unreadable,
    /// The text is not TOML.
    Syntax,
    /// An environment variable cannot be applied.
    Override,
    /// A key that nobody asks for.
    UnknownKey,
    /// A required key is not there.
    Missing,
    /// A value of another type than the key takes.
    WrongType,
    /// A value of the right type that the key does not take.
    Invalid,
    /// Something is declared twice.
    Duplicate,
    /// A name that nothing declares.
    UnknownName,
    /// Two values that are right by themselves and wrong together.
    Conflict,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The kind.
    pub code: FaultCode,
    /// Where it was written.
    pub place: Place,
    /// The key's path, such as `role_mapping[0].access`; empty when no key is concerned.
    pub path: String,
    /// What is wrong.
    pub problem: String,
    /// What was probably meant.
    pub suggestion: Option<String>,
    /// What to do.
    pub remedy: Option<String>,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.problem)?;
        if let Some(suggestion) = &self.suggestion {
            write!(f, "; did you mean {suggestion:?}?")?;
        }
        if let Some(remedy) = &self.remedy {
            write!(f, "\n    {remedy}")?;
        }
        Ok(())
    }
}

impl Serialize for Fault {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (line, column, variable) = match &self.place {
            Place::File => (None, None, None),
            Place::Line { line, column } => (Some(line), Some(column), None),
            Place::Variable(name) => (None, None, Some(name)),
        };
        let mut fields = serializer.serialize_struct("Fault", 8)?;
        fields.serialize_field("code", &self.code)?;
        fields.serialize_field("line", &line)?;
        fields.serialize_field("column", &column)?;
        fields.serialize_field("variable", &variable)?;
        fields.serialize_field("path", &self.path)?;
        fields.serialize_field("problem", &self.problem)?;
        fields.serialize_field("suggestion", &self.suggestion)?;
        fields.serialize_field("remedy", &self.remedy)?;
        fields.end()
    }
}

/// Everything that is wrong with one configuration, in the order of the file; variables come last.
///
/// `Display` is for people, one fault a block; `Serialize` is for `--json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Faults {
    /// The configuration file, as it was named.
    pub file: String,
    /// The faults; never empty.
    pub faults: Vec<Fault>,
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, fault) in self.faults.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            match &fault.place {
                Place::File => write!(f, "{}", self.file)?,
                Place::Line { line, column } => write!(f, "{}:{line}:{column}", self.file)?,
                Place::Variable(name) => write!(f, "environment variable {}:", name.escape_debug())?,
            }
            let separator = if fault.path.is_empty() { "" } else { " " };
            write!(f, "{separator}{}: {fault}", fault.path)?;
        }
        Ok(())
    }
}

impl std::error::Error for Faults {}

/// Something that works, and probably not as intended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Warning {
    /// The key's path or the environment variable.
    pub subject: String,
    /// What to know.
    pub message: String,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.subject, self.message)
    }
}
