//! Fuzzing of the API by a program that we did not write: every operation of the document, for every role and for
//! somebody without a token, against the real binary on a real database.
//!
//! A *world* is an installation with something in it; an *actor* is somebody who calls its API.

mod python;
mod report;
mod world;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::Context;

use self::report::Report;
use self::world::World;
use crate::command;
use crate::gates::Verdict;
use crate::postgres::Server;
use crate::tally::Tally;
use crate::workspace::Workspace;

/// What is printed.
pub(crate) const NAME: &str = "API fuzzing";

/// Fewer requests than this for one actor are a failure, however they ended.
const CASES_MIN: u64 = 2000;

/// How many requests the fuzzing phase makes of each operation; with the other phases they pass [`CASES_MIN`].
const CASES_PER_OPERATION: u32 = 120;

/// Actors that are served at once: one for each core of the machine that the time is judged on.
const AT_ONCE: usize = 2;

/// How it is done.
#[derive(Debug)]
pub(crate) struct Plan {
    /// Repeats the requests of an earlier time.
    pub(crate) seed: Option<u32>,
    /// The program under test, which is built already.
    pub(crate) program: PathBuf,
}

/// Somebody who calls the API.
#[derive(Clone, Copy, Debug)]
struct Actor {
    name: &'static str,
    /// The role of whoever the token acts for; none where there is no token.
    role: Option<Role>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    /// May look.
    Readonly,
    /// May start, too, and so must be seen to.
    Starter,
}

/// The roles by the words of the command line, and nobody.
const ACTORS: [Actor; 5] = [
    Actor { name: "readonly", role: Some(Role::Readonly) },
    Actor { name: "operator", role: Some(Role::Starter) },
    Actor { name: "manager", role: Some(Role::Starter) },
    Actor { name: "owner", role: Some(Role::Starter) },
    Actor { name: "nobody", role: None },
];

/// Whom PostgreSQL serves, too.
const ON_POSTGRES: Actor = ACTORS[1];

/// Makes the worlds, lets every actor loose, and counts those that found nothing.
///
/// # Errors
/// The tools or a world cannot be made.
pub(crate) fn run(workspace: &Workspace, server: &Server, plan: &Plan) -> anyhow::Result<Verdict> {
    let folder = workspace.target.join("api-fuzz");
    let ours = workspace.root.join("xtask/api-fuzz");
    let started = Instant::now();
    let schemathesis = python::ensure(&folder.join("venv"), &ours.join("requirements.txt"))?;
    let seed = plan.seed.unwrap_or_else(seed_of_now);
    println!("{NAME}: seed {seed} (again: cargo xtask api-fuzz --seed {seed})");
    let database = world::Database::on(server)?;
    let roles: Vec<&str> =
        ACTORS.iter().filter(|actor| actor.role.is_some()).map(|actor| actor.name).collect();
    let sqlite = World::make(&plan.program, &folder.join("sqlite"), None, &roles)?;
    let postgres =
        World::make(&plan.program, &folder.join("postgres"), Some(&database), &[ON_POSTGRES.name])?;
    println!("{NAME}: two worlds are made ({:.1} s)", started.elapsed().as_secs_f32());
    let mut jobs: Vec<(&World, Actor)> = ACTORS.iter().map(|actor| (&sqlite, *actor)).collect();
    jobs.push((&postgres, ON_POSTGRES));
    let fuzz =
        |(world, actor): &(&World, Actor)| Job { world, actor: *actor }.run(&schemathesis, &ours, seed);
    let mut objections: Vec<Option<String>> = Vec::new();
    for batch in jobs.chunks(AT_ONCE) {
        std::thread::scope(|scope| {
            let running: Vec<_> = batch.iter().map(|job| scope.spawn(|| fuzz(job))).collect();
            objections.extend(running.into_iter().map(|one| {
                let ended = one.join().unwrap_or_else(|_| Err(anyhow::anyhow!("it panicked")));
                ended.err().map(|error| format!("{error:#}"))
            }));
        });
    }
    objections.extend([sqlite.complaint(), postgres.complaint()]);
    println!("{NAME}: done ({:.1} s)", started.elapsed().as_secs_f32());
    let found: Vec<String> = objections.iter().flatten().cloned().collect();
    let failed = u32::try_from(found.len()).unwrap_or(u32::MAX);
    let passed = u32::try_from(objections.len()).unwrap_or(u32::MAX) - failed;
    let objection = (!found.is_empty()).then(|| found.join("; "));
    Ok(Verdict { tally: Tally { passed, failed, ..Tally::default() }, objection })
}

fn seed_of_now() -> u32 {
    u32::try_from(database::Clock::system().now().as_micros() % 1_000_000_000).unwrap_or(1)
}

/// One actor in one world.
struct Job<'a> {
    world: &'a World,
    actor: Actor,
}

impl Job<'_> {
    fn run(&self, schemathesis: &Path, ours: &Path, seed: u32) -> anyhow::Result<()> {
        let started = Instant::now();
        let name = format!("{} on {}", self.actor.name, self.world.name());
        let folder = self.world.folder().join(self.actor.name);
        fs::create_dir_all(&folder).with_context(|| format!("failed to make {}", folder.display()))?;
        for file in ["schemathesis.toml", "hooks.py"] {
            fs::copy(ours.join(file), folder.join(file)).with_context(|| format!("failed to copy {file}"))?;
        }
        self.world.write_words(&folder)?;
        let (said, report) = (folder.join("output.txt"), folder.join("report.json"));
        let output =
            fs::File::create(&said).with_context(|| format!("failed to write {}", said.display()))?;
        let mut command = Command::new(schemathesis);
        command
            .current_dir(&folder)
            .env("SCHEMATHESIS_HOOKS", "hooks.py")
            .args(["--config-file", "schemathesis.toml", "run"])
            .arg(format!("{}/api/v1/openapi.json", self.world.address()))
            .args(["--phases", "examples,coverage,fuzzing,stateful", "--checks", "all", "--no-color"])
            .args(["--max-examples", &CASES_PER_OPERATION.to_string(), "--seed", &seed.to_string()])
            .args(["--generation-database", "none", "--report-json-path", "report.json"])
            .stdout(output.try_clone()?)
            .stderr(output)
            .stdin(Stdio::null());
        if let Some(token) = self.world.token(self.actor.name) {
            command.args(["--header", &format!("Authorization: Bearer {token}")]);
        }
        if self.actor.role != Some(Role::Starter) {
            // That nothing can be started, or read, is right for them.
            command.args(["--warnings", "off"]);
        }
        let succeeded = command::succeeds(&mut command)?;
        let judged = Report::read(&report).and_then(|report| {
            report.judge(succeeded, CASES_MIN)?;
            if self.actor.role == Some(Role::Starter) {
                report.each_was_reached()?;
            }
            println!(
                "{NAME}: {name}: {} requests, nothing found ({:.1} s)",
                report.requests(),
                started.elapsed().as_secs_f32()
            );
            Ok(())
        });
        judged.inspect_err(|_| tell(&said)).with_context(|| format!("{name} ({})", said.display()))
    }
}

/// Shows what was found; the way there stays in the file.
fn tell(said: &Path) {
    let text = fs::read_to_string(said).unwrap_or_default();
    let found = text.find("= FAILURES").or_else(|| text.find("= ERRORS")).or_else(|| text.find("= WARNINGS"));
    println!("{}", &text[found.unwrap_or(0)..]);
}
