/* SPDX-License-Identifier: MIT */
#include "cli/ask.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "cred/password.h"

/*
 * Signals that end a command from outside, or stop it: a shell may leave the terminal of a stopped
 * one as it is, so Ctrl-Z has no effect meanwhile.
 */
static const int caught[] = { SIGTSTP, SIGINT, SIGTERM, SIGQUIT, SIGHUP };

enum { CAUGHT = sizeof caught / sizeof *caught };

/* The terminal before it was told not to show what is typed. For the handler, too. */
static struct termios before;

/* Calls only what is safe in a handler; then the signal does what it would have done. */
static void on_ending(int signal_)
{
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
	(void)!write(STDERR_FILENO, "\n", 1);
	raise(signal_);
}

static void quieten(struct sigaction were[static CAUGHT])
{
	struct sigaction end = { .sa_handler = on_ending, .sa_flags = (int)SA_RESETHAND };
	struct sigaction ignore = { .sa_handler = SIG_IGN };
	struct termios quiet = before;

	quiet.c_lflag &= ~(tcflag_t)ECHO;
	for (int i = 0; i < CAUGHT; i++) {
		sigaction(caught[i], NULL, &were[i]);
		/* A command that had the signal ignored (nohup) goes on. */
		if (were[i].sa_handler != SIG_IGN)
			sigaction(caught[i], caught[i] == SIGTSTP ? &ignore : &end, NULL);
	}
	fputs("Password: ", stderr);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
}

static void unquieten(const struct sigaction were[static CAUGHT])
{
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
	for (int i = 0; i < CAUGHT; i++)
		sigaction(caught[i], &were[i], NULL);
	fputs("\n", stderr);
}

static bool read_line(struct arena *a, struct secret *out)
{
	char *line = arena_alloc(a, PASSWORD_BYTES_MAX + 3);

	if (fgets(line, PASSWORD_BYTES_MAX + 3, stdin) == NULL)
		return false;

	size_t n = strcspn(line, "\r\n");

	line[n] = '\0';
	*out = (struct secret){ line, n };
	return n <= PASSWORD_BYTES_MAX;
}

bool ask_password(struct arena *a, struct secret *out)
{
	struct sigaction were[CAUGHT];
	bool terminal = isatty(STDIN_FILENO) && tcgetattr(STDIN_FILENO, &before) == 0;

	/* A buffer of stdio would keep the password. */
	setvbuf(stdin, NULL, _IONBF, 0);
	if (terminal)
		quieten(were);

	bool got = read_line(a, out);

	if (terminal)
		unquieten(were);
	return got;
}
