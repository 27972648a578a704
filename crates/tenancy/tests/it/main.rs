//! What tenancy promises, on both databases.

mod tenants;
mod workspaces;
