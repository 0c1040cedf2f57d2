/* SPDX-License-Identifier: MIT */
/*
 * The program's own mmap and munmap stand before libc's for all libraries. They pass everything on
 * but the one kind of mapping that libsodium makes for Argon2: large, private, anonymous and
 * populated. (malloc calls libc's own, not these.)
 */
#include "cred/argon_memory.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#if !defined(POSTERN_SAN) && defined(__LP64__)

enum { LARGE = 4 * 1024 * 1024, HUGE_PAGE = 2 * 1024 * 1024 };

/* A keeper has one thread, and so one mapping. */
static struct {
	bool keep, in_use;
	void *base;  /* of the whole mapping */
	void *start; /* the part that libsodium gets: on the border of a huge page */
	size_t whole, size;
} kept;

static void *map(size_t size, int flags)
{
	return (void *)syscall(SYS_mmap, NULL, size, PROT_READ | PROT_WRITE, flags, -1, 0);
}

void argon_memory_keep(void)
{
	kept.keep = true;
}

void argon_memory_drop(void)
{
	if (kept.base == NULL || kept.in_use)
		return;
	syscall(SYS_munmap, kept.base, kept.whole);
	kept.base = NULL;
	kept.size = 0;
}

/* Takes the mapping that is kept, if it fits, or makes a new one. MAP_FAILED as mmap. */
static void *take(size_t size, int flags)
{
	if (kept.base != NULL && kept.size != size)
		argon_memory_drop();
	if (kept.base == NULL) {
		size_t whole = size + HUGE_PAGE;
		void *base = map(whole, flags & ~MAP_POPULATE);

		if (base == MAP_FAILED)
			return base;

		size_t past = (size_t)base % HUGE_PAGE;

		kept.base = base;
		kept.start = (char *)base + (past == 0 ? 0 : HUGE_PAGE - past);
		kept.whole = whole;
		kept.size = size;
		/* Huge pages are a wish: where it is refused, ordinary pages do. */
		madvise(kept.start, size, MADV_HUGEPAGE);
	}
	kept.in_use = true;
	return kept.start;
}

void *mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset)
{
	int wanted = MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE;

	if (kept.keep && !kept.in_use && at == NULL && size >= LARGE && fd == -1 &&
	    (flags & wanted) == wanted && protection == (PROT_READ | PROT_WRITE))
		return take(size, flags);
	return (void *)syscall(SYS_mmap, at, size, protection, flags, fd, offset);
}

int munmap(void *at, size_t size)
{
	if (kept.in_use && at == kept.start) {
		kept.in_use = false;
		return 0;
	}
	return (int)syscall(SYS_munmap, at, size);
}

#else

void argon_memory_keep(void)
{
}

void argon_memory_drop(void)
{
}

#endif
