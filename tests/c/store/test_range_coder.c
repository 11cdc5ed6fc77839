/* The range coder: bits come back, those that are likely cost little, and carries run through. */
#include "store/range_coder.h"

#include "base/random.h"
#include "support/failing.h"

enum { BITS = 100000 };

static bool bits[BITS];

/* Writes all bits, every seventh as an even one; the number of bytes. */
static size_t write_bits(pl_buf *out)
{
  pl_range_coder c;
  pl_range_sink sink;
  pl_bit models[4];
  pl_bit_init(models, 4);
  pl_range_begin_write(&c, &sink, out);
  for (int i = 0; i < BITS; i++) {
    if (i % 7 == 0)
      (void)pl_range_even(&c, bits[i], true);
    else
      (void)pl_range_bit(&c, &models[i % 4], bits[i], true);
  }
  pl_range_end_write(&c);
  return out->len;
}

static void there_and_back(unsigned one_in, size_t most)
{
  pl_rng r;
  pl_buf out;
  pl_range_coder c;
  pl_bit models[4];
  pl_rng_init(&r, one_in, 0, 0, 0);
  for (int i = 0; i < BITS; i++)
    bits[i] = pl_rng_below(&r, one_in) == 0;
  pl_buf_init(&out, &pl_alloc_default, 1 << 20);
  assert_true(write_bits(&out) < most);
  pl_bit_init(models, 4);
  pl_range_begin_read(&c, (pl_str){out.data, out.len});
  for (int i = 0; i < BITS; i++)
    assert_int_equal(i % 7 == 0 ? pl_range_even(&c, false, false) : pl_range_bit(&c, &models[i % 4], false, false), bits[i]);
  assert_false(pl_range_past_end(&c));
  pl_buf_fini(&out);
}

static void bits_come_back(void **state)
{
  (void)state;
  there_and_back(1, BITS / 7 / 8 + 500); /* all are set: the even ones alone cost */
  there_and_back(2, BITS / 8 + 1000);
  there_and_back(10, BITS / 7 / 8 + BITS / 15);
  there_and_back(1000000, BITS / 7 / 8 + 500);
}

/* Bits by which the first byte is 255, and nothing carries into it. */
static void the_first_byte_may_be_the_last_one(void **state)
{
  pl_range_coder c;
  pl_range_sink sink;
  pl_buf out;
  pl_bit m;
  (void)state;
  pl_buf_init(&out, &pl_alloc_default, 1 << 10);
  pl_range_begin_write(&c, &sink, &out);
  pl_bit_init(&m, 1);
  for (int i = 0; i < 400; i++)
    (void)pl_range_bit(&c, &m, false, true);
  pl_range_end_write(&c);
  pl_range_begin_read(&c, (pl_str){out.data, out.len});
  pl_bit_init(&m, 1);
  for (int i = 0; i < 400; i++)
    assert_false(pl_range_bit(&c, &m, true, false));
  pl_buf_fini(&out);
}

static void the_end_is_seen(void **state)
{
  pl_range_coder c;
  (void)state;
  pl_range_begin_read(&c, (pl_str){"", 0});
  assert_false(pl_range_past_end(&c));
  for (int i = 0; i < 64; i++)
    (void)pl_range_even(&c, false, false);
  assert_true(pl_range_past_end(&c));
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(bits_come_back), cmocka_unit_test(the_first_byte_may_be_the_last_one),
                                     cmocka_unit_test(the_end_is_seen)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
