/* SPDX-License-Identifier: MIT */
#pragma once

#include "core/req.h"

/* The words of the audit log on another address: "old -> new". */
struct str address_change_detail(struct req *r, struct str from, struct str to);
