/* SPDX-License-Identifier: MIT */
#pragma once

#include "conf/conf.h"

/*
 * Lets root become server.user, as whom the service runs and PostgreSQL knows it; anybody else
 * stays who they are, and so does root where there is no such user. Everything that only root may
 * read has to be read before. Returns an exit status, after a message.
 */
int become_user(const struct conf *c);
