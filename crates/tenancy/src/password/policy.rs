//! Which passwords are taken: long ones, of any characters, that are not in everybody's list.
//!
//! OWASP ASVS 5.0, section 6.2: no rules of composition, no forced change, no truncation.

use secrecy::{ExposeSecret, SecretString};

use super::guessable;

/// The shortest password that is taken.
pub const LENGTH_MIN: usize = 8;

/// The length to advise.
pub const LENGTH_ADVISED: usize = 15;

/// The longest password that is taken; what a hash reads must have an end.
pub const LENGTH_MAX: usize = 256;

/// Why a password is not taken; it never repeats the password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordProblem {
    /// It has fewer than [`LENGTH_MIN`] characters.
    #[error("the password must have 8 characters at least; 15 or more are better")]
    TooShort,
    /// It has more than [`LENGTH_MAX`] characters.
    #[error("the password must have 256 characters at most")]
    TooLong,
    /// It is among the first that anybody would try.
    #[error("the password is one of the first that anybody would try")]
    Common,
}

/// Checks a new password; `email` and `name` are the account's own, which make poor passwords.
///
/// # Errors
/// The first [`PasswordProblem`] there is.
pub fn check(password: &SecretString, email: &str, name: &str) -> Result<(), PasswordProblem> {
    let text = password.expose_secret();
    match text.chars().take(LENGTH_MAX + 1).count() {
        length if length < LENGTH_MIN => return Err(PasswordProblem::TooShort),
        length if length > LENGTH_MAX => return Err(PasswordProblem::TooLong),
        _ => {}
    }
    let own = email.split('@').chain(name.split_whitespace());
    if guessable::is_guessable(text, own) { Err(PasswordProblem::Common) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(text: &str) -> Result<(), PasswordProblem> {
        check(&SecretString::from(text), "ana.lopes@contoso.example", "Ana Lopes")
    }

    #[test]
    fn a2_eight_to_256_characters_of_any_kind_are_taken() {
        for good in ["horse-98-lamp", "ünïcödé wörds hêré", "        tab\t and blanks", "🦊🐻🐼🦁🐯🐨🐸🐵"]
        {
            assert_eq!(taken(good), Ok(()), "{good}");
        }
        let long: String = (0..LENGTH_MAX).map(|n| char::from(b'a' + (n * n % 26) as u8)).collect();
        assert_eq!(taken(&long), Ok(()));
        assert_eq!(taken(&format!("{long}x")), Err(PasswordProblem::TooLong));
        assert_eq!(taken("héh🦊123"), Err(PasswordProblem::TooShort));
    }

    #[test]
    fn a2_what_everybody_tries_first_is_refused() {
        let common = [
            "password",
            "Password1!",
            "P@ssw0rd",
            "12345678",
            "987654321",
            "qwertyuiop",
            "1q2w3e4r",
            "aaaaaaaa",
            "abcabcabc",
            "letmein123",
            "Welcome2026",
            "iloveyou!",
            "TenantAtlas1",
            "intune2026",
            "adminadmin",
            "microsoft365",
            "ana.lopes1",
            "Contoso2026",
            "lopeslopes",
            "11223344",
        ];
        for bad in common {
            assert_eq!(taken(bad), Err(PasswordProblem::Common), "{bad}");
        }
    }
}
