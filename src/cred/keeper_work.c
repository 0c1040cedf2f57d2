/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <sodium.h>
#include <string.h>

#include "base/buf.h"
#include "base/instant.h"
#include "cred/judge.h"
#include "cred/keeper_wire.h"

static bool read_header(const char *p, size_t n, struct job_header *h)
{
	if (n < sizeof *h)
		return false;
	memcpy(h, p, sizeof *h);
	return h->worker < KEEPER_WORKERS_MAX && h->place < KEEPER_IN_FLIGHT;
}

/* Takes the rest of the job apart; false when the datagram is not one. */
static bool read_parts(const char *p, size_t n, struct arena *a, const struct job_header *h,
		       struct str parts[JOB_PARTS])
{
	size_t at = sizeof *h;

	for (size_t i = 0; i < JOB_PARTS; i++) {
		if (h->lengths[i] > n - at)
			return false;
		parts[i] = arena_dup(a, (struct str){ p + at, h->lengths[i] });
		at += h->lengths[i];
	}
	return at == n;
}

/* Whether a job is still wanted; if so it is ours. */
static bool take_place(struct keeper_board *board, size_t number, const struct job_header *h)
{
	struct keeper_place *place = &board->places[h->worker][h->place];

	if (atomic_load(&place->id) != h->id)
		return false;
	if (h->deadline != 0 && h->deadline < ticks_us())
		return false;
	atomic_store(&place->taken, (uint32_t)number + 1);
	return true;
}

/* Makes a MAC by a key for its purpose, so that one kind of MAC never passes for another. */
static void make_mac(const uint8_t secret[static 32], struct str purpose, struct str message,
		     uint8_t mac[static KEEPER_MAC])
{
	uint8_t key[32];

	crypto_generichash(key, sizeof key, (const uint8_t *)purpose.p, purpose.n, secret, 32);
	crypto_generichash(mac, KEEPER_MAC, (const uint8_t *)message.p, message.n, key, sizeof key);
	sodium_memzero(key, sizeof key);
}

/* Makes a MAC by the key in force, and behind it one by the key before, as long as there is one. */
static struct str make_macs(const struct keeper_secrets *s, struct str purpose, struct str message,
			    struct arena *a)
{
	uint8_t *macs = arena_alloc(a, (size_t)2 * KEEPER_MAC);

	make_mac(s->secret, purpose, message, macs);
	if (s->rotating)
		make_mac(s->previous, purpose, message, macs + KEEPER_MAC);
	return (struct str){ (const char *)macs, s->rotating ? 2 * KEEPER_MAC : KEEPER_MAC };
}

void keeper_secret(struct secret secret_key, struct secret jwt_secret, uint8_t out[static 32])
{
	struct secret from = secret_key.n > 0 ? secret_key : jwt_secret;
	static const uint8_t name[] = "postern secret_key";

	/*
	 * The key is distinct from jwt_secret itself, which is a key of HMACs that everybody can
	 * ask for.
	 */
	crypto_generichash_state state;

	crypto_generichash_init(&state, NULL, 0, 32);
	crypto_generichash_update(&state, name, sizeof name);
	crypto_generichash_update(&state, (const uint8_t *)from.p, from.n);
	crypto_generichash_final(&state, out, 32);
	sodium_memzero(&state, sizeof state);
}

static bool make_hash(const struct keeper_secrets *s, struct str password, struct arena *a,
		      struct str *text)
{
	char hash[PASSWORD_HASH];

	if (!password_hash((struct secret){ password.p, password.n }, s->cost, hash))
		return false;
	*text = arena_dup(a, str_from(hash));
	return true;
}

/*
 * Opens the private key that the job brings, each time anew: that takes a twentieth of the signing,
 * and no open key lies about between two jobs.
 */
static bool sign(const struct keeper_secrets *s, const struct job_header *h,
		 const struct str parts[JOB_PARTS], struct arena *a, struct str *text)
{
	struct token_claims claims = { .subject = parts[0],
				       .email = parts[1],
				       .role = parts[2],
				       .id = parts[3],
				       .session = parts[4],
				       .version = h->version,
				       .issued = h->issued,
				       .expires = h->expires };
	struct token_key key = { .algorithm = (enum token_algorithm)h->algorithm };
	struct secret sealed = { parts[6].p, parts[6].n };

	if (h->algorithm == TOKEN_HS256) {
		key.secret = s->jwt_secret;
		if (key.secret.n == 0)
			return false;
	} else {
		key.kid = parts[5];
		if (h->algorithm > TOKEN_RS256 || key.kid.n == 0 ||
		    (!key_pair_open(sealed, s->secret, a, &key.secret) &&
		     !(s->rotating && key_pair_open(sealed, s->previous, a, &key.secret))))
			return false;
	}
	return token_sign(&key, s->issuer, &claims, a, text) == OK;
}

/*
 * Makes a key pair: kid, public key in PEM and as JWK, sealed private key; each but the last with a
 * NUL behind it.
 */
static bool make_key(const struct keeper_secrets *s, const struct job_header *h, struct arena *a,
		     struct str *text)
{
	struct key_pair pair = { 0 };
	struct buf b = buf_make(a, KEEPER_DATAGRAM);

	if (key_pair_make((enum token_algorithm)h->algorithm, s->secret, a, &pair) != OK)
		return false;

	const struct str parts[] = { pair.kid, pair.pem, pair.jwk };

	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
		buf_add(&b, parts[i]);
		buf_char(&b, '\0');
	}
	buf_add(&b, (struct str){ pair.private.p, pair.private.n });
	*text = buf_str(&b);
	return true;
}

/* Makes the MACs that are wanted, by the key in force, and the signed token behind them. */
static bool sign_all(const struct keeper_secrets *s, const struct job_header *h,
		     const struct str parts[JOB_PARTS], struct arena *a, struct str *text)
{
	struct buf b = buf_make(a, KEEPER_DATAGRAM);
	struct str token = { 0 };
	uint8_t mac[KEEPER_MAC];

	for (size_t i = JOB_WISHES; i + 1 < JOB_PARTS && parts[i].n > 0; i += 2) {
		make_mac(s->secret, parts[i], parts[i + 1], mac);
		buf_add(&b, (struct str){ (const char *)mac, sizeof mac });
	}
	if (!sign(s, h, parts, a, &token))
		return false;
	buf_add(&b, token);
	*text = buf_str(&b);
	return true;
}

static uint32_t work(const struct keeper_secrets *s, const struct job_header *h,
		     const struct str parts[JOB_PARTS], struct arena *a, struct str *text)
{
	struct secret password = { parts[0].p, parts[0].n };
	bool done = false;

	switch ((enum job_kind)h->kind) {
	case JOB_HASH:
		if (h->judge != 0 && judge_weak(password, parts[1]))
			return ANSWER_NO;
		/* A password that nobody could judge must not pass. */
		if (errno == ENOMEM)
			return ANSWER_FAILED;
		done = make_hash(s, parts[0], a, text);
		break;
	case JOB_VERIFY:
		return password_verify(password, parts[1]) ? ANSWER_DONE : ANSWER_NO;
	case JOB_MAC:
		*text = make_macs(s, parts[0], parts[1], a);
		return ANSWER_DONE;
	case JOB_SIGN:
		done = sign_all(s, h, parts, a, text);
		break;
	case JOB_KEY:
		done = make_key(s, h, a, text);
		break;
	}
	return done ? ANSWER_DONE : ANSWER_FAILED;
}

static size_t write_answer(const struct answer_header *h, struct str text, char *answer)
{
	memcpy(answer, h, sizeof *h);
	if (text.n > 0)
		memcpy(answer + sizeof *h, text.p, text.n);
	return sizeof *h + text.n;
}

size_t keeper_work(const struct keeper_secrets *s, struct keeper_board *board, size_t number,
		   const void *job, size_t n, struct arena *a, void *answer, size_t *worker)
{
	struct job_header h;
	struct str parts[JOB_PARTS], text = { 0 };

	/*
	 * The place is taken first: the work may end for want of memory, and then the job is to be
	 * told lost.
	 */
	if (!read_header(job, n, &h) || !take_place(board, number, &h))
		return 0;

	struct answer_header out = { .id = h.id, .place = h.place, .result = ANSWER_FAILED };

	errno = 0;
	if (read_parts(job, n, a, &h, parts))
		out.result = work(s, &h, parts, a, &text);
	/* The libraries do not tell a wrong password from a failed allocation. */
	if (out.result != ANSWER_DONE && errno == ENOMEM)
		out.result = ANSWER_LOST;
	if (text.n > KEEPER_DATAGRAM - sizeof out) {
		out.result = ANSWER_FAILED;
		text.n = 0;
	}
	out.length = (uint32_t)text.n;
	atomic_store(&board->places[h.worker][h.place].taken, 0);
	*worker = h.worker;
	return write_answer(&out, text, answer);
}

size_t keeper_lost(struct keeper_board *board, size_t number, void *answer, size_t *worker)
{
	for (size_t w = 0; w < KEEPER_WORKERS_MAX; w++) {
		for (uint32_t i = 0; i < KEEPER_IN_FLIGHT; i++) {
			struct keeper_place *place = &board->places[w][i];
			uint32_t mine = (uint32_t)number + 1;

			if (!atomic_compare_exchange_strong(&place->taken, &mine, 0))
				continue;

			struct answer_header h = { .id = atomic_load(&place->id),
						   .place = i,
						   .result = ANSWER_LOST };

			*worker = w;
			return write_answer(&h, (struct str){ 0 }, answer);
		}
	}
	return 0;
}
