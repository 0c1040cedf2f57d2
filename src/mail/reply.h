/* SPDX-License-Identifier: MIT */
/* A conversation with an SMTP server: how far it has come, and its last reply. Private to mail. */
#pragma once

#include "mail/post.h"

enum { REPLY_KEPT = 500 /* bytes of a reply that are kept */ };

/* The stage of the last command. Up to MAIL a reply is about the server and us, then the mail. */
enum stage { STAGE_GREETING, STAGE_MAIL, STAGE_RECIPIENT, STAGE_DATA };

struct dialogue {
	enum stage stage;
	/* Lines of the reply to the last command, those that came so far. */
	char reply[REPLY_KEPT];
	size_t n;
	bool ended; /* the last line was that of a whole reply; the next one begins another */
	bool over;  /* QUIT was said: the answer to it is of no interest */
};

/*
 * libcurl's name for the ways to sign in that mail.auth names. Left to itself libcurl takes the
 * strongest one that is offered, and no second one; and there are servers that offer CRAM-MD5 or
 * NTLM and can do neither, for they keep only hashes. TLS is there, so PLAIN is no worse.
 */
const char *dialogue_login(enum conf_mail_auth way, struct arena *a);

/* A command as it was sent. */
void dialogue_said(struct dialogue *d, struct str command);

/* A line as it came in. */
void dialogue_heard(struct dialogue *d, struct str line);

/* Whether the mail itself is on its way. */
bool dialogue_writing(const struct dialogue *d);

/* The code of the last whole reply; 0: there was none since the last command. */
int dialogue_code(const struct dialogue *d);

/* The meaning of a failed conversation. */
enum post_result dialogue_judge(const struct dialogue *d);

/* The last reply as one line of valid UTF-8. */
struct str dialogue_text(const struct dialogue *d, struct arena *a);

/* Any bytes as one line of valid UTF-8. */
struct str dialogue_clean(struct str s, struct arena *a);
