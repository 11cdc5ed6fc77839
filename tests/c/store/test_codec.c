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

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(the_shorter_is_kept)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
