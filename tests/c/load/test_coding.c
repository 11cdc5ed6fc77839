/* Content codings: round trips, what other programs made, and what is broken. */
#include "load/coding.h"

#include <string.h>

#include "support/failing.h"

enum { LIMIT = 1 << 20 };

static int decode(enum pl_coding coding, pl_str in, pl_buf *out, pl_error *err)
{
  pl_buf_init(out, &pl_alloc_default, LIMIT);
  return pl_coding_decode(coding, in, TEST_MODULE_DIR, out, err);
}

static void expect_text(enum pl_coding coding, pl_str in, const char *text)
{
  pl_buf out;
  pl_error err = {0};
  if (decode(coding, in, &out, &err))
    fail_msg("%s", err.message);
  assert_string_equal(pl_buf_cstr(&out), text);
  pl_buf_fini(&out);
}

static void expect_error(enum pl_coding coding, pl_str in, int code)
{
  pl_buf out;
  pl_error err = {0};
  assert_int_equal(decode(coding, in, &out, &err), code);
  assert_true(strlen(err.message) > 10);
  pl_buf_fini(&out);
}

static void names(void **state)
{
  (void)state;
  assert_int_equal(pl_coding_of(PL_STR(" GZip ")), PL_CODING_GZIP);
  assert_int_equal(pl_coding_of(PL_STR("x-gzip")), PL_CODING_GZIP);
  assert_int_equal(pl_coding_of(PL_STR("deflate")), PL_CODING_DEFLATE);
  assert_int_equal(pl_coding_of(PL_STR("br")), PL_CODING_BR);
  assert_int_equal(pl_coding_of(PL_STR("zstd")), PL_CODING_ZSTD);
  assert_int_equal(pl_coding_of(PL_STR("")), PL_CODING_IDENTITY);
  assert_int_equal(pl_coding_of(PL_STR("compress")), PL_CODING_UNKNOWN);
}

static void round_trips(void **state)
{
  static char text[300000];
  (void)state;
  for (size_t i = 0; i + 1 < sizeof text; i++)
    text[i] = (char)('a' + (i * i >> 7) % 23);
  for (enum pl_coding c = PL_CODING_GZIP; c <= PL_CODING_ZSTD; c++) {
    pl_buf packed;
    pl_buf_init(&packed, &pl_alloc_default, LIMIT);
    assert_int_equal(pl_coding_encode(c, (pl_str){text, sizeof text - 1}, TEST_MODULE_DIR, &packed, NULL), 0);
    assert_true(packed.len < sizeof text / 2);
    pl_str in = {packed.data, packed.len};
    expect_text(c, in, text);
    for (size_t cut = 1; cut < 9; cut++)
      expect_error(c, (pl_str){in.data, in.len * cut / 9}, PL_EPROTO);
    pl_buf_fini(&packed);
  }
}

/* "hello hello hello\n" by gzip -n, zlib without a frame, libbrotlienc and zstd */
static const char gzip[] = "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xcb\x48\xcd\xc9\xc9\x57\xc8\x40\x90\x5c\x00\x3b\x7c\x8a\xdf\x12\x00\x00\x00";
static const char bare[] = "\xcb\x48\xcd\xc9\xc9\x57\xc8\x40\x90\x5c\x00";
static const char br[] = "\x13\x11\x00\x00\xa4\x14\x40\x72\x10\x45\x90\xa9\xc3\x73\xfa\x05";
static const char zstd[] = "\x28\xb5\x2f\xfd\x04\x58\x6d\x00\x00\x38\x68\x65\x6c\x6c\x6f\x20\x0a\x01\x00\x31\x4a\x11\xa3\xaa\x74\xce";
#define BYTES(array) ((pl_str){array, sizeof array - 1})

static void what_others_made(void **state)
{
  (void)state;
  expect_text(PL_CODING_GZIP, BYTES(gzip), "hello hello hello\n");
  expect_text(PL_CODING_DEFLATE, BYTES(bare), "hello hello hello\n");
  expect_text(PL_CODING_BR, BYTES(br), "hello hello hello\n");
  expect_text(PL_CODING_ZSTD, BYTES(zstd), "hello hello hello\n");
  char two[2 * sizeof gzip - 2];
  memcpy(two, gzip, sizeof gzip - 1);
  memcpy(two + sizeof gzip - 1, gzip, sizeof gzip - 1);
  expect_text(PL_CODING_GZIP, (pl_str){two, sizeof two}, "hello hello hello\nhello hello hello\n");
}

static void what_is_broken(void **state)
{
  (void)state;
  for (enum pl_coding c = PL_CODING_GZIP; c <= PL_CODING_ZSTD; c++)
    expect_error(c, PL_STR("this is no such thing"), PL_EPROTO);
  expect_error(PL_CODING_BR, (pl_str){br, sizeof br - 4}, PL_EPROTO);
  expect_error(PL_CODING_ZSTD, (pl_str){zstd, 12}, PL_EPROTO);
  expect_error(PL_CODING_UNKNOWN, PL_STR("x"), PL_ENOSYS);
}

/* 2 MiB of one letter: a few kilobytes that stand for more than may be. */
static void a_bomb_is_stopped(void **state)
{
  static char text[2 << 20];
  pl_buf packed;
  (void)state;
  memset(text, 'x', sizeof text);
  pl_buf_init(&packed, &pl_alloc_default, LIMIT);
  assert_int_equal(pl_coding_encode(PL_CODING_GZIP, (pl_str){text, sizeof text}, TEST_MODULE_DIR, &packed, NULL), 0);
  assert_true(packed.len < 4000);
  expect_error(PL_CODING_GZIP, (pl_str){packed.data, packed.len}, PL_ELIMIT);
  pl_buf_fini(&packed);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(names), cmocka_unit_test(round_trips), cmocka_unit_test(what_others_made),
                                     cmocka_unit_test(what_is_broken), cmocka_unit_test(a_bomb_is_stopped)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
