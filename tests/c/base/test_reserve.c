/* Memory in reserve: what is touched, kept and given back. */
#include "base/reserve.h"

#include <string.h>

#include "support/failing.h"

/* Hands out a region from below, and sees what was written to it. */
typedef struct region {
  pl_allocator allocator;
  unsigned char bytes[256 << 10];
  size_t used, freed, written;
} region;

static void *region_fn(void *user, void *p, size_t old_size, size_t size)
{
  region *r = user;
  if (size) {
    r->used += size;
    return p || r->used > sizeof r->bytes ? NULL : r->bytes + r->used - size;
  }
  for (size_t i = 0; i < old_size; i++)
    r->written += ((unsigned char *)p)[i] != 0xaa;
  r->freed += old_size;
  return NULL;
}

static void memory_in_reserve_is_written_to_and_all_but_its_end_given_back(void **state)
{
  static region r;
  pl_reserve reserve = {0};
  (void)state;
  r.allocator = (pl_allocator){region_fn, &r};
  memset(r.bytes, 0xaa, sizeof r.bytes);
  for (int i = 0; i < 100; i++)
    pl_reserve_more(&reserve, &r.allocator, sizeof r.bytes - 1);
  assert_int_equal(r.used, sizeof r.bytes);
  assert_true(r.freed > r.used / 2);
  assert_ptr_equal((unsigned char *)reserve.pieces + (r.used - r.freed), r.bytes + r.used);
  pl_reserve_fini(&reserve, &r.allocator);
  assert_int_equal(r.freed, r.used);
  assert_int_equal(r.written, r.used);
}

static void memory_in_reserve_comes_in_pieces_and_harms_nothing_where_there_is_none(void **state)
{
  (void)state;
  for (size_t n = 1; n < 6; n++) {
    failing f;
    pl_reserve reserve = {0};
    failing_init(&f, n);
    for (size_t i = 1; i < 6; i++) {
      pl_reserve_more(&reserve, &f.allocator, 1 << 20);
      assert_int_equal(f.live, reserve.got);
      assert_int_equal(reserve.got > 0, n > 1);
    }
    assert_int_equal(f.calls, 5);
    pl_reserve_fini(&reserve, &f.allocator);
    assert_int_equal(f.live, 0);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(memory_in_reserve_is_written_to_and_all_but_its_end_given_back),
                                     cmocka_unit_test(memory_in_reserve_comes_in_pieces_and_harms_nothing_where_there_is_none)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
