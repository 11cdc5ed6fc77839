/* The last stage: short where bytes repeat, as they are where they do not, and nothing but what was pressed. */
#include "store/codec.h"

#include <string.h>

#include "support/failing.h"

#include "base/random.h"
#include "perilune/error.h"

static uint8_t bytes[PL_CHUNK_MAX], back[PL_CHUNK_MAX];

static size_t pressed(pl_codec *c, size_t len)
{
  pl_buf out;
  pl_buf_init(&out, &pl_alloc_default, 1 << 16);
  assert_int_equal(pl_codec_press(c, bytes, len, &out), PL_OK);
  pl_str rest = {out.data, out.len};
  assert_int_equal(pl_codec_expand(c, &rest, back, len), PL_OK);
  assert_int_equal(rest.len, 0);
  assert_memory_equal(back, bytes, len);
  for (size_t cut = 0; cut < out.len; cut++) {
    rest = (pl_str){out.data, cut};
    assert_int_equal(pl_codec_expand(c, &rest, back, len), PL_ECORRUPT);
  }
  if (len > 1) {
    rest = (pl_str){out.data, out.len};
    assert_int_equal(pl_codec_expand(c, &rest, back, len - 1), PL_ECORRUPT);
  }
  size_t size = out.len;
  pl_buf_fini(&out);
  return size;
}

static void the_shorter_is_kept(void **state)
{
  pl_codec *c;
  pl_rng r;
  (void)state;
  assert_int_equal(pl_codec_new(&pl_alloc_default, &c), PL_OK);
  memset(bytes, 'a', sizeof bytes);
  assert_int_equal(pressed(c, 1), 2);
  assert_true(pressed(c, 1000) < 20);
  pl_rng_init(&r, 1, 2, 3, 4);
  for (size_t i = 0; i < sizeof bytes; i++)
    bytes[i] = (uint8_t)pl_rng_u64(&r);
  assert_int_equal(pressed(c, 1000), 1002);
  pl_codec_free(c);
  pl_codec_free(NULL);
}

/* Bytes of a guess and of a try, of len bytes that were made. */
static void expect_near(pl_codec *c, size_t len)
{
  size_t guess = pl_codec_guess(c, bytes, len), made = pressed(c, len);
  assert_true(guess <= made + made / 4 + 16);
  assert_true(made <= guess + guess / 2 + 128);
}

static void a_guess_is_near_what_comes(void **state)
{
  static const unsigned alphabets[] = {1, 2, 3, 17, 100, 256};
  pl_codec *c;
  pl_rng r;
  (void)state;
  assert_int_equal(pl_codec_new(&pl_alloc_default, &c), PL_OK);
  pl_rng_init(&r, 7, 0, 0, 0);
  for (size_t a = 0; a < sizeof alphabets / sizeof *alphabets; a++) {
    for (size_t i = 0; i < PL_CHUNK_MAX; i++)
      bytes[i] = (uint8_t)pl_rng_below(&r, alphabets[a]);
    expect_near(c, 4096);
  }
  for (size_t i = 0; i < PL_CHUNK_MAX; i++)
    bytes[i] = i < 200 ? (uint8_t)pl_rng_below(&r, 256) : bytes[i - 200];
  assert_true(pl_codec_guess(c, bytes, PL_CHUNK_MAX) < PL_CHUNK_MAX / 3); /* repetitions count */
  for (size_t len = 0; len < 8; len++)
    assert_true(pl_codec_guess(c, bytes, len) <= len);
  pl_codec_free(c);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(the_shorter_is_kept), cmocka_unit_test(a_guess_is_near_what_comes)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
