// SPDX-License-Identifier: MIT
//! What a client is told when something is wrong, in the shape of Postern's errors.
use axum::{
    extract::rejection::{JsonRejection, PathRejection, QueryRejection},
    http::{header, HeaderValue, StatusCode},
    response::{IntoResponse, Response},
    Json,
};
use serde_json::json;

#[derive(Debug)]
pub enum Error {
    Invalid(String),
    Unauthenticated,
    TokenInvalid,
    BadCredentials,
    Forbidden,
    NotFound,
    EmailTaken,
    Unavailable,
    Internal(String),
}

pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    fn parts(&self) -> (StatusCode, &'static str, &str) {
        match self {
            Error::Invalid(what) => (StatusCode::BAD_REQUEST, "invalid-request", what),
            Error::Unauthenticated => (
                StatusCode::UNAUTHORIZED,
                "unauthenticated",
                "sign in, and send the access token",
            ),
            Error::TokenInvalid => (
                StatusCode::UNAUTHORIZED,
                "token-invalid",
                "the access token is not valid",
            ),
            Error::BadCredentials => (
                StatusCode::UNAUTHORIZED,
                "bad-credentials",
                "email or password is wrong",
            ),
            Error::Forbidden => (StatusCode::FORBIDDEN, "forbidden", "you may not do this"),
            Error::NotFound => (StatusCode::NOT_FOUND, "user-not-found", "user not found"),
            Error::EmailTaken => (
                StatusCode::CONFLICT,
                "email-taken",
                "email already registered",
            ),
            Error::Unavailable => (
                StatusCode::SERVICE_UNAVAILABLE,
                "database-unavailable",
                "the service is not available at the moment",
            ),
            Error::Internal(_) => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "internal",
                "something went wrong here",
            ),
        }
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let (status, code, message) = self.parts();
        let body = json!({
            "error": { "status": status.as_u16(), "code": code, "message": message }
        });

        if let Error::Internal(cause) = &self {
            eprintln!("internal error: {cause}");
        }

        let mut response = (status, Json(body)).into_response();

        if status == StatusCode::UNAUTHORIZED {
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}

impl From<sqlx::Error> for Error {
    fn from(e: sqlx::Error) -> Self {
        match &e {
            sqlx::Error::RowNotFound => Error::NotFound,
            sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::Io(_) => {
                Error::Unavailable
            }
            sqlx::Error::Database(d) if d.is_unique_violation() => Error::EmailTaken,
            _ => Error::Internal(e.to_string()),
        }
    }
}

impl From<JsonRejection> for Error {
    fn from(e: JsonRejection) -> Self {
        Error::Invalid(e.body_text())
    }
}

impl From<QueryRejection> for Error {
    fn from(e: QueryRejection) -> Self {
        Error::Invalid(e.body_text())
    }
}

impl From<PathRejection> for Error {
    fn from(_: PathRejection) -> Self {
        Error::NotFound
    }
}
