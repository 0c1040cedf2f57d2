/* SPDX-License-Identifier: MIT */
/* Switching from one stack to another, and the stacks. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#if defined(POSTERN_SAN) || !(defined(__x86_64__) || defined(__aarch64__))
#define SWITCH_UCONTEXT 1
#include <ucontext.h>
#endif

enum {
	STACK_SIZE = 256 * 1024, /* reserved; a request touches two or three pages */
	STACK_KEPT = 64		 /* unused stacks kept for the next request */
};

/* The place where a stack was left. */
struct context {
#ifdef SWITCH_UCONTEXT
	ucontext_t uc;
#else
	void *sp;
#endif
	/* The bounds of the stack, and AddressSanitizer's shadow of it. */
	void *low, *fake;
	size_t size;
};

/* Maps a stack with a guard page below it; NULL when there is no memory. */
void *stack_map(void);
void stack_unmap(void *low);

/* Prepares a context that starts with fn on that stack; fn must not return. */
void context_make(struct context *c, void *low, void (*fn)(void));

/* Leaves `from`, goes on in `to`. `last`: from is never gone back to. */
void context_switch(struct context *from, struct context *to, int last);

/* To be called first on a fresh stack that was come to from `from`. */
void context_arrived(struct context *self, struct context *from);
