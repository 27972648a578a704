//! What somebody sees who opens the link of a demo.

use maud::{Markup, html};
use tenancy::demo::DemoOffer;

use crate::looks::Looks;
use crate::shell;

/// Draws the page of a link that is good.
#[must_use]
pub(super) fn offer(looks: Looks, offer: &DemoOffer, token: &str) -> Markup {
    let panel = html! {
        section .panel aria-labelledby="h-door" {
            div {
                h1 #h-door { "Welcome to the demo" }
                p .sub {
                    "Two simulated tenants, read and kept like real ones. Nothing here reaches Microsoft, and nothing you do can break anything."
                }
            }
            form .form method="post" action="/demo/sign-in" {
                input type="hidden" name="token" value=(token);
                button .btn .pri type="submit" { "Sign in as " bdi { (offer.name) } }
            }
        }
    };
    shell::door("Demo", looks, &panel)
}

/// Draws the page of a link that was used, or is too old.
#[must_use]
pub(super) fn not_good(looks: Looks) -> Markup {
    let panel = html! {
        section .panel aria-labelledby="h-door" {
            div {
                h1 #h-door { "This link is not good any more" }
                p .sub { "It signs in once, within half an hour. Press Enter in the demo's terminal, or start it again, for another one." }
            }
            a .btn href="/w" { "Go on if you are signed in" }
        }
    };
    shell::door("Demo", looks, &panel)
}
