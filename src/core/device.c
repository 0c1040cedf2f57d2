/* SPDX-License-Identifier: MIT */
#include "core/device.h"

#include <string.h>

#include "base/buf.h"
#include "cred/opaque.h"

enum {
	SEPARATOR = '.', /* of the two parts of a token */
	ID = 16,
	READ_MAX = 16 /* a page of a neighbouring host can put some of its own in front */
};

/* The message that the MAC is over: the user is no part of the opaque token. */
static struct str message_of(struct req *r, struct user_id user, struct opaque o)
{
	struct str message = opaque_message(o, r->arena);
	char *all = arena_alloc(r->arena, ID + message.n);

	memcpy(all, user.uuid.b, ID);
	memcpy(all + ID, message.p, message.n);
	return (struct str){ all, ID + message.n };
}

/* *right says whether the text is a token of ours. */
static enum err read_one(struct req *r, struct str text, struct device *out, bool *right)
{
	struct str rest = text, user = { 0 }, mac = { 0 };
	struct opaque_macs ours = { 0 };
	struct opaque o = { 0 };
	struct user_id id = { 0 };

	*right = false;
	if (text.n != DEVICE_TEXT || !str_split(&rest, SEPARATOR, &user) ||
	    !uuid_parse(user, &id.uuid) || !opaque_read(rest, r->arena, &o, &mac))
		return OK;
	TRY(keeper_macs(r->app->keeper, "device", message_of(r, id, o), r->arena, &ours));
	*right = opaque_mac_right(mac, &ours);
	*out = (struct device){ .user = id, .version = (int32_t)o.count, .id = o.id };
	return OK;
}

enum err device_read(struct req *r, struct str tokens, struct devices *out)
{
	struct str rest = tokens, text = { 0 };
	struct devices found = { 0 };

	for (size_t i = 0; i < READ_MAX && str_split(&rest, DEVICE_BETWEEN, &text); i++) {
		bool right = false;

		if (found.n == DEVICE_TOKENS_MAX)
			break;
		TRY(read_one(r, text, &found.v[found.n], &right));
		found.n += right;
	}
	*out = found;
	return OK;
}

bool device_find(const struct devices *d, struct user_id user, int32_t version, struct uuid *id)
{
	for (size_t i = 0; i < d->n; i++) {
		const struct device *one = &d->v[i];

		if (uuid_none(user.uuid) || !uuid_eq(one->user.uuid, user.uuid) ||
		    one->version != version)
			continue;
		*id = one->id;
		return true;
	}
	return false;
}

struct device_made device_make(struct user_id user, int32_t version)
{
	return (struct device_made){ user, { .id = uuid_v7(), .count = (uint32_t)version } };
}

struct keeper_wish device_wish(struct req *r, const struct device_made *d)
{
	return (struct keeper_wish){ .purpose = "device",
				     .message = message_of(r, d->user, d->token) };
}

struct str device_text(struct req *r, const struct device_made *d, struct str mac)
{
	char id[UUID_TEXT];

	return arena_printf(r->arena, "%s%c%.*s", uuid_format(d->user.uuid, id).p, SEPARATOR,
			    STR_ARG(opaque_write(d->token, mac, r->arena)));
}

/* Whether the text has the form of a token, of another user than that: only such go back. */
static bool of_another(struct req *r, struct str text, struct user_id user)
{
	struct str rest = text, id = { 0 }, mac = { 0 };
	struct opaque o = { 0 };
	struct uuid other = { 0 };

	return text.n == DEVICE_TEXT && str_split(&rest, SEPARATOR, &id) &&
	       uuid_parse(id, &other) && opaque_read(rest, r->arena, &o, &mac) &&
	       !uuid_eq(other, user.uuid);
}

struct str device_keep(struct req *r, struct user_id user, struct str token, struct str tokens)
{
	struct buf all = buf_make(r->arena, DEVICE_TOKENS_MAX * (DEVICE_TEXT + 1));
	struct str rest = tokens, one = { 0 };
	size_t n = 1;

	buf_add(&all, token);
	while (n < DEVICE_TOKENS_MAX && str_split(&rest, DEVICE_BETWEEN, &one)) {
		if (!of_another(r, one, user))
			continue;
		buf_char(&all, DEVICE_BETWEEN);
		buf_add(&all, one);
		n++;
	}
	return buf_str(&all);
}
