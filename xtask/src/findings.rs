//! What a check has found.

/// Problems fail a check; notes are printed and fail nothing.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    /// What must be mended, each a line with its place.
    pub(crate) problems: Vec<String>,
    /// What a reader should know, for example what could not be looked at.
    pub(crate) notes: Vec<String>,
}

impl Findings {
    /// Adds something that must be mended.
    pub(crate) fn problem(&mut self, text: impl Into<String>) {
        self.problems.push(text.into());
    }

    /// Adds something worth knowing.
    pub(crate) fn note(&mut self, text: impl Into<String>) {
        self.notes.push(text.into());
    }
}
