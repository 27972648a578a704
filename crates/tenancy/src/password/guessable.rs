//! The passwords that anybody would try first: those that most people have, and those made in the same way.
//!
//! Lists of leaked passwords are mostly a few hundred words with a number behind them, walks over the keyboard,
//! and repetitions. Those are refused by rule, which also catches next year's number; the list catches the rest.

use std::collections::HashSet;
use std::sync::LazyLock;

/// The 3000 most common passwords that are long enough to be taken; `data/README.md` says where they come from.
const COMMON: &str = include_str!("../../data/common-passwords.txt");

static COMMON_SET: LazyLock<HashSet<&'static str>> = LazyLock::new(|| COMMON.lines().collect());

/// Words that common passwords are made of, and the words of this product's own world.
const WORDS: &str = "
    access account adidas admin administrator alexander alexis amanda america andrea andrew angel angels
    anthony apple arsenal ashley atlas august austin autopilot autumn azure baby babygirl backup
    badboy banana barcelona baseball baseline basketball batman beautiful benjamin bigdaddy blink blue
    boomer brandon brooklyn buster butterfly camaro cameron canada captain carlos carolina champion
    changeme charlie cheese chelsea chester chicago chicken chocolate chris christian christine claudia
    cloud coffee computer conditional contoso cookie corporate corvette courtney cowboy cowboys crystal
    dallas daniel daniela danielle david december default defender demo denmark device diamond directory
    dolphin dragon eagle eagles edward einstein elephant elizabeth eminem endpoint england enterprise
    entra estrella explorer fabrikam family fender fernando ferrari florida flower fluffy football
    forever france freedom friday friends gabriel gandalf garfield george germany giants
    ginger goldfish golf google governance graph group guest guitar hammer hannah happy harley hello
    hockey holiday hunter hunting iceman iloveyou internet intune jackie jackson jaguar james january
    jasmine jasper jennifer jeremy jessica jessie johnny jordan joseph joshua junior justin kitten
    lakers lauren legend letmein liberty little liverpool login london lovely loveme lover lovers maddog
    maggie manager manchester marina martha martin marvin master matrix matthew maverick melissa
    mercedes merlin metallica michael michelle mickey microsoft midnight miguel minecraft monday monica
    monkey monster morgan mother mountain murphy mustang myspace naruto natasha nathan netflix newyork
    nicholas nicole nintendo nothing november october office oliver operator orange owner pakistan
    panther passwd password passwort patrick peanut pepper phoenix playboy player please pokemon policy
    porsche prince princess private purple qazwsx rabbit rachel raiders rainbow ranger readonly rebecca
    redsox restore restorer richard robert roberto rocket root samantha samsung sandra saturday scooter
    scorpio secret security september server service shadow shannon sharon sierra silver simple skippy
    slayer slipknot smokey snoopy soccer spider spiderman spring stanley starwars steelers stephanie
    steven strawberry summer sunday sunflower sunshine super superman support sweden sweet sweetheart
    system taylor teacher temp tenant tenantatlas tennis teresa test tester testing theman thomas
    thunder tigger toyota travis trinity trustno tuesday unicorn user valentina vanessa veronica victor
    victoria viking vincent virginia warrior welcome whatever william willow windows winner winston
    winter wizard wolverine workspace xavier yamaha yankees yellow zxcvbnm
";

/// Rows that fingers walk along, in both directions.
const WALKS: [&str; 10] = [
    "01234567890123456789",
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiopasdfghjklzxcvbnm",
    "qwertzuiopasdfghjklyxcvbnm",
    "azertyuiopqsdfghjklmwxcvbn",
    "1q2w3e4r5t6y7u8i9o0p",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
    "qazwsxedcrfvtgbyhnujmikolp",
    "112233445566778899",
    "147258369 789456123 159357 741852963 963852741 321654987",
];

/// How many other characters around a known word do not make it less known.
const DECORATION_MAX: usize = 4;

/// The longest unit whose repetition is no password.
const UNIT_MAX: usize = 4;

/// Says whether a password is one of those; `own` are words of the account itself.
pub(super) fn is_guessable<'a>(password: &str, own: impl Iterator<Item = &'a str>) -> bool {
    let lower = password.to_lowercase();
    let own: Vec<String> = own.flat_map(parts).collect();
    let known = |word: &str| WORDS.split_whitespace().any(|one| one == word) || own.iter().any(|o| o == word);
    let plain = plain(&lower);
    let common = COMMON_SET.contains(lower.as_str()) || COMMON_SET.contains(plain.as_str());
    common || is_repetition(&lower) || is_walk(&lower) || is_word(&lower, &known) || is_word(&plain, &known)
}

/// Takes an own word whole and in its parts: `ana.lopes` is `analopes`, `ana` and `lopes`.
fn parts(own: &str) -> Vec<String> {
    let own = own.to_lowercase();
    let whole: String = own.chars().filter(|c| c.is_alphabetic()).collect();
    let parts = own.split(|c: char| !c.is_alphabetic()).map(str::to_owned);
    parts.chain([whole]).filter(|part| part.chars().count() >= 4).collect()
}

/// Undoes the usual replacements of letters by digits and signs, inside the word only.
fn plain(lower: &str) -> String {
    let letter = |c| match c {
        '0' => 'o',
        '1' | '!' => 'i',
        '3' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' => 't',
        other => other,
    };
    let end = lower.trim_end_matches(|c: char| !c.is_alphabetic()).len();
    lower[..end].chars().map(letter).chain(lower[end..].chars()).collect()
}

/// A known word, or two of them, with little around.
fn is_word(text: &str, known: &impl Fn(&str) -> bool) -> bool {
    let letters: String = text.chars().filter(|c| c.is_alphabetic()).collect();
    let around = text.chars().count() - letters.chars().count();
    if letters.is_empty() || around > DECORATION_MAX {
        return false;
    }
    known(&letters)
        || letters.char_indices().skip(1).any(|(at, _)| known(&letters[..at]) && known(&letters[at..]))
}

/// One short unit again and again.
fn is_repetition(text: &str) -> bool {
    let chars: Vec<char> = text.chars().collect();
    (1..=UNIT_MAX).any(|unit| chars.iter().zip(chars.iter().skip(unit)).all(|(one, next)| one == next))
}

/// A stretch of a row, forwards or backwards, with little around.
fn is_walk(text: &str) -> bool {
    let body = text.trim_matches(|c: char| !c.is_alphanumeric());
    let backwards: String = body.chars().rev().collect();
    body.len() >= 6 && WALKS.iter().any(|row| [body, &backwards].iter().any(|walk| row.contains(*walk)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a2_the_3000_most_common_passwords_are_refused_in_any_case() {
        assert_eq!(COMMON_SET.len(), 3000);
        for word in COMMON.lines() {
            assert!(word.chars().count() >= crate::password::LENGTH_MIN, "{word}");
            assert!(is_guessable(word, std::iter::empty()), "{word}");
            assert!(is_guessable(&word.to_uppercase(), std::iter::empty()), "{word}");
        }
        assert!(!is_guessable("a fine long sentence", std::iter::empty()));
    }
}
