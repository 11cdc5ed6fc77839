/* Snappy: blocks that its description spells out, there and back, and bytes that are none. */
#include "format/snappy.h"

#include <string.h>

#include "support/failing.h"

static pl_buf out;

static int set_up(void **state)
{
  (void)state;
  pl_buf_init(&out, &pl_alloc_default, 1 << 20);
  return 0;
}

static int tear_down(void **state)
{
  (void)state;
  pl_buf_fini(&out);
  return 0;
}

static int expand(const char *in, size_t len)
{
  pl_buf_clear(&out);
  return pl_snappy_expand((pl_str){in, len}, &out);
}

#define EXPAND(literal) expand(literal, sizeof(literal) - 1)
#define GIVES(literal, text) \
  do { \
    assert_int_equal(EXPAND(literal), 0); \
    assert_int_equal(out.len, sizeof(text) - 1); \
    assert_memory_equal(out.data, text, sizeof(text) - 1); \
  } while (0)

static void elements_of_each_kind(void **state)
{
  (void)state;
  assert_int_equal(EXPAND("\x00"), 0);
  assert_int_equal(out.len, 0);
  GIVES("\x03\x08" "abc", "abc");
  GIVES("\x06\x04" "ab" "\x01\x02", "ababab");                /* one byte of offset: 4 bytes, the pattern repeats */
  GIVES("\x08\x04" "xa" "\x16\x01\x00", "xaaaaaaa");          /* two bytes of offset: 6 bytes */
  GIVES("\x05\x04" "xy" "\x0b\x02\x00\x00\x00", "xyxyx");     /* four bytes of offset: 3 bytes */
  char in[4 + 70] = "\x46\xf0\x45", want[70];                 /* a literal whose length has a byte of its own */
  memset(in + 3, 'z', 70);
  memset(want, 'z', 70);
  assert_int_equal(expand(in, 73), 0);
  assert_memory_equal(out.data, want, 70);
}

static void what_is_none_is_refused(void **state)
{
  (void)state;
  assert_int_equal(EXPAND(""), PL_EPROTO);
  assert_int_equal(EXPAND("\xff\xff\xff\xff\xff\x01"), PL_EPROTO);       /* longer than 32 bits say */
  assert_int_equal(EXPAND("\xff\xff\xff\x7f\x00z"), PL_EPROTO);          /* more than so few bytes can stand for */
  assert_int_equal(EXPAND("\x03\x08" "ab"), PL_EPROTO);                   /* cut off */
  assert_int_equal(EXPAND("\x04\x08" "abc"), PL_EPROTO);                  /* shorter than it says */
  assert_int_equal(EXPAND("\x02\x08" "abc"), PL_EPROTO);                  /* longer */
  assert_int_equal(EXPAND("\x06\x04" "ab" "\x01\x00"), PL_EPROTO);        /* a copy of nothing */
  assert_int_equal(EXPAND("\x06\x04" "ab" "\x01\x03"), PL_EPROTO);        /* from before the begin */
  assert_int_equal(EXPAND("\x06\x04" "ab" "\x12\x02"), PL_EPROTO);        /* an offset is cut off */
  assert_int_equal(EXPAND("\x00z"), PL_EPROTO);
  assert_int_equal(out.len, 0);
}

static void the_limit_holds(void **state)
{
  (void)state;
  pl_buf_fini(&out);
  pl_buf_init(&out, &pl_alloc_default, 5);
  assert_int_equal(EXPAND("\x06\x04" "ab" "\x01\x02"), PL_ELIMIT);
  assert_null(out.data);
}

/* Text of words, with long and short repeats. */
static void fill(char *text, size_t len)
{
  uint32_t seed = 7;
  for (size_t i = 0; i < len; i++) {
    seed = seed * 1664525 + 1013904223;
    text[i] = (char)('a' + (int)(seed >> 24) % 26);
    if (seed >> 30 && i > 40)
      text[i] = text[i - (seed >> 20) % 40 - 1];
  }
}

static void both_ways(void **state)
{
  static const size_t lengths[] = {0, 1, 3, 4, 59, 60, 61, 255, 256, 257, 65535, 65536, 65537, 200000};
  static char text[200000];
  (void)state;
  fill(text, sizeof text);
  memset(text + 1000, 'r', 5000);
  for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
    pl_buf block;
    pl_buf_init(&block, &pl_alloc_default, 1 << 20);
    assert_int_equal(pl_snappy_shorten((pl_str){text, lengths[i]}, &block), 0);
    assert_int_equal(expand(block.data, block.len), 0);
    assert_int_equal(out.len, lengths[i]);
    assert_memory_equal(lengths[i] ? out.data : text, text, lengths[i]);
    assert_true(lengths[i] < 10000 || block.len < lengths[i]);
    pl_buf_fini(&block);
  }
}

static int without_memory(const pl_allocator *a, void *user)
{
  pl_buf block, back;
  (void)user;
  pl_buf_init(&block, a, 1000);
  pl_buf_init(&back, a, 1000);
  int code = pl_snappy_shorten(PL_STR("abcdabcdabcdabcd"), &block);
  if (!code)
    code = pl_snappy_expand((pl_str){block.data, block.len}, &back);
  pl_buf_fini(&block);
  pl_buf_fini(&back);
  return code;
}

static void memory_may_run_out(void **state)
{
  (void)state;
  failing_every(without_memory, NULL, 20);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(elements_of_each_kind, set_up, tear_down),
      cmocka_unit_test_setup_teardown(what_is_none_is_refused, set_up, tear_down),
      cmocka_unit_test_setup_teardown(the_limit_holds, set_up, tear_down),
      cmocka_unit_test_setup_teardown(both_ways, set_up, tear_down),
      cmocka_unit_test(memory_may_run_out),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
