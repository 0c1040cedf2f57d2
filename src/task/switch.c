/* SPDX-License-Identifier: MIT */
/*
 * The switch is a few lines of assembly where they are known, ucontext elsewhere and under
 * sanitizers, which intercept it; swapcontext makes two system calls a switch. The registers are
 * those that a callee must preserve (System V AMD64 ABI 3.2.1, AAPCS64 6.1). Floating-point control
 * words are not changed by anything in this program, so they need not travel.
 */
#include "task/switch.h"

#include <sys/mman.h>
#include <unistd.h>

#ifdef POSTERN_SAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

void *stack_map(void)
{
	size_t guard = (size_t)sysconf(_SC_PAGESIZE);
	char *p = mmap(NULL, STACK_SIZE + guard, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		return NULL;
	if (mprotect(p, guard, PROT_NONE) != 0) {
		munmap(p, STACK_SIZE + guard);
		return NULL;
	}
	return p + guard;
}

void stack_unmap(void *low)
{
	size_t guard = (size_t)sysconf(_SC_PAGESIZE);

	munmap((char *)low - guard, STACK_SIZE + guard);
}

#ifdef SWITCH_UCONTEXT

static void jump(struct context *from, struct context *to)
{
	swapcontext(&from->uc, &to->uc);
}

static void prepare(struct context *c, void (*fn)(void))
{
	getcontext(&c->uc);
	c->uc.uc_stack.ss_sp = c->low;
	c->uc.uc_stack.ss_size = c->size;
	c->uc.uc_link = NULL;
	makecontext(&c->uc, fn, 0);
}

#else

void switch_stacks(void **save, void *load);

#ifdef __x86_64__
enum { SAVED_WORDS = 6, RETURN_WORD = 6, FRAME_WORDS = 8 };

__asm__(".text\n"
	".globl switch_stacks\n"
	".type switch_stacks, @function\n"
	"switch_stacks:\n"
	"	pushq %rbp\n"
	"	pushq %rbx\n"
	"	pushq %r12\n"
	"	pushq %r13\n"
	"	pushq %r14\n"
	"	pushq %r15\n"
	"	movq %rsp, (%rdi)\n"
	"	movq %rsi, %rsp\n"
	"	popq %r15\n"
	"	popq %r14\n"
	"	popq %r13\n"
	"	popq %r12\n"
	"	popq %rbx\n"
	"	popq %rbp\n"
	"	ret\n"
	".size switch_stacks, . - switch_stacks\n"
	".section .note.GNU-stack,\"\",@progbits\n"
	".text\n");
#else
enum { SAVED_WORDS = 20, RETURN_WORD = 11, FRAME_WORDS = 20 };

__asm__(".text\n"
	".globl switch_stacks\n"
	".type switch_stacks, %function\n"
	"switch_stacks:\n"
	"	sub sp, sp, #160\n"
	"	stp x19, x20, [sp, #0]\n"
	"	stp x21, x22, [sp, #16]\n"
	"	stp x23, x24, [sp, #32]\n"
	"	stp x25, x26, [sp, #48]\n"
	"	stp x27, x28, [sp, #64]\n"
	"	stp x29, x30, [sp, #80]\n"
	"	stp d8, d9, [sp, #96]\n"
	"	stp d10, d11, [sp, #112]\n"
	"	stp d12, d13, [sp, #128]\n"
	"	stp d14, d15, [sp, #144]\n"
	"	mov x9, sp\n"
	"	str x9, [x0]\n"
	"	mov sp, x1\n"
	"	ldp x19, x20, [sp, #0]\n"
	"	ldp x21, x22, [sp, #16]\n"
	"	ldp x23, x24, [sp, #32]\n"
	"	ldp x25, x26, [sp, #48]\n"
	"	ldp x27, x28, [sp, #64]\n"
	"	ldp x29, x30, [sp, #80]\n"
	"	ldp d8, d9, [sp, #96]\n"
	"	ldp d10, d11, [sp, #112]\n"
	"	ldp d12, d13, [sp, #128]\n"
	"	ldp d14, d15, [sp, #144]\n"
	"	add sp, sp, #160\n"
	"	ret\n"
	".size switch_stacks, . - switch_stacks\n"
	".section .note.GNU-stack,\"\",%progbits\n"
	".text\n");
#endif

static void jump(struct context *from, struct context *to)
{
	switch_stacks(&from->sp, to->sp);
}

/* A frame as switch_stacks leaves it, whose return address is fn. */
static void prepare(struct context *c, void (*fn)(void))
{
	uintptr_t *top = (uintptr_t *)((char *)c->low + c->size);
	uintptr_t *frame = top - FRAME_WORDS;

	_Static_assert(RETURN_WORD < FRAME_WORDS && SAVED_WORDS <= FRAME_WORDS, "frame layout");
	for (int i = 0; i < FRAME_WORDS; i++)
		frame[i] = 0;
	frame[RETURN_WORD] = (uintptr_t)fn;
	c->sp = frame;
}

#endif

void context_make(struct context *c, void *low, void (*fn)(void))
{
	c->low = low;
	c->size = STACK_SIZE;
	c->fake = NULL;
#ifdef POSTERN_SAN
	/* The task before may have left by longjmp, its frames still marked. */
	__asan_unpoison_memory_region(low, STACK_SIZE);
#endif
	prepare(c, fn);
}

void context_switch(struct context *from, struct context *to, int last)
{
#ifdef POSTERN_SAN
	__sanitizer_start_switch_fiber(last ? NULL : &from->fake, to->low, to->size);
	jump(from, to);
	__sanitizer_finish_switch_fiber(from->fake, NULL, NULL);
#else
	(void)last;
	jump(from, to);
#endif
}

void context_arrived(struct context *self, struct context *from)
{
#ifdef POSTERN_SAN
	/* The loop's own stack is learnt here: nobody else knows its bounds. */
	const void *low = NULL;
	size_t size = 0;

	__sanitizer_finish_switch_fiber(self->fake, &low, &size);
	from->low = (void *)(uintptr_t)low;
	from->size = size;
#else
	(void)self;
	(void)from;
#endif
}
