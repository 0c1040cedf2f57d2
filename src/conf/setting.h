/* SPDX-License-Identifier: MIT */
/* One row of conf.def as data, and how its value is read and shown. Private to conf. */
#pragma once

#include "conf/conf.h"

enum setting_kind {
	SETTING_STR,
	SETTING_SECRET,
	SETTING_INT,
	SETTING_BOOL,
	SETTING_DURATION,
	SETTING_ENUM
};

struct setting {
	enum setting_kind kind;
	size_t offset; /* in struct conf */
	struct str key, preset;
	int64_t min, max;  /* of the value, or of its length; max 0: no bound */
	unsigned int keep; /* CONF_WORKER, ...: the processes that may keep this secret */
	const char *doc;
	const struct vocabulary *words; /* SETTING_ENUM */
};

enum {
#define CONF(kind, member, key, preset, min, max, doc) SETTING_AT_##member,
#include "conf/conf.def"
#undef CONF
	SETTING_COUNT
};

/* The rows of conf.def in their order. */
extern const struct setting settings[SETTING_COUNT];

enum { SETTING_NAME = 64, SETTING_DURATION_TEXT = 24 };

const struct setting *setting_find(struct str key);

/* The setting that was probably meant by an unknown key; NULL when none is near. */
const struct setting *setting_nearest(struct str key);

/* Whether there are settings below this key: "server". */
bool setting_section(struct str key);

/* The name of a setting's environment variable: APP__SERVER__LISTEN. */
struct str setting_env(const struct setting *s, char name[static SETTING_NAME]);

/* Microseconds as text in the largest unit that keeps them whole: "10s", "250ms". */
struct str setting_duration(int64_t us, char text[static SETTING_DURATION_TEXT]);

/* The demand on a value: "a whole number from 0 to 64". */
struct str setting_expects(const struct setting *s, struct arena *a);

/*
 * Reads a value into its member; text is copied. Returns the null str, or the fault of the text:
 * "must be a whole number from 0 to 64, not "x"". A secret's value is never told.
 */
struct str setting_set(const struct setting *s, struct str text, struct arena *a, struct conf *out);

/* The setting that a variable of this name gives, APP__DATABASE__URL; NULL: none. */
const struct setting *setting_find_env(struct str name);

/* Someone else's text made fit for a message: escaped, cut to a few dozen bytes. */
struct str setting_quote(struct str text, struct arena *a);

/* The part of conf_check that is about mails. */
void conf_check_mail(const struct conf *c, struct arena *a, struct conf_faults *faults);

/* The place that settings are read into. */
struct conf_target {
	struct arena *arena;   /* lives as long as the settings */
	struct arena *scratch; /* wiped as soon as they are read */
	struct conf *out;
	struct conf_faults *faults;
};

/* Reads the whole of a file of at most 64 KiB: 0, or why not, which conf_reason puts into words. */
int conf_read_file(const char *path, struct arena *a, struct str *out);
const char *conf_reason(int e);

/* A file that holds one value and perhaps the end of its line. */
struct setting_file {
	const char *path;
	const char *called; /* its name in a fault */
	bool optional;	    /* the file may be missing */
	bool own;	    /* the file is ours alone: refused where others can get at it */
};

/* Reads a setting from such a file, or adds a fault. */
void setting_read_file(const struct setting *s, const struct setting_file *f,
		       const struct conf_target *t);
