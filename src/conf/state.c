/* SPDX-License-Identifier: MIT */
/* What a host keeps in a folder of its own. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf/setting.h"

enum { FILE_MAX_BYTES = 1024 + 2 /* the longest secret_key and the end of its line */ };

struct str conf_state_file(const struct conf *c, struct arena *a)
{
	return arena_printf(a, "%s/secret_key", c->server_state.p);
}

/* What is wrong with who can get at the file; NULL: nothing. */
static const char *open_to(const struct stat *st)
{
	uid_t self = geteuid();

	if (!S_ISREG(st->st_mode))
		return "is no regular file";
	if (st->st_uid != self && st->st_uid != 0 && self != 0)
		return "belongs to somebody else; chown it to the user that Postern runs as";
	if ((st->st_mode & (S_IRWXG | S_IRWXO)) != 0)
		return "is open to others than its owner: chmod 600 it, and if somebody may have"
		       " read it, replace it";
	return NULL;
}

/* Reads it whole; NULL, or what is wrong with it. */
static const char *read_secret(int fd, struct arena *a, struct conf *c)
{
	const struct setting *s = &settings[SETTING_AT_secret_key];
	char *p = arena_alloc(a, FILE_MAX_BYTES + 1);
	struct stat st = { 0 };
	ssize_t n = 0;

	if (fstat(fd, &st) != 0)
		return strerror(errno);

	const char *wrong = open_to(&st);

	if (wrong != NULL)
		return wrong;
	n = read(fd, p, FILE_MAX_BYTES + 1);
	if (n < 0)
		return strerror(errno);

	struct str text = { p, (size_t)n };

	wrong = setting_in_file(&text);
	if (wrong == NULL)
		wrong = setting_set(s, text, a, c).p;
	explicit_bzero(p, (size_t)n);
	return wrong;
}

bool conf_read_state(struct conf *c, struct arena *a, struct conf_faults *faults)
{
	size_t before = faults->n;

	if (c->secret_key.n > 0)
		return true;

	const char *path = conf_state_file(c, a).p;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return true;

	const char *wrong = fd < 0 ? strerror(errno) : read_secret(fd, a, c);

	if (fd >= 0)
		close(fd);
	if (wrong != NULL)
		conf_fault_add(faults, a, "secret_key: %s: %s", path, wrong);
	return faults->n == before;
}
