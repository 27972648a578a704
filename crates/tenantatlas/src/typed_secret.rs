//! Secrets that people give: from a file, from a terminal without showing them, or from standard input.
//!
//! Never from an option: other users of a machine can read the command line of a process.

use std::io::{self, IsTerminal, Read};
use std::path::Path;

use console::Term;
use secrecy::SecretString;

use crate::problem::Problem;

/// The longest secret that is taken; the longest password has a quarter of it, Microsoft's secrets some forty characters.
pub(crate) const SECRET_BYTES_MAX: usize = 4096;

/// What stands for standard input where a file is named.
const STANDARD_INPUT: &str = "-";

/// Gets a new password: from the file, else from the terminal, typed twice, else from standard input.
///
/// # Errors
/// There is none, it cannot be read, it is too long, or the two that were typed differ.
pub(crate) async fn new_password(file: Option<&Path>) -> Result<SecretString, Problem> {
    if let Some(file) = file.filter(|file| file.as_os_str() != STANDARD_INPUT) {
        return from_file("password", file);
    }
    if file.is_some() || !is_somebody_there() {
        return from_standard_input().await;
    }
    let typed = from_terminal("Password (it is not shown): ").await?;
    let again = from_terminal("The same once more: ").await?;
    if typed == again {
        one_line("password", &typed)
    } else {
        Err(Problem::wrong_use("password.differs", "the two passwords that were typed differ"))
    }
}

/// Reads a secret from a file, without the line's end.
///
/// # Errors
/// The file cannot be read, or holds no secret.
pub(crate) fn from_file(what: &'static str, file: &Path) -> Result<SecretString, Problem> {
    let opened = std::fs::File::open(file).and_then(read);
    let text = opened.map_err(|error| {
        Problem::wrong_use("secret.unread", format!("failed to read the {what} from {}", file.display()))
            .because(&error)
    })?;
    one_line(what, &text)
}

/// Asks at the terminal, without showing what is typed.
///
/// # Errors
/// The terminal is gone.
pub(crate) async fn from_terminal(question: &'static str) -> Result<String, Problem> {
    let asking = tokio::task::spawn_blocking(move || {
        let terminal = Term::stderr();
        terminal.write_str(question)?;
        terminal.read_secure_line()
    });
    match asking.await {
        Ok(Ok(typed)) => Ok(typed),
        _ => Err(Problem::failed("secret.unread", "failed to read from the terminal")),
    }
}

/// Says whether a person can be asked.
pub(crate) fn is_somebody_there() -> bool {
    Term::stderr().is_term() && io::stdin().is_terminal()
}

/// Takes the line's end off, and refuses what is empty, too long, or several lines.
///
/// # Errors
/// The text is no secret; it is not repeated.
pub(crate) fn one_line(what: &'static str, text: &str) -> Result<SecretString, Problem> {
    let text = text.trim_start_matches('\u{FEFF}').trim_end_matches(['\r', '\n']);
    if text.is_empty() || text.len() > SECRET_BYTES_MAX || text.contains(['\n', '\0']) {
        let message = format!("the {what} must be one line of 1 to {SECRET_BYTES_MAX} bytes");
        return Err(Problem::wrong_use("secret.invalid", message));
    }
    Ok(text.to_owned().into())
}

async fn from_standard_input() -> Result<SecretString, Problem> {
    let reading = tokio::task::spawn_blocking(|| read(io::stdin().lock()));
    let Ok(Ok(text)) = reading.await else {
        return Err(Problem::failed("secret.unread", "failed to read the password from standard input"));
    };
    if text.is_empty() {
        return Err(Problem::wrong_use("secret.missing", "there is no password, and nobody is there to ask")
            .advice("give --password-file FILE, or write it to standard input"));
    }
    one_line("password", &text)
}

/// Reads a little more than the longest secret, so that a longer one is noticed and an endless one does no harm.
fn read(from: impl Read) -> io::Result<String> {
    let mut text = String::new();
    from.take(SECRET_BYTES_MAX as u64 + 8).read_to_string(&mut text)?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn a_secret_is_one_line_without_its_end() {
        for text in ["lamp", "lamp\n", "lamp\r\n", "\u{FEFF}lamp\n"] {
            assert_eq!(
                one_line("password", text).map(|s| s.expose_secret().to_owned()),
                Ok("lamp".to_owned())
            );
        }
        assert_eq!(one_line("password", " lamp \n").map(|s| s.expose_secret().len()), Ok(6));
        for bad in ["", "\n", "two\nlines", "a\0b", &"x".repeat(SECRET_BYTES_MAX + 1)] {
            let problem = one_line("password", bad).expect_err("it is no secret");
            assert!(!problem.sentence().contains("lines\n") && !problem.sentence().contains("xx"));
        }
    }
}
