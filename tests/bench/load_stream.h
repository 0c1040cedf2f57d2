/* SPDX-License-Identifier: MIT */
/* A connection's bytes, plain or through TLS. For load.c. Nothing here waits. */
#pragma once

#include <errno.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

/* ssl is NULL on a plain one. fd -1: closed. */
struct stream {
	int fd;
	SSL *ssl;
};

/* What stream_greet, _send and _recv return beside a number of bytes. */
enum { STREAM_END = 0, STREAM_BROKEN = -1, STREAM_WANTS_READ = -2, STREAM_WANTS_WRITE = -3 };

/* The server is this machine's, and its certificate its own: it is not checked. */
static inline SSL_CTX *stream_tls(void)
{
	SSL_CTX *tls = SSL_CTX_new(TLS_client_method());

	if (tls == NULL)
		return NULL;
	SSL_CTX_set_verify(tls, SSL_VERIFY_NONE, NULL);
	SSL_CTX_set_mode(tls, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	/* One read() for as much as there is, instead of one for each record's head. */
	SSL_CTX_set_read_ahead(tls, 1);
	return tls;
}

/* Before a connected stream is used: TLS on it, unless tls is NULL. */
static inline bool stream_begin(struct stream *s, SSL_CTX *tls)
{
	if (tls == NULL)
		return true;
	s->ssl = SSL_new(tls);
	if (s->ssl == NULL || SSL_set_fd(s->ssl, s->fd) != 1)
		return false;
	SSL_set_connect_state(s->ssl);
	return true;
}

static inline void stream_close(struct stream *s)
{
	if (s->ssl != NULL)
		SSL_free(s->ssl);
	if (s->fd >= 0)
		close(s->fd); /* which also takes it out of the epoll set */
	*s = (struct stream){ .fd = -1 };
}

static inline ssize_t stream_result(const struct stream *s, int result)
{
	if (result > 0)
		return result;
	switch (SSL_get_error(s->ssl, result)) {
	case SSL_ERROR_WANT_READ:
		return STREAM_WANTS_READ;
	case SSL_ERROR_WANT_WRITE:
		return STREAM_WANTS_WRITE;
	case SSL_ERROR_ZERO_RETURN:
		return STREAM_END;
	default:
		return STREAM_BROKEN;
	}
}

/* The handshake: 1 when it is done. */
static inline ssize_t stream_greet(struct stream *s)
{
	return s->ssl == NULL ? 1 : stream_result(s, SSL_do_handshake(s->ssl));
}

static inline ssize_t stream_send(struct stream *s, const char *p, size_t n)
{
	if (s->ssl != NULL)
		return stream_result(s, SSL_write(s->ssl, p, (int)n));

	ssize_t sent = send(s->fd, p, n, MSG_NOSIGNAL);

	if (sent >= 0)
		return sent;
	return errno == EAGAIN ? STREAM_WANTS_WRITE : STREAM_BROKEN;
}

static inline ssize_t stream_recv(struct stream *s, char *p, size_t n)
{
	if (s->ssl != NULL)
		return stream_result(s, SSL_read(s->ssl, p, (int)n));

	ssize_t got = recv(s->fd, p, n, 0);

	if (got >= 0)
		return got;
	return errno == EAGAIN ? STREAM_WANTS_READ : STREAM_BROKEN;
}

/* Whether there is more to be read of which epoll knows nothing. */
static inline bool stream_pending(const struct stream *s)
{
	return s->ssl != NULL && SSL_has_pending(s->ssl) == 1;
}
