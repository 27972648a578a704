//! What the program says when a part of it panics: where, and what without secrets.

use std::any::Any;
use std::panic;

use ledger::failure::sanitize;

/// Replaces the standard report, which repeats the message as it is: it may quote what was being worked on.
pub(crate) fn report_safely() {
    panic::set_hook(Box::new(|info| {
        let place = info.location().map(ToString::to_string);
        eprintln!("{}", report(place.as_deref(), info.payload()));
    }));
}

fn report(place: Option<&str>, payload: &(dyn Any + Send)) -> String {
    let message = payload.downcast_ref::<&str>().copied();
    let message = message.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    let message = sanitize(message.unwrap_or("no message"));
    format!("error: a part of the program panicked at {}: {message}", place.unwrap_or("an unknown place"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_told_with_its_place_and_without_secrets() {
        let payload = String::from("cannot use client_secret=Zq8~planted-canary-value here");
        let told = report(Some("crates/graph/src/token.rs:7:3"), &payload);
        assert!(told.starts_with(
            "error: a part of the program panicked at crates/graph/src/token.rs:7:3: cannot use"
        ));
        assert!(!told.contains("canary"), "{told}");
        assert!(report(None, &"plain words").ends_with("at an unknown place: plain words"));
        assert!(report(None, &7).ends_with("no message"));
    }
}
