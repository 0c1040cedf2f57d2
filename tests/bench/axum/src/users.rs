// SPDX-License-Identifier: MIT
//! Accounts: register, list, read, change, delete.
use axum::{
    extract::{
        rejection::{JsonRejection, PathRejection, QueryRejection},
        Path, Query, State,
    },
    http::{header::LOCATION, StatusCode},
    response::IntoResponse,
    Json,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    auth::{self, Caller},
    error::{Error, Result},
    App,
};

#[derive(Serialize, sqlx::FromRow)]
pub struct User {
    id: Uuid,
    email: String,
    name: String,
    created_at: DateTime<Utc>,
}

#[derive(Serialize, sqlx::FromRow)]
pub struct Me {
    user_id: Uuid,
    email: String,
    name: String,
    role: String,
}

type Body<T> = std::result::Result<Json<T>, JsonRejection>;
type Id = std::result::Result<Path<Uuid>, PathRejection>;

fn check(email: &str, name: &str) -> Result<()> {
    let (local, domain) = email.rsplit_once('@').unwrap_or_default();

    if local.is_empty() || !domain.contains('.') || email.len() > 254 {
        return Err(Error::Invalid("email must be a valid email address".into()));
    }
    if name.is_empty() || name.chars().count() > 200 {
        return Err(Error::Invalid("name must have 1 to 200 characters".into()));
    }
    Ok(())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Create {
    email: String,
    password: String,
    name: String,
}

pub async fn create(State(app): State<App>, body: Body<Create>) -> Result<impl IntoResponse> {
    let Json(Create {
        email,
        password,
        name,
    }) = body?;

    check(&email, &name)?;
    if password.chars().count() < 8 || password.len() > 1024 {
        return Err(Error::Invalid(
            "password must have at least 8 characters".into(),
        ));
    }

    let hash = auth::aside(&app, move |hasher| auth::hash(hasher, &password))
        .await?
        .map_err(|e| Error::Internal(e.to_string()))?;
    let user: User = sqlx::query_as(
        "insert into users (id, email, email_key, name, password) values ($1, $2, $3, $4, $5) \
         returning id, email, name, created_at",
    )
    .bind(Uuid::now_v7())
    .bind(&email)
    .bind(email.to_lowercase())
    .bind(&name)
    .bind(&hash)
    .fetch_one(&app.pool)
    .await?;
    let location = format!("/api/v1/users/{}", user.id);

    Ok((StatusCode::CREATED, [(LOCATION, location)], Json(user)))
}

#[derive(Deserialize)]
pub struct Page {
    #[serde(default = "Page::limit")]
    limit: i64,
    #[serde(default)]
    offset: i64,
}

impl Page {
    fn limit() -> i64 {
        20
    }
}

pub async fn list(
    State(app): State<App>,
    caller: Caller,
    page: std::result::Result<Query<Page>, QueryRejection>,
) -> Result<Json<Vec<User>>> {
    let Query(Page { limit, offset }) = page?;

    caller.must_be_admin()?;
    if !(1..=100).contains(&limit) || offset < 0 {
        return Err(Error::Invalid("limit must be from 1 to 100".into()));
    }

    let users = sqlx::query_as(
        "select id, email, name, created_at from users order by id desc limit $1 offset $2",
    )
    .bind(limit)
    .bind(offset)
    .fetch_all(&app.pool)
    .await?;

    Ok(Json(users))
}

pub async fn me(State(app): State<App>, caller: Caller) -> Result<Json<Me>> {
    let me = sqlx::query_as("select id as user_id, email, name, role from users where id = $1")
        .bind(caller.id)
        .fetch_optional(&app.pool)
        .await?
        .ok_or(Error::TokenInvalid)?;

    Ok(Json(me))
}

pub async fn get(State(app): State<App>, caller: Caller, id: Id) -> Result<Json<User>> {
    let Path(id) = id?;

    caller.must_be(id)?;

    let user = sqlx::query_as("select id, email, name, created_at from users where id = $1")
        .bind(id)
        .fetch_one(&app.pool)
        .await?;

    Ok(Json(user))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Update {
    email: String,
    name: String,
}

pub async fn update(
    State(app): State<App>,
    caller: Caller,
    id: Id,
    body: Body<Update>,
) -> Result<Json<User>> {
    let Path(id) = id?;

    caller.must_be(id)?;

    let Json(Update { email, name }) = body?;

    check(&email, &name)?;

    let user = sqlx::query_as(
        "update users set email = $2, email_key = $3, name = $4, updated_at = now() \
         where id = $1 returning id, email, name, created_at",
    )
    .bind(id)
    .bind(&email)
    .bind(email.to_lowercase())
    .bind(&name)
    .fetch_one(&app.pool)
    .await?;

    Ok(Json(user))
}

pub async fn delete(State(app): State<App>, caller: Caller, id: Id) -> Result<StatusCode> {
    let Path(id) = id?;

    caller.must_be(id)?;

    let done = sqlx::query("delete from users where id = $1")
        .bind(id)
        .execute(&app.pool)
        .await?;

    if done.rows_affected() == 0 {
        return Err(Error::NotFound);
    }
    Ok(StatusCode::NO_CONTENT)
}
