/* Seals of pages: each flipped bit is found and put back, and nothing else is taken for one. */
#include "store/page.h"

#include <string.h>

#include "base/random.h"
#include "support/failing.h"

enum { SMALL = 512, USUAL = 4096, NUMBER = 77, ROUNDS = 300 };

static void fill(uint8_t *page, size_t size, pl_rng *r)
{
  for (size_t i = 0; i < size; i++)
    page[i] = (uint8_t)pl_rng_below(r, 256);
  pl_page_seal(page, size, NUMBER);
}

static void expect_mended(const uint8_t *whole, size_t size, size_t at)
{
  static uint8_t page[PL_PAGE_MAX];
  size_t bit = SIZE_MAX;
  memcpy(page, whole, size);
  page[at / 8] ^= (uint8_t)(1U << at % 8);
  assert_int_equal(pl_page_mend(page, size, NUMBER, &bit), PL_PAGE_FLIPPED);
  assert_int_equal(bit, at);
  assert_memory_equal(page, whole, size);
}

static void every_bit_is_found(void **state)
{
  (void)state;
  static uint8_t page[PL_PAGE_MAX];
  pl_rng r;
  size_t bit;
  pl_rng_init(&r, 1, 0, 0, 0);
  fill(page, SMALL, &r);
  assert_int_equal(pl_page_mend(page, SMALL, NUMBER, &bit), PL_PAGE_WHOLE);
  for (size_t at = 0; at < 8 * (size_t)SMALL; at++)
    expect_mended(page, SMALL, at);
  static const size_t sizes[] = {USUAL, PL_PAGE_MAX};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    fill(page, sizes[i], &r);
    for (int round = 0; round < 50; round++)
      expect_mended(page, sizes[i], pl_rng_below(&r, 8 * sizes[i]));
    for (size_t at = 0; at < 64; at++) { /* the first bytes of the largest page: more places than Adler-32 tells apart; and its seal */
      expect_mended(page, sizes[i], at);
      expect_mended(page, sizes[i], 8 * sizes[i] - 1 - at);
    }
  }
}

static void more_than_a_bit_is_not_mended(void **state)
{
  (void)state;
  uint8_t whole[USUAL], page[USUAL], damaged[USUAL];
  size_t bit;
  pl_rng r;
  pl_rng_init(&r, 2, 0, 0, 0);
  fill(whole, USUAL, &r);
  for (int round = 0; round < ROUNDS; round++) {
    memcpy(page, whole, USUAL);
    size_t first = pl_rng_below(&r, 8 * USUAL), second = (first + 1 + pl_rng_below(&r, 8 * USUAL - 1)) % (8 * USUAL);
    page[first / 8] ^= (uint8_t)(1U << first % 8);
    page[second / 8] ^= (uint8_t)(1U << second % 8);
    memcpy(damaged, page, USUAL);
    assert_int_equal(pl_page_mend(page, USUAL, NUMBER, &bit), PL_PAGE_OTHER);
    assert_memory_equal(page, damaged, USUAL);
  }
  assert_int_equal(pl_page_mend(whole, USUAL, NUMBER + 3, &bit), PL_PAGE_OTHER); /* that of another place */
}

static void what_was_never_sealed_is_told(void **state)
{
  (void)state;
  uint8_t page[USUAL] = {0};
  size_t bit;
  assert_int_equal(pl_page_mend(page, USUAL, NUMBER, &bit), PL_PAGE_WHOLE);
  page[1000] = 16;
  assert_int_equal(pl_page_mend(page, USUAL, NUMBER, &bit), PL_PAGE_FLIPPED);
  assert_int_equal(bit, 8004);
  assert_int_equal(page[1000], 0);
  memset(page, 1, 100);
  assert_int_equal(pl_page_mend(page, USUAL, NUMBER, &bit), PL_PAGE_UNSEALED);
}

static void the_size_is_known_whatever_bit_flips(void **state)
{
  (void)state;
  uint8_t page[USUAL] = "SQLite format 3", scratch[USUAL];
  page[16] = USUAL >> 8;
  assert_int_equal(pl_page_size(page, USUAL), 0);
  page[20] = PL_PAGE_SEAL;
  pl_page_seal(page, USUAL, 1);
  for (size_t at = 0; at < 8 * (size_t)PL_PAGE_HEAD; at++) {
    memcpy(scratch, page, USUAL);
    scratch[at / 8] ^= (uint8_t)(1U << at % 8);
    assert_int_equal(pl_page_size(scratch, USUAL), USUAL);
  }
  assert_int_equal(pl_page_size(page, PL_PAGE_HEAD - 1), 0);
  page[20] = 8; /* somebody else's */
  page[21] ^= 255;
  assert_int_equal(pl_page_size(page, USUAL), 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(every_bit_is_found), cmocka_unit_test(more_than_a_bit_is_not_mended),
                                     cmocka_unit_test(what_was_never_sealed_is_told), cmocka_unit_test(the_size_is_known_whatever_bit_flips)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
