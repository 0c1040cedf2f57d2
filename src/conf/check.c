/* SPDX-License-Identifier: MIT */
/* Checks of settings with one another, and with the machine. Each fault says what to do. */
#include <unistd.h>

#include "base/log.h"
#include "conf/setting.h"

enum {
	SECRET_MIN = 32,    /* RFC 7518 section 3.2: as long as the output of HS256's hash */
	LANES_A_WORKER = 2, /* one for reads, one for writes */
	DAY_S = 86400,
	LANES_WANTED = 4, /* so that a write that waits for a lock does not hold up the others */
	MEMORY_PARTS = 2  /* keepers may take one of so many parts of the memory */
};

struct check {
	const struct conf *conf;
	struct arena *arena;
	struct conf_faults *faults;
};

/* The least memory that goes with so many passes (OWASP; ASVS 5.0 appendix C). */
static const struct cost {
	int64_t passes, memory_kib;
} costs[] = { { 1, 47104 }, { 2, 19456 }, { 3, 12288 } };

static int64_t online_cpus(void)
{
	return sysconf(_SC_NPROCESSORS_ONLN);
}

static int64_t physical_kib(void)
{
	return (int64_t)sysconf(_SC_PHYS_PAGES) * (sysconf(_SC_PAGESIZE) / 1024);
}

static int64_t clamp(int64_t v, int64_t min, int64_t max)
{
	return v > max ? max : v < min ? min : v;
}

/* The configured number, or the one that is good for this machine within its bounds. */
static int64_t effective(int64_t configured, int64_t wanted, int64_t bound, size_t setting)
{
	if (configured > 0)
		return configured;
	return clamp(wanted, 1, clamp(bound, 1, settings[setting].max));
}

/* The connections that are left for the workers. */
static int64_t worker_connections(const struct conf *c)
{
	return c->database_max_connections - c->server_couriers * CONF_COURIER_LANES;
}

int64_t conf_workers(const struct conf *c)
{
	return effective(c->server_workers, online_cpus(), worker_connections(c) / LANES_WANTED,
			 SETTING_AT_server_workers);
}

int64_t conf_worker_lanes(const struct conf *c)
{
	int64_t lanes = worker_connections(c) / conf_workers(c);

	return lanes < LANES_A_WORKER ? LANES_A_WORKER : lanes;
}

int64_t conf_keepers(const struct conf *c)
{
	return effective(c->server_keepers, online_cpus() - 1,
			 physical_kib() / MEMORY_PARTS / c->password_memory_kib,
			 SETTING_AT_server_keepers);
}

/* Checks that one time ends before another does: a later one could never be seen. */
static void check_order(const struct check *k, size_t inner, size_t outer)
{
	char inner_text[SETTING_DURATION_TEXT] = "", outer_text[SETTING_DURATION_TEXT] = "";
	const struct setting *in = &settings[inner], *out = &settings[outer];
	int64_t in_us = *(const int64_t *)((const char *)k->conf + in->offset);
	int64_t out_us = *(const int64_t *)((const char *)k->conf + out->offset);

	if (in_us <= out_us)
		return;
	conf_fault_add(k->faults, k->arena,
		       "%s: %s is longer than %s, %s; lower the first or raise the second",
		       in->key.p, setting_duration(in_us, inner_text).p, out->key.p,
		       setting_duration(out_us, outer_text).p);
}

/* A text that was never good enough for a secret was none: it is a slip. */
static void check_previous(const struct check *k, size_t setting, struct secret previous)
{
	if (previous.n > 0 && previous.n < SECRET_MIN)
		conf_fault_add(
			k->faults, k->arena,
			"%s: shorter than %d bytes; set it to the one that was in use before, "
			"or leave it out",
			settings[setting].key.p, SECRET_MIN);
}

static void check_secrets(const struct check *k)
{
	static const char make[] = "make one with \"openssl rand -base64 48\" and set "
				   "APP__JWT_SECRET, or APP__JWT_SECRET_FILE to a file with it";

	bool spare = k->conf->secret_key.n > 0 && k->conf->jwt_algorithm != CONF_HS256;

	/*
	 * jwt_secret has no use where other keys sign, and secret_key is given for everything else.
	 */
	if (k->conf->jwt_secret.n == 0 && !spare)
		conf_fault_add(k->faults, k->arena, "jwt_secret: not set; %s", make);
	else if (k->conf->jwt_secret.n > 0 && k->conf->jwt_secret.n < SECRET_MIN)
		conf_fault_add(k->faults, k->arena, "jwt_secret: shorter than %d bytes; %s",
			       SECRET_MIN, make);
	if (k->conf->secret_key.n > 0 && k->conf->secret_key.n < SECRET_MIN)
		conf_fault_add(k->faults, k->arena,
			       "secret_key: shorter than %d bytes; make one with \"openssl rand "
			       "-base64 48\" and set APP__SECRET_KEY, or APP__SECRET_KEY_FILE to a "
			       "file with it",
			       SECRET_MIN);
	check_previous(k, SETTING_AT_jwt_secret_previous, k->conf->jwt_secret_previous);
	check_previous(k, SETTING_AT_secret_key_previous, k->conf->secret_key_previous);
	if (k->conf->database_url.n == 0)
		conf_fault_add(k->faults, k->arena,
			       "database.url: not set; set APP__DATABASE__URL or DATABASE_URL, "
			       "as in postgresql://user@host/database");
}

static void check_keys(const struct check *k)
{
	const struct conf *c = k->conf;

	if (c->keys_rotate_after != 0)
		check_order(k, SETTING_AT_keys_publish_ahead, SETTING_AT_keys_rotate_after);
}

static void check_passwords(const struct check *k)
{
	const struct conf *c = k->conf;
	const struct cost *need = &costs[clamp(c->password_passes, 1, 3) - 1];
	int64_t keepers = conf_keepers(c), half = physical_kib() / MEMORY_PARTS;

	if (c->password_memory_kib < need->memory_kib)
		conf_fault_add(k->faults, k->arena,
			       "password.memory_kib: %lld is below OWASP's minimum for Argon2id; "
			       "with password.passes %lld set it to at least %lld",
			       (long long)c->password_memory_kib, (long long)c->password_passes,
			       (long long)need->memory_kib);
	if (keepers * c->password_memory_kib > half)
		conf_fault_add(
			k->faults, k->arena,
			"server.keepers: %lld keepers of %lld KiB (password.memory_kib) need "
			"more than half of the %lld KiB of this machine; set it to at most "
			"%lld, or lower password.memory_kib",
			(long long)keepers, (long long)c->password_memory_kib,
			(long long)physical_kib(),
			(long long)clamp(half / c->password_memory_kib, 1, keepers));
}

static void check_log(const struct check *k)
{
	if (!log_filter_valid(k->conf->log_filter))
		conf_fault_add(k->faults, k->arena,
			       "log.filter: \"%s\" is no filter; write a level (error, warn, info, "
			       "debug), then module=level, as in info,db=debug",
			       setting_quote(k->conf->log_filter, k->arena).p);
}

static void check_accounts(const struct check *k)
{
	/* Signing in with the password just chosen would else tell whether that made an account. */
	if (k->conf->accounts_enumeration_safe && !k->conf->accounts_require_verified)
		conf_fault_add(k->faults, k->arena,
			       "accounts.enumeration_safe: needs accounts.require_verified; set "
			       "that to true as well");
}

/* Seconds or minutes are a slip, and the notes they would forget do not come back. */
static void check_audit(const struct check *k)
{
	int64_t day_us = DAY_S * 1000000LL;

	if (k->conf->audit_retention > 0 && k->conf->audit_retention < day_us)
		conf_fault_add(k->faults, k->arena,
			       "audit.retention: shorter than a day; set it to how long notes are "
			       "to be kept, as in 400d, or to 0s to keep them for good");
}

static void check_connections(const struct check *k)
{
	int64_t workers = conf_workers(k->conf), couriers = k->conf->server_couriers;
	int64_t need = workers * LANES_A_WORKER + couriers * CONF_COURIER_LANES;

	if (k->conf->database_max_connections < need)
		conf_fault_add(k->faults, k->arena,
			       "database.max_connections: %lld is too few for %lld workers and "
			       "%lld couriers, which need %d each; set it to at least %lld, or "
			       "lower server.workers",
			       (long long)k->conf->database_max_connections, (long long)workers,
			       (long long)couriers, LANES_A_WORKER, (long long)need);
}

bool conf_check(const struct conf *c, struct arena *a, struct conf_faults *faults)
{
	const struct check k = { c, a, faults };
	size_t before = faults->n;

	check_secrets(&k);
	check_keys(&k);
	check_passwords(&k);
	check_log(&k);
	check_accounts(&k);
	check_audit(&k);
	check_connections(&k);
	conf_check_mail(c, a, faults);
	/* A session that has ended by itself is forgotten, and nobody could revoke its token. */
	check_order(&k, SETTING_AT_jwt_access_ttl, SETTING_AT_sessions_idle);
	check_order(&k, SETTING_AT_database_statement_timeout, SETTING_AT_server_request_timeout);
	check_order(&k, SETTING_AT_database_acquire_timeout, SETTING_AT_server_request_timeout);
	check_order(&k, SETTING_AT_database_lock_timeout, SETTING_AT_database_statement_timeout);
	return faults->n == before;
}
