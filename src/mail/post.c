/* SPDX-License-Identifier: MIT */
/*
 * libcurl's SMTP waits where its multi interface promises not to: for the answer to a mail, and for
 * the one to QUIT. So each delivery has a thread of its own while it lasts, and the loop goes on. A
 * thread touches nothing but its struct sending, which belongs to it until it has ended.
 */
#include "mail/post.h"

#include <curl/curl.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/instant.h"
#include "base/wipe.h"
#include "mail/drop.h"
#include "mail/reply.h"
#include "mail/smtp.h"
#include "task/loop.h"
#include "task/task.h"

enum {
	/* Servers drop idle connections; one that is closed already costs a try. */
	IDLE_S = 20,
	/* All has been said; the answer to a farewell is of no interest. */
	FAREWELL_US = 1000000
};

/* A handle of libcurl's, which keeps its connection from one mail to the next. */
struct line {
	struct line *next;
	CURL *easy;
	int fd; /* of its newest connection; -1: none */
};

struct post {
	const struct conf *conf;
	struct str folder;     /* null: SMTP */
	struct line *idle;     /* lines that nobody uses */
	struct sending *first; /* under way */
	int ended[2];	       /* a pipe: threads write which sending has ended */
	struct watch watch;
};

struct sending {
	struct sending *next;
	struct task *task; /* NULL: it has gone */
	struct line *line;
	pthread_t thread;
	int report; /* written to at the end */
	struct curl_slist *to;
	char *content; /* wiped when it is released */
	struct str rest;
	struct dialogue dialogue;
	int64_t farewell; /* tick at which QUIT was said; 0: not yet */
	CURLcode result;
	bool done;
	atomic_bool writing, abort;
	char error[CURL_ERROR_SIZE];
};

/* --- in the thread --- */

static size_t give(char *to, size_t size, size_t n, void *sending)
{
	struct sending *s = sending;
	size_t length = size * n < s->rest.n ? size * n : s->rest.n;

	memcpy(to, s->rest.p, length);
	s->rest = str_from_at(s->rest, length);
	return length;
}

/* Hears all but the mail itself. Commands are not kept: they hold the password. */
static int overhear(CURL *easy, curl_infotype type, char *data, size_t n, void *sending)
{
	struct sending *s = sending;

	(void)easy;
	if (type == CURLINFO_HEADER_OUT)
		dialogue_said(&s->dialogue, (struct str){ data, n });
	else if (type == CURLINFO_HEADER_IN)
		dialogue_heard(&s->dialogue, (struct str){ data, n });
	if (s->dialogue.over && s->farewell == 0)
		s->farewell = ticks_us();
	atomic_store(&s->writing, dialogue_writing(&s->dialogue));
	return 0;
}

/* libcurl calls this at least once a second; other than 0 ends the transfer. */
static int go_on(void *sending, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
	struct sending *s = sending;

	(void)a, (void)b, (void)c, (void)d;
	return atomic_load(&s->abort) ||
	       (s->farewell != 0 && ticks_us() - s->farewell > FAREWELL_US);
}

static int open_socket(void *line, curlsocktype purpose, struct curl_sockaddr *a)
{
	struct line *l = line;

	(void)purpose;
	l->fd = socket(a->family, a->socktype | SOCK_CLOEXEC, a->protocol);
	return l->fd < 0 ? CURL_SOCKET_BAD : l->fd;
}

static int close_socket(void *line, curl_socket_t fd)
{
	struct line *l = line;

	if (l->fd == fd)
		l->fd = -1;
	return close(fd);
}

static void *thread(void *sending)
{
	struct sending *s = sending;

	s->result = curl_easy_perform(s->line->easy);
	/* A pointer is written whole; the pipe has room for many more than there are hands. */
	while (write(s->report, &s, sizeof s) < 0)
		;
	return NULL;
}

/* --- lines --- */

static struct line *line_take(struct post *p)
{
	struct line *l = p->idle;

	if (l != NULL) {
		p->idle = l->next;
		return l;
	}
	l = calloc(1, sizeof *l);
	if (l == NULL || (l->easy = curl_easy_init()) == NULL) {
		free(l);
		return NULL;
	}
	l->fd = -1;
	return l;
}

/* The line's settings go, the password with them; the connection stays. */
static void line_give(struct post *p, struct line *l)
{
	curl_easy_reset(l->easy);
	l->next = p->idle;
	p->idle = l;
}

static void line_free(struct line *l)
{
	/* The socket is shut, so that nobody waits for the answer to a QUIT. */
	if (l->fd >= 0)
		shutdown(l->fd, SHUT_RDWR);
	curl_easy_cleanup(l->easy);
	free(l);
}

/* --- one mail --- */

static void set_connection(struct line *l, const struct conf *c, struct arena *a)
{
	CURL *e = l->easy;

	smtp_settings(e, c, (long)(c->mail_timeout / 1000), a);
	curl_easy_setopt(e, CURLOPT_MAXAGE_CONN, (long)IDLE_S);
	curl_easy_setopt(e, CURLOPT_OPENSOCKETFUNCTION, open_socket);
	curl_easy_setopt(e, CURLOPT_OPENSOCKETDATA, l);
	curl_easy_setopt(e, CURLOPT_CLOSESOCKETFUNCTION, close_socket);
	curl_easy_setopt(e, CURLOPT_CLOSESOCKETDATA, l);
}

static bool set_mail(struct sending *s, const struct parcel *parcel, struct arena *a)
{
	CURL *e = s->line->easy;

	s->to = curl_slist_append(NULL, arena_printf(a, "<%s>", parcel->to.p).p);
	s->content = malloc(parcel->content.n);
	if (s->to == NULL || s->content == NULL)
		return false;
	memcpy(s->content, parcel->content.p, parcel->content.n);
	s->rest = (struct str){ s->content, parcel->content.n };
	curl_easy_setopt(e, CURLOPT_MAIL_FROM, arena_printf(a, "<%s>", parcel->from.p).p);
	curl_easy_setopt(e, CURLOPT_MAIL_RCPT, s->to);
	curl_easy_setopt(e, CURLOPT_UPLOAD, 1L);
	curl_easy_setopt(e, CURLOPT_INFILESIZE_LARGE, (curl_off_t)parcel->content.n);
	curl_easy_setopt(e, CURLOPT_READFUNCTION, give);
	curl_easy_setopt(e, CURLOPT_READDATA, s);
	curl_easy_setopt(e, CURLOPT_VERBOSE, 1L);
	curl_easy_setopt(e, CURLOPT_DEBUGFUNCTION, overhear);
	curl_easy_setopt(e, CURLOPT_DEBUGDATA, s);
	curl_easy_setopt(e, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(e, CURLOPT_XFERINFOFUNCTION, go_on);
	curl_easy_setopt(e, CURLOPT_XFERINFODATA, s);
	curl_easy_setopt(e, CURLOPT_ERRORBUFFER, s->error);
	return true;
}

/*
 * A connection is used again only after success: libcurl keeps one on which the answer to a mail
 * did not come in time, and would take that answer, when it comes, for one to the next mail.
 */
static void release(struct post *p, struct sending *s)
{
	if (s->done && s->result == CURLE_OK)
		line_give(p, s->line);
	else
		line_free(s->line);
	curl_slist_free_all(s->to);
	wipe_free(s->content);
	free(s);
}

static void unlink_sending(struct post *p, struct sending *s)
{
	struct sending **at = &p->first;

	while (*at != s)
		at = &(*at)->next;
	*at = s->next;
}

/* Takes back the sending of a thread that has ended; false when there is none. */
static bool take_ended(struct post *p)
{
	struct sending *s = NULL;

	if (read(p->ended[0], &s, sizeof s) != (ssize_t)sizeof s)
		return false;
	pthread_join(s->thread, NULL);
	unlink_sending(p, s);
	s->done = true;
	if (s->task != NULL)
		task_wake(s->task, OK);
	else
		release(p, s);
	return true;
}

static void on_ended(struct watch *w, uint32_t events)
{
	(void)events;
	while (take_ended(OWNER_OF(w, struct post, watch)))
		;
}

static void judge(const struct sending *s, struct arena *a, struct post_outcome *out)
{
	const char *why = atomic_load(&s->abort) ? "interrupted"
			  : s->error[0] != '\0'	 ? s->error
						 : curl_easy_strerror(s->result);
	bool sent = s->result == CURLE_OK;

	*out = (struct post_outcome){
		.result = sent ? POST_SENT : dialogue_judge(&s->dialogue),
		.code = dialogue_code(&s->dialogue),
		.reply = dialogue_text(&s->dialogue, a),
	};
	if (!sent && atomic_load(&s->abort))
		out->result = POST_AWAY;
	/* The server's own words say best what is wrong, where they are about that. */
	if (!sent && (out->code < 400 || out->reply.n == 0))
		out->reply = dialogue_clean(str_from(why), a);
}

/* Returns when the thread has ended, or the task was; the thread then follows by itself. */
static enum err transfer(struct post *p, struct sending *s)
{
	if (pthread_create(&s->thread, NULL, thread, s) != 0)
		return ERR_INTERNAL;
	s->next = p->first;
	p->first = s;

	enum err e = task_park();

	if (s->done)
		return OK;
	s->task = NULL;
	atomic_store(&s->abort, true);
	return e;
}

enum err post_send(struct post *p, const struct parcel *parcel, struct arena *a,
		   struct post_outcome *out)
{
	if (p->folder.p != NULL) {
		drop_write(p->folder, parcel, a, out);
		return OK;
	}

	struct sending *s = calloc(1, sizeof *s);

	if (s == NULL || (s->line = line_take(p)) == NULL) {
		free(s);
		return ERR_INTERNAL;
	}
	s->task = task_self();
	s->report = p->ended[1];
	set_connection(s->line, p->conf, a);

	enum err e = set_mail(s, parcel, a) ? transfer(p, s) : ERR_INTERNAL;

	if (e == OK)
		judge(s, a, out);
	if (s->task != NULL)
		release(p, s);
	return e;
}

void post_hurry(struct post *p)
{
	for (struct sending *s = p->first; s != NULL; s = s->next)
		if (!atomic_load(&s->writing))
			atomic_store(&s->abort, true);
}

/* --- the whole of it --- */

static bool open_smtp(struct post *p)
{
	if (!smtp_begin() || pipe2(p->ended, O_CLOEXEC) != 0)
		return false;
	/* Only reading may fail for want of something to read. */
	return fcntl(p->ended[0], F_SETFL, O_NONBLOCK) == 0 &&
	       loop_watch(&p->watch, p->ended[0], EPOLLIN) == OK;
}

struct post *post_make(const struct conf *c)
{
	struct post *p = calloc(1, sizeof *p);

	if (p == NULL)
		return NULL;
	p->conf = c;
	p->folder = drop_folder(c);
	p->watch = (struct watch){ .fd = -1, .ready = on_ended };
	if (p->folder.p != NULL || open_smtp(p))
		return p;
	free(p);
	return NULL;
}

void post_free(struct post *p)
{
	if (p == NULL)
		return;
	/* Sendings whose task has gone are left; they were told to end. */
	while (p->first != NULL)
		if (!take_ended(p))
			usleep(1000);
	while (p->idle != NULL) {
		struct line *l = p->idle;

		p->idle = l->next;
		line_free(l);
	}
	if (p->folder.p == NULL) {
		loop_unwatch(&p->watch);
		close(p->ended[0]);
		close(p->ended[1]);
		curl_global_cleanup();
	}
	free(p);
}
