//! Runs as a file: everything that a list shows, written while it is read, so that memory does not grow with it.

use axum::body::Body;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use ledger::summary::{CountKey, SummaryCounts};
use ledger::{ExportPlace, Ledger, RunRow, RunSearch};
use serde::Serialize;
use tenancy::tenant::Tenant;
use tenancy::{DatabaseError, Scope, Ts};
use utoipa::ToSchema;

use crate::api::shapes::{RunShape, instant};
use crate::components::{State, Wall};
use crate::csv;
use crate::run_query::{By, RunQuery};
use crate::run_range::Range;

/// The most runs that one file holds; whoever needs more narrows the filter, day by day if need be.
pub const RUNS_MAX: usize = 100_000;

/// The longest part of a file's name that tells of the filter, in characters.
const NAME_MAX: usize = 80;

/// The columns of the table, in their order; those of the counts follow before the last.
const COLUMNS: [&str; 18] = [
    "id",
    "type",
    "operation",
    "state",
    "status",
    "outcome",
    "tenant",
    "tenant_name",
    "tenant_id",
    "started_by_kind",
    "started_by",
    "created_at",
    "started_at",
    "completed_at",
    "waited_seconds",
    "ran_seconds",
    "attempt",
    "reason_code",
];

/// The form of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// A table.
    #[default]
    Csv,
    /// The shapes of the API.
    Json,
}

impl Format {
    /// Every form, as an address names it.
    pub const ALL: [(&'static str, Self); 2] = [("csv", Self::Csv), ("json", Self::Json)];

    const fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8; header=present",
            Self::Json => "application/json",
        }
    }
}

/// Runs, as a file of them.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RunExportShape {
    /// The runs: active ones first, then those that ended, newest first.
    pub items: Vec<ExportedRunShape>,
    /// Whether these are all; a file holds 100,000 at most.
    pub complete: bool,
}

/// A run in a file.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ExportedRunShape {
    /// What lists hold of it.
    #[serde(flatten)]
    pub run: RunShape,
    /// The hash that stands for its kind and inputs.
    pub identity: String,
}

/// What is written, where to, and how far it has come.
#[derive(Debug)]
pub struct Export {
    /// The ledger.
    pub ledger: Ledger,
    /// What may be seen.
    pub scope: Scope,
    /// Which runs.
    pub search: RunSearch,
    /// The tenants by whose names runs are told.
    pub tenants: Vec<Tenant>,
    /// The form.
    pub format: Format,
}

impl Export {
    /// Answers with the file, under a name.
    ///
    /// A database that goes away meanwhile breaks the answer off, so that no half is taken for the whole.
    #[must_use]
    pub fn answer(self, name: &str) -> Response {
        let format = self.format;
        let writer = Writer { export: self, place: Some(ExportPlace::default()), given: 0, begun: false };
        let pages = stream::try_unfold(writer, Writer::next);
        let headers = [
            (CONTENT_TYPE, format.media_type().to_owned()),
            (CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
        ];
        (headers, Body::from_stream(pages)).into_response()
    }
}

/// Names a file after what it holds and the day it was made: `operations-default-failed-2026-11-20.csv`.
///
/// Only ASCII letters, digits, dots and hyphens are in it, so that every header and every file system takes it (RFC 6266).
#[must_use]
pub fn file_name(workspace: &str, asked: &RunQuery, wall: &Wall, format: Format) -> String {
    let mut words: Vec<String> = asked.state.map(|state| state.token().to_owned()).into_iter().collect();
    words.extend(asked.kinds.iter().cloned());
    words.extend(asked.places.iter().map(|(slug, _)| slug.clone()));
    words.extend(asked.by.map(By::token));
    words.extend(asked.code.clone());
    words.extend(asked.q.as_ref().map(|_| "search".to_owned()));
    words.push(match asked.range {
        Range::On(date) => date.to_string(),
        Range::Between(from, to) => {
            let day =
                |date: Option<jiff::civil::Date>| date.map_or("open".to_owned(), |date| date.to_string());
            format!("{}-to-{}", day(from), day(to))
        }
        named => named.token().unwrap_or("all").to_owned(),
    });
    let plain = |word: char| if word.is_ascii_alphanumeric() || word == '.' { word } else { '-' };
    let told: String = words.join("-").chars().map(plain).take(NAME_MAX).collect();
    let ending = Format::ALL.iter().find(|(_, known)| *known == format).map_or("csv", |(ending, _)| ending);
    format!("operations-{workspace}-{told}-made-{}.{ending}", wall.today())
}

struct Writer {
    export: Export,
    /// Where it goes on; none when everything was written.
    place: Option<ExportPlace>,
    given: usize,
    begun: bool,
}

impl Writer {
    /// Writes the next page of runs.
    async fn next(mut self) -> Result<Option<(String, Self)>, DatabaseError> {
        let Some(place) = self.place.take() else { return Ok(None) };
        let mut out = String::new();
        if !self.begun {
            self.begun = true;
            self.begin(&mut out);
        }
        let page = self.export.ledger.export(&self.export.scope, &self.export.search, place).await?;
        let Some((mut runs, next)) = page else {
            self.end(&mut out, true);
            return Ok(Some((out, self)));
        };
        let left = RUNS_MAX - self.given;
        let cut = runs.len() > left;
        runs.truncate(left);
        for run in &runs {
            self.write(&mut out, run);
            self.given += 1;
        }
        if cut {
            self.end(&mut out, false);
        } else {
            self.place = Some(next);
        }
        Ok(Some((out, self)))
    }

    fn begin(&self, out: &mut String) {
        match self.export.format {
            Format::Csv => {
                let counts = CountKey::ALL.iter().map(|key| key.as_str());
                csv::write_line(out, COLUMNS.into_iter().chain(counts).chain(["identity"]));
            }
            Format::Json => out.push_str("{\"items\":["),
        }
    }

    fn end(&self, out: &mut String, complete: bool) {
        if self.export.format == Format::Json {
            out.push_str(&format!("],\"complete\":{complete}}}\n"));
        }
    }

    fn write(&self, out: &mut String, run: &RunRow) {
        let shape = RunShape::of(run, self.export.ledger.catalog(), &self.export.tenants);
        match self.export.format {
            Format::Csv => write_csv(out, run, &shape),
            Format::Json => {
                out.push_str(if self.given == 0 { "\n" } else { ",\n" });
                let run = ExportedRunShape { run: shape, identity: run.identity.clone() };
                out.push_str(&serde_json::to_string(&run).expect("a shape has string keys only"));
            }
        }
    }
}

fn write_csv(out: &mut String, run: &RunRow, shape: &RunShape) {
    let seconds = |from: Option<Ts>, to: Option<Ts>| {
        from.zip(to).map_or(String::new(), |(from, to)| format!("{:.3}", to.since(from).as_secs_f64()))
    };
    let (slug, name, id) = shape.tenant.as_ref().map_or_else(Default::default, |tenant| {
        (tenant.slug.clone(), tenant.name.clone(), tenant.external_id.to_string())
    });
    let mut cells = vec![
        shape.id.to_string(),
        shape.kind.clone(),
        shape.label.clone(),
        State::of(run.status, run.outcome).label().to_owned(),
        shape.status.clone(),
        shape.outcome.clone(),
        slug,
        name,
        id,
        run.initiator_kind.clone(),
        run.initiator_name.clone(),
        instant(run.created_at),
        run.started_at.map(instant).unwrap_or_default(),
        run.completed_at.map(instant).unwrap_or_default(),
        seconds(Some(run.created_at), run.started_at),
        seconds(run.started_at, run.completed_at),
        run.attempt.to_string(),
        run.reason_code.clone().unwrap_or_default(),
    ];
    cells.extend(counts(&run.counts));
    cells.push(run.identity.clone());
    csv::write_line(out, cells.iter().map(String::as_str));
}

fn counts(of: &SummaryCounts) -> impl Iterator<Item = String> {
    CountKey::ALL.iter().map(|key| of.get(*key).map_or(String::new(), |count| count.to_string()))
}
