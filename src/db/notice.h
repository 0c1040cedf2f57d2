/* SPDX-License-Identifier: MIT */
#pragma once

#include <libpq-fe.h>

/*
 * A PQnoticeReceiver: notices of the server go to the log, a warning as one. The argument is the
 * name of the module, a constant.
 */
void notice_log(void *module, const PGresult *r);
