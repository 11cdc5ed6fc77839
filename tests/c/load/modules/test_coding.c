/* The module of br and zstd by itself: pieces, limits, and bytes that are none. */
#include <string.h>

#include "load/coding.h"
#include "support/failing.h"

static const pl_coding_module *load(void)
{
  const pl_module_head *head;
  pl_error err = {0};
  if (pl_module_find(TEST_MODULE_DIR, PL_CODING_MODULE, PL_CODING_ABI, &head, &err))
    fail_msg("%s", err.message);
  return (const pl_coding_module *)head;
}

/* "hello hello hello\n" by libbrotlienc and zstd. */
static const char br[] = "\x13\x11\x00\x00\xa4\x14\x40\x72\x10\x45\x90\xa9\xc3\x73\xfa\x05";
static const char zstd[] = "\x28\xb5\x2f\xfd\x04\x58\x6d\x00\x00\x38\x68\x65\x6c\x6c\x6f\x20\x0a\x01\x00\x31\x4a\x11\xa3\xaa\x74\xce";

typedef int (*decoder)(pl_str in, pl_buf *out);

/* Decodes the first len bytes behind "> ", with room for max bytes in all. */
static int decode(decoder fn, const char *bytes, size_t len, size_t max, char text[64])
{
  pl_buf out;
  pl_buf_init(&out, &pl_alloc_default, max);
  assert_int_equal(pl_buf_adds(&out, "> "), 0);
  int code = fn((pl_str){bytes, len}, &out);
  if (!code)
    (void)pl_copy(text, 64, (pl_str){out.data, out.len});
  pl_buf_fini(&out);
  return code;
}

static void check(decoder fn, const char *bytes, size_t len)
{
  enum { ROOM = 1 << 20 };
  char text[64] = "", longer[64];
  assert_int_equal(decode(fn, bytes, len, ROOM, text), 0);
  assert_string_equal(text, "> hello hello hello\n"); /* appended */
  for (size_t cut = 0; cut < len; cut++)
    assert_int_equal(decode(fn, bytes, cut, ROOM, text), PL_EPROTO);
  memcpy(longer, bytes, len);
  longer[len] = 'x';
  assert_int_equal(decode(fn, longer, len + 1, ROOM, text), PL_EPROTO); /* a byte behind its end */
  assert_int_equal(decode(fn, "\xff\xff\xff\xff\xff\xff", 6, ROOM, text), PL_EPROTO);
}

static void brotli(void **state)
{
  (void)state;
  check(load()->decode_br, br, sizeof br - 1);
}

static void zstandard(void **state)
{
  (void)state;
  check(load()->decode_zstd, zstd, sizeof zstd - 1);
}

/* The output's memory is the caller's, and its refusal is passed on. */
static int decode_with(const pl_allocator *a, void *user)
{
  const pl_coding_module *m = user;
  pl_buf out;
  pl_buf_init(&out, a, 1 << 20);
  int code = m->decode_br((pl_str){br, sizeof br - 1}, &out);
  if (!code)
    code = m->decode_zstd((pl_str){zstd, sizeof zstd - 1}, &out);
  pl_buf_fini(&out);
  return code;
}

static void refused_memory_and_limits(void **state)
{
  char text[64];
  union {
    const pl_coding_module *module;
    void *user;
  } m = {load()};
  (void)state;
  failing_every(decode_with, m.user, 10);
  assert_int_equal(decode(m.module->decode_br, br, sizeof br - 1, 10, text), PL_ELIMIT);
  assert_int_equal(decode(m.module->decode_zstd, zstd, sizeof zstd - 1, 10, text), PL_ELIMIT);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(brotli), cmocka_unit_test(zstandard), cmocka_unit_test(refused_memory_and_limits)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
