/* SPDX-License-Identifier: MIT */
/* Settings: defaults, config/default.yaml, config/$APP_ENV.yaml, environment; the last one wins. */
#pragma once

#include "base/kind.h"
#include "base/log.h"

#define CONF_TYPE_STR struct str
#define CONF_TYPE_SECRET struct secret
#define CONF_TYPE_INT int64_t
#define CONF_TYPE_BOOL bool
#define CONF_TYPE_DURATION int64_t

/* The largest jwt.access_ttl: so long a token may be about, whatever is set by now. */
enum { CONF_ACCESS_TTL_MAX_S = 86400 };

/* Settings that are one of few words; none of them is ever 0. */
enum conf_algorithm { CONF_HS256 = 1, CONF_ES256, CONF_RS256 };
enum conf_mail_auth {
	CONF_AUTH_PLAIN_LOGIN = 1,
	CONF_AUTH_PLAIN,
	CONF_AUTH_LOGIN,
	CONF_AUTH_CRAM_MD5,
	CONF_AUTH_SCRAM_SHA_256,
	CONF_AUTH_NTLM
};

extern const struct vocabulary conf_algorithm_words, conf_mail_auth_words;

struct conf {
#define CONF(kind, member, key, preset, min, max, doc) CONF_TYPE_##kind member;
#define CONF_ENUM(member, key, preset, type, doc) enum type member;
#include "conf/conf.def"
#undef CONF
};

/* Kinds of process that may keep a secret; the master, which makes all others, has every one. */
enum { CONF_WORKER = 1, CONF_COURIER = 2, CONF_KEEPER = 4 };

/* Every problem that was found, one line each, ready to print. */
struct conf_faults {
	struct conf_fault {
		struct conf_fault *next;
		struct str text; /* "config/default.yaml:12: server.workers: must be a number" */
	} * first, *last;
	size_t n;
};

/* Notes one more fault; its text goes into the arena. */
void conf_fault_add(struct conf_faults *f, struct arena *a, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * Reads the settings. dir is the folder of the YAML files; a missing file is not a fault, unless
 * APP_ENV names it. env is a NULL-terminated environment. All faults are collected: unknown keys
 * and APP__ variables, wrong types, out of bounds, unreadable files, malformed YAML, duplicate
 * keys, anchors. APP__X_FILE reads a value from a file (one trailing newline is cut); DATABASE_URL
 * stands for APP__DATABASE__URL, which wins. A secret that none of these gives is read from the
 * file in dir that has its name (database_url), if there is one. Everything is in the arena.
 * Returns whether there were no faults. A secret that was not given is empty, not null.
 */
bool conf_load(const char *dir, char *const env[], struct arena *a, struct conf *out,
	       struct conf_faults *faults);

/* The name of the file of secret_key in the folder server.state; in the arena. */
struct str conf_state_file(const struct conf *c, struct arena *a);

/*
 * Reads secret_key from that file, unless it is given. A missing file is none; a file that others
 * can read, or that belongs to another user than the one that serves (server.user for root, if
 * there is such a user), or has no good secret in it, is a fault. conf_load calls this, too.
 * Returns whether there was no fault.
 */
bool conf_read_state(struct conf *c, struct arena *a, struct conf_faults *faults);

/*
 * Checks how settings fit together: secrets long enough, Argon2 at least OWASP's minimum, the log
 * filter, enough connections for the workers, timeouts in order. Adds to faults; each line says
 * what to do.
 */
bool conf_check(const struct conf *c, struct arena *a, struct conf_faults *faults);

/*
 * Adds settings that are good in themselves and yet of no use: origins whose pages get no cookie
 * from server.public_url, links in mails that lead nowhere. Programs that are no browsers may do
 * with them, so nothing is refused.
 */
void conf_doubt(const struct conf *c, struct arena *a, struct conf_faults *doubts);

/*
 * Wipes the secrets that a process of this kind may not keep (0: all of them) from the settings,
 * and those that the settings give no use.
 */
void conf_forget(const struct conf *c, unsigned int process);

/* Overwrites one secret where it lies. */
void conf_wipe(const struct secret *s);

/*
 * Wipes all secrets from an environment whose settings have been read. PGPASSWORD, which libpq
 * reads whenever it connects, stays with the processes that may keep database.url.
 */
void conf_forget_environment(char *env[], unsigned int process);

/*
 * The numbers of workers and keepers to start. A configured 0 becomes one a CPU (keepers: one a CPU
 * less one), as far as database.max_connections (four for each worker) and half of the memory
 * allow, and at least one.
 */
int64_t conf_workers(const struct conf *c);
int64_t conf_keepers(const struct conf *c);

enum { CONF_COURIER_LANES = 2 /* connections of a courier: one for reads, one for writes */ };

/* Connections of one worker: its share of what the couriers leave, at least two. */
int64_t conf_worker_lanes(const struct conf *c);

/*
 * The folder of the settings: $APP_CONFIG_DIR, else /etc/postern if it is there, else ./config, and
 * without that /etc/postern.
 */
const char *conf_dir(void);

/*
 * Puts the lines of dir/postern.env into the environment (systemd.exec(5), EnvironmentFile=):
 * NAME=value, perhaps in quotes; empty lines and lines that begin with # or ; are none. The last
 * value of a name counts, as for systemd; a variable that is in the environment already stays. A
 * value that goes on in the next line, as it may for systemd, is a fault. A missing file is none.
 * To be called before conf_load, and once.
 */
void conf_read_env(const char *dir, struct arena *a, struct conf_faults *faults);

/* Prints "key = value" with doc and variable on stdout; secrets as "(set)" or "(not set)". */
void conf_print(const struct conf *c);

/* Prints every setting as a commented environment file. */
void conf_print_env(void);
