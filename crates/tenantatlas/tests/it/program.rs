//! Calling the real program, apart from whatever the machine's environment says.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::{Duration, Instant};

use database::testing::{Backend, TestDatabase};
use secrecy::ExposeSecret;
use serde_json::Value;
use simulator::{Running, TenantState};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::mpsc;

/// How long anything may take before a test gives up; the machine may be busy with other tests.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

/// The variables that the program reads; none of them reaches it from the test's own environment.
const VARIABLES: [&str; 15] = [
    "TENANTATLAS_SERVER",
    "TENANTATLAS_TOKEN",
    "HOME",
    "XDG_DATA_HOME",
    "INTUNE_TENANT_ID",
    "TENANTATLAS_DATA_DIR",
    "TENANTATLAS_DATABASE",
    "TENANTATLAS_WORKSPACE",
    "TENANTATLAS_MASTER_KEY",
    "TENANTATLAS_MASTER_KEY_FILE",
    "TENANTATLAS_CLIENT_SECRET",
    "TENANTATLAS_LOG",
    "TENANTATLAS_LOG_FORMAT",
    "HTTP_PROXY",
    "HTTPS_PROXY",
];

/// The program with a data directory of the test's own, and perhaps a database elsewhere.
pub(crate) struct Program {
    folder: TempDir,
    variables: Vec<(&'static str, OsString)>,
}

/// What a call of the program gave.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// A call of the program that goes on; killed when dropped.
pub(crate) struct Started {
    child: Child,
    lines: Vec<String>,
    reader: tokio::io::Lines<BufReader<tokio::process::ChildStdout>>,
    /// What standard error said.
    told: mpsc::UnboundedReceiver<String>,
}

impl Program {
    /// Makes a data directory's place; the directory itself is left to the program.
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), variables: Vec::new() }
    }

    /// Lets the program work on a database of the harness.
    pub(crate) fn on(database: &TestDatabase) -> Self {
        Self::new().with("TENANTATLAS_DATABASE", database.url_text())
    }

    /// Sets a variable of the program's environment.
    pub(crate) fn with(mut self, name: &'static str, value: impl Into<OsString>) -> Self {
        self.variables.retain(|(known, _)| *known != name);
        self.variables.push((name, value.into()));
        self
    }

    /// Gives a variable that was set.
    pub(crate) fn variable(&self, name: &str) -> String {
        let set = self.variables.iter().find(|(known, _)| *known == name);
        set.unwrap().1.to_str().unwrap().to_owned()
    }

    pub(crate) fn data_dir(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Prepares a call that is not told where the data directory is.
    pub(crate) fn bare(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tenantatlas"));
        for name in VARIABLES {
            command.env_remove(name);
        }
        command
            .args(arguments)
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.bare(arguments);
        command.env("TENANTATLAS_DATA_DIR", self.data_dir());
        command
    }

    /// Calls the program and waits for its end.
    pub(crate) async fn call(&self, arguments: &[&str]) -> Answer {
        answer(self.command(arguments)).await
    }

    /// Calls the program, writes to its standard input, and waits for its end.
    pub(crate) async fn call_with_input(&self, arguments: &[&str], input: &str) -> Answer {
        let mut command = self.command(arguments);
        let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        // A program that has read enough closes the pipe; what it answers is what counts.
        let _ = stdin.write_all(input.as_bytes()).await;
        drop(stdin);
        let ended = tokio::time::timeout(PATIENCE, child.wait_with_output()).await;
        read(ended.expect("the program ends").unwrap())
    }

    /// Calls the program, which has to succeed.
    pub(crate) async fn ok(&self, arguments: &[&str]) -> Answer {
        let answer = self.call(arguments).await;
        assert_eq!(answer.code, Some(0), "{arguments:?}: {answer:?}");
        answer
    }

    /// Calls the program with `--json`, which has to succeed, and reads its answer.
    pub(crate) async fn json(&self, arguments: &[&str]) -> Value {
        let answer = self.ok(&[arguments, &["--json"]].concat()).await;
        serde_json::from_str(&answer.stdout)
            .unwrap_or_else(|error| panic!("{arguments:?}: {error}: {answer:?}"))
    }

    /// Calls the program and lets it go on.
    pub(crate) fn start(&self, arguments: &[&str]) -> Started {
        let mut command = self.command(arguments);
        // What a worker warns of is expected here; what it could not help would still be told.
        command.env("TENANTATLAS_LOG", "error").stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let reader = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut errors = BufReader::new(child.stderr.take().unwrap()).lines();
        let (tell, told) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Ok(Some(line)) = errors.next_line().await {
                eprintln!("{line}");
                // A test that listens no longer does not want it.
                let _ = tell.send(line);
            }
        });
        Started { child, lines: Vec::new(), reader, told }
    }

    /// Starts a worker and waits until it works.
    pub(crate) async fn worker(&self, arguments: &[&str]) -> Started {
        let mut worker =
            self.start(&[&["worker", "--poll-ms", "50", "--conditional-access-ms", "0"], arguments].concat());
        worker.until("works on").await;
        worker
    }

    /// Connects a simulated tenant under a slug, with its own secret or another one.
    pub(crate) async fn connect(&self, running: &Running, slug: &str, secret: Option<&str>) -> Answer {
        let tenant = &running.tenants()[0];
        let file = self.folder.path().join("secret");
        std::fs::write(&file, secret.unwrap_or(tenant.client_secret().expose_secret())).unwrap();
        let (id, client) = (tenant.tenant_id().to_string(), tenant.client_id().to_string());
        self.ok(&[
            "tenants",
            "add",
            "--update",
            "--slug",
            slug,
            "--tenant-id",
            &id,
            "--client-id",
            &client,
            "--environment",
            "test",
            "--cloud",
            "simulated",
            "--login-url",
            &running.login_url(),
            "--secret-file",
            &file.display().to_string(),
        ])
        .await
    }

    /// Gives a run by its id.
    pub(crate) async fn run(&self, id: &str) -> Value {
        self.json(&["runs", "show", id]).await
    }

    /// Waits until a run is as wanted and gives it.
    pub(crate) async fn run_until(&self, id: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let began = Instant::now();
        loop {
            let run = self.run(id).await;
            if wanted(&run) {
                return run;
            }
            assert!(began.elapsed() < PATIENCE, "{run:#}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

impl Started {
    /// Reads lines until one holds the text, and gives it.
    pub(crate) async fn until(&mut self, text: &str) -> String {
        loop {
            let next = tokio::time::timeout(PATIENCE, self.reader.next_line()).await;
            let line = next.unwrap_or_else(|_| panic!("`{text}` did not come: {:#?}", self.lines)).unwrap();
            let line = line.unwrap_or_else(|| panic!("it ended before `{text}` came: {:#?}", self.lines));
            self.lines.push(line.clone());
            if line.contains(text) {
                return line;
            }
        }
    }

    /// Waits until standard error holds the text, and gives its line.
    pub(crate) async fn until_told(&mut self, text: &str) -> String {
        loop {
            let next = tokio::time::timeout(PATIENCE, self.told.recv()).await;
            let line = next.unwrap_or_else(|_| panic!("`{text}` was not told"));
            let line = line.unwrap_or_else(|| panic!("it ended before `{text}` was told"));
            if line.contains(text) {
                return line;
            }
        }
    }

    /// Ends the process as SIGKILL does: without a word.
    pub(crate) async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }

    /// Asks the process to stop as a service manager does, and gives its exit code.
    pub(crate) async fn terminate(mut self) -> Option<i32> {
        let id = self.child.id().expect("the process has not been waited for").to_string();
        let told = Command::new("kill").args(["-TERM", &id]).status().await.unwrap();
        assert!(told.success());
        // What it still says is read, so that it does not wait for a reader.
        let ended = tokio::time::timeout(PATIENCE, async {
            while let Ok(Some(line)) = self.reader.next_line().await {
                self.lines.push(line);
            }
            self.child.wait().await.unwrap()
        });
        ended.await.expect("a process that is told to stop stops").code()
    }
}

/// Runs a prepared call to its end.
pub(crate) async fn answer(mut command: Command) -> Answer {
    let output: Output =
        tokio::time::timeout(PATIENCE, command.output()).await.expect("the program ends").unwrap();
    read(output)
}

fn read(output: Output) -> Answer {
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Answer { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

/// Makes a program with a migrated, seeded database on either side, and what keeps that database.
pub(crate) async fn seeded(backend: Backend) -> (Program, Option<TestDatabase>) {
    let (program, database) = match backend {
        Backend::Sqlite => (Program::new(), None),
        Backend::Postgres => {
            let database = backend.empty().await;
            (Program::on(&database), Some(database))
        }
    };
    program.ok(&["migrate", "--seed"]).await;
    (program, database)
}

/// Starts a simulator with one generated tenant.
pub(crate) async fn simulator(policies: usize) -> Running {
    let options = simulator::GenerateOptions::default().policies(policies);
    let tenant = TenantState::generated(1, options);
    simulator::Simulator::new().tenant(tenant).start().await.unwrap()
}

/// Writes a file below a folder, with the folders between.
pub(crate) fn write(folder: &Path, path: &str, bytes: &[u8]) {
    let file = folder.join(path);
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(file, bytes).unwrap();
}
