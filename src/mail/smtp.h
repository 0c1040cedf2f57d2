/* SPDX-License-Identifier: MIT */
/* Settings of libcurl for the mail server. Private to mail. */
#pragma once

#include <curl/curl.h>

#include "conf/conf.h"

/* Begins libcurl, once and first. Memory that it frees is wiped: mails and the password. */
bool smtp_begin(void);

/*
 * Sets where the server is, how it is known, and who we are; all but sockets and mails. `longest`
 * is how many milliseconds one conversation may take. The settings are borrowed.
 */
void smtp_settings(CURL *easy, const struct conf *c, long longest, struct arena *a);
