//! The demo's simulated tenants: made once, changed by the demo, and found again by the next start.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use simulator::{GenerateOptions, LoadReport, Running, Simulator, TenantHandle, TenantState};
use tenancy::secrets::MasterKey;
use tenancy::tenant::{self, SimulatedUrls};

use crate::commands::simulate::{not_loaded, not_started};
use crate::config::Settings;
use crate::problem::Problem;
use crate::samples::{self, SAMPLES, Sample};
use crate::wiring::Installation;

/// What the simulated tenants are to be like.
#[derive(Debug)]
pub(super) struct WorldOptions {
    pub(super) corpus: Option<PathBuf>,
    pub(super) policies: u32,
    pub(super) number: u64,
    pub(super) latency: Duration,
}

/// The simulator with its tenants.
pub(super) struct World {
    folder: PathBuf,
    running: Running,
    members: Vec<Member>,
    loaded: Option<LoadedCorpus>,
}

/// A simulated tenant.
pub(super) struct Member {
    pub(super) sample: &'static Sample,
    pub(super) handle: TenantHandle,
    /// How many starts of the demo it has seen, this one included.
    pub(super) starts: u64,
    source: Source,
}

/// A folder of exports that was loaded.
pub(super) struct LoadedCorpus {
    pub(super) folder: PathBuf,
    pub(super) report: LoadReport,
    /// How many files the folder's index names; none without an index.
    pub(super) indexed: Option<usize>,
}

/// What a tenant was made from: another source makes another tenant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Source {
    corpus: Option<PathBuf>,
    number: u64,
    policies: Option<u32>,
}

/// A tenant in its file.
#[derive(Serialize, Deserialize)]
struct Kept {
    source: Source,
    starts: u64,
    snapshot: Box<RawValue>,
}

impl World {
    /// Makes the tenants, or takes up those that were kept in the folder, and serves them.
    ///
    /// # Errors
    /// The folder of exports or what was kept cannot be read, or there is no port to serve on.
    pub(super) async fn build(folder: &Path, options: WorldOptions) -> Result<Self, Problem> {
        let mut simulator = Simulator::new().latency(options.latency);
        let mut loaded = None;
        let mut made = Vec::new();
        for (sample, after) in SAMPLES.iter().zip(0..) {
            let number = options.number.saturating_add(after);
            let (source, state) = match options.corpus.as_ref().filter(|_| after == 0) {
                Some(corpus) => {
                    let (state, corpus) = load(corpus, number, sample)?;
                    let source = Source { corpus: Some(corpus.folder.clone()), number, policies: None };
                    loaded = Some(corpus);
                    (source, state)
                }
                None => {
                    let wanted = GenerateOptions::default()
                        .policies(options.policies as usize)
                        .display_name(sample.name);
                    let source = Source { corpus: None, number, policies: Some(options.policies) };
                    (source, TenantState::generated(number, wanted))
                }
            };
            let kept = read(&file_of(folder, sample))?.filter(|kept| kept.source == source);
            let (state, starts) = match kept {
                None => (state, 1),
                Some(kept) => {
                    let state = TenantState::from_snapshot(kept.snapshot.get().as_bytes())
                        .map_err(|error| unreadable(&file_of(folder, sample)).because(&error))?;
                    (state, kept.starts + 1)
                }
            };
            made.push((sample, source, starts, state.tenant_id()));
            simulator = simulator.tenant(state);
        }
        let running = simulator.start().await.map_err(|error| not_started(&error))?;
        let members = made.into_iter().map(|(sample, source, starts, id)| {
            let handle = running.tenant(id).expect("the tenant was given to the simulator above");
            Member { sample, handle, starts, source }
        });
        let members = members.collect();
        Ok(Self { folder: folder.to_owned(), running, members, loaded })
    }

    /// Connects each tenant in the workspace under the address that the simulator has this time.
    ///
    /// # Errors
    /// The database could not be used.
    pub(super) async fn connect(
        &self,
        installation: &Installation,
        settings: &Settings,
        key: &MasterKey,
    ) -> Result<(), Problem> {
        let scope = installation.scope(settings, None).await?;
        let urls = SimulatedUrls { login: self.running.login_url(), graph: self.running.graph_url() };
        for member in &self.members {
            let connect = samples::connect(member.sample, &member.handle.state(), urls.clone());
            tenant::upsert(&installation.database, &scope, key, connect, installation.clock.now()).await?;
        }
        Ok(())
    }

    /// Gives the tenants.
    pub(super) fn members(&self) -> &[Member] {
        &self.members
    }

    /// Gives the first tenant: the one that is changed, and that a folder of exports is loaded into.
    pub(super) fn first(&self) -> &Member {
        &self.members[0]
    }

    /// Gives what was loaded, if a folder was given.
    pub(super) fn loaded(&self) -> Option<&LoadedCorpus> {
        self.loaded.as_ref()
    }

    /// Gives the simulator.
    pub(super) fn simulator(&self) -> &Running {
        &self.running
    }

    /// Gives the address that Graph answers at.
    pub(super) fn graph_url(&self) -> String {
        self.running.graph_url()
    }

    /// Writes every tenant to its file, so that the next start finds it as it is.
    ///
    /// # Errors
    /// A file cannot be written; the one that was there stays.
    pub(super) fn keep(&self) -> Result<(), Problem> {
        for member in &self.members {
            let file = file_of(&self.folder, member.sample);
            let text = String::from_utf8(member.handle.snapshot())
                .ok()
                .and_then(|text| RawValue::from_string(text).ok());
            let snapshot = text.expect("a snapshot is JSON");
            let kept = Kept { source: member.source.clone(), starts: member.starts, snapshot };
            write(&file, &kept).map_err(|error| {
                Problem::failed(
                    "demo.not_kept",
                    format!("failed to keep the simulated tenant in {}", file.display()),
                )
                .because(&error)
            })?;
        }
        Ok(())
    }

    /// Stops serving.
    pub(super) async fn stop(self) {
        self.running.stop().await;
    }
}

fn load(folder: &Path, number: u64, sample: &Sample) -> Result<(TenantState, LoadedCorpus), Problem> {
    let (state, report) =
        TenantState::from_folder(folder, number, sample.name).map_err(|error| not_loaded(&error))?;
    // It could be read a moment ago, so a name that cannot be resolved now is as good as it was given.
    let resolved = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    let indexed = fs::read_to_string(folder.join("INDEX.tsv")).ok();
    let indexed = indexed.map(|text| text.lines().skip(1).filter(|line| !line.trim().is_empty()).count());
    Ok((state, LoadedCorpus { folder: resolved, report, indexed }))
}

fn file_of(folder: &Path, sample: &Sample) -> PathBuf {
    folder.join(format!("{}.json", sample.slug))
}

fn read(file: &Path) -> Result<Option<Kept>, Problem> {
    match fs::read(file) {
        Ok(bytes) => {
            serde_json::from_slice(&bytes).map(Some).map_err(|error| unreadable(file).because(&error))
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(unreadable(file).because(&error)),
    }
}

fn unreadable(file: &Path) -> Problem {
    Problem::failed(
        "demo.not_found_again",
        format!("failed to take up the simulated tenant in {}", file.display()),
    )
    .advice("remove the file to begin with a new one, or name another folder with --data-dir")
}

/// Writes beside the file and then renames, so that a kill leaves the old one; it holds a secret, so for the owner alone.
fn write(file: &Path, kept: &Kept) -> std::io::Result<()> {
    let bytes = serde_json::to_vec(kept)?;
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    let beside = file.with_extension("json.new");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut writing = options.open(&beside)?;
    writing.write_all(&bytes)?;
    writing.sync_all()?;
    fs::rename(&beside, file)
}
