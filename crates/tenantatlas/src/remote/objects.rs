//! Policies, their versions and the inventory, as the server tells them.

use contract::Part;
use database::Ts;
use governance::ObjectKey;
use governance::inventory::{Coverage, Depth, Reading, ReadingStatus, TypeCount};
use governance::normalise::Hash32;
use governance::policies::{Policy, PolicyId, Side, Version, VersionId};
use serde::Deserialize;
use serde_json::{Value, json};
use tenancy::{RunId, TenantId};
use uuid::Uuid;

use super::{List, Server, ServerTenant};
use crate::problem::Problem;

/// The most rows that the server gives at once.
const ROWS_MAX: usize = 100;

/// Which policies are wanted.
#[derive(Clone, Debug, Default)]
pub(crate) struct PolicyQuestion {
    /// Those of this tenant; none means all that the token's owner may see.
    pub(crate) tenant: Option<String>,
    /// Those of these types; none means all.
    pub(crate) types: Vec<String>,
    /// Those whose name holds this.
    pub(crate) name: Option<String>,
    /// `present` or `missing`; none means both.
    pub(crate) seen: Option<&'static str>,
    /// How many.
    pub(crate) limit: usize,
    /// Where the page before said that this one begins: a tenant, and perhaps a place in it.
    pub(crate) after: Option<String>,
}

/// What a version holds, as the server shows it: what may be a secret is withheld.
#[derive(Debug, Deserialize)]
pub(crate) struct Document {
    settings: Value,
    assignments: Option<Value>,
}

#[derive(Deserialize)]
struct PolicyLine {
    id: Uuid,
    #[serde(rename = "type")]
    ty: String,
    graph_id: String,
    name: String,
    platform: Option<String>,
    view: Option<String>,
    version_count: i32,
    canonical_hash: Option<String>,
    changed_at: Option<Ts>,
    first_seen_at: Ts,
    last_read_at: Ts,
    missing_since: Option<Ts>,
    run_id: Uuid,
}

#[derive(Deserialize)]
struct VersionLine {
    id: Uuid,
    number: i32,
    name: String,
    canonical_hash: String,
    settings_hash: String,
    assignments_hash: Option<String>,
    payload_hash: String,
    rule_set: i32,
    parts: Vec<String>,
    changed: Vec<String>,
    changed_at: Option<Ts>,
    size_bytes: u64,
    captured_at: Ts,
    run_id: Uuid,
}

#[derive(Deserialize)]
struct CoverageLine {
    #[serde(rename = "type")]
    ty: String,
    depth: String,
    status: String,
    code: Option<String>,
    present: u64,
    missing: u64,
    seen: u64,
    failed: u64,
    pages: u64,
    expected: Option<u64>,
    observed_at: Ts,
    complete_at: Option<Ts>,
    run_id: Uuid,
}

impl Server {
    /// Lists policies by tenant, and says where the next page begins.
    ///
    /// # Errors
    /// The server cannot be reached or refuses, or the place is none.
    pub(crate) async fn policies(
        &self,
        question: &PolicyQuestion,
    ) -> Result<(Vec<Policy>, Option<String>), Problem> {
        let mut tenants = match &question.tenant {
            Some(slug) => vec![self.tenant(slug).await?],
            None => self.tenants().await?,
        };
        let mut cursor = None;
        if let Some(after) = &question.after {
            let (slug, place) = after.split_once('/').unwrap_or((after, ""));
            tenants.retain(|tenant| tenant.slug.as_str() >= slug);
            cursor = Some(place.to_owned()).filter(|place| !place.is_empty());
        }
        let mut policies = Vec::new();
        for tenant in &tenants {
            loop {
                if policies.len() == question.limit {
                    let place = cursor.map(|cursor| format!("/{cursor}")).unwrap_or_default();
                    return Ok((policies, Some(format!("{}{place}", tenant.slug))));
                }
                let rows = (question.limit - policies.len()).min(ROWS_MAX);
                let page = self.policies_of(tenant, question, rows, cursor.take()).await?;
                for line in page.items {
                    policies.push(line.into_policy(tenant)?);
                }
                cursor = page.next;
                if cursor.is_none() {
                    break;
                }
            }
        }
        Ok((policies, None))
    }

    async fn policies_of(
        &self,
        tenant: &ServerTenant,
        question: &PolicyQuestion,
        rows: usize,
        cursor: Option<String>,
    ) -> Result<List<PolicyLine>, Problem> {
        let mut query = vec![("size", rows.to_string())];
        query.extend(question.types.iter().map(|ty| ("type", ty.clone())));
        query.extend(question.name.iter().map(|name| ("q", name.clone())));
        query.extend(question.seen.map(|seen| ("seen", seen.to_owned())));
        query.extend(cursor.map(|cursor| ("after", cursor)));
        let place = self.place(&["tenants", &tenant.slug, "policies"]);
        Ok(self.transport.get(&place, &query).await?.unwrap_or(List { items: Vec::new(), next: None }))
    }

    /// Lists the versions of a policy of a tenant, newest first.
    ///
    /// # Errors
    /// The server cannot be reached or refuses.
    pub(crate) async fn versions(&self, tenant: &str, policy: PolicyId) -> Result<Vec<Version>, Problem> {
        let id = policy.to_string();
        let place = self.place(&["tenants", tenant, "policies", &id, "versions"]);
        let found: Option<List<VersionLine>> = self.transport.get(&place, &[]).await?;
        found.map(|list| list.items).unwrap_or_default().into_iter().map(VersionLine::into_version).collect()
    }

    /// Gives what a version holds; none if there is no such version.
    ///
    /// # Errors
    /// The server cannot be reached or refuses.
    pub(crate) async fn document(
        &self,
        tenant: &str,
        policy: PolicyId,
        number: i32,
    ) -> Result<Option<Document>, Problem> {
        let (id, number) = (policy.to_string(), number.to_string());
        self.transport.get(&self.place(&["tenants", tenant, "policies", &id, "versions", &number]), &[]).await
    }

    /// Gives how many objects of each type of a tenant are known, and how well each was last read.
    ///
    /// # Errors
    /// The server cannot be reached or refuses.
    pub(crate) async fn inventory(
        &self,
        tenant: &ServerTenant,
    ) -> Result<(Vec<TypeCount>, Vec<Coverage>), Problem> {
        let place = self.place(&["tenants", &tenant.slug, "inventory"]);
        let found: Option<List<CoverageLine>> = self.transport.get(&place, &[]).await?;
        let (mut counts, mut coverage) = (Vec::new(), Vec::new());
        for line in found.map(|list| list.items).unwrap_or_default() {
            counts.push(TypeCount { ty: line.ty.clone(), present: line.present, missing: line.missing });
            coverage.push(line.into_coverage(tenant)?);
        }
        Ok((counts, coverage))
    }
}

impl Document {
    /// Gives it as one value.
    pub(crate) fn into_value(self) -> Value {
        json!({"settings": self.settings, "assignments": self.assignments})
    }
}

fn unknown() -> Problem {
    Problem::failed("server.newer", "the server tells of something that this program does not know")
        .advice("use the version of the program that the server has")
}

fn hash(text: &str) -> Result<Hash32, Problem> {
    let mut bytes = [0; 32];
    for (at, byte) in bytes.iter_mut().enumerate() {
        let digits = text.get(2 * at..2 * at + 2).ok_or_else(unknown)?;
        *byte = u8::from_str_radix(digits, 16).map_err(|_| unknown())?;
    }
    Ok(Hash32::from_bytes(bytes))
}

impl PolicyLine {
    fn into_policy(self, tenant: &ServerTenant) -> Result<Policy, Problem> {
        let tenant = TenantId::from_uuid(tenant.external_id);
        Ok(Policy {
            id: PolicyId::from_uuid(self.id),
            key: ObjectKey { tenant, ty: self.ty, graph_id: self.graph_id },
            name: self.name,
            platform: self.platform,
            view: self.view,
            graph_modified_at: self.changed_at,
            version_count: self.version_count,
            canonical_hash: self.canonical_hash.as_deref().map(hash).transpose()?,
            first_seen_at: self.first_seen_at,
            last_read_at: self.last_read_at,
            missing_since: self.missing_since,
            run: RunId::from_uuid(self.run_id),
        })
    }
}

impl VersionLine {
    fn into_version(self) -> Result<Version, Problem> {
        let side = |word: &String| match word.as_str() {
            "settings" => Ok(Side::Settings),
            "assignments" => Ok(Side::Assignments),
            _ => Err(unknown()),
        };
        let part = |word: &String| Part::from_name(word).ok_or_else(unknown);
        Ok(Version {
            id: VersionId::from_uuid(self.id),
            number: self.number,
            name: self.name,
            payload_hash: hash(&self.payload_hash)?,
            size_bytes: self.size_bytes,
            canonical_hash: hash(&self.canonical_hash)?,
            settings_hash: hash(&self.settings_hash)?,
            assignments_hash: self.assignments_hash.as_deref().map(hash).transpose()?,
            rule_set: self.rule_set,
            parts: self.parts.iter().map(part).collect::<Result<_, _>>()?,
            changed: self.changed.iter().map(side).collect::<Result<_, _>>()?,
            graph_modified_at: self.changed_at,
            captured_at: self.captured_at,
            run: RunId::from_uuid(self.run_id),
        })
    }
}

impl CoverageLine {
    fn into_coverage(self, tenant: &ServerTenant) -> Result<Coverage, Problem> {
        let depths = [Depth::Listed, Depth::Detailed];
        let statuses = [
            ReadingStatus::Complete,
            ReadingStatus::Partial,
            ReadingStatus::Denied,
            ReadingStatus::Unlicensed,
        ];
        let status = statuses.into_iter().find(|status| status.as_str() == self.status);
        Ok(Coverage {
            tenant: TenantId::from_uuid(tenant.external_id),
            ty: self.ty,
            depth: depths.into_iter().find(|depth| depth.as_str() == self.depth).ok_or_else(unknown)?,
            reading: Reading {
                status: status.ok_or_else(unknown)?,
                seen: self.seen,
                failed: self.failed,
                pages: self.pages,
                code: self.code,
            },
            expected: self.expected,
            run: RunId::from_uuid(self.run_id),
            observed_at: self.observed_at,
            complete_at: self.complete_at,
        })
    }
}
