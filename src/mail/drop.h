/* SPDX-License-Identifier: MIT */
/* Mails as files, for development. Private to mail. */
#pragma once

#include "mail/post.h"

/* The folder that mail.url names; the null str: it names a server. */
struct str drop_folder(const struct conf *c);

/* Writes the parcel to <folder>/<id>.eml, which is there whole or not at all. */
void drop_write(struct str folder, const struct parcel *parcel, struct arena *a,
		struct post_outcome *out);
