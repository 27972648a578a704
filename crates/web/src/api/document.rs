//! The OpenAPI document: made from the handlers, committed, and served.

use axum::Json;
use axum::http::Method;
use utoipa::openapi::path::{Operation, Parameter, ParameterIn, Paths};
use utoipa::openapi::schema::{
    ArrayBuilder, KnownFormat, ObjectBuilder, Schema, SchemaFormat, SchemaType, Type,
};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{
    Components, InfoBuilder, OpenApi, OpenApiBuilder, RefOr, ResponseBuilder, SecurityRequirement,
};
use utoipa::{PartialSchema, ToSchema};

use ledger::KEY_LENGTH_MAX;

use super::parameters::{Form, ROWS, Spec, VALUE_MAX, VALUES_MAX};
use super::refusals;
use crate::problem::ProblemBody;

/// What a short name looks like.
const SLUG: &str = "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$";

/// What names who started a run.
const WHO: &str = "^(me|schedule|system|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})$";

/// How an identity may begin.
const IDENTITY: &str = "^[0-9a-fA-F]{8,64}$";

/// What makes requests that are sent twice one start.
const KEY: &str = "^[\\x21-\\x7e]+$";

/// What a day looks like; the format that is named beside it means the same.
const DAY: &str = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$";

/// What a cursor is written with.
const CURSOR: &str = "^[A-Za-z0-9_-]+$";

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
    components.responses.extend(refusals::components());
    components.schemas.extend([(ProblemBody::name().into_owned(), ProblemBody::schema())]);
    let mut below = Vec::new();
    ProblemBody::schemas(&mut below);
    components.schemas.extend(below);
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

/// Completes what the handlers say of operations: the forms of parameters, the refusals, the tags of what is read.
pub(super) fn complete(paths: &mut Paths, spec: Spec) {
    for (path, item) in &mut paths.paths {
        for (method, operation) in [(Method::GET, &mut item.get), (Method::POST, &mut item.post)] {
            if let Some(operation) = operation {
                drop_sections(operation);
                refusals::add(operation, path, &method);
                for parameter in operation.parameters.iter_mut().flatten() {
                    if let RefOr::T(parameter) = parameter {
                        form(parameter, spec);
                    }
                }
                if method == Method::GET {
                    tag(operation);
                }
            }
        }
    }
}

/// Drops the sections of a handler's own documentation, which speak to whoever reads the source.
fn drop_sections(operation: &mut Operation) {
    let whole = operation.description.take();
    let told = whole.as_deref().and_then(|whole| whole.split("# Errors").next()).map(str::trim);
    operation.description = told.filter(|told| !told.is_empty()).map(str::to_owned);
}

/// Says which form a parameter has, from the same table that requests are held to.
fn form(parameter: &mut Parameter, spec: Spec) {
    let text = || ObjectBuilder::new().schema_type(Type::String);
    let bounded = || text().min_length(Some(1)).max_length(Some(VALUE_MAX));
    let id = || text().format(Some(SchemaFormat::KnownFormat(KnownFormat::Uuid)));
    let named = |known: &(&str, Form)| known.0 == parameter.name;
    let schema: Schema = match (&parameter.parameter_in, spec.iter().find(|known| named(known))) {
        (ParameterIn::Query, Some((_, form))) => match form {
            Form::Text => bounded().pattern(Some("^[^\u{0}]+$")).into(),
            Form::Texts => ArrayBuilder::new()
                .items(bounded().pattern(Some("^[^\u{0}]+$")))
                .min_items(Some(1))
                .max_items(Some(VALUES_MAX))
                .into(),
            Form::Word(words) => text().enum_values(Some(words.iter().copied())).into(),
            Form::Rows => ObjectBuilder::new()
                .schema_type(Type::Integer)
                .minimum(Some(*ROWS.start()))
                .maximum(Some(*ROWS.end()))
                .into(),
            Form::Digits => text().pattern(Some(IDENTITY)).into(),
            Form::Day => {
                text().format(Some(SchemaFormat::KnownFormat(KnownFormat::Date))).pattern(Some(DAY)).into()
            }
            Form::Who => text().pattern(Some(WHO)).into(),
            Form::Cursor => text().pattern(Some(CURSOR)).into(),
        },
        (ParameterIn::Path, _) => match parameter.name.as_str() {
            "workspace" => text().pattern(Some(SLUG)).examples(["default"]).into(),
            "tenant" => text().pattern(Some(SLUG)).examples(["contoso"]).into(),
            "number" => ObjectBuilder::new()
                .examples([1])
                .schema_type(SchemaType::from(Type::Integer))
                .minimum(Some(1))
                .maximum(Some(i32::MAX))
                .into(),
            _ => id().examples(["0193471c-4b7e-7d1a-8c11-0a1b2c3d4e5f"]).into(),
        },
        (ParameterIn::Header, _) if parameter.name == "Idempotency-Key" => {
            text().pattern(Some(KEY)).max_length(Some(KEY_LENGTH_MAX)).into()
        }
        _ => return,
    };
    parameter.schema = Some(RefOr::T(schema));
}

/// Says that what is read has a tag, and how to ask whether it is still the same.
fn tag(operation: &mut Operation) {
    if let Some(RefOr::T(found)) = operation.responses.responses.get_mut("200") {
        found.headers.insert("ETag".to_owned(), RefOr::T(refusals::header("Stands for this very answer.")));
    }
    let same = ResponseBuilder::new()
        .description("What `If-None-Match` names is still the answer.")
        .header("ETag", refusals::header("The same as before."))
        .build();
    operation.responses.responses.insert("304".to_owned(), RefOr::T(same));
}

/// Adds the schemas that an operation speaks of.
pub(super) fn add_schemas(document: &mut OpenApi, schemas: Vec<(String, RefOr<Schema>)>) {
    let components = document.components.get_or_insert_with(Components::new);
    components.schemas.extend(schemas);
}
