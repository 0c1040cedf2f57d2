// SPDX-License-Identifier: MIT
//! How long jsonwebtoken takes for one access token, signature and claims: `verify TIMES <TOKEN`,
//! with the key in JWT_SECRET. Prints nanoseconds.
use std::{env, hint::black_box, io, time::Instant};

use jsonwebtoken::{decode, DecodingKey, Validation};
use serde::Deserialize;
use uuid::Uuid;

/// What the server reads of a token.
#[derive(Deserialize)]
#[allow(dead_code)]
struct Claims {
    iss: String,
    sub: Uuid,
    email: String,
    role: String,
    jti: Uuid,
    iat: i64,
    exp: i64,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let times: u32 = env::args().nth(1).ok_or("how often?")?.parse()?;
    let token = io::read_to_string(io::stdin())?;
    let key = DecodingKey::from_secret(env::var("JWT_SECRET")?.as_bytes());
    let mut rules = Validation::default();

    rules.set_issuer(&["postern"]);

    let start = Instant::now();

    for _ in 0..times {
        black_box(decode::<Claims>(black_box(token.trim()), &key, &rules)?);
    }
    println!(
        "{:.1}",
        start.elapsed().as_nanos() as f64 / f64::from(times)
    );
    Ok(())
}
