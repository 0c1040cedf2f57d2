/* SPDX-License-Identifier: MIT */
#pragma once

#include "core/req.h"

/* What the audit log says of another address. */
struct str address_change_detail(struct req *r, struct str from, struct str to);
