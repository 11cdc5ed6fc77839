/* An allocator whose n-th allocation fails: run a function for n = 1, 2, ... until it succeeds. */
#ifndef TEST_FAILING_H
#define TEST_FAILING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/alloc.h"

#include <cmocka.h>

typedef struct failing {
  pl_allocator allocator;
  size_t calls;   /* allocations and growths so far */
  size_t fail_at; /* this one and all later ones fail; 0: none */
  bool once;      /* only that one fails */
  size_t live;    /* bytes not freed yet: 0 at the end of a clean test */
} failing;

void failing_init(failing *f, size_t fail_at);

/* Calls fn with an allocator that fails at the n-th allocation for n = 1, 2 ... until fn returns 0,
 * at most max times. fn returns PL_ENOMEM when memory was refused. Asserts that nothing leaks. */
void failing_every(int (*fn)(const pl_allocator *a, void *user), void *user, size_t max);

#endif
