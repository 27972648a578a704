//! Settings: what flags and environment say, read once and passed on as values.
//!
//! A flag wins over its environment variable, and that over the default. Nothing else reads the environment.

use std::env;
use std::ffi::OsString;
use std::fs::DirBuilder;
use std::io;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use database::DatabaseUrl;
use secrecy::{ExposeSecret, SecretString};
use tenancy::workspace::DEFAULT_SLUG;
use tracing_subscriber::EnvFilter;

use crate::present::Format;
use crate::problem::Problem;
use crate::typed_secret;

/// The database file in a data directory.
pub(crate) const DATABASE_FILE: &str = "tenantatlas.db";

/// The file in a data directory that holds the master key, unless told otherwise.
const MASTER_KEY_FILE: &str = "master.key";

/// Below the data directory: where the demo keeps what it makes, apart from what a person made.
const DEMO_FOLDER: &str = "demo";

/// The name of our folder below the user's data folder.
const OUR_FOLDER: &str = "tenantatlas";

/// Options that every command takes.
#[derive(Args, Clone)]
#[command(next_help_heading = "Global options")]
pub(crate) struct GlobalArgs {
    /// Folder with the database file and the master key; by default tenantatlas below $XDG_DATA_HOME or ~/.local/share
    #[arg(long, global = true, value_name = "DIR", env = "TENANTATLAS_DATA_DIR", hide_env_values = true)]
    data_dir: Option<PathBuf>,
    /// Database to use, sqlite:PATH or postgres://USER:PASSWORD@HOST:PORT/NAME; by default tenantatlas.db in the data directory
    #[arg(
        long,
        global = true,
        value_name = "URL",
        env = "TENANTATLAS_DATABASE",
        hide_env_values = true,
        value_parser = |text: &str| Ok::<_, std::convert::Infallible>(SecretString::from(text))
    )]
    database: Option<SecretString>,
    /// Workspace to work in
    #[arg(
        long,
        global = true,
        value_name = "SLUG",
        env = "TENANTATLAS_WORKSPACE",
        hide_env_values = true,
        default_value = DEFAULT_SLUG
    )]
    workspace: String,
    /// File with the key that secrets are sealed under, made at first use; TENANTATLAS_MASTER_KEY gives the key itself
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        env = "TENANTATLAS_MASTER_KEY_FILE",
        hide_env_values = true
    )]
    master_key_file: Option<PathBuf>,
    /// Work through the TenantAtlas server at this address instead of a database; the token is read from TENANTATLAS_TOKEN or --token-file
    #[arg(long, global = true, value_name = "URL", env = "TENANTATLAS_SERVER", hide_env_values = true)]
    server: Option<String>,
    /// File with the API token for --server
    #[arg(long, global = true, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// Answer with JSON on standard output, and with JSON errors on standard error
    #[arg(long, global = true)]
    json: bool,
    /// Which log lines to write to standard error, for example info or worker=debug,graph=info
    #[arg(
        long,
        global = true,
        value_name = "FILTER",
        env = "TENANTATLAS_LOG",
        hide_env_values = true,
        default_value = "warn"
    )]
    log: String,
    /// How log lines are written
    #[arg(
        long,
        global = true,
        value_name = "FORMAT",
        env = "TENANTATLAS_LOG_FORMAT",
        hide_env_values = true,
        default_value = "text"
    )]
    log_format: LogFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum LogFormat {
    /// For people
    Text,
    /// One object per line
    Json,
}

impl GlobalArgs {
    /// Gives the form of what is answered.
    pub(crate) fn format(&self) -> Format {
        if self.json { Format::Json } else { Format::Text }
    }
}

/// Where the data directory comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Given {
    /// By the person, with a flag or a variable.
    Named,
    /// By default.
    Default,
}

/// Where the master key is to be found.
#[derive(Debug)]
pub(crate) enum KeySource {
    /// The key itself, in hexadecimal digits.
    Text(SecretString),
    /// A file that holds it.
    File(PathBuf),
}

/// What this call of the program is to work with.
#[derive(Clone)]
pub(crate) struct Settings {
    args: GlobalArgs,
    data_dir: Option<PathBuf>,
    given: Given,
}

impl Settings {
    /// Settles what flags and environment leave open; nothing is made or opened.
    ///
    /// # Errors
    /// A database that is named in neither of the two forms.
    pub(crate) fn new(args: GlobalArgs) -> Result<Self, Problem> {
        let given = if args.data_dir.is_some() { Given::Named } else { Given::Default };
        let data_dir = match &args.data_dir {
            Some(named) => Some(absolute(named)?),
            None => default_data_dir(&variable),
        };
        let settings = Self { args, data_dir, given };
        if settings.args.database.is_some() {
            settings.database_url()?;
        }
        Ok(settings)
    }

    /// Gives the same settings for the demo, which keeps to a folder of its own unless a folder was named.
    pub(crate) fn for_demo(mut self) -> Self {
        if self.given == Given::Default {
            self.data_dir = self.data_dir.map(|folder| folder.join(DEMO_FOLDER));
        }
        self
    }

    /// Gives the data directory, which may not exist yet.
    ///
    /// # Errors
    /// None was named and there is no home to put one in.
    pub(crate) fn data_dir(&self) -> Result<&Path, Problem> {
        self.data_dir.as_deref().ok_or_else(|| {
            Problem::wrong_use(
                "data_dir.unknown",
                "there is no place for a data directory: neither XDG_DATA_HOME nor HOME is set",
            )
            .advice("name one with --data-dir or TENANTATLAS_DATA_DIR")
        })
    }

    /// Makes the data directory, for its owner alone, unless it is there.
    ///
    /// # Errors
    /// The system refuses, or something else is in its place.
    pub(crate) fn make_data_dir(&self) -> Result<&Path, Problem> {
        let folder = self.data_dir()?;
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(folder).map_err(|error| {
            Problem::failed(
                "data_dir.unusable",
                format!("failed to make the data directory {}", folder.display()),
            )
            .because(&error)
            .advice("name another with --data-dir, or put this one right")
        })?;
        Ok(folder)
    }

    /// Gives the place of the database.
    ///
    /// # Errors
    /// It is named in neither of the two forms; what was given is not repeated, as it may hold a password.
    pub(crate) fn database_url(&self) -> Result<DatabaseUrl, Problem> {
        match &self.args.database {
            Some(named) => Ok(named.expose_secret().parse::<DatabaseUrl>()?),
            None => Ok(DatabaseUrl::Sqlite(self.data_dir()?.join(DATABASE_FILE))),
        }
    }

    /// Gives the address of the server to work through, if one is named.
    pub(crate) fn server(&self) -> Option<&str> {
        self.args.server.as_deref().filter(|named| !named.is_empty())
    }

    /// Gives the API token for the server; never from an option, which others on the machine can read.
    ///
    /// # Errors
    /// There is none, or its file cannot be read.
    pub(crate) fn token(&self) -> Result<SecretString, Problem> {
        if let Some(file) = &self.args.token_file {
            return typed_secret::from_file("API token", file);
        }
        let given = variable("TENANTATLAS_TOKEN").filter(|text| !text.is_empty());
        let text = given.ok_or_else(|| {
            Problem::wrong_use("token.missing", "--server takes an API token, and none is given")
                .advice("set TENANTATLAS_TOKEN or name a file with --token-file; `tenantatlas tokens create` makes one")
        })?;
        typed_secret::one_line("API token", &text.to_string_lossy())
    }

    /// Gives the slug of the workspace.
    pub(crate) fn workspace(&self) -> &str {
        &self.args.workspace
    }

    /// Gives the place of the master key.
    ///
    /// # Errors
    /// No file was named, and there is no data directory to look in.
    pub(crate) fn key_source(&self) -> Result<KeySource, Problem> {
        if let Some(text) = variable("TENANTATLAS_MASTER_KEY").filter(|text| !text.is_empty()) {
            return Ok(KeySource::Text(text.to_string_lossy().into_owned().into()));
        }
        match &self.args.master_key_file {
            Some(named) => Ok(KeySource::File(absolute(named)?)),
            None => Ok(KeySource::File(self.data_dir()?.join(MASTER_KEY_FILE))),
        }
    }

    /// Gives what a person has to type to work on the same data, up to the name of a command.
    pub(crate) fn command(&self) -> String {
        let mut command = program();
        if let Some(folder) =
            self.data_dir.as_ref().filter(|folder| Some(*folder) != default_data_dir(&variable).as_ref())
        {
            command.push_str(" --data-dir ");
            command.push_str(&quoted(&folder.display().to_string()));
        }
        if self.args.database.is_some() {
            // The string may hold a password, so a person has to add it again.
            command.push_str(" --database URL");
        }
        if let Some(server) = self.server() {
            command.push_str(" --server ");
            command.push_str(&quoted(server));
        }
        if self.args.workspace != DEFAULT_SLUG {
            command.push_str(" --workspace ");
            command.push_str(&quoted(&self.args.workspace));
        }
        command
    }

    /// Lets log lines go to standard error.
    ///
    /// # Errors
    /// The filter is not understood.
    pub(crate) fn start_log(&self) -> Result<(), Problem> {
        let filter = EnvFilter::builder().parse(&self.args.log).map_err(|error| {
            Problem::wrong_use("log.filter", format!("--log `{}` is not understood: {error}", self.args.log))
                .advice(
                    "give a level (error, warn, info, debug, trace) or pairs such as worker=debug,graph=info",
                )
        })?;
        let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr);
        let colours = io::IsTerminal::is_terminal(&io::stderr());
        // Only the first subscriber of a process counts; this is it.
        let _ = match self.args.log_format {
            LogFormat::Text => lines.with_ansi(colours).try_init(),
            LogFormat::Json => lines.json().try_init(),
        };
        Ok(())
    }
}

/// Gives the program as it was called, so that it is found again when it is not on the path.
fn program() -> String {
    let called = env::args_os().next().map(|called| called.to_string_lossy().into_owned());
    quoted(called.as_deref().filter(|called| called.contains('/')).unwrap_or(OUR_FOLDER))
}

/// Gives the program's arguments.
pub(crate) fn arguments() -> Vec<OsString> {
    env::args_os().collect()
}

/// Gives what INTUNE_TENANT_ID says, whatever it is; unset and empty are the same.
pub(crate) fn intune_tenant_id() -> Option<OsString> {
    variable("INTUNE_TENANT_ID").filter(|text| !text.is_empty())
}

/// Gives the secret that TENANTATLAS_CLIENT_SECRET holds; unset and empty are the same.
pub(crate) fn client_secret() -> Option<SecretString> {
    let text = variable("TENANTATLAS_CLIENT_SECRET").filter(|text| !text.is_empty())?;
    Some(text.to_string_lossy().into_owned().into())
}

#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
fn variable(name: &str) -> Option<OsString> {
    env::var_os(name)
}

/// A relative XDG_DATA_HOME counts as unset (XDG Base Directory Specification, "Environment variables").
fn default_data_dir(variable: &dyn Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let folder = |name| variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let data = folder("XDG_DATA_HOME").or_else(|| Some(folder("HOME")?.join(".local/share")))?;
    Some(data.join(OUR_FOLDER))
}

fn absolute(path: &Path) -> Result<PathBuf, Problem> {
    std::path::absolute(path).map_err(|error| {
        Problem::failed("data_dir.unusable", format!("failed to find {}", path.display())).because(&error)
    })
}

/// Writes a word so that a shell takes it for one.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+:@%,".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_data_directory_follows_the_desktop_rules() {
        let of = |pairs: &[(&str, &str)]| {
            let found = |name: &str| {
                pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| OsString::from(value))
            };
            default_data_dir(&found)
        };
        assert_eq!(
            of(&[("XDG_DATA_HOME", "/data"), ("HOME", "/home/ana")]),
            Some("/data/tenantatlas".into())
        );
        assert_eq!(of(&[("HOME", "/home/ana")]), Some("/home/ana/.local/share/tenantatlas".into()));
        assert_eq!(
            of(&[("XDG_DATA_HOME", "data"), ("HOME", "/home/ana")]),
            Some("/home/ana/.local/share/tenantatlas".into())
        );
        assert_eq!(of(&[("HOME", "")]), None);
        assert_eq!(of(&[]), None);
    }

    #[test]
    fn a_word_is_quoted_only_where_a_shell_would_split_it() {
        assert_eq!(quoted("/srv/atlas-1"), "/srv/atlas-1");
        assert_eq!(quoted("/srv/my data"), "'/srv/my data'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
    }
}
