/* SPDX-License-Identifier: MIT */
/* How libcurl is to speak with the mail server. Private to mail. */
#pragma once

#include <curl/curl.h>

#include "conf/conf.h"

/* Once, before anything else of libcurl. What it frees is wiped: mails and the password. */
bool smtp_begin(void);

/*
 * Where the server is, how it is known, and who we are; all of it but sockets and mails.
 * `longest` is how many milliseconds one conversation may take. The settings are borrowed.
 */
void smtp_settings(CURL *easy, const struct conf *c, long longest, struct arena *a);
