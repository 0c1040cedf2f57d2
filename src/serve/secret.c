/* SPDX-License-Identifier: MIT */
#include "serve/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/log.h"
#include "core/keys.h"
#include "gen/secret_marks.h"
#include "serve/errand.h"
#include "serve/process.h"

enum { MARK = 16, MARK_TEXT = MARK * 2 + 1, MADE = 48 /* bytes */ };

enum outcome {
	FITS,
	UNSEEN, /* the database was away */
	MADE_NEW,
	CANNOT_MAKE, /* errno is in `error` */
	MISSING,     /* the database was used with a key that this host does not have */
	SEALED,	     /* the active signing key cannot be opened */
	ANOTHER,     /* the key before ends, and all that hangs on it */
	OLD	     /* there is no key, as before there were any */
};

/* A look at the database's mark. Its outcome goes from one process to another as an exit status. */
struct look {
	bool asks; /* changes nothing */
	bool fit;  /* signing keys can be opened */
	enum outcome outcome;
	int error;
	char mark[MARK_TEXT];
};

/* The mark that only this key makes, and that tells nothing about it. */
static void mark_of(const uint8_t secret[static KEY_SECRET], char text[static MARK_TEXT])
{
	static const uint8_t purpose[] = "postern secret mark";
	uint8_t mark[MARK];

	crypto_generichash(mark, sizeof mark, purpose, sizeof purpose, secret, KEY_SECRET);
	sodium_bin2hex(text, MARK_TEXT, mark, sizeof mark);
}

/* Returns 0, or a value of errno. */
static int write_whole(int fd, const char *p, size_t n)
{
	while (n > 0) {
		ssize_t put = write(fd, p, n);

		if (put < 0 && errno != EINTR)
			return errno;
		if (put > 0) {
			p += put;
			n -= (size_t)put;
		}
	}
	return fsync(fd) == 0 ? 0 : errno;
}

/* Syncs a folder, so that the name in it outlives a power failure, too. */
static void sync_folder(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0) {
		(void)fsync(fd);
		close(fd);
	}
}

/*
 * Writes a new key under a name that nobody looks for, and gives it the right name once it is
 * whole. Of several processes at once one is first, and the others take its key. A file left by one
 * that was killed meanwhile is in nobody's way: in a container the next one may well have the same
 * pid.
 */
static int make_file(const struct conf *c, struct arena *a)
{
	const char *folder = c->server_state.p, *path = conf_state_file(c, a).p;
	struct str fresh = arena_printf(a, "%s.XXXXXX", path);
	char text[sodium_base64_ENCODED_LEN(MADE, sodium_base64_VARIANT_ORIGINAL)];
	uint8_t bytes[MADE];

	if (mkdir(folder, 0700) != 0 && errno != EEXIST)
		return errno;

	int fd = mkostemp((char *)fresh.p, O_CLOEXEC); /* with mode 0600 */

	if (fd < 0)
		return errno;
	randombytes_buf(bytes, sizeof bytes);
	sodium_bin2base64(text, sizeof text, bytes, sizeof bytes, sodium_base64_VARIANT_ORIGINAL);
	/* The NUL becomes the end of the line. */
	text[sizeof text - 1] = '\n';

	int e = write_whole(fd, text, sizeof text);

	if (e == 0 && link(fresh.p, path) != 0 && errno != EEXIST)
		e = errno;
	close(fd);
	unlink(fresh.p);
	sync_folder(folder);
	sodium_memzero(text, sizeof text);
	sodium_memzero(bytes, sizeof bytes);
	return e;
}

/* The value that make_file would return, as far as that can be told beforehand. */
static int could_make(const struct conf *c, struct arena *a)
{
	struct str folder = c->server_state, up = { 0 };
	struct stat st = { 0 };

	if (stat(folder.p, &st) == 0) {
		if (!S_ISDIR(st.st_mode))
			return ENOTDIR;
	} else if (errno == ENOENT) {
		while (folder.n > 1 && folder.p[folder.n - 1] != '/')
			folder.n--;
		up = folder.n > 0 && folder.p[folder.n - 1] == '/' ? folder : STR(".");
		folder = arena_dup(a, up);
	} else {
		return errno;
	}
	return faccessat(AT_FDCWD, folder.p, W_OK | X_OK, AT_EACCESS) == 0 ? 0 : errno;
}

/* Makes a key for a database in which nothing hangs on one yet. */
static enum err make_first(struct req *r, struct look *l)
{
	struct unused_row row = { 0 };
	struct conf_faults faults = { 0 };
	struct conf own = *r->app->conf;
	uint8_t secret[KEY_SECRET];

	TRY(secret_unused(r->db, &row));
	if (!row.unused) {
		l->outcome = OLD;
		return OK;
	}
	l->error = l->asks ? could_make(r->app->conf, r->arena) : make_file(r->app->conf, r->arena);
	if (l->error == 0 && !l->asks &&
	    (!conf_read_state(&own, r->arena, &faults) || own.secret_key.n == 0))
		l->error = EACCES;
	l->outcome = l->error == 0 ? MADE_NEW : CANNOT_MAKE;
	if (l->error != 0 || l->asks)
		return OK;
	keys_secret(&own, secret);
	mark_of(secret, l->mark);
	return OK;
}

static enum err compare(struct req *r, struct look *l, const struct secret_mark_row *row)
{
	struct secret_mark_update update = { .mark = str_from(l->mark),
					     .own = r->app->conf->secret_key.n > 0 };
	uint8_t previous[KEY_SECRET];
	char before[MARK_TEXT] = "";

	bool same = str_eq(row->mark, str_from(l->mark));

	l->outcome = r->app->conf->secret_key.n > 0 ? FITS : OLD;
	if (!same && keys_secret_previous(r->app->conf, previous))
		mark_of(previous, before);
	if (!same && !str_eq(row->mark, str_from(before)))
		l->outcome = row->own && r->app->conf->secret_key.n == 0 ? MISSING : ANOTHER;
	if (l->outcome != MISSING && !l->fit)
		l->outcome = SEALED;
	/* A key that is refused has ended nothing. */
	if (same || l->asks || l->outcome == MISSING || l->outcome == SEALED)
		return OK;
	return secret_mark_update(r->db, &update, NULL);
}

static enum err look(struct errand *errand)
{
	struct req *r = &errand->req;
	struct look *l = errand->arg;
	struct secret_mark_row row = { 0 };
	uint8_t secret[KEY_SECRET];
	int64_t inserted = 0;

	keys_secret(r->app->conf, secret);
	mark_of(secret, l->mark);
	sodium_memzero(secret, sizeof secret);

	/* A read comes first: it learns at once that there is no database, where a write would wait
	 * for a lane. */
	enum err e = secret_mark(r->db, &row);

	if (e != OK && e != ERR_NO_ROW)
		return e;
	if (!l->asks) {
		TRY(db_begin(r->db));
		e = secret_mark(r->db, &row);
	}
	TRY(keys_fit(r, &l->fit));
	if (e == OK)
		return compare(r, l, &row);
	if (e != ERR_NO_ROW)
		return e;
	l->outcome = l->fit ? FITS : SEALED;
	if (l->fit && r->app->conf->secret_key.n == 0)
		TRY(make_first(r, l));
	if (l->outcome == CANNOT_MAKE || l->outcome == SEALED || l->asks)
		return OK;

	struct secret_mark_insert insert = { .mark = str_from(l->mark), .own = l->outcome != OLD };

	TRY(secret_mark_insert(r->db, &insert, &inserted));
	if (inserted > 0)
		return OK;
	/* Another host was first. Nothing hangs on the key that was made here. */
	TRY(secret_mark(r->db, &row));
	if (str_eq(row.mark, str_from(l->mark)))
		return OK;
	if (l->outcome == MADE_NEW)
		unlink(conf_state_file(r->app->conf, r->arena).p);
	l->outcome = row.own ? MISSING : ANOTHER;
	return OK;
}

/* Returns the outcome, or behind all outcomes a value of errno. */
static int look_here(const struct conf *c)
{
	struct look l = { 0 };
	struct errand errand = {
		.name = "secret_key", .conf = c, .run = look, .hurried = true, .arg = &l
	};

	switch (errand_run(&errand)) {
	case OK:
		return l.outcome == CANNOT_MAKE ? OLD + l.error : (int)l.outcome;
	case ERR_DB_UNAVAILABLE:
	case ERR_DB_READ_ONLY:
	case ERR_BUSY:
	case ERR_RETRY:
		log_warn("master", "which secret_key the database was used with cannot be seen");
		return UNSEEN;
	default:
		log_error("master", "secret_key: the database does not say which one it was used"
				    " with; see the lines above");
		return FITS;
	}
}

static void say_missing(const char *path, struct arena *a, struct conf_faults *faults)
{
	conf_fault_add(faults, a,
		       "secret_key: not set, and not in %s, but this database has been used with"
		       " one: copy that file from the host that has it, or set secret_key to"
		       " another one, which ends all sessions",
		       path);
}

static void say_cannot(const struct conf *c, int error, struct arena *a, struct conf_faults *faults)
{
	conf_fault_add(faults, a,
		       "secret_key: cannot be made in %s: %s; make that folder for the user that"
		       " Postern runs as, name another one with server.state, or set secret_key",
		       c->server_state.p, strerror(error));
}

static const char sealed[] =
	"secret_key: the active signing key was sealed with another one (or with another "
	"jwt_secret,"
	" where it is not set); set that one back, or as secret_key_previous, or make another key:"
	" postern key new --activate";

/* The %s says how all that hangs on the key before ends. */
static const char another[] =
	"secret_key: another one than this database was used with: all sessions, mailed links and"
	" codes %s; if that is not meant, set the one before as secret_key_previous";

static const char old[] = "secret_key: not set, and so made of jwt_secret, which workers have; see"
			  " \"Rotating secrets\" in the README for how to begin with one";

enum err secret_check(const struct conf *c, struct arena *a, struct conf_faults *faults,
		      struct conf_faults *doubts)
{
	struct look l = { .asks = true };
	struct errand errand = { .name = "secret_key",
				 .conf = c,
				 .leaves = ERRAND_LEAVES_NOTHING,
				 .run = look,
				 .arg = &l };
	enum err e = errand_run(&errand);

	if (e == OK && l.outcome == MISSING)
		say_missing(conf_state_file(c, a).p, a, faults);
	if (e == OK && l.outcome == CANNOT_MAKE)
		say_cannot(c, l.error, a, faults);
	if (e == OK && l.outcome == SEALED)
		conf_fault_add(faults, a, "%s", sealed);
	if (e == OK && l.outcome == ANOTHER)
		conf_fault_add(doubts, a, another, "end when it is served with this one");
	if (e == OK && l.outcome == OLD)
		conf_fault_add(doubts, a, "%s", old);
	return e;
}

bool secret_prepare(struct conf *c, struct arena *a, struct conf_faults *faults, bool *unseen)
{
	const char *path = conf_state_file(c, a).p;
	int outcome = process_apart("postern-secret", look_here, c);

	/* A neighbour that began just now may have made the key since the settings were read. */
	if (outcome == MISSING && conf_read_state(c, a, faults) && c->secret_key.n > 0)
		outcome = process_apart("postern-secret", look_here, c);
	switch (outcome) {
	case UNSEEN:
		*unseen = true;
		return true;
	case FITS:
		return true;
	case MADE_NEW:
		log_info("master", "secret_key: made, in %s; keep a copy of it", path);
		return conf_read_state(c, a, faults);
	case MISSING:
		say_missing(path, a, faults);
		return false;
	case SEALED:
		conf_fault_add(faults, a, "%s", sealed);
		return false;
	case ANOTHER:
		log_warn("master", another, "have ended");
		return true;
	case OLD:
		log_warn("master", "%s", old);
		return true;
	case EX_OSERR: /* the cause was logged */
		conf_fault_add(faults, a, "secret_key: cannot be looked at");
		return false;
	default:
		say_cannot(c, outcome - OLD, a, faults);
		return false;
	}
}
