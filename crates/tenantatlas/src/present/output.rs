//! Where answers go.

use std::fmt::Display;
use std::io::{self, ErrorKind, IsTerminal, Write};

use serde::Serialize;

use crate::problem::Problem;

/// The form of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// Standard output, in the form that was asked for; cheap to copy.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Output {
    format: Format,
    terminal: bool,
}

impl Output {
    /// Looks where standard output and standard error lead to.
    pub(crate) fn new(format: Format) -> Self {
        Self { format, terminal: io::stdout().is_terminal() && io::stderr().is_terminal() }
    }

    /// Gives the form that was asked for.
    pub(crate) fn format(&self) -> Format {
        self.format
    }

    /// Says whether a person at a terminal looks at it, so that lines may be redrawn.
    pub(crate) fn is_live(&self) -> bool {
        self.terminal && self.format == Format::Text
    }

    /// Says whether the answer goes to a terminal, whose width is then used.
    pub(crate) fn is_terminal(&self) -> bool {
        self.terminal
    }

    /// Writes a line for people; nothing where JSON was asked for.
    ///
    /// Characters that would steer a terminal are shown as such: names come from tenants.
    ///
    /// # Errors
    /// [`Problem::reader_gone`] when nobody reads any more.
    pub(crate) fn line(&self, text: impl Display) -> Result<(), Problem> {
        match self.format {
            Format::Text => write_line(&visible(&text.to_string())),
            Format::Json => Ok(()),
        }
    }

    /// Writes JSON for programs; nothing where text was asked for.
    ///
    /// # Errors
    /// As [`Output::line`].
    pub(crate) fn json(&self, value: &impl Serialize) -> Result<(), Problem> {
        match self.format {
            Format::Text => Ok(()),
            Format::Json => {
                let text = serde_json::to_string_pretty(value).map_err(|error| {
                    Problem::failed("output.failed", "failed to write the answer as JSON").because(&error)
                })?;
                write_line(&text)
            }
        }
    }

    /// Tells something beside the answer, on standard error.
    pub(crate) fn note(&self, text: impl Display) {
        // Without a place for notes the answer still counts.
        let _ = writeln!(io::stderr().lock(), "{}", visible(&text.to_string()));
    }
}

fn write_line(text: &str) -> Result<(), Problem> {
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{text}").and_then(|()| stdout.flush()).map_err(|error| match error.kind() {
        ErrorKind::BrokenPipe => Problem::reader_gone(),
        _ => Problem::failed("output.failed", "failed to write to standard output").because(&error),
    })
}

/// Puts a visible sign in the place of each control character.
pub(crate) fn visible(text: &str) -> String {
    let sign = |c: char| if c.is_control() && c != '\n' && c != '\t' { '\u{FFFD}' } else { c };
    text.chars().map(sign).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_steer_the_terminal() {
        assert_eq!(visible("Baseline\u{1b}[2J\r\u{7}"), "Baseline\u{FFFD}[2J\u{FFFD}\u{FFFD}");
        assert_eq!(visible("Größe\t1\n"), "Größe\t1\n");
    }
}
