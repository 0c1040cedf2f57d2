/* SPDX-License-Identifier: MIT */
/* Files of settings: whole ones, and those that hold one value each. */
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf/setting.h"

enum {
	FILE_MAX_BYTES = 64 * 1024,
	NOT_A_FILE = -1 /* beside the values of errno */
};

/* Reads the whole of an open file; 0, NOT_A_FILE or a value of errno. */
static int read_all(int fd, struct arena *a, struct str *out, struct stat *st)
{
	if (fstat(fd, st) < 0)
		return errno;
	if (S_ISDIR(st->st_mode))
		return EISDIR;
	if (!S_ISREG(st->st_mode))
		return NOT_A_FILE;

	char *p = arena_alloc(a, FILE_MAX_BYTES + 1);
	size_t n = 0;

	/* One byte more than allowed is asked for: that is how too much shows. */
	while (n <= FILE_MAX_BYTES) {
		ssize_t got = read(fd, p + n, FILE_MAX_BYTES + 1 - n);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return errno;
		if (got == 0)
			break;
		n += (size_t)got;
	}
	*out = (struct str){ p, n };
	return n > FILE_MAX_BYTES ? EFBIG : 0;
}

/* O_NONBLOCK: opening a FIFO must not wait for its writer. */
static int read_file(const char *path, struct arena *a, struct str *out, struct stat *st)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		return errno;

	int e = read_all(fd, a, out, st);

	close(fd);
	return e;
}

int conf_read_file(const char *path, struct arena *a, struct str *out)
{
	struct stat st = { 0 };

	return read_file(path, a, out, &st);
}

const char *conf_reason(int e)
{
	if (e == NOT_A_FILE)
		return "not a regular file";
	return e == EFBIG ? "larger than 64 KiB" : strerror(e);
}

/* Takes the end of its line from the text; NULL, or the fault of the text. */
static const char *one_value(struct str *text)
{
	if (text->n > 0 && text->p[text->n - 1] == '\n')
		text->n--;
	if (text->n > 0 && text->p[text->n - 1] == '\r')
		text->n--;
	if (text->n == 0)
		return "is empty";
	if (memchr(text->p, '\0', text->n) != NULL)
		return "holds a NUL byte; it must be plain text, in UTF-8";
	if (memchr(text->p, '\n', text->n) != NULL)
		return "holds more than one line; one newline may end it";
	return NULL;
}

/*
 * The fault of a file that is to be ours alone, and that others can get at; NULL: none. Root asks
 * for the user that it becomes, if there is one: a file that root can read may not be readable for
 * that one.
 */
static const char *open_to(const struct stat *st, const struct conf *c)
{
	const struct passwd *to = geteuid() == 0 ? getpwnam(c->server_user.p) : NULL;
	uid_t self = to == NULL ? geteuid() : to->pw_uid;

	if (st->st_uid != self && self != 0)
		return "belongs to somebody else; chown it to the user that Postern runs as";
	if ((st->st_mode & (S_IRWXG | S_IRWXO)) != 0)
		return "is open to others than its owner: chmod 600 it, and if somebody may have"
		       " read it, replace it";
	return NULL;
}

void setting_read_file(const struct setting *s, const struct setting_file *f,
		       const struct conf_target *t)
{
	struct str text = { 0 };
	struct stat st = { 0 };
	int e = *f->path == '\0' ? ENOENT : read_file(f->path, t->scratch, &text, &st);
	bool none = e == ENOENT || e == ENOTDIR;

	/* A secret that no process of the service keeps may be for another host, or for root. */
	if (f->optional && (none || (e == EACCES && s->keep == 0)))
		return;
	if (e != 0)
		return conf_fault_add(
			t->faults, t->arena, "%s cannot be read: %s%s", f->called, conf_reason(e),
			e == EACCES ? "; use sudo, or let the user that Postern runs as read it"
				    : "");

	const char *wrong = f->own ? open_to(&st, t->out) : NULL;

	if (wrong == NULL)
		wrong = one_value(&text);
	if (wrong == NULL)
		wrong = setting_set(s, text, t->arena, t->out).p;
	if (wrong != NULL)
		conf_fault_add(t->faults, t->arena, "%s %s", f->called, wrong);
}
