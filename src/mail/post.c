/* SPDX-License-Identifier: MIT */
#include "mail/post.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "base/instant.h"
#include "base/log.h"
#include "base/wipe.h"
#include "mail/drop.h"
#include "mail/reply.h"
#include "task/loop.h"
#include "task/task.h"

enum {
	/* Servers drop what idles; a connection that is closed already costs a try. */
	IDLE_S = 20
};

struct post {
	const struct conf *conf;
	struct str folder; /* null: SMTP */
	CURLM *multi;
	struct timer timer;
	struct sending *sending;
};

/* Lives on the stack of the task that waits. */
struct sending {
	struct sending *next;
	struct task *task;
	CURL *easy;
	struct str rest; /* of the content */
	struct dialogue dialogue;
	CURLcode result;
	bool done, hurried;
	char error[CURL_ERROR_SIZE];
};

/* A descriptor of libcurl's. */
struct wire {
	struct watch watch;
	struct post *post;
};

/* --- libcurl and the loop --- */

static void take_done(struct post *p)
{
	CURLMsg *m = NULL;
	int left = 0;

	while ((m = curl_multi_info_read(p->multi, &left)) != NULL) {
		struct sending *s = NULL;

		curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, (char **)&s);
		s->result = m->data.result;
		s->done = true;
		task_wake(s->task, OK);
	}
}

static void act(struct post *p, curl_socket_t fd, int events)
{
	int running = 0;

	curl_multi_socket_action(p->multi, fd, events, &running);
	take_done(p);
}

static void on_wire(struct watch *w, uint32_t events)
{
	struct wire *wire = OWNER_OF(w, struct wire, watch);

	/* It may be gone when this returns. */
	act(wire->post, w->fd,
	    (events & EPOLLIN ? CURL_CSELECT_IN : 0) | (events & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
		    (events & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0));
}

static void on_timer(struct timer *t)
{
	act(OWNER_OF(t, struct post, timer), CURL_SOCKET_TIMEOUT, 0);
}

static int watch_socket(CURL *easy, curl_socket_t fd, int what, void *post, void *known)
{
	struct post *p = post;
	struct wire *wire = known;
	uint32_t events = (what & CURL_POLL_IN ? EPOLLIN : 0U) |
			  (what & CURL_POLL_OUT ? EPOLLOUT : 0U);

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		if (wire != NULL)
			loop_unwatch(&wire->watch);
		free(wire);
		return 0;
	}
	if (wire == NULL) {
		wire = calloc(1, sizeof *wire);
		if (wire == NULL)
			return -1;
		wire->watch = (struct watch){ .fd = -1, .ready = on_wire };
		wire->post = p;
		curl_multi_assign(p->multi, fd, wire);
	}
	return loop_watch(&wire->watch, fd, events) == OK ? 0 : -1;
}

static int set_timer(CURLM *multi, long ms, void *post)
{
	struct post *p = post;

	(void)multi;
	if (ms < 0)
		timer_clear(&p->timer);
	else
		timer_set(&p->timer, ticks_us() + ms * 1000);
	return 0;
}

/* --- one mail --- */

static size_t give(char *to, size_t size, size_t n, void *sending)
{
	struct sending *s = sending;
	size_t length = size * n < s->rest.n ? size * n : s->rest.n;

	memcpy(to, s->rest.p, length);
	s->rest = str_from_at(s->rest, length);
	return length;
}

/* What goes to and fro, but for the mail itself. It is not kept: it holds the password. */
static int overhear(CURL *easy, curl_infotype type, char *data, size_t n, void *sending)
{
	struct sending *s = sending;

	(void)easy;
	if (type == CURLINFO_HEADER_OUT)
		dialogue_said(&s->dialogue, (struct str){ data, n });
	else if (type == CURLINFO_HEADER_IN)
		dialogue_heard(&s->dialogue, (struct str){ data, n });
	return 0;
}

static void set_connection(CURL *e, const struct conf *c)
{
	long milliseconds = (long)(c->mail_timeout / 1000);

	curl_easy_setopt(e, CURLOPT_URL, c->mail_url.p);
	curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
	curl_easy_setopt(e, CURLOPT_PROXY, "");
	curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, milliseconds);
	curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, milliseconds);
	curl_easy_setopt(e, CURLOPT_MAXAGE_CONN, (long)IDLE_S);
	curl_easy_setopt(e, CURLOPT_USE_SSL,
			 (long)(c->mail_plain ? CURLUSESSL_NONE : CURLUSESSL_ALL));
	curl_easy_setopt(e, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(e, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(e, CURLOPT_SSL_VERIFYHOST, 2L);
	if (c->mail_ca_file.n > 0) {
		curl_easy_setopt(e, CURLOPT_CAINFO, c->mail_ca_file.p);
		curl_easy_setopt(e, CURLOPT_CAPATH, NULL);
	}
	if (c->mail_user.n > 0) {
		curl_easy_setopt(e, CURLOPT_USERNAME, c->mail_user.p);
		curl_easy_setopt(e, CURLOPT_PASSWORD, c->mail_password.p);
	}
}

static void release_list(void *list)
{
	curl_slist_free_all(list);
}

static bool set_mail(struct sending *s, const struct parcel *parcel, struct arena *a)
{
	CURL *e = s->easy;
	struct curl_slist *to = curl_slist_append(NULL, arena_printf(a, "<%s>", parcel->to.p).p);

	arena_defer(a, release_list, to);
	s->rest = parcel->content;
	curl_easy_setopt(e, CURLOPT_MAIL_FROM, arena_printf(a, "<%s>", parcel->from.p).p);
	curl_easy_setopt(e, CURLOPT_MAIL_RCPT, to);
	curl_easy_setopt(e, CURLOPT_UPLOAD, 1L);
	curl_easy_setopt(e, CURLOPT_INFILESIZE_LARGE, (curl_off_t)parcel->content.n);
	curl_easy_setopt(e, CURLOPT_READFUNCTION, give);
	curl_easy_setopt(e, CURLOPT_READDATA, s);
	curl_easy_setopt(e, CURLOPT_VERBOSE, 1L);
	curl_easy_setopt(e, CURLOPT_DEBUGFUNCTION, overhear);
	curl_easy_setopt(e, CURLOPT_DEBUGDATA, s);
	curl_easy_setopt(e, CURLOPT_ERRORBUFFER, s->error);
	curl_easy_setopt(e, CURLOPT_PRIVATE, s);
	return to != NULL;
}

static void judge(const struct sending *s, struct arena *a, struct post_outcome *out)
{
	const char *why = s->hurried		? "interrupted"
			  : s->error[0] != '\0' ? s->error
						: curl_easy_strerror(s->result);
	bool sent = s->done && s->result == CURLE_OK;

	*out = (struct post_outcome){
		.result = sent ? POST_SENT : dialogue_judge(&s->dialogue),
		.code = dialogue_code(&s->dialogue),
		.reply = dialogue_text(&s->dialogue, a),
	};
	/* The server's own words say it best, where they are about it. */
	if (!sent && (out->code < 400 || out->reply.n == 0))
		out->reply = dialogue_clean(str_from(why), a);
}

static enum err transfer(struct post *p, struct sending *s)
{
	struct sending **at = &p->sending;

	if (curl_multi_add_handle(p->multi, s->easy) != CURLM_OK)
		return ERR_INTERNAL;
	s->next = p->sending;
	p->sending = s;

	enum err e = task_park();

	while (*at != s)
		at = &(*at)->next;
	*at = s->next;
	curl_multi_remove_handle(p->multi, s->easy);
	return s->done || s->hurried ? OK : e;
}

enum err post_send(struct post *p, const struct parcel *parcel, struct arena *a,
		   struct post_outcome *out)
{
	struct sending s = { .task = task_self() };

	if (p->folder.p != NULL) {
		drop_write(p->folder, parcel, a, out);
		return OK;
	}
	s.easy = curl_easy_init();
	if (s.easy == NULL)
		return ERR_INTERNAL;
	set_connection(s.easy, p->conf);

	enum err e = set_mail(&s, parcel, a) ? transfer(p, &s) : ERR_INTERNAL;

	if (e == OK)
		judge(&s, a, out);
	curl_easy_cleanup(s.easy);
	return e;
}

void post_hurry(struct post *p)
{
	for (struct sending *s = p->sending; s != NULL; s = s->next) {
		if (s->done || dialogue_writing(&s->dialogue))
			continue;
		s->hurried = true;
		task_wake(s->task, OK);
	}
}

struct post *post_make(const struct conf *c)
{
	struct post *p = calloc(1, sizeof *p);

	if (p == NULL)
		return NULL;
	p->conf = c;
	p->timer.fire = on_timer;
	p->folder = drop_folder(c);
	if (p->folder.p != NULL)
		return p;
	/* Its memory holds mails and the password. */
	if (curl_global_init_mem(CURL_GLOBAL_DEFAULT, malloc, wipe_free, wipe_realloc, strdup,
				 calloc) != CURLE_OK ||
	    (p->multi = curl_multi_init()) == NULL) {
		free(p);
		return NULL;
	}
	curl_multi_setopt(p->multi, CURLMOPT_SOCKETFUNCTION, watch_socket);
	curl_multi_setopt(p->multi, CURLMOPT_SOCKETDATA, p);
	curl_multi_setopt(p->multi, CURLMOPT_TIMERFUNCTION, set_timer);
	curl_multi_setopt(p->multi, CURLMOPT_TIMERDATA, p);
	return p;
}

void post_free(struct post *p)
{
	if (p == NULL)
		return;
	if (p->multi != NULL) {
		curl_multi_cleanup(p->multi);
		curl_global_cleanup();
	}
	timer_clear(&p->timer);
	free(p);
}
