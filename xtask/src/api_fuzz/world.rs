//! An installation with people, tenants, policies and runs in it, made by the program itself and served by it.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use anyhow::{Context, bail};
use serde_json::Value;

use crate::command;
use crate::postgres::Server;

/// The password of everybody in a world; nobody signs in with it.
const PASSWORD: &str = "harbour-lamp-seven-41";

/// How many policies the tenant has that was read.
const POLICIES: &str = "40";

/// How many ids of policies the requests choose from.
const NAMED_POLICIES: &str = "10";

/// A PostgreSQL database of this run's own, dropped with this value.
#[derive(Debug)]
pub(super) struct Database {
    server: String,
    name: String,
}

impl Database {
    /// Makes a database on the server of this test run.
    ///
    /// # Errors
    /// There is no `psql`, or the server refuses.
    pub(super) fn on(server: &Server) -> anyhow::Result<Self> {
        let made = Self { server: server.url().to_owned(), name: format!("api_fuzz_{}", std::process::id()) };
        made.tell(&format!("CREATE DATABASE {}", made.name))?;
        Ok(made)
    }

    fn url(&self) -> anyhow::Result<String> {
        let (before, _) = self.server.rsplit_once('/').context("the server's URL names no database")?;
        Ok(format!("{before}/{}", self.name))
    }

    fn tell(&self, sql: &str) -> anyhow::Result<()> {
        let program = database::testing::cluster::server_programs()
            .map(|folder| folder.join("psql"))
            .filter(|program| program.is_file())
            .unwrap_or_else(|| PathBuf::from("psql"));
        let mut psql = Command::new(program);
        psql.args(["--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1", "--command", sql]).arg(&self.server);
        if !psql.status().context("failed to run psql; install PostgreSQL's client")?.success() {
            bail!("psql failed to {sql}");
        }
        Ok(())
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // A database that stays behind goes with its server.
        let _ = self.tell(&format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name));
    }
}

/// An installation that is being served.
#[derive(Debug)]
pub(super) struct World {
    name: &'static str,
    folder: PathBuf,
    address: String,
    tokens: BTreeMap<String, String>,
    words: Vec<(&'static str, Vec<String>)>,
    // Ends with this value.
    _serving: Running,
}

impl World {
    /// Makes a world in a folder of its own, with a member and a token of each role.
    ///
    /// # Errors
    /// A step is refused.
    pub(super) fn make(
        program: &Path,
        folder: &Path,
        database: Option<&Database>,
        roles: &[&str],
    ) -> anyhow::Result<Self> {
        if folder.exists() {
            fs::remove_dir_all(folder).with_context(|| format!("failed to remove {}", folder.display()))?;
        }
        fs::create_dir_all(folder).with_context(|| format!("failed to make {}", folder.display()))?;
        let url = database.map(Database::url).transpose()?;
        let calls = Calls { program: program.to_owned(), folder: folder.to_owned(), url };
        calls.call(&["migrate", "--seed"])?;
        let mut tokens = BTreeMap::new();
        let password = calls.file("password", PASSWORD)?;
        for role in roles {
            let email = format!("{role}@example.com");
            calls.call(&["users", "create", &email, "--name", role, "--password-file", &password])?;
            calls.call(&["members", "add", &email, "--role", role])?;
            let create = [
                "tokens",
                "create",
                "--user",
                &email,
                "--name",
                "fuzz",
                "--expires",
                "1d",
                "--rights",
                "all",
            ];
            tokens.insert((*role).to_owned(), calls.call(&create)?.trim().to_owned());
        }
        calls.read_a_tenant()?;
        let (serving, said) =
            calls.start(&["serve", "--role", "web", "--listen", "127.0.0.1:0", "--json"])?;
        let address = said["address"].as_str().context("the server tells no address")?.to_owned();
        for role in roles.iter().filter(|role| **role != "readonly") {
            // Something of their own, which they may call off whatever their role.
            let start = ["start", "tenant.check_connection", "--tenant", "fabrikam", "--server", &address];
            let mut asking = calls.command(&start);
            asking.env("TENANTATLAS_TOKEN", &tokens[*role]).stdout(Stdio::null());
            if !command::succeeds(&mut asking)? {
                bail!("{} did not succeed", command::shown(&asking));
            }
        }
        let ids = |answer: Value, list: &str| -> Vec<String> {
            let items = answer[list].as_array().cloned().unwrap_or_default();
            items.iter().filter_map(|item| item["id"].as_str().map(str::to_owned)).collect()
        };
        let policies = ids(calls.json(&["policies", "list", "--limit", NAMED_POLICIES])?, "policies");
        let runs = ids(calls.json(&["runs", "list"])?, "runs");
        let plain = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        Ok(Self {
            name: if database.is_some() { "PostgreSQL" } else { "SQLite" },
            folder: folder.to_owned(),
            address,
            tokens,
            words: vec![
                ("workspaces.txt", plain(&["default"])),
                ("tenants.txt", plain(&["contoso", "fabrikam"])),
                ("policies.txt", policies),
                ("runs.txt", runs),
            ],
            _serving: serving,
        })
    }

    /// Gives the kind of its database.
    pub(super) fn name(&self) -> &'static str {
        self.name
    }

    /// Gives its folder.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Gives where it is served.
    pub(super) fn address(&self) -> &str {
        &self.address
    }

    /// Gives the token of whoever has this role.
    pub(super) fn token(&self, role: &str) -> Option<&str> {
        self.tokens.get(role).map(String::as_str)
    }

    /// Writes what exists in it as lists of words for the fuzzer.
    ///
    /// # Errors
    /// A list is empty, or cannot be written.
    pub(super) fn write_words(&self, folder: &Path) -> anyhow::Result<()> {
        for (file, words) in &self.words {
            if words.is_empty() {
                bail!("nothing in the world can stand in {file}");
            }
            let lines: String = words.iter().map(|word| format!("\"{word}\"\n")).collect();
            fs::write(folder.join(file), lines).with_context(|| format!("failed to write {file}"))?;
        }
        Ok(())
    }

    /// Gives what the server told about a fault of its own, which no answer says.
    pub(super) fn complaint(&self) -> Option<String> {
        let log = fs::read_to_string(self.folder.join("serve.log")).unwrap_or_default();
        let line = log.lines().find(|line| line.contains("ERROR") || line.contains("panicked"))?;
        Some(format!("the server on {} said: {line}", self.name))
    }
}

/// Calls of the program on one data directory.
struct Calls {
    program: PathBuf,
    folder: PathBuf,
    url: Option<String>,
}

impl Calls {
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        // What the machine's environment says is for another installation.
        for name in [
            "TENANTATLAS_WORKSPACE",
            "TENANTATLAS_MASTER_KEY",
            "TENANTATLAS_MASTER_KEY_FILE",
            "TENANTATLAS_SERVER",
            "TENANTATLAS_TOKEN",
            "INTUNE_TENANT_ID",
        ] {
            command.env_remove(name);
        }
        command
            .args(arguments)
            .env("TENANTATLAS_DATA_DIR", self.folder.join("data"))
            .env("TENANTATLAS_LOG", "error")
            .env("TENANTATLAS_LOG_FORMAT", "text")
            .stdin(Stdio::null());
        match &self.url {
            Some(url) => command.env("TENANTATLAS_DATABASE", url),
            None => command.env_remove("TENANTATLAS_DATABASE"),
        };
        command
    }

    /// Calls the program to its end and gives what it printed.
    fn call(&self, arguments: &[&str]) -> anyhow::Result<String> {
        let mut command = self.command(arguments);
        let ended =
            command.output().with_context(|| format!("failed to run {}", command::shown(&command)))?;
        if !ended.status.success() {
            let said = String::from_utf8_lossy(&ended.stderr).into_owned();
            bail!("{} ended with {}: {said}", command::shown(&command), ended.status);
        }
        String::from_utf8(ended.stdout).context("the program printed what is no text")
    }

    fn json(&self, arguments: &[&str]) -> anyhow::Result<Value> {
        let said = self.call(&[arguments, &["--json"]].concat())?;
        serde_json::from_str(&said).with_context(|| format!("failed to read the answer to {arguments:?}"))
    }

    /// Starts the program and reads the first thing that it says; its complaints go to a log of its own.
    fn start(&self, arguments: &[&str]) -> anyhow::Result<(Running, Value)> {
        let log = self.folder.join(format!("{}.log", arguments.first().context("a command has a name")?));
        let mut command = self.command(arguments);
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(fs::File::create(&log).with_context(|| format!("failed to write {}", log.display()))?)
            .spawn()
            .with_context(|| format!("failed to run {}", command::shown(&command)))?;
        let output = child.stdout.take().expect("the output is piped");
        let running = Running(child);
        let said = first_value(BufReader::new(output))
            .with_context(|| format!("{} said nothing; {} may", command::shown(&command), log.display()))?;
        Ok((running, said))
    }

    /// Connects the first tenant to a simulated one and reads it.
    fn read_a_tenant(&self) -> anyhow::Result<()> {
        let simulate = ["simulate", "--port", "0", "--number", "7", "--policies", POLICIES, "--json"];
        let (_simulating, said) = self.start(&simulate)?;
        let tenant = &said["tenants"][0];
        let text =
            |value: &Value| value.as_str().map(str::to_owned).context("the simulator tells too little");
        let secret = self.file("secret", &text(&tenant["client_secret"])?)?;
        let (id, client, login) =
            (text(&tenant["tenant_id"])?, text(&tenant["client_id"])?, text(&said["login_url"])?);
        let connect = ["tenants", "add", "--update", "--slug", "contoso", "--name", "Contoso"];
        let place =
            ["--tenant-id", &id, "--client-id", &client, "--login-url", &login, "--secret-file", &secret];
        let kind = ["--environment", "test", "--cloud", "simulated"];
        self.call(&[&connect[..], &place, &kind].concat())?;
        let (_working, _) = self.start(&["worker", "--json"])?;
        for kind in ["inventory.sync", "policy.sync"] {
            self.call(&["start", kind, "--tenant", "contoso", "--wait"])?;
        }
        Ok(())
    }

    fn file(&self, name: &str, text: &str) -> anyhow::Result<String> {
        let path = self.folder.join(name);
        fs::write(&path, text).with_context(|| format!("failed to write {}", path.display()))?;
        Ok(path.display().to_string())
    }
}

/// A process that ends with this value.
#[derive(Debug)]
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It keeps nothing that is not in its database.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Reads the first JSON value of an output, and leaves the rest to a thread, so that its writer never waits.
fn first_value(mut output: BufReader<ChildStdout>) -> anyhow::Result<Value> {
    let mut text = String::new();
    loop {
        if output.read_line(&mut text)? == 0 {
            bail!("it ended");
        }
        if let Ok(value) = serde_json::from_str(&text) {
            std::thread::spawn(move || output.read_to_end(&mut Vec::new()));
            return Ok(value);
        }
    }
}
