// SPDX-License-Identifier: MIT
//! Accounts and sign-in as a Rust service is usually built: axum, sqlx with a pool, jsonwebtoken,
//! argon2. It answers on the routes, from the table and with the fields of Postern.
mod auth;
mod db;
mod error;
mod users;

use std::{env, sync::Arc};

use argon2::Argon2;
use axum::{
    routing::{get, post},
    Json, Router,
};
use jsonwebtoken::{DecodingKey, EncodingKey};
use sqlx::PgPool;
use tokio::{net::UnixListener, signal::unix};

type Failure = Box<dyn std::error::Error>;

#[derive(Clone)]
pub struct App {
    pool: PgPool,
    shared: Arc<Shared>,
}

pub struct Shared {
    tokens: auth::Tokens,
    hasher: Argon2<'static>,
    /// A hash that no password fits: unknown users cost what known ones do.
    no_hash: String,
}

async fn health() -> Json<serde_json::Value> {
    Json(serde_json::json!({ "status": "ok" }))
}

fn router(app: App) -> Router {
    Router::new()
        .route("/health", get(health))
        .route("/api/v1/auth/login", post(auth::login))
        .route("/api/v1/me", get(users::me))
        .route("/api/v1/users", post(users::create).get(users::list))
        .route(
            "/api/v1/users/{id}",
            get(users::get).put(users::update).delete(users::delete),
        )
        .with_state(app)
}

async fn stopped() {
    let mut term = unix::signal(unix::SignalKind::terminate()).expect("a handler for SIGTERM");

    tokio::select! {
        _ = term.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let socket = env::var("LISTEN")?;
    let secret = env::var("JWT_SECRET")?;
    let hasher = auth::hasher()?;
    let shared = Shared {
        tokens: auth::Tokens {
            signing: EncodingKey::from_secret(secret.as_bytes()),
            checking: DecodingKey::from_secret(secret.as_bytes()),
            rules: auth::rules(),
        },
        no_hash: auth::hash(&hasher, "nobody has this one").map_err(|e| e.to_string())?,
        hasher,
    };
    let app = App {
        pool: db::connect(&env::var("DATABASE_URL")?).await?,
        shared: Arc::new(shared),
    };

    match std::fs::remove_file(&socket) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(e.into()),
        _ => {}
    }
    axum::serve(UnixListener::bind(&socket)?, router(app))
        .with_graceful_shutdown(stopped())
        .await?;
    Ok(())
}
