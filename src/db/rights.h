/* SPDX-License-Identifier: MIT */
/* Two roles: one owns the tables and changes what they are like, the other one serves from them. */
#pragma once

#include <libpq-fe.h>

#include "base/str.h"

/*
 * Keeps the role that serving_url names, and everybody, from making functions and tables where
 * those of the owner are, as PostgreSQL 14 lets them: a function that fits better than the one that
 * is meant would be run as the owner. To be called before the owner calls anything else; where the
 * owner may not take that right, nothing is done. False after a message (module "migrate").
 */
bool rights_close(PGconn *owner, struct secret serving_url);

/*
 * Whether the role that serving_url names has the rights that serving needs, and none that would
 * let it change what was noted. By the owner's connection. False after a message (module
 * "migrate").
 */
bool rights_fit(PGconn *owner, struct secret serving_url, bool *fit);

/*
 * Gives that role the rights it needs and takes the others, within the transaction of the owner's
 * connection. False after a message.
 */
bool rights_grant(PGconn *owner, struct secret serving_url);

/*
 * Whether the role of this connection may do all that serving does; logs what it may not (module
 * "database"), with the remedy. A database without tables is one where it may.
 */
bool rights_suffice(PGconn *serving);

/*
 * Warns when the role of this connection may do more than serving needs, and could undo the record
 * by that.
 */
void rights_tell_excess(PGconn *serving);
