// SPDX-License-Identifier: MIT
//! Passwords, tokens, signing in.
use argon2::{
    password_hash::{self, rand_core::OsRng, PasswordHash, SaltString},
    Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version,
};
use axum::{
    extract::{rejection::JsonRejection, FromRequestParts, State},
    http::{header::AUTHORIZATION, request::Parts},
    Json,
};
use chrono::Utc;
use jsonwebtoken::{decode, encode, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    error::{Error, Result},
    App,
};

const ISSUER: &str = "postern";
const LIFETIME: i64 = 7200; // seconds

pub struct Tokens {
    pub signing: EncodingKey,
    pub checking: DecodingKey,
    pub rules: Validation,
}

#[derive(Serialize, Deserialize)]
pub struct Claims {
    pub iss: String,
    pub sub: Uuid,
    pub email: String,
    pub role: String,
    pub jti: Uuid,
    pub iat: i64,
    pub exp: i64,
}

/// HS256 (the default), exp and iss.
pub fn rules() -> Validation {
    let mut rules = Validation::default();

    rules.set_issuer(&[ISSUER]);
    rules
}

/// OWASP's parameters for Argon2id.
pub fn hasher() -> std::result::Result<Argon2<'static>, String> {
    let params = Params::new(19456, 2, 1, None).map_err(|e| e.to_string())?;

    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

pub fn hash(hasher: &Argon2, password: &str) -> password_hash::Result<String> {
    let salt = SaltString::generate(&mut OsRng);

    Ok(hasher
        .hash_password(password.as_bytes(), &salt)?
        .to_string())
}

/// A hash takes tens of milliseconds, which a thread that serves connections has not.
pub async fn aside<T: Send + 'static>(
    app: &App,
    work: impl FnOnce(&Argon2) -> T + Send + 'static,
) -> Result<T> {
    let shared = app.shared.clone();

    tokio::task::spawn_blocking(move || work(&shared.hasher))
        .await
        .map_err(|e| Error::Internal(e.to_string()))
}

/// Who asks, by the token of the request.
pub struct Caller {
    pub id: Uuid,
    pub admin: bool,
}

impl Caller {
    pub fn must_be(&self, id: Uuid) -> Result<()> {
        if self.admin || self.id == id {
            Ok(())
        } else {
            Err(Error::Forbidden)
        }
    }

    pub fn must_be_admin(&self) -> Result<()> {
        if self.admin {
            Ok(())
        } else {
            Err(Error::Forbidden)
        }
    }
}

impl FromRequestParts<App> for Caller {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self> {
        let token = parts
            .headers
            .get(AUTHORIZATION)
            .and_then(|v| v.to_str().ok())
            .and_then(|v| v.strip_prefix("Bearer "))
            .ok_or(Error::Unauthenticated)?;
        let tokens = &app.shared.tokens;
        let claims = decode::<Claims>(token, &tokens.checking, &tokens.rules)
            .map_err(|_| Error::TokenInvalid)?
            .claims;

        Ok(Caller {
            id: claims.sub,
            admin: claims.role == "admin",
        })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Login {
    email: String,
    password: String,
}

#[derive(Serialize)]
pub struct Token {
    access_token: String,
    token_type: &'static str,
    expires_in: i64,
}

#[derive(sqlx::FromRow)]
struct Credential {
    id: Uuid,
    email: String,
    role: String,
    password: String,
}

fn sign(app: &App, user: Credential) -> Result<Token> {
    let now = Utc::now().timestamp();
    let claims = Claims {
        iss: ISSUER.into(),
        sub: user.id,
        email: user.email,
        role: user.role,
        jti: Uuid::now_v7(),
        iat: now,
        exp: now + LIFETIME,
    };
    let access_token = encode(&Header::default(), &claims, &app.shared.tokens.signing)
        .map_err(|e| Error::Internal(e.to_string()))?;

    Ok(Token {
        access_token,
        token_type: "Bearer",
        expires_in: LIFETIME,
    })
}

/// No session is kept: a token is good until it expires.
pub async fn login(
    State(app): State<App>,
    body: std::result::Result<Json<Login>, JsonRejection>,
) -> Result<Json<Token>> {
    let Json(Login { email, password }) = body?;
    let user: Option<Credential> =
        sqlx::query_as("select id, email, role, password from users where email_key = $1")
            .bind(email.to_lowercase())
            .fetch_optional(&app.pool)
            .await?;
    let stored = match &user {
        Some(user) => user.password.clone(),
        None => app.shared.no_hash.clone(),
    };
    let fits = aside(&app, move |hasher| {
        PasswordHash::new(&stored)
            .is_ok_and(|hash| hasher.verify_password(password.as_bytes(), &hash).is_ok())
    })
    .await?;

    match user {
        Some(user) if fits => Ok(Json(sign(&app, user)?)),
        _ => Err(Error::BadCredentials),
    }
}
