//! The command line as a whole: global options, commands, and what is said about a wrong one.

use std::ffi::OsString;
use std::io::Write as _;

use clap::error::ErrorKind;
use clap::{CommandFactory, FromArgMatches, Parser};
use serde_json::json;

use crate::commands::Command;
use crate::config::GlobalArgs;
use crate::exit::Exit;

/// Keeps watch over the Microsoft Intune and Entra configuration of one tenant, or of a thousand.
#[derive(Parser)]
#[command(
    name = "tenantatlas",
    version,
    after_help = "Exit codes: 0 succeeded, 1 failed or blocked, 2 wrong use, 3 succeeded in part, 4 cancelled."
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: GlobalArgs,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Reads the command line, or says what is wrong with it and gives the process its end.
pub(crate) fn parse(arguments: &[OsString]) -> Result<Cli, Exit> {
    let matches = Cli::command().try_get_matches_from(arguments);
    matches.and_then(|matches| Cli::from_arg_matches(&matches)).map_err(|error| refuse(&error, arguments))
}

fn refuse(error: &clap::Error, arguments: &[OsString]) -> Exit {
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        // Somebody who stops reading the help has read enough.
        let _ = error.print();
        return Exit::Succeeded;
    }
    let text = without_secrets(error.render().to_string(), arguments);
    let text = text.trim_end();
    let wants_json =
        arguments.iter().take_while(|argument| *argument != "--").any(|argument| argument == "--json");
    let said = if wants_json {
        let message = text.strip_prefix("error: ").unwrap_or(text);
        json!({"error": {"code": "usage", "message": message}}).to_string()
    } else {
        text.to_owned()
    };
    let _ = writeln!(std::io::stderr().lock(), "{said}");
    Exit::WrongUse
}

/// Takes connection strings out of a message that may repeat what was typed in the wrong place.
fn without_secrets(mut text: String, arguments: &[OsString]) -> String {
    for argument in arguments {
        let argument = argument.to_string_lossy();
        let value = argument.split_once('=').map_or("", |(_, value)| value);
        for typed in [argument.as_ref(), value] {
            let lower = typed.to_ascii_lowercase();
            let is_pairs = lower.contains("password") && lower.contains('=');
            if is_pairs || (lower.contains("://") && lower.contains('@')) {
                text = text.replace(typed, "(connection string)");
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_of_the_command_line_holds_together() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_connection_string_in_the_wrong_place_is_not_repeated() {
        let arguments = |typed: &str| -> Vec<OsString> {
            ["tenantatlas", typed].into_iter().map(OsString::from).collect()
        };
        for typed in [
            "postgres://ana:hunter2@db/atlas",
            "--databse=postgres://ana:hunter2@db/atlas",
            "postgres://ana:hun'ter 2@db/atlas",
            "host=db user=ana password=hunter2",
        ] {
            let Err(error) = Cli::command().try_get_matches_from(arguments(typed)) else { panic!("{typed}") };
            let said = without_secrets(error.render().to_string(), &arguments(typed));
            assert!(!said.contains("hunter2") && !said.contains("hun'ter"), "{said}");
        }
    }

    #[test]
    fn help_does_not_show_what_the_environment_holds() {
        let hidden = |argument: &clap::Arg| argument.get_env().is_none() || argument.is_hide_env_values_set();
        fn every(command: &clap::Command, wanted: &dyn Fn(&clap::Arg) -> bool) -> bool {
            command.get_arguments().all(wanted) && command.get_subcommands().all(|below| every(below, wanted))
        }
        assert!(every(&Cli::command(), &hidden));
    }
}
