/* SPDX-License-Identifier: MIT */
#include "mail/drop.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct str drop_folder(const struct conf *c)
{
	static const struct str file = STR("file://");

	return str_starts(c->mail_url, file) ? str_from_at(c->mail_url, file.n) : (struct str){ 0 };
}

void post_check(const struct conf *c, struct arena *a, struct conf_faults *faults)
{
	struct str folder = drop_folder(c);

	if (folder.p != NULL && access(folder.p, W_OK | X_OK) != 0)
		conf_fault_add(faults, a,
			       "mail.url: no files can be written to %s: %s; make that folder, for "
			       "the user that postern runs as",
			       folder.p, strerror(errno));
	if (c->mail_ca_file.n > 0 && access(c->mail_ca_file.p, R_OK) != 0)
		conf_fault_add(
			faults, a,
			"mail.ca_file: %s cannot be read: %s; name a file of certificates in "
			"PEM, or leave it empty for those of the system",
			c->mail_ca_file.p, strerror(errno));
}

static bool write_all(int fd, struct str s)
{
	while (s.n > 0) {
		ssize_t n = write(fd, s.p, s.n);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		s = str_from_at(s, (size_t)n);
	}
	return true;
}

void drop_write(struct str folder, const struct parcel *parcel, struct arena *a,
		struct post_outcome *out)
{
	char id[UUID_TEXT];
	struct str name = arena_printf(a, "%s/%s.eml", folder.p, uuid_format(parcel->id, id).p);
	struct str unfinished = arena_printf(a, "%s/.%s", folder.p, id);
	int fd = open(unfinished.p, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	bool written = fd >= 0 && write_all(fd, parcel->content);

	if (fd >= 0 && close(fd) != 0)
		written = false;
	if (written && rename(unfinished.p, name.p) == 0) {
		*out = (struct post_outcome){ .result = POST_SENT, .reply = name };
		return;
	}
	*out = (struct post_outcome){
		.result = POST_AWAY,
		.reply = arena_printf(a, "%s: %s", name.p, strerror(errno)),
	};
	unlink(unfinished.p);
}
