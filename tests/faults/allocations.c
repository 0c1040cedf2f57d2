/* SPDX-License-Identifier: MIT */
/*
 * Preloaded into a pool: the Nth allocation of one of its processes fails, malloc and its kin, the
 * mapping of a task's stack, and what the kernel needs for epoll_ctl. Which one, and of whom, is
 * said in a file ($FAULT_CONTROL) that tests/faults/allocations.py writes before each request.
 * Blocks that were allocated meanwhile are noted, so that it can ask which of them were never
 * freed.
 */
#include "faults/allocations.h"

#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <link.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* glibc's own, so that none has to be looked up before the first allocation. */
void *__libc_malloc(size_t n);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *p, size_t n);
void *__libc_memalign(size_t align, size_t n);
void __libc_free(void *p);

#define CALLER __builtin_return_address(0)

enum { FRAMES = 24 };

static struct fault_control *control;
static struct {
	const char *name;
	uintptr_t from, to; /* where its code is */
} trusting[] = { { "libfcgi", 0, 0 }, { "libzxcvbn", 0, 0 } };
static long (*next_syscall)(long number, ...);
static int (*next_epoll_ctl)(int epoll, int how, int fd, struct epoll_event *e);
static bool busy; /* with noting: what that allocates is not looked at */

static int find_code(struct dl_phdr_info *info, size_t size, void *ctx)
{
	(void)size;
	(void)ctx;
	for (size_t k = 0; k < sizeof trusting / sizeof *trusting; k++) {
		if (strstr(info->dlpi_name, trusting[k].name) == NULL)
			continue;
		for (int i = 0; i < info->dlpi_phnum; i++) {
			const ElfW(Phdr) *p = &info->dlpi_phdr[i];

			if (p->p_type != PT_LOAD || !(p->p_flags & PF_X))
				continue;
			trusting[k].from = info->dlpi_addr + p->p_vaddr;
			trusting[k].to = trusting[k].from + p->p_memsz;
		}
	}
	return 0;
}

__attribute__((constructor)) static void begin(void)
{
	const char *path = getenv("FAULT_CONTROL");
	void *frames[1];
	int fd = path == NULL ? -1 : open(path, O_RDWR | O_CLOEXEC);

	next_syscall = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
	next_epoll_ctl = (int (*)(int, int, int, struct epoll_event *))dlsym(RTLD_NEXT,
									     "epoll_ctl");
	/* Loads what it needs, which is not to happen in the middle of an allocation. */
	backtrace(frames, 1);
	dl_iterate_phdr(find_code, NULL);
	if (fd < 0)
		return;

	void *p = mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	close(fd);
	if (p != MAP_FAILED)
		control = p;
}

/* The return addresses, as offsets in what they belong to. */
static void note_where(void)
{
	void *frames[FRAMES];
	int n = backtrace(frames, FRAMES);
	size_t used = 0;

	for (int i = 2; i < n && used < FAULT_WHERE; i++) {
		Dl_info info = { 0 };
		const char *name = "?";
		uintptr_t at = (uintptr_t)frames[i];

		if (dladdr(frames[i], &info) != 0) {
			name = strrchr(info.dli_fname, '/');
			name = name == NULL ? info.dli_fname : name + 1;
			at -= (uintptr_t)info.dli_fbase;
		}
		used += (size_t)snprintf(control->where + used, FAULT_WHERE - used, "%s+%#lx ",
					 name, (unsigned long)at);
	}
}

static bool watched(void)
{
	return control != NULL && !busy && control->pid != 0 && control->pid == getpid();
}

/* Whether this one is to fail. */
static bool fails(const void *caller)
{
	bool trusts = false;

	if (!watched())
		return false;
	control->total++;
	for (size_t i = 0; i < sizeof trusting / sizeof *trusting; i++)
		trusts = trusts || ((uintptr_t)caller >= trusting[i].from &&
				    (uintptr_t)caller < trusting[i].to);
	if (control->trial == 0 || (control->spare == FAULT_SPARE && trusts) ||
	    (control->spare == FAULT_ONLY && !trusts))
		return false;
	if (++control->count != control->fail_at)
		return false;
	busy = true;
	note_where();
	busy = false;
	control->failed++;
	errno = ENOMEM;
	return true;
}

static size_t place_of(const void *p)
{
	return ((uintptr_t)p >> 4) * 0x9e3779b97f4a7c15ULL >> 48;
}

static void *note(void *p, const void *caller)
{
	if (p == NULL || !watched() || control->trial == 0)
		return p;
	for (size_t i = 0; i < 256; i++) {
		struct fault_live *l = &control->live[(place_of(p) + i) % FAULT_LIVE];

		if (l->p != 0)
			continue;
		*l = (struct fault_live){ (uintptr_t)p, (uintptr_t)caller, (uint32_t)control->trial,
					  (uint32_t)control->count };
		return p;
	}
	control->lost++;
	return p;
}

static void forget(const void *p)
{
	if (p == NULL || !watched())
		return;
	for (size_t i = 0; i < 256; i++) {
		struct fault_live *l = &control->live[(place_of(p) + i) % FAULT_LIVE];

		if (l->p != (uintptr_t)p)
			continue;
		l->p = 0;
		return;
	}
}

void *malloc(size_t n)
{
	return fails(CALLER) ? NULL : note(__libc_malloc(n), CALLER);
}

void *calloc(size_t count, size_t size)
{
	return fails(CALLER) ? NULL : note(__libc_calloc(count, size), CALLER);
}

void *realloc(void *p, size_t n)
{
	if (fails(CALLER))
		return NULL;
	forget(p);
	return note(__libc_realloc(p, n), CALLER);
}

void *reallocarray(void *p, size_t count, size_t size)
{
	size_t n = 0;

	if (__builtin_mul_overflow(count, size, &n) || fails(CALLER)) {
		errno = ENOMEM;
		return NULL;
	}
	forget(p);
	return note(__libc_realloc(p, n), CALLER);
}

void *memalign(size_t align, size_t n)
{
	return fails(CALLER) ? NULL : note(__libc_memalign(align, n), CALLER);
}

void *aligned_alloc(size_t align, size_t n)
{
	return fails(CALLER) ? NULL : note(__libc_memalign(align, n), CALLER);
}

int posix_memalign(void **out, size_t align, size_t n)
{
	if (fails(CALLER))
		return ENOMEM;
	*out = note(__libc_memalign(align, n), CALLER);
	return *out == NULL ? ENOMEM : 0;
}

void free(void *p)
{
	forget(p);
	__libc_free(p);
}

/* The program's own mmap, which libraries use too, asks the kernel in this way. */
long syscall(long number, ...)
{
	va_list args;
	long a[6];

	va_start(args, number);
	for (size_t i = 0; i < 6; i++)
		a[i] = va_arg(args, long);
	va_end(args);
	if (number == SYS_mmap && fails(CALLER))
		return -1;
	return next_syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

int epoll_ctl(int epoll, int how, int fd, struct epoll_event *e)
{
	if (how == EPOLL_CTL_ADD && fails(CALLER))
		return -1;
	return next_epoll_ctl(epoll, how, fd, e);
}
