// SPDX-License-Identifier: MIT
//! The pool. Without POOL_SIZE it is what sqlx makes by default: 10 connections, each pinged before
//! it is handed out, 30 s of waiting for one. With POOL_SIZE it has that many, opened at once and
//! handed out unasked.
use std::env;

use sqlx::{
    postgres::{PgConnectOptions, PgPoolOptions},
    PgPool,
};

pub async fn connect(url: &str) -> Result<PgPool, crate::Failure> {
    let server: PgConnectOptions = url.parse()?;
    let options = match env::var("POOL_SIZE") {
        Err(_) => PgPoolOptions::new(),
        Ok(size) => {
            let size = size.parse()?;

            PgPoolOptions::new()
                .min_connections(size)
                .max_connections(size)
                .test_before_acquire(false)
                .idle_timeout(None)
                .max_lifetime(None)
        }
    };

    Ok(options.connect_with(server).await?)
}
