/* DEFLATE both ways, through every cut and with allocations that fail. */
#include "format/deflate.h"

#include <string.h>

#include "support/failing.h"

static const char text[] = "the same words, the same words, and the same words once more";

static void both_forms_there_and_back(void **state)
{
  (void)state;
  for (enum pl_deflate_form f = PL_DEFLATE_GZIP; f <= PL_DEFLATE_ZLIB; f++) {
    pl_buf packed, out;
    pl_buf_init(&packed, &pl_alloc_default, 1 << 20);
    pl_buf_init(&out, &pl_alloc_default, 1 << 20);
    assert_int_equal(pl_deflate(f, PL_STR(text), &packed), 0);
    assert_int_equal(pl_inflate(f, (pl_str){packed.data, packed.len}, &out), 0);
    assert_string_equal(pl_buf_cstr(&out), text);
    for (size_t cut = 0; cut < packed.len; cut++) {
      pl_buf_clear(&out);
      assert_int_equal(pl_inflate(f, (pl_str){packed.data, cut}, &out), PL_EPROTO);
    }
    (void)pl_buf_addc(&packed, 'x');
    pl_buf_clear(&out);
    assert_int_equal(pl_inflate(f, (pl_str){packed.data, packed.len}, &out), PL_EPROTO);
    pl_buf_fini(&packed);
    pl_buf_fini(&out);
  }
}

static void no_more_than_the_limit_comes_out(void **state)
{
  static char zeros[1 << 20];
  pl_buf packed, out;
  (void)state;
  pl_buf_init(&packed, &pl_alloc_default, 1 << 20);
  pl_buf_init(&out, &pl_alloc_default, 300000);
  assert_int_equal(pl_deflate(PL_DEFLATE_GZIP, (pl_str){zeros, sizeof zeros}, &packed), 0);
  assert_int_equal(pl_inflate(PL_DEFLATE_GZIP, (pl_str){packed.data, packed.len}, &out), PL_ELIMIT);
  assert_true(out.len <= 300000);
  pl_buf_fini(&packed);
  pl_buf_fini(&out);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(both_forms_there_and_back), cmocka_unit_test(no_more_than_the_limit_comes_out)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
