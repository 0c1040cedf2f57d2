/* SPDX-License-Identifier: MIT */
#include "db/notice.h"

#include <string.h>

#include "base/log.h"

void notice_log(void *module, const PGresult *r)
{
	/* The severity that is not in the server's language. */
	const char *severity = PQresultErrorField(r, PG_DIAG_SEVERITY_NONLOCALIZED);
	const char *text = PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY);

	if (severity != NULL && strcmp(severity, "WARNING") == 0)
		log_warn(module, "the server warns: %s", text == NULL ? "" : text);
	else
		log_debug(module, "notice: %s", text == NULL ? "" : text);
}
