/* SPDX-License-Identifier: MIT */
/* The way out: SMTP by libcurl, or files in a folder. */
#pragma once

#include "base/err.h"
#include "base/uuid.h"
#include "conf/conf.h"

struct post;

/* Adds a fault where the folder of file:// or mail.ca_file cannot be used, and says what to do. */
void post_check(const struct conf *c, struct arena *a, struct conf_faults *faults);

/* Whether mails go to a server, not into a folder or nowhere. */
bool post_smtp(const struct conf *c);

enum post_trial {
	TRIAL_GOOD, /* the server lets us in and takes our sender */
	TRIAL_AWAY, /* the server is not there, or says so: perhaps later */
	TRIAL_UNFIT /* the server will never take a mail as things are set */
};

/*
 * Goes as far with the server of mail.url as one can without a mail: TLS, AUTH, MAIL FROM. Not for
 * a folder. Blocks, for 20 seconds at most; not while there is a struct post. `said`: a line on
 * what is wrong and what to do, or on what to think of though the trial went well, or the null str.
 */
enum post_trial post_try(const struct conf *c, struct arena *a, struct str *said);

/* Needs the loop. The settings are borrowed. NULL when out of memory. */
struct post *post_make(const struct conf *c);

/* Nobody may be sending. */
void post_free(struct post *p);

/* A mail and its envelope. */
struct parcel {
	struct uuid id;
	struct str from, to; /* addresses */
	struct str content;  /* as message_write makes it */
};

enum post_result {
	POST_SENT,    /* the server has taken it */
	POST_REFUSED, /* the server will not, however often it is asked */
	POST_VOID,    /* the server was not asked: nobody has a use for this mail any more */
	POST_LATER,   /* this mail did not go through, which says nothing about others */
	POST_AWAY     /* the server takes no mails, or not from us */
};

struct post_outcome {
	enum post_result result;
	int code;	  /* of the server's last reply; 0: none */
	struct str reply; /* what the server said, or why nothing was heard of it; one line */
};

/*
 * Puts the task to sleep until the mail is sent or known not to be, at most mail.timeout. Several
 * tasks may send at once; connections are used again. ERR_CANCELLED, ERR_DEADLINE: the task was
 * ended and it is not known whether the mail was sent; ERR_INTERNAL: out of memory.
 */
enum err post_send(struct post *p, const struct parcel *parcel, struct arena *a,
		   struct post_outcome *out);

/* Ends deliveries whose mail is not being written yet, with POST_AWAY: each can be sent again. */
void post_hurry(struct post *p);
