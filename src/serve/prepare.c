/* SPDX-License-Identifier: MIT */
#include "serve/prepare.h"

#include <errno.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/instant.h"
#include "base/log.h"
#include "core/keys.h"
#include "db/migrate.h"
#include "db/pool.h"
#include "serve/errand.h"
#include "serve/secret.h"
#include "task/loop.h"

enum {
	DATABASE_WAIT_US = 30000000,
	LOOK_S = 3, /* of a look, before requests that need no database are served */
	PAUSE_S = 1,
	PAUSE_MAX_S = 8
};

/* A database that is just starting is waited for; anything else is for a person to see. */
static int migrate(const struct conf *c)
{
	const struct migrate_how how = { .url = c->database_url,
					 .owner_url = c->database_owner_url,
					 .audit_keep_us = c->audit_retention };
	int64_t until = ticks_us() + DATABASE_WAIT_US;

	for (;;) {
		switch (migrate_run(&how)) {
		case MIGRATE_OK:
		case MIGRATE_PENDING:
			return EX_OK;
		case MIGRATE_REFUSED:
			return EX_DATAERR;
		case MIGRATE_UNREACHABLE:
			break;
		}
		if (ticks_us() >= until)
			return EX_TEMPFAIL;
		log_flush();
		sleep(1);
	}
}

/* Looks at the database. EX_TEMPFAIL: it is away. */
static int look(const struct migrate_how *how)
{
	switch (migrate_look(how)) {
	case MIGRATE_UNREACHABLE:
		return EX_TEMPFAIL;
	case MIGRATE_REFUSED:
		return EX_DATAERR;
	default:
		return EX_OK;
	}
}

static void give_up(int number)
{
	(void)number;
	_exit(EX_TEMPFAIL);
}

/* Looks for LOOK_S at most: an unknown name keeps its thread for as long as the resolver likes. */
static int look_briefly(const struct conf *c, bool whole)
{
	const struct migrate_how how = { .url = c->database_url,
					 .owner_url = c->database_owner_url,
					 .audit_keep_us = c->audit_retention,
					 .whole = whole };
	struct sigaction action = { .sa_handler = give_up };

	sigaction(SIGALRM, &action, NULL);
	alarm(LOOK_S);
	return look(&how);
}

/* Somebody else migrates, perhaps later than this; but a fault that can never mend is told. */
static int look_first(const struct conf *c)
{
	return look_briefly(c, false);
}

static int look_again(const struct conf *c)
{
	return look_briefly(c, true);
}

static int read_url(const struct conf *c)
{
	return db_url_valid(c->database_url) ? EX_OK : EX_CONFIG;
}

bool prepare_urls(const struct conf *c, struct arena *a, struct conf_faults *faults)
{
	/* The copy is left behind in freed memory, which no child of a master is to inherit. */
	if (process_apart("postern-url", read_url, c) == EX_OK)
		return true;
	conf_fault_add(
		faults, a,
		"database.url: is not a PostgreSQL URI; expected postgresql://user@host/database");
	return false;
}

int prepare_database(const struct conf *c, bool *unseen)
{
	bool own = c->database_migrate_on_start;
	int status = process_apart("postern-migrate", own ? migrate : look_first, c);

	if (own || status != EX_TEMPFAIL)
		return status;
	log_warn("master", "what the database is like cannot be seen: it is looked at when it is"
			   " there");
	*unseen = true;
	return EX_OK;
}

static enum err begin_keys(struct errand *e)
{
	return keys_begin(&e->req);
}

/* Makes the first key in a process of its own, so that no private key was ever in the master. */
static int prepare_here(const struct conf *c)
{
	struct errand errand = {
		.name = "the first key", .conf = c, .run = begin_keys, .hurried = true
	};

	switch (errand_run(&errand)) {
	case OK:
		return EX_OK;
	case ERR_DB_UNAVAILABLE:
	case ERR_DB_READ_ONLY:
	case ERR_BUSY:
	case ERR_RETRY:
		log_warn("master", "the signing keys cannot be read yet");
		return EX_TEMPFAIL;
	default:
		log_error("master", "the first signing key cannot be made; see the lines above");
		return EX_SOFTWARE;
	}
}

/* A database that is away is no obstacle, but *unseen becomes true. */
static int prepare_keys(const struct conf *c, bool *unseen)
{
	if (keys_algorithm(c) == TOKEN_HS256)
		return EX_OK;

	int status = process_apart("postern-keys", prepare_here, c);

	if (status != EX_TEMPFAIL)
		return status;
	*unseen = true;
	return EX_OK;
}

int prepare_secrets(struct conf *c, struct arena *a, bool *unseen)
{
	struct conf_faults faults = { 0 };

	if (!secret_prepare(c, a, &faults, unseen)) {
		for (struct conf_fault *f = faults.first; f != NULL; f = f->next)
			log_error("master", "%s", f->text.p);
		return EX_CONFIG;
	}
	return prepare_keys(c, unseen);
}

bool prepare_again(struct conf *c, struct arena *a, struct conf_faults *faults, bool *unseen)
{
	if (!prepare_urls(c, a, faults))
		return false;

	int status = process_apart("postern-look", look_again, c);

	/* Secrets and keys are looked at together with the database, later. */
	if (status == EX_TEMPFAIL) {
		*unseen = true;
		return true;
	}
	return status == EX_OK && secret_prepare(c, a, faults, unseen) &&
	       prepare_keys(c, unseen) == EX_OK;
}

/* Looks until the database is there, in a process of its own. */
static _Noreturn void look_patiently(const struct family *f, pid_t master)
{
	struct secret urls[] = { f->conf->database_url, f->conf->database_owner_url };
	int64_t keep_us = f->conf->audit_retention;
	sigset_t none;
	int status = EX_TEMPFAIL;

	process_child("postern-look", master);
	/* The process has no loop, so signals end it. */
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	loop_close();
	for (size_t i = 0; i < sizeof urls / sizeof *urls; i++)
		urls[i].p = strdup(urls[i].p);
	family_part(f);

	const struct migrate_how how = { .url = urls[0],
					 .owner_url = urls[1],
					 .audit_keep_us = keep_us };
	unsigned int pause = PAUSE_S;

	while (how.url.p != NULL && how.owner_url.p != NULL &&
	       (status = look(&how)) == EX_TEMPFAIL) {
		log_flush();
		sleep(pause);
		pause = pause < PAUSE_MAX_S ? pause * 2 : pause;
	}
	log_flush();
	_exit(status);
}

pid_t prepare_later(const struct family *f)
{
	pid_t master = getpid();

	log_flush();

	pid_t pid = fork();

	if (pid == 0)
		look_patiently(f, master);
	if (pid > 0)
		return pid;
	log_error("master", "fork: %s", strerror(errno));
	return 0;
}
