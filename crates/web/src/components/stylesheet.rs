//! What the stylesheet has to keep: contrast, a closed set of files, and one block for every class.

use std::collections::BTreeMap;

const STYLESHEET: &str = include_str!("../../assets/atlas.css");

/// Least contrast of text.
const TEXT: f64 = 4.5;

/// Least contrast of controls and large text.
const CONTROL: f64 = 3.0;

/// Reads a token's colours, light and dark.
fn tokens() -> BTreeMap<&'static str, [[f64; 3]; 2]> {
    STYLESHEET
        .lines()
        .filter_map(|line| {
            let (name, pair) = line.trim().strip_prefix("--")?.split_once(":light-dark(")?;
            let (light, dark) = pair.strip_suffix(");")?.split_once(',')?;
            Some((name, [colour(light), colour(dark)]))
        })
        .collect()
}

fn colour(hex: &str) -> [f64; 3] {
    let digits = hex.strip_prefix('#').expect("a colour is written in hexadecimal");
    [0, 2, 4].map(|at| f64::from(u8::from_str_radix(&digits[at..at + 2], 16).expect("two digits")) / 255.0)
}

/// Computes the ratio of two colours as WCAG 2.2 defines it.
fn contrast(one: [f64; 3], other: [f64; 3]) -> f64 {
    let luminance = |of: [f64; 3]| {
        let [red, green, blue] =
            of.map(|c| if c <= 0.040_45 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) });
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    };
    let (a, b) = (luminance(one), luminance(other));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

#[test]
fn text_and_controls_have_enough_contrast_in_both_themes() {
    let tokens = tokens();
    let grounds = ["bg", "panel", "raised", "hover", "well"];
    let mut pairs: Vec<(&str, &str, f64)> = Vec::new();
    for ground in grounds {
        pairs.extend(["ink", "ink-2", "ink-3"].map(|text| (text, ground, TEXT)));
    }
    for state in ["signal", "ok", "part", "fail"] {
        pairs.extend(["bg", "panel", "raised", "hover"].map(|ground| (state, ground, TEXT)));
    }
    let tints = [("signal", "signal-tint"), ("ok", "ok-tint"), ("part", "part-tint"), ("fail", "fail-tint")];
    pairs.extend(tints.map(|(text, ground)| (text, ground, TEXT)));
    pairs.extend(["panel", "raised"].map(|ground| ("line-strong", ground, CONTROL)));
    let mut short = Vec::new();
    for (text, ground, least) in pairs {
        for (theme, at) in [("light", 0), ("dark", 1)] {
            let ratio = contrast(tokens[text][at], tokens[ground][at]);
            if ratio < least {
                short.push(format!("{text} on {ground}, {theme}: {ratio:.2} of {least}"));
            }
        }
    }
    assert!(short.is_empty(), "{short:#?}");
}

#[test]
fn the_stylesheet_loads_nothing_but_its_own_fonts() {
    assert!(
        !STYLESHEET.contains("@import") && !STYLESHEET.contains("http:") && !STYLESHEET.contains("https:")
    );
    let loaded: Vec<&str> = STYLESHEET
        .split("url(")
        .skip(1)
        .map(|rest| rest.split_once(')').expect("an address ends").0)
        .collect();
    assert_eq!(loaded.len(), 2);
    for file in loaded {
        let path = format!("{}/assets/{file}", env!("CARGO_MANIFEST_DIR"));
        assert!(std::path::Path::new(&path).is_file(), "{file} is not there");
    }
}

#[test]
fn black_on_white_is_21_to_1() {
    assert!((contrast([0.0; 3], [1.0; 3]) - 21.0).abs() < 1e-9);
}
