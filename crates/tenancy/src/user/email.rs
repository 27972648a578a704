//! E-mail addresses as people sign in with them.

use std::fmt;
use std::str::FromStr;

use unicode_normalization::UnicodeNormalization;

/// The longest address (RFC 5321, section 4.5.3.1.3, less the angle brackets).
const LENGTH_MAX: usize = 254;

/// An address, folded: compatibility form and lower case, so that one mailbox is one account.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Email(String);

/// A text that is not an e-mail address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the e-mail address must look like name@example.org")]
pub struct EmailError;

impl Email {
    /// Gives the folded text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Email {
    type Err = EmailError;

    fn from_str(text: &str) -> Result<Self, EmailError> {
        if text.len() > 4 * LENGTH_MAX {
            return Err(EmailError);
        }
        let folded: String = text.trim().nfkc().flat_map(char::to_lowercase).nfkc().collect();
        let (name, host) = folded.rsplit_once('@').ok_or(EmailError)?;
        let plain =
            |c: char| !c.is_control() && !c.is_whitespace() && !matches!(c, '<' | '>' | '"' | ',' | ';');
        let good = !name.is_empty()
            && !name.contains('@')
            && folded.chars().all(plain)
            && folded.chars().count() <= LENGTH_MAX
            && host.split('.').all(|label| !label.is_empty());
        if good { Ok(Self(folded)) } else { Err(EmailError) }
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_mailbox_is_one_account_however_it_is_typed() {
        let typed =
            ["ana@contoso.example", " Ana@Contoso.Example ", "ＡＮＡ@contoso.example", "ANA@CONTOSO.EXAMPLE"];
        for text in typed {
            assert_eq!(text.parse::<Email>().expect(text).as_str(), "ana@contoso.example");
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        let long = format!("{}@a.example", "x".repeat(250));
        for text in [
            "",
            "ana",
            "@a.example",
            "ana@",
            "a b@c.example",
            "a@b@c.example",
            "a@b..c",
            "a\0@b.c",
            "<a>@b.c",
            &long,
        ] {
            assert_eq!(text.parse::<Email>(), Err(EmailError), "{text}");
        }
    }
}
