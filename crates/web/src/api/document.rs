//! The OpenAPI document: made from the handlers, committed, and served.

use axum::Json;
use utoipa::openapi::path::Paths;
use utoipa::openapi::schema::Schema;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Components, InfoBuilder, OpenApi, OpenApiBuilder, RefOr, SecurityRequirement};

/// The name of the one way to say who asks.
const TOKEN: &str = "token";

/// Serves the document to everybody: it says nothing about anybody's data.
pub async fn serve() -> Json<OpenApi> {
    Json(crate::routes::openapi())
}

/// Begins a document without operations.
pub(super) fn start() -> OpenApi {
    let mut components = Components::new();
    let scheme = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("An API token of a workspace."))
        .build();
    components.add_security_scheme(TOKEN, SecurityScheme::Http(scheme));
    let info = InfoBuilder::new()
        .title("TenantAtlas")
        .version("1")
        .description(Some("Govern the Microsoft Intune and Entra configuration of one tenant or a thousand."))
        .build();
    OpenApiBuilder::new()
        .info(info)
        .components(Some(components))
        .security(Some([SecurityRequirement::new(TOKEN, Vec::<String>::new())]))
        .build()
}

/// Drops the sections of a handler's own documentation, which speak to whoever reads the source.
pub(super) fn drop_sections(paths: &mut Paths) {
    for item in paths.paths.values_mut() {
        for operation in [&mut item.get, &mut item.post].into_iter().flatten() {
            let whole = operation.description.take();
            let told = whole.as_deref().and_then(|whole| whole.split("# Errors").next()).map(str::trim);
            operation.description = told.filter(|told| !told.is_empty()).map(str::to_owned);
        }
    }
}

/// Adds the schemas that an operation speaks of.
pub(super) fn add_schemas(document: &mut OpenApi, schemas: Vec<(String, RefOr<Schema>)>) {
    let components = document.components.get_or_insert_with(Components::new);
    components.schemas.extend(schemas);
}
