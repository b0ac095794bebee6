//! Colours, where somebody looks: on a terminal, unless they are not wanted.

use std::io::{self, IsTerminal as _};

use crate::cli::Color;

/// Puts colours around words, or leaves them as they are.
#[derive(Debug, Clone, Copy)]
pub(super) struct Paint {
    on: bool,
}

/// What a colour says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hue {
    /// As it should be.
    Good,
    /// Somebody should look.
    Warning,
    /// Somebody must act.
    Bad,
    /// A heading.
    Heading,
    /// Beside the point.
    Faint,
}

impl Paint {
    /// Decides for standard output.
    pub(super) fn of(color: Color) -> Self {
        let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
            || std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        Self {
            on: match color {
                Color::Always => true,
                Color::Never => false,
                Color::Auto => !unwanted && io::stdout().is_terminal(),
            },
        }
    }

    /// Paints words. They take as much room as before.
    pub(super) fn paint(self, hue: Hue, words: &str) -> String {
        if !self.on || words.is_empty() {
            return words.to_owned();
        }
        let code = match hue {
            Hue::Good => "32",
            Hue::Warning => "33",
            Hue::Bad => "1;31",
            Hue::Heading => "1",
            Hue::Faint => "2",
        };
        format!("\x1b[{code}m{words}\x1b[0m")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stay_as_they_are_unless_colours_are_on() {
        let off = Paint::of(Color::Never);
        assert_eq!(off.paint(Hue::Bad, "BLOCK"), "BLOCK");
        let on = Paint::of(Color::Always);
        assert_eq!(on.paint(Hue::Bad, "BLOCK"), "\x1b[1;31mBLOCK\x1b[0m");
        assert_eq!(on.paint(Hue::Good, ""), "");
    }
}
