/* What tests of the parts of PromQL's parser read with. */
#ifndef TEST_PROMQL_FIXTURE_H
#define TEST_PROMQL_FIXTURE_H

#include <string.h>

#include "query/promql_lexer.h"
#include "support/failing.h"

typedef struct fixture {
  pl_arena arena;
  pl_error err;
  pl_words words;
} fixture;

static inline int open_fixture(void **state)
{
  static fixture f;
  pl_arena_init(&f.arena, &pl_alloc_default, 1 << 20);
  *state = &f;
  return 0;
}

static inline int close_fixture(void **state)
{
  pl_arena_fini(&((fixture *)*state)->arena);
  return 0;
}

/* Whether the last error has this in its text. */
static inline void fixture_says(const fixture *f, const char *message)
{
  if (!strstr(f->err.message, message))
    fail_msg("%s\nshould say\n%s", f->err.message, message);
}

#endif
