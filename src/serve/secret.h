/* SPDX-License-Identifier: MIT */
/* The keepers' secret: what refresh tokens, mailed proofs and sealed keys are made with. */
#pragma once

#include "conf/conf.h"
#include "cred/key_pair.h"

/* That of secret_key, or of jwt_secret where there is none. */
void secret_now(const struct conf *c, uint8_t out[static KEY_SECRET]);

/* The one before it, which is still taken; false, and out untouched: none is. */
bool secret_previous(const struct conf *c, uint8_t out[static KEY_SECRET]);
