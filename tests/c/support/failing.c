#include "support/failing.h"

#include <stdlib.h>

static void *failing_fn(void *user, void *p, size_t old_size, size_t size)
{
  failing *f = user;
  if (size == 0) {
    f->live -= p ? old_size : 0;
    free(p);
    return NULL;
  }
  if (!p || size > old_size) {
    f->calls++;
    if (f->fail_at && (f->once ? f->calls == f->fail_at : f->calls >= f->fail_at))
      return NULL;
  }
  void *q = realloc(p, size);
  if (q)
    f->live += size - (p ? old_size : 0);
  return q;
}

void failing_init(failing *f, size_t fail_at)
{
  *f = (failing){.allocator = {failing_fn, f}, .fail_at = fail_at};
}

void failing_every(int (*fn)(const pl_allocator *a, void *user), void *user, size_t max)
{
  for (size_t n = 1; n <= max; n++) {
    failing f;
    failing_init(&f, n);
    int code = fn(&f.allocator, user);
    assert_int_equal(f.live, 0);
    if (code == 0 && f.calls < n)
      return;
    assert_int_equal(code, PL_ENOMEM);
  }
  fail_msg("still failing after %zu allocations", max);
}
