/* SPDX-License-Identifier: MIT */
#include "mail/templates.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "mail/words.h"
#include "text/locale.h"

struct entry {
	struct str path;
	struct template *subject, *body;
};

struct templates {
	struct entry *entries;
	size_t n;
};

struct loading {
	struct templates *t;
	struct str folder;
	struct arena *arena;
	struct conf_faults *faults;
};

static bool ends(struct str s, struct str end)
{
	return s.n >= end.n && str_eq(str_from_at(s, s.n - end.n), end);
}

static const struct entry *entry_find(const struct templates *t, struct str path)
{
	for (size_t i = 0; i < t->n; i++)
		if (str_eq(t->entries[i].path, path))
			return &t->entries[i];
	return NULL;
}

/* The path of a file below the folder. */
static struct str below(const struct loading *l, struct str path)
{
	return arena_printf(l->arena, "%s/%s", l->folder.p, path.p);
}

static bool complain(const struct loading *l, struct str path, const char *what)
{
	conf_fault_add(l->faults, l->arena, "mail.templates: %s: %s", path.p, what);
	return false;
}

static bool read_all(int fd, struct arena *a, struct str *out)
{
	char *p = arena_alloc(a, TEMPLATE_MAX + 2);
	size_t n = 0;
	ssize_t got = 0;

	/* One byte more than allowed, so that a longer file is seen to be too long. */
	while (n <= TEMPLATE_MAX && (got = read(fd, p + n, TEMPLATE_MAX + 1 - n)) > 0)
		n += (size_t)got;
	*out = (struct str){ p, n };
	return got >= 0;
}

/* Reads the folder's file instead; leaves *text alone when there is none. False after a fault. */
static bool read_override(const struct loading *l, struct str path, struct str *text)
{
	struct str file = below(l, path);
	int fd = open(file.p, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return errno == ENOENT ? true : complain(l, file, strerror(errno));

	bool got = read_all(fd, l->arena, text);
	int why = errno;

	close(fd);
	return got || complain(l, file, strerror(why));
}

static const struct template_kind *kind_of(struct str path)
{
	if (ends(path, STR("/frame.txt")))
		return &words_text_frame;
	if (ends(path, STR("/frame.html")))
		return &words_html_frame;
	return ends(path, STR(".txt")) ? &words_text : &words_html;
}

/* The subject stands in the first line, and an empty one below it. */
static bool parse(const struct loading *l, struct entry *e, struct str text, struct str *fault)
{
	const struct template_kind *kind = kind_of(e->path);
	struct str subject = { 0 }, empty = { 0 };

	if (kind != &words_text)
		return template_parse(text, 1, kind, l->arena, &e->body, fault);
	if (!str_split(&text, '\n', &subject) || str_trim(subject).n == 0 ||
	    !str_split(&text, '\n', &empty) ||
	    str_trim(empty).n > (empty.n > 0 && *empty.p == '\r')) {
		*fault = STR("the first line is the subject, the second one empty");
		return false;
	}
	if (subject.p[subject.n - 1] == '\r')
		subject.n--;
	return template_parse(subject, 1, kind, l->arena, &e->subject, fault) &&
	       template_parse(text.p == NULL ? STR("") : text, 3, kind, l->arena, &e->body, fault);
}

static void load(const struct loading *l, const struct template_source *source)
{
	struct entry *e = &l->t->entries[l->t->n++];
	struct str text = str_from(source->text), fault = { 0 };

	e->path = str_from(source->path);
	if (l->folder.n > 0 && !read_override(l, e->path, &text))
		return;
	if (!parse(l, e, text, &fault))
		complain(l, l->folder.n > 0 ? below(l, e->path) : e->path, fault.p);
}

/* "the mails are in en and de only" */
static const char *only_in(struct arena *a)
{
	struct buf b = buf_make(a, 64);

	buf_add(&b, STR("the mails are in "));
	for (size_t i = 0; i < LOCALES; i++) {
		buf_add(&b, i == 0 ? STR("") : i + 1 < LOCALES ? STR(", ") : STR(" and "));
		buf_add(&b, locales[i]);
	}
	buf_add(&b, STR(" only"));
	return buf_str(&b).p;
}

/* Names that nothing would ever ask for are mistakes: a typing error, or a language there is not.
 */
static void look_through(const struct loading *l, struct str dir, size_t depth)
{
	struct str path = dir.n == 0 ? l->folder : below(l, dir);
	DIR *d = opendir(path.p);

	if (d == NULL) {
		if (depth == 0 || errno != ENOENT)
			complain(l, path, strerror(errno));
		return;
	}
	for (struct dirent *e = readdir(d); e != NULL; e = readdir(d)) {
		struct str name = str_from(e->d_name);
		struct str at = dir.n == 0 ? arena_dup(l->arena, name)
					   : arena_printf(l->arena, "%s/%s", dir.p, name.p);

		if (name.p[0] == '.')
			continue;
		if (depth == 0 && !str_eq(locale_of(name), name))
			complain(l, below(l, at), only_in(l->arena));
		if (depth == 1 && (ends(name, STR(".txt")) || ends(name, STR(".html"))) &&
		    entry_find(l->t, at) == NULL)
			complain(l, below(l, at), "there is no mail of that name");
	}
	closedir(d);
}

struct templates *templates_load(struct str folder, struct arena *a, struct conf_faults *faults)
{
	struct templates *t = arena_new(a, struct templates);
	struct loading l = { .t = t, .folder = folder, .arena = a, .faults = faults };
	size_t before = faults->n, n = 0;

	while (mail_sources[n].path != NULL)
		n++;
	t->entries = arena_new_array(a, n, struct entry);
	for (size_t i = 0; i < n; i++)
		load(&l, &mail_sources[i]);
	if (folder.n > 0) {
		look_through(&l, STR(""), 0);
		for (size_t i = 0; i < LOCALES; i++)
			look_through(&l, locales[i], 1);
	}
	return faults->n == before ? t : NULL;
}

/* "en", "reset", ".txt" */
static const struct entry *find(const struct templates *t, struct str locale, struct str name,
				const char *end)
{
	for (size_t i = 0; i < t->n; i++) {
		struct str at = t->entries[i].path;

		if (str_starts(at, locale) && at.n > locale.n && at.p[locale.n] == '/' &&
		    str_starts(str_from_at(at, locale.n + 1), name) &&
		    str_eq(str_from_at(at, locale.n + 1 + name.n), str_from(end)))
			return &t->entries[i];
	}
	return NULL;
}

bool templates_find(const struct templates *t, struct str locale, struct str name,
		    struct mail_template *out)
{
	const struct entry *text = find(t, locale, name, ".txt"),
			   *html = find(t, locale, name, ".html"),
			   *text_frame = find(t, locale, STR("frame"), ".txt"),
			   *html_frame = find(t, locale, STR("frame"), ".html");

	if (text == NULL || text->subject == NULL || html == NULL || text_frame == NULL ||
	    html_frame == NULL)
		return false;
	*out = (struct mail_template){ .subject = text->subject,
				       .text = text->body,
				       .html = html->body,
				       .text_frame = text_frame->body,
				       .html_frame = html_frame->body };
	return true;
}
