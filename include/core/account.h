/* SPDX-License-Identifier: MIT */
#pragma once

#include "core/req.h"

enum { USER_NAME_MAX = 200 /* characters */ };

/*
 * Before a user is deleted, demoted, disabled or kept from signing in, in the request's
 * transaction: ERR_LAST_ADMIN when this is the last one who administers and can sign in. Of several
 * requests that would each leave somebody else, the second one sees what the first one did. OK when
 * there is no such user.
 */
enum err admins_remain(struct req *r, struct user_id without);
