// SPDX-License-Identifier: MIT
// Accounts and sign-in as a Node service is usually built: fastify, pg with a pool, @fastify/jwt,
// argon2; a process for each CPU. It answers on the routes, from the table and with the fields of
// Postern. Settings: LISTEN, DATABASE_HOST, JWT_SECRET.
import cluster from "node:cluster";
import { randomUUID } from "node:crypto";
import { unlinkSync } from "node:fs";
import { availableParallelism } from "node:os";

import jwt from "@fastify/jwt";
import argon2 from "argon2";
import Fastify from "fastify";
import pg from "pg";

const LIFETIME = 7200; // seconds
const HASHING = { type: argon2.argon2id, memoryCost: 19456, timeCost: 2, parallelism: 1 };

const text = { type: "string" };
const object = (properties) => ({ type: "object", properties });
const strict = (properties) => ({
  ...object(properties),
  required: Object.keys(properties),
  additionalProperties: false,
});
const id = { type: "string", format: "uuid" };
const email = { type: "string", format: "email", maxLength: 254 };
const name = { type: "string", minLength: 1, maxLength: 200 };
const password = { type: "string", minLength: 8, maxLength: 1024 };
const user = object({ id: text, email: text, name: text, created_at: text });

// What the fields of a reply are is told, so that they are written without looking.
const schemas = {
  create: { body: strict({ email, password, name }), response: { 201: user } },
  login: {
    body: strict({ email: text, password: text }),
    response: { 200: object({ access_token: text, token_type: text, expires_in: { type: "integer" } }) },
  },
  me: { response: { 200: object({ user_id: text, email: text, name: text, role: text }) } },
  list: {
    querystring: object({
      limit: { type: "integer", minimum: 1, maximum: 100, default: 20 },
      offset: { type: "integer", minimum: 0, default: 0 },
    }),
    response: { 200: { type: "array", items: user } },
  },
  get: { params: object({ id }), response: { 200: user } },
  update: { params: object({ id }), body: strict({ email, name }), response: { 200: user } },
  remove: { params: object({ id }) },
};

// A statement with a name is prepared once a connection.
const statements = {
  insert:
    "insert into users (id, email, email_key, name, password) values ($1, $2, $3, $4, $5) " +
    "returning id, email, name, created_at",
  credential: "select id, email, role, password from users where email_key = $1",
  me: "select id as user_id, email, name, role from users where id = $1",
  one: "select id, email, name, created_at from users where id = $1",
  page: "select id, email, name, created_at from users order by id desc limit $1 offset $2",
  update:
    "update users set email = $2, email_key = $3, name = $4, updated_at = now() where id = $1 " +
    "returning id, email, name, created_at",
  remove: "delete from users where id = $1",
};

class Problem extends Error {
  constructor(status, code, message) {
    super(message);
    this.statusCode = status;
    this.code = code;
  }
}

const UNIQUE_VIOLATION = "23505";
const CODES = { 400: "invalid-request", 401: "unauthenticated", 403: "forbidden", 404: "not-found" };

function refuse(error, request, reply) {
  const taken = error.code === UNIQUE_VIOLATION;
  const status = taken ? 409 : (error.statusCode ?? 500);
  const code = error instanceof Problem ? error.code : taken ? "email-taken" : (CODES[status] ?? "internal");
  const message = taken ? "email already registered" : status < 500 ? error.message : "something went wrong here";

  if (status >= 500) console.error(error);
  return reply.code(status).send({ error: { status, code, message } });
}

async function serve() {
  const pool = new pg.Pool({
    host: process.env.DATABASE_HOST,
    user: "postern",
    database: "postern",
  });
  const query = async (name, values) => (await pool.query({ name, text: statements[name], values })).rows;
  const app = Fastify();
  // A hash that no password fits: unknown users cost what known ones do.
  const noHash = await argon2.hash(randomUUID(), HASHING);

  await app.register(jwt, {
    secret: process.env.JWT_SECRET,
    sign: { expiresIn: LIFETIME, iss: "postern", algorithm: "HS256" },
    verify: { allowedIss: "postern", algorithms: ["HS256"] },
  });
  app.setErrorHandler(refuse);

  const signedIn = (request) => request.jwtVerify();
  const admin = async (request) => {
    await request.jwtVerify();
    if (request.user.role !== "admin") throw new Problem(403, "forbidden", "you may not do this");
  };
  const self = async (request) => {
    await request.jwtVerify();
    if (request.user.role !== "admin" && request.user.sub !== request.params.id)
      throw new Problem(403, "forbidden", "you may not do this");
  };
  const found = ([row]) => {
    if (row === undefined) throw new Problem(404, "user-not-found", "user not found");
    return row;
  };

  app.get("/health", () => ({ status: "ok" }));

  app.post("/api/v1/auth/login", { schema: schemas.login }, async ({ body }) => {
    const [row] = await query("credential", [body.email.toLowerCase()]);

    if (!(await argon2.verify(row?.password ?? noHash, body.password)) || row === undefined)
      throw new Problem(401, "bad-credentials", "email or password is wrong");

    const claims = { sub: row.id, email: row.email, role: row.role, jti: randomUUID() };

    return { access_token: app.jwt.sign(claims), token_type: "Bearer", expires_in: LIFETIME };
  });

  app.post("/api/v1/users", { schema: schemas.create }, async ({ body }, reply) => {
    const hash = await argon2.hash(body.password, HASHING);
    const values = [randomUUID(), body.email, body.email.toLowerCase(), body.name, hash];
    const [row] = await query("insert", values);

    reply.code(201).header("Location", `/api/v1/users/${row.id}`);
    return row;
  });

  app.get("/api/v1/me", { schema: schemas.me, onRequest: signedIn }, async ({ user }) =>
    found(await query("me", [user.sub])),
  );

  app.get("/api/v1/users", { schema: schemas.list, onRequest: admin }, ({ query: page }) =>
    query("page", [page.limit, page.offset]),
  );

  app.get("/api/v1/users/:id", { schema: schemas.get, onRequest: self }, async ({ params }) =>
    found(await query("one", [params.id])),
  );

  app.put("/api/v1/users/:id", { schema: schemas.update, onRequest: self }, async ({ params, body }) =>
    found(await query("update", [params.id, body.email, body.email.toLowerCase(), body.name])),
  );

  app.delete("/api/v1/users/:id", { schema: schemas.remove, onRequest: self }, async ({ params }, reply) => {
    const { rowCount } = await pool.query({ name: "remove", text: statements.remove, values: [params.id] });

    if (rowCount === 0) throw new Problem(404, "user-not-found", "user not found");
    return reply.code(204).send();
  });

  await app.listen({ path: process.env.LISTEN });
}

if (cluster.isPrimary) {
  try {
    unlinkSync(process.env.LISTEN);
  } catch (e) {
    if (e.code !== "ENOENT") throw e;
  }
  const workers = Array.from({ length: availableParallelism() }, () => cluster.fork());

  for (const signal of ["SIGTERM", "SIGINT"])
    process.on(signal, () => {
      for (const worker of workers) worker.kill(signal);
      process.exit();
    });
  // One that cannot work is not started again and again.
  cluster.on("exit", () => process.exit(1));
} else {
  await serve();
}
