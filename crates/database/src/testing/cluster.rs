//! The throw-away PostgreSQL server that tests run against.
//!
//! A *cluster* is one PostgreSQL server with its own data directory; it holds a database per test. It is
//! made in a fresh temporary directory, listens on loopback only, and gives up every promise of durability.
//! A small `sh`, the *supervisor*, starts the server and holds the read end of a pipe from this process.
//! However this process ends, the pipe closes, and the supervisor stops the server and removes the
//! directory.

use std::io::{self, BufRead, BufReader, Read};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::{env, fs};

/// Names the environment variable that holds the URL of a server to use instead of an own cluster.
pub const POSTGRES_URL_VARIABLE: &str = "TENANTATLAS_TEST_POSTGRES";

/// The command that installs a PostgreSQL server on Debian.
pub const DEBIAN_INSTALL: &str = "apt-get install -y postgresql";

/// How often a start is tried when somebody else took the port between choosing and using it.
const START_ATTEMPTS_MAX: u32 = 5;

/// How much of the server's log an error quotes.
const LOG_TAIL_BYTES: usize = 4_000;

/// What the supervisor runs; its arguments are the server's programs, the directory, and the port.
///
/// The ICU locale is on purpose: under it `text` does not sort by bytes, as on most servers in the
/// field, so that a column which forgot `COLLATE "C"` is found out.
const SUPERVISOR: &str = r#"
bin=$1 dir=$2 port=$3
{
  "$bin/initdb" --pgdata="$dir/data" --username=postgres --auth=trust --no-sync \
    --encoding=UTF8 --locale=C --locale-provider=icu --icu-locale=en-US &&
  cat "$dir/tests.conf" >>"$dir/data/postgresql.conf" &&
  "$bin/pg_ctl" start --pgdata="$dir/data" --wait --timeout=60 --log="$dir/server.log" --options="-p $port"
} >"$dir/start.log" 2>&1 </dev/null && answer=ready || answer=failed
trap '' PIPE
echo "$answer"
exec >/dev/null
cat
"$bin/pg_ctl" stop --pgdata="$dir/data" --mode=immediate --wait </dev/null
cd / && rm -rf "$dir"
"#;

/// Settings that trade every promise of durability for speed; the data does not outlive the tests.
const SETTINGS: &str = "
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 200
fsync = off
synchronous_commit = off
full_page_writes = off
wal_level = minimal
max_wal_senders = 0
max_wal_size = '2GB'
checkpoint_timeout = '30min'
timezone = 'UTC'
log_timezone = 'UTC'
";

/// Returns the connection URL of a superuser on the PostgreSQL server for tests.
///
/// That is the server named by [`POSTGRES_URL_VARIABLE`], else one cluster that lives as long as this
/// process and is started by the first call.
///
/// # Panics
/// If no server can be had; storage tests never skip PostgreSQL.
pub fn postgres_url() -> &'static str {
    static URL: OnceLock<String> = OnceLock::new();
    static CLUSTER: OnceLock<Cluster> = OnceLock::new();
    URL.get_or_init(|| {
        given_url().unwrap_or_else(|| {
            let cluster = CLUSTER.get_or_init(|| {
                Cluster::start().unwrap_or_else(|error| panic!("failed to {}", with_causes(&error)))
            });
            cluster.url().to_owned()
        })
    })
}

/// A running PostgreSQL server of our own; dropping it stops the server and removes its data.
#[derive(Debug)]
pub struct Cluster {
    url: String,
    supervisor: Child,
}

/// Why there is no cluster; each variant is the deed that failed.
#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    /// No folder with `initdb`, `pg_ctl` and `postgres` is on this machine.
    #[error("find the programs of a PostgreSQL server; on Debian install them with: {DEBIAN_INSTALL}")]
    FindServer,
    /// The temporary directory could not be made or handed over.
    #[error("prepare a directory for PostgreSQL")]
    PrepareDirectory(#[source] io::Error),
    /// PostgreSQL refuses to run as root, and there is nobody else to run it as.
    #[error("find a user to run PostgreSQL as: neither postgres nor nobody is in /etc/passwd")]
    FindUser,
    /// No port on loopback could be had.
    #[error("find a free port on 127.0.0.1")]
    FindPort(#[source] io::Error),
    /// The supervisor could not be started or heard.
    #[error("run the supervisor of PostgreSQL")]
    RunSupervisor(#[source] io::Error),
    /// The server did not come up; the text is the end of its logs.
    #[error("start PostgreSQL from {}:\n{log}", programs.display())]
    StartServer {
        /// The folder of the programs that were used.
        programs: PathBuf,
        /// The end of what `initdb`, `pg_ctl` and the server wrote.
        log: String,
    },
}

impl Cluster {
    /// Starts a server on a free port of 127.0.0.1 and returns when it answers.
    ///
    /// Takes one to three seconds. As root the server runs as `postgres`, else as `nobody`.
    ///
    /// # Errors
    /// Nothing is left running and no directory stays behind when this fails.
    pub fn start() -> Result<Self, ClusterError> {
        let programs = server_programs().ok_or(ClusterError::FindServer)?;
        let mut attempt = 1;
        loop {
            match Self::start_once(&programs) {
                Err(ClusterError::StartServer { log, .. })
                    if attempt < START_ATTEMPTS_MAX && log.contains("could not bind") =>
                {
                    attempt += 1;
                }
                result => return result,
            }
        }
    }

    /// Returns the connection URL of the superuser, without a password.
    pub fn url(&self) -> &str {
        &self.url
    }

    fn start_once(programs: &Path) -> Result<Self, ClusterError> {
        let directory = tempfile::Builder::new()
            .prefix("tenantatlas-postgres-")
            .tempdir_in(temporary_root())
            .map_err(ClusterError::PrepareDirectory)?;
        let owner = fs::metadata(directory.path()).map_err(ClusterError::PrepareDirectory)?.uid();
        let server_user =
            if owner == 0 { Some(find_server_user().ok_or(ClusterError::FindUser)?) } else { None };
        fs::write(directory.path().join("tests.conf"), SETTINGS).map_err(ClusterError::PrepareDirectory)?;
        if let Some((uid, gid)) = server_user {
            chown(directory.path(), Some(uid), Some(gid)).map_err(ClusterError::PrepareDirectory)?;
        }
        let port = free_port().map_err(ClusterError::FindPort)?;

        let mut command = Command::new("/bin/sh");
        command
            .args(["-c", SUPERVISOR, "tenantatlas-postgres"])
            .args([programs, directory.path()])
            .arg(port.to_string())
            .current_dir(directory.path())
            // Neither PGDATA, PGOPTIONS and their like nor the caller's locale shall have a say.
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .env("LC_ALL", "C")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            // Out of reach of a Ctrl-C at the terminal: it has to outlive us by a moment.
            .process_group(0);
        if let Some((uid, gid)) = server_user {
            command.uid(uid).gid(gid);
        }
        let mut supervisor = command.spawn().map_err(ClusterError::RunSupervisor)?;
        // From here on the supervisor removes the directory.
        let directory = directory.keep();
        let answer = supervisor.stdout.take().expect("the supervisor's output is piped");
        let cluster = Self { url: format!("postgresql://postgres@127.0.0.1:{port}/postgres"), supervisor };

        let mut line = String::new();
        BufReader::new(answer).read_line(&mut line).map_err(ClusterError::RunSupervisor)?;
        if line.trim_end() == "ready" {
            Ok(cluster)
        } else {
            Err(ClusterError::StartServer { programs: programs.to_owned(), log: log_tail(&directory) })
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.supervisor.stdin.take());
        // Nothing is left to do about a supervisor that cannot be waited for.
        let _ = self.supervisor.wait();
    }
}

/// Returns the URL in [`POSTGRES_URL_VARIABLE`], if there is one.
#[expect(clippy::disallowed_methods, reason = "how a test run hands its one server to every test binary")]
pub fn given_url() -> Option<String> {
    env::var(POSTGRES_URL_VARIABLE).ok().filter(|url| !url.is_empty())
}

/// Returns the folder of the newest server's programs: Debian's places first, then `pg_config`, then `PATH`.
#[expect(clippy::disallowed_methods, reason = "PATH is where programs are")]
pub fn server_programs() -> Option<PathBuf> {
    let mut versions: Vec<(u32, PathBuf)> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .collect();
    versions.sort();
    let debian = versions.into_iter().rev().map(|(_, folder)| folder);
    let path = env::var_os("PATH").unwrap_or_default();
    debian.chain(configured_programs()).chain(env::split_paths(&path)).find(|folder| holds_server(folder))
}

fn configured_programs() -> Option<PathBuf> {
    let output = Command::new("pg_config").arg("--bindir").stdin(Stdio::null()).output().ok()?;
    output.status.success().then(|| PathBuf::from(String::from_utf8_lossy(&output.stdout).trim_end()))
}

fn holds_server(folder: &Path) -> bool {
    ["initdb", "pg_ctl", "postgres"].iter().all(|program| folder.join(program).is_file())
}

/// Returns where to make the directory: the usual temporary folder, unless other users cannot enter it.
fn temporary_root() -> PathBuf {
    let usual = env::temp_dir();
    let open_to_all = usual
        .ancestors()
        .all(|folder| fs::metadata(folder).is_ok_and(|metadata| metadata.permissions().mode() & 0o001 != 0));
    if open_to_all { usual } else { PathBuf::from("/tmp") }
}

/// Returns user and group id of `postgres`, else of `nobody`.
fn find_server_user() -> Option<(u32, u32)> {
    let passwd = fs::read_to_string("/etc/passwd").ok()?;
    ["postgres", "nobody"].iter().find_map(|wanted| {
        passwd.lines().find_map(|line| {
            let mut fields = line.split(':');
            let (name, _, uid, gid) = (fields.next()?, fields.next()?, fields.next()?, fields.next()?);
            if name == *wanted { Some((uid.parse().ok()?, gid.parse().ok()?)) } else { None }
        })
    })
}

fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

fn log_tail(directory: &Path) -> String {
    let mut log = Vec::new();
    for name in ["start.log", "server.log"] {
        if let Ok(mut file) = fs::File::open(directory.join(name)) {
            // A log that breaks off is still worth quoting.
            let _ = file.read_to_end(&mut log);
        }
    }
    let from = log.len().saturating_sub(LOG_TAIL_BYTES);
    String::from_utf8_lossy(&log[from..]).trim_end().to_owned()
}

fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        cause = inner.source();
    }
    text
}
