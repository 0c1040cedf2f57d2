/* SPDX-License-Identifier: MIT */
/*
 * A folder of templates with one file: its name in the first line, below it the content. Either
 * there are templates, and every mail is among them, or there is a fault that says why.
 */
#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mail/templates.h"
#include "text/locale.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char folder[] = "/tmp/postern-fuzz-XXXXXX";

static void remove_folder(void)
{
	for (size_t i = 0; i < LOCALES; i++) {
		char path[64];

		snprintf(path, sizeof path, "%s/%s", folder, locales[i].p);
		rmdir(path);
	}
	rmdir(folder);
}

static void make_folder(void)
{
	assert(mkdtemp(folder) != NULL);
	for (size_t i = 0; i < LOCALES; i++) {
		char path[64];

		snprintf(path, sizeof path, "%s/%s", folder, locales[i].p);
		assert(mkdir(path, 0700) == 0);
	}
	atexit(remove_folder);
}

/* Of letters, below one of the languages: the folder is all that may be written to. */
static bool name_valid(struct str name)
{
	if (name.n < 4 || name.n > 60 ||
	    (!str_starts(name, STR("en/")) && !str_starts(name, STR("de/"))))
		return false;
	for (size_t i = 3; i < name.n; i++)
		if ((name.p[i] < 'a' || name.p[i] > 'z') && (name.p[i] != '.' || i == 3))
			return false;
	return true;
}

static void check(const struct templates *t, const struct conf_faults *faults)
{
	struct mail_template mail;

	assert((t == NULL) == (faults->n > 0));
	for (const struct conf_fault *f = faults->first; f != NULL; f = f->next)
		assert(str_starts(f->text, STR("mail.templates: ")) && str_utf8(f->text));
	for (size_t i = 0; t != NULL && i < LOCALES; i++)
		assert(templates_find(t, locales[i], STR("reset"), &mail) &&
		       !templates_find(t, locales[i], STR("frame"), &mail));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct arena *a;
	struct str text = { size > 0 ? (const char *)data : "", size }, name = { 0 };
	struct conf_faults faults = { 0 };

	if (a == NULL) {
		make_folder();
		a = arena_make(1 << 26, NULL, NULL);
	}
	if (!str_split(&text, '\n', &name) || !name_valid(name))
		return 0;

	const char *path = arena_printf(a, "%s/%.*s", folder, STR_ARG(name)).p;
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert(fd >= 0);
	assert(text.n == 0 || write(fd, text.p, text.n) == (ssize_t)text.n);
	close(fd);
	check(templates_load(str_from(folder), a, &faults), &faults);
	unlink(path);
	arena_reset(a);
	return 0;
}
