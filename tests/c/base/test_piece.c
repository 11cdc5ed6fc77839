/* Texts in a buffer that moves while more of them come. */
#include "base/piece.h"

#include "support/failing.h"

static void texts_stay_while_it_grows(void **state)
{
  static const char large[300];
  pl_buf b;
  (void)state;
  pl_buf_init(&b, &pl_alloc_default, sizeof large);
  assert_int_equal(pl_piece_text(&b, pl_piece_keep(&b, PL_STR(""))).len, 0);
  pl_piece first = pl_piece_keep(&b, PL_STR("first"));
  for (int i = 0; i < 100; i++)
    (void)pl_buf_addc(&b, '.');
  pl_piece last = pl_piece_keep(&b, PL_STR("last"));
  assert_true(pl_str_eqc(pl_piece_text(&b, first), "first") && pl_str_eqc(pl_piece_text(&b, last), "last"));
  assert_int_equal(pl_piece_keep(&b, (pl_str){large, sizeof large}).len, 0);
  assert_true(b.bad == PL_ELIMIT && pl_str_eqc(pl_piece_text(&b, first), "first"));
  pl_buf_fini(&b);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(texts_stay_while_it_grows)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
