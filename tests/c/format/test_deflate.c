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

/* Two members as a stream that comes, and is asked for, a few bytes at a time. */
static void a_stream_in_pieces(void **state)
{
  pl_buf packed, out;
  (void)state;
  pl_buf_init(&packed, &pl_alloc_default, 1 << 20);
  pl_buf_init(&out, &pl_alloc_default, 1 << 20);
  assert_int_equal(pl_deflate(PL_DEFLATE_GZIP, PL_STR("first, "), &packed), 0);
  assert_int_equal(pl_deflate(PL_DEFLATE_GZIP, PL_STR(text), &packed), 0);
  for (size_t step = 1; step <= packed.len; step++) {
    pl_gunzip *g;
    pl_buf_clear(&out);
    assert_int_equal(pl_gunzip_new(&pl_alloc_default, &g), PL_OK);
    for (size_t at = 0; at < packed.len; at += step) {
      pl_str in = {packed.data + at, step < packed.len - at ? step : packed.len - at};
      char piece[5];
      size_t n = sizeof piece;
      while (n == sizeof piece) {
        assert_int_equal(pl_gunzip_take(g, &in, piece, sizeof piece, &n), PL_OK);
        (void)pl_buf_add(&out, piece, n);
      }
      assert_int_equal(in.len, 0);
      if (at + step < packed.len && at > packed.len / 2)
        assert_false(pl_gunzip_whole(g));
    }
    assert_true(pl_gunzip_whole(g));
    assert_true(pl_str_eq((pl_str){out.data, out.len}, PL_STR("first, the same words, the same words, and the same words once more")));
    pl_gunzip_free(g);
  }
  pl_buf_fini(&packed);
  pl_buf_fini(&out);
}

static void a_stream_that_is_broken(void **state)
{
  pl_gunzip *g;
  pl_buf packed;
  char room[200];
  size_t n;
  (void)state;
  pl_buf_init(&packed, &pl_alloc_default, 1 << 20);
  assert_int_equal(pl_deflate(PL_DEFLATE_GZIP, PL_STR(text), &packed), 0);
  (void)pl_buf_adds(&packed, "behind");
  assert_int_equal(pl_gunzip_new(&pl_alloc_default, &g), PL_OK);
  pl_str in = {packed.data, packed.len};
  assert_int_equal(pl_gunzip_take(g, &in, room, sizeof room, &n), PL_EPROTO);
  assert_int_equal(n, sizeof text - 1); /* what came before it */
  pl_gunzip_free(g);
  pl_gunzip_free(NULL);
  pl_buf_fini(&packed);
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

static int a_piece(const pl_allocator *a, void *user)
{
  pl_deflater *d;
  uint8_t room[sizeof text], back[sizeof text];
  (void)user;
  int code = pl_deflater_new(a, &d);
  if (code)
    return code;
  for (int i = 0; i < 2; i++) {
    size_t n = pl_deflater_shorten(d, (const uint8_t *)text, sizeof text, room);
    assert_in_range(n, 10, sizeof text - 10);
    assert_int_equal(pl_deflater_expand(d, (pl_str){(char *)room, n}, back, sizeof text), 0);
    assert_string_equal((char *)back, text);
    assert_int_equal(pl_deflater_expand(d, (pl_str){(char *)room, n - 1}, back, sizeof text), PL_EPROTO);
    assert_int_equal(pl_deflater_expand(d, (pl_str){(char *)room, n}, back, sizeof text - 1), PL_EPROTO);
    assert_int_equal(pl_deflater_shorten(d, (const uint8_t *)"x", 1, room), 0);
  }
  pl_deflater_free(d);
  return 0;
}

static void short_pieces_share_memory(void **state)
{
  (void)state;
  failing_every(a_piece, NULL, 10);
  pl_deflater_free(NULL);
  assert_int_equal(pl_adler32(PL_STR("Wikipedia")), 0x11e60398);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(both_forms_there_and_back), cmocka_unit_test(a_stream_in_pieces), cmocka_unit_test(a_stream_that_is_broken),
                                     cmocka_unit_test(no_more_than_the_limit_comes_out),
                                     cmocka_unit_test(short_pieces_share_memory)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
