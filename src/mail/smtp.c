/* SPDX-License-Identifier: MIT */
#include "mail/smtp.h"

#include <stdlib.h>
#include <string.h>

#include "base/wipe.h"
#include "mail/reply.h"

bool smtp_begin(void)
{
	return curl_global_init_mem(CURL_GLOBAL_DEFAULT, malloc, wipe_free, wipe_realloc, strdup,
				    calloc) == CURLE_OK;
}

void smtp_settings(CURL *easy, const struct conf *c, long longest, struct arena *a)
{
	curl_easy_setopt(easy, CURLOPT_URL, c->mail_url.p);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
	curl_easy_setopt(easy, CURLOPT_PROXY, "");
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, longest);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, longest);
	curl_easy_setopt(easy, CURLOPT_SERVER_RESPONSE_TIMEOUT, (longest + 999) / 1000);
	curl_easy_setopt(easy, CURLOPT_USE_SSL,
			 (long)(c->mail_plain ? CURLUSESSL_NONE : CURLUSESSL_ALL));
	curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
	if (c->mail_ca_file.n > 0) {
		curl_easy_setopt(easy, CURLOPT_CAINFO, c->mail_ca_file.p);
		curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
	}
	if (c->mail_user.n > 0) {
		curl_easy_setopt(easy, CURLOPT_USERNAME, c->mail_user.p);
		curl_easy_setopt(easy, CURLOPT_PASSWORD, c->mail_password.p);
		curl_easy_setopt(easy, CURLOPT_LOGIN_OPTIONS, dialogue_login(c->mail_auth, a));
	}
}
