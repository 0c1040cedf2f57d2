/* SPDX-License-Identifier: MIT */
#pragma once

#include <libpq-fe.h>

/*
 * A PQnoticeReceiver: what the server says beside its results goes to the log, a warning as one.
 * The argument is the name of the module, a constant.
 */
void notice_log(void *module, const PGresult *r);
