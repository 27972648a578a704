//! Icons: one sprite in the page, and a word of it wherever a glyph is drawn.

use maud::{Markup, PreEscaped, html};

/// The sprite's symbols; its drawings take their colour from the text around them.
const SPRITE: &str = include_str!("../../assets/icons.svg");

macro_rules! icons {
    ($($(#[$doc:meta])* $name:ident = $id:literal),* $(,)?) => {
        /// A symbol of the sprite.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Icon { $($(#[$doc])* $name),* }

        impl Icon {
            /// Every icon.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// Gives the address of the symbol in the page.
            const fn href(self) -> &'static str {
                match self { $(Self::$name => concat!("#i-", $id)),* }
            }
        }
    };
}

icons! {
    /// The product.
    Brand = "brand",
    /// A dotted ring: waits to be claimed.
    Queued = "queued",
    /// A ring with a quarter arc and a centre dot: is being worked on.
    Running = "running",
    /// A solid disc with a check.
    Succeeded = "succeeded",
    /// A half-filled disc.
    Partial = "partial",
    /// A solid octagon with a cross.
    Failed = "failed",
    /// A ring with a slash.
    Cancelled = "cancelled",
    /// A ring with a bar.
    Blocked = "blocked",
    /// A ring: a state that has no name.
    Unknown = "unknown",
    /// A broken ring: no sign of life.
    Lifeless = "lifeless",
    /// An hourglass: longer than usual.
    Late = "late",
    /// A ring with a minus.
    Skipped = "skipped",
    /// A magnifying glass.
    Search = "search",
    /// A bell.
    Bell = "bell",
    /// A chevron down.
    Down = "down",
    /// Chevrons up and down.
    UpDown = "updown",
    /// A chevron to the right.
    Right = "right",
    /// A chevron to the left.
    Left = "left",
    /// An arrow into a tray.
    Export = "export",
    /// Columns.
    Columns = "columns",
    /// A ribbon.
    View = "view",
    /// An arrow up.
    Up = "up",
    /// A cross.
    Close = "close",
    /// Three lines.
    Menu = "menu",
    /// Three dots.
    More = "more",
    /// A clock.
    Clock = "clock",
    /// A wheel: the system, settings.
    System = "system",
    /// A list.
    Inventory = "inventory",
    /// A sheet.
    Policy = "policy",
    /// Two heads.
    Group = "group",
    /// A chain.
    Link = "link",
    /// A wave off its line.
    Drift = "drift",
    /// Layers.
    Backup = "backup",
    /// A calendar.
    Schedule = "schedule",
    /// An arrow back.
    Restore = "restore",
    /// A pulse.
    Operations = "operations",
    /// Four tiles.
    Overview = "overview",
    /// Two sheets.
    Copy = "copy",
    /// A lock.
    Lock = "lock",
    /// Buildings.
    Tenant = "tenant",
    /// A head.
    Person = "person",
    /// Two arrows in a circle.
    Sync = "sync",
    /// A half moon.
    Theme = "theme",
    /// A triangle with an exclamation mark.
    Alert = "alert",
    /// A disc with an i.
    Info = "info",
}

/// Draws an icon; it is decoration, the word beside it carries the meaning.
#[must_use]
pub fn icon(icon: Icon) -> Markup {
    styled_icon(icon, "i")
}

/// Draws an icon with further classes; `class` has to hold `i`.
pub(super) fn styled_icon(icon: Icon, class: &str) -> Markup {
    html! { svg class=(class) aria-hidden="true" { use href=(icon.href()) {} } }
}

/// Gives the sprite that every page holds once, before its first icon.
#[must_use]
pub fn sprite() -> Markup {
    PreEscaped(SPRITE.to_owned())
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    /// The drawings of the sprite by id, in the sprite's own words.
    fn drawings() -> BTreeMap<&'static str, &'static str> {
        SPRITE
            .split("<symbol id=\"")
            .skip(1)
            .map(|symbol| {
                let (id, rest) = symbol.split_once('"').expect("an id ends");
                (id, rest.split_once('>').expect("a tag ends").1)
            })
            .collect()
    }

    #[test]
    fn every_icon_is_in_the_sprite_and_the_sprite_holds_no_other() {
        let named: BTreeSet<&str> = Icon::ALL.iter().map(|icon| &icon.href()[1..]).collect();
        assert_eq!(named, drawings().into_keys().collect());
    }

    #[test]
    fn no_two_icons_look_the_same_in_one_colour() {
        let drawings = drawings();
        let shapes: BTreeSet<&str> = drawings.values().copied().collect();
        assert_eq!(shapes.len(), drawings.len());
        assert!(!SPRITE.contains('#'), "a drawing has a colour of its own");
        assert!(!SPRITE.contains("var("), "a drawing depends on the ground that it stands on");
    }
}
