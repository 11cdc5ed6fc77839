/* CRC-32: what its catalogues give, and what zlib gives for every length and place. */
#include "format/crc32.h"

#include <zlib.h>

#include "base/random.h"
#include "support/failing.h"

enum { N = 1 << 14, LENGTHS = 300, PLACES = 17 };

static void the_check_value_is_there(void **state)
{
  (void)state;
  assert_int_equal(pl_crc32(PL_STR("123456789")), 0xcbf43926);
  assert_int_equal(pl_crc32(PL_STR("")), 0);
}

static void zlib_agrees(void **state)
{
  static char bytes[N];
  pl_rng r;
  (void)state;
  pl_rng_init(&r, 3, 0, 0, 0);
  for (size_t i = 0; i < N; i++)
    bytes[i] = (char)pl_rng_u64(&r);
  for (size_t len = 0; len < LENGTHS; len++)
    for (size_t at = 0; at < PLACES; at++)
      assert_int_equal(pl_crc32((pl_str){bytes + at, len}), crc32_z(0, (const Bytef *)bytes + at, len));
  for (size_t len = N; len > N - LENGTHS; len--)
    assert_int_equal(pl_crc32((pl_str){bytes + N - len, len}), crc32_z(0, (const Bytef *)bytes + N - len, len));
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(the_check_value_is_there), cmocka_unit_test(zlib_agrees)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
