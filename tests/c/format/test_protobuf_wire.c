/* Tags and values of Protocol Buffers, there and back, and bytes that are none. */
#include "format/protobuf_wire.h"

#include <string.h>

#include "perilune/error.h"
#include "support/failing.h"

static int set_up(void **state)
{
  static pl_buf b;
  pl_buf_init(&b, &pl_alloc_default, 1 << 16);
  *state = &b;
  return 0;
}

static int tear_down(void **state)
{
  pl_buf_fini(*state);
  return 0;
}

static pl_str bytes_of(const pl_buf *b)
{
  return (pl_str){b->data, b->len};
}

static void numbers_go_both_ways(void **state)
{
  static const struct {
    uint64_t value;
    size_t bytes;
  } cases[] = {{0, 1}, {127, 1}, {128, 2}, {16383, 2}, {16384, 3}, {UINT32_MAX, 5}, {UINT64_MAX, 10}};
  pl_buf *b = *state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    uint64_t back = 1;
    pl_buf_clear(b);
    pl_wire_put_varint(b, cases[i].value);
    pl_str rest = bytes_of(b);
    assert_int_equal(rest.len, cases[i].bytes);
    assert_true(pl_wire_varint(&rest, &back));
    assert_true(back == cases[i].value);
    assert_int_equal(rest.len, 0);
  }
}

static void numbers_of_a_fixed_size_are_little_endian(void **state)
{
  pl_buf *b = *state;
  uint64_t back;
  pl_wire_put_fixed(b, 4, UINT64_C(0x1122334455667788)); /* the lowest four */
  pl_wire_put_fixed(b, 8, UINT64_C(0x1122334455667788));
  assert_int_equal(b->len, 12);
  assert_memory_equal(b->data, "\x88\x77\x66\x55\x88\x77\x66\x55\x44\x33\x22\x11", 12);
  pl_str rest = bytes_of(b);
  assert_true(pl_wire_fixed(&rest, 4, &back));
  assert_true(back == 0x55667788);
  assert_true(pl_wire_fixed(&rest, 8, &back));
  assert_true(back == UINT64_C(0x1122334455667788));
}

static void what_is_cut_is_left_as_it_was(void **state)
{
  pl_str number = PL_STR("\x80\x80"), fixed = PL_STR("abc");
  uint64_t out = 5;
  (void)state;
  assert_false(pl_wire_varint(&number, &out));
  assert_false(pl_wire_fixed(&fixed, 4, &out));
  assert_int_equal(number.len, 2);
  assert_int_equal(fixed.len, 3);
  assert_int_equal(out, 5);
}

static void fields_come_one_after_another(void **state)
{
  pl_buf *b = *state;
  pl_wire_field f;
  pl_wire_put_tag(b, 1, PL_WIRE_VARINT);
  pl_wire_put_varint(b, 300);
  pl_wire_put_tag(b, (1 << 29) - 1, PL_WIRE_64); /* the largest number there is */
  pl_wire_put_fixed(b, 8, 64);
  pl_wire_put_tag(b, 3, PL_WIRE_BYTES);
  pl_wire_put_varint(b, 0);
  pl_wire_put_tag(b, 4, PL_WIRE_32);
  pl_wire_put_fixed(b, 4, 32);
  pl_str rest = bytes_of(b);
  assert_int_equal(pl_wire_next(&rest, &f), 1);
  assert_true(f.number == 1 && f.type == PL_WIRE_VARINT && f.value == 300);
  assert_int_equal(pl_wire_next(&rest, &f), 1);
  assert_true(f.number == (1 << 29) - 1 && f.type == PL_WIRE_64 && f.value == 64);
  assert_int_equal(pl_wire_next(&rest, &f), 1);
  assert_true(f.number == 3 && f.type == PL_WIRE_BYTES && f.bytes.len == 0 && f.bytes.data);
  assert_int_equal(pl_wire_next(&rest, &f), 1);
  assert_true(f.number == 4 && f.type == PL_WIRE_32 && f.value == 32);
  assert_int_equal(pl_wire_next(&rest, &f), 0);
}

/* `depth` groups of number 1 in one another, then field 2. */
static int next_behind_groups(pl_buf *b, int depth, pl_wire_field *f)
{
  pl_buf_clear(b);
  for (int i = 0; i < depth; i++)
    pl_wire_put_tag(b, 1, PL_WIRE_GROUP);
  for (int i = 0; i < depth; i++)
    pl_wire_put_tag(b, 1, PL_WIRE_GROUP_END);
  pl_wire_put_tag(b, 2, PL_WIRE_VARINT);
  pl_wire_put_varint(b, 7);
  pl_str rest = bytes_of(b);
  return pl_wire_next(&rest, f);
}

static void groups_are_passed_over_up_to_a_depth(void **state)
{
  pl_wire_field f;
  assert_int_equal(next_behind_groups(*state, 1, &f), 1);
  assert_true(f.number == 2 && f.value == 7);
  assert_int_equal(next_behind_groups(*state, 64, &f), 1);
  assert_true(f.number == 2 && f.value == 7);
  assert_int_equal(next_behind_groups(*state, 65, &f), PL_EPROTO);
}

static void wrong_bytes_are_told(void **state)
{
  static const struct {
    const char *bytes;
    size_t len;
  } wrong[] = {
      {"\x48", 1},                           /* a tag alone */
      {"\x80", 1},                           /* a tag that is cut */
      {"\x09\x00", 2},                       /* eight bytes, of which there is one */
      {"\x0d\x00\x00\x00", 4},               /* four bytes, of which there are three */
      {"\x4a\x05" "abc", 5},                 /* a text that is cut */
      {"\x4a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11}, /* and one that is endless */
      {"\x18\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 11}, /* a number without an end */
      {"\x00\x01", 2},                       /* field 0 */
      {"\x80\x80\x80\x80\x10\x01", 6},       /* field 2^29 */
      {"\x4e\x01", 2},                       /* wire type 6 */
      {"\x4f\x01", 2},                       /* wire type 7 */
      {"\x7b\x08\x01", 3},                   /* a group that does not end */
      {"\x7c", 1},                           /* one that did not begin */
      {"\x7b\x74", 2},                       /* one that ends as another */
  };
  (void)state;
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    pl_str rest = {wrong[i].bytes, wrong[i].len};
    pl_wire_field f;
    if (pl_wire_next(&rest, &f) != PL_EPROTO)
      fail_msg("case %zu was taken", i);
  }
}

static void a_length_is_put_before_what_is_written(void **state)
{
  static const char filling[300] = {1};
  pl_buf *b = *state;
  pl_wire_field f;
  for (size_t n = 0; n <= sizeof filling; n += 100) { /* its length has one byte, or two */
    pl_buf_clear(b);
    pl_wire_put_tag(b, 5, PL_WIRE_BYTES);
    size_t from = b->len;
    assert_int_equal(pl_buf_add(b, filling, n), 0);
    pl_wire_put_length(b, from);
    pl_str rest = bytes_of(b);
    assert_int_equal(pl_wire_next(&rest, &f), 1);
    assert_int_equal(f.bytes.len, n);
    assert_memory_equal(f.bytes.data, filling, n);
    assert_int_equal(rest.len, 0);
  }
}

static void a_buffer_without_room_is_bad(void **state)
{
  pl_buf b;
  (void)state;
  pl_buf_init(&b, &pl_alloc_default, 8);
  pl_wire_put_fixed(&b, 8, 1);
  assert_int_equal(b.bad, 0);
  pl_wire_put_length(&b, 0);
  assert_int_equal(b.bad, PL_ELIMIT);
  assert_memory_equal(b.data, "\1\0\0\0\0\0\0\0", 8);
  pl_buf_fini(&b);
}

static void numbers_with_a_sign_stay_small(void **state)
{
  static const int64_t numbers[] = {0, -1, 1, -2, INT64_MAX, INT64_MIN};
  static const uint64_t zigzags[] = {0, 1, 2, 3, UINT64_MAX - 1, UINT64_MAX};
  (void)state;
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
    assert_int_equal(pl_wire_zigzag((uint64_t)numbers[i]), zigzags[i]);
    assert_int_equal((int64_t)pl_wire_unzigzag(zigzags[i]), numbers[i]);
  }
}

int main(void)
{
#define CASE(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
  const struct CMUnitTest tests[] = {
      CASE(numbers_go_both_ways), CASE(numbers_of_a_fixed_size_are_little_endian), CASE(fields_come_one_after_another),
      CASE(groups_are_passed_over_up_to_a_depth), CASE(a_length_is_put_before_what_is_written),
      cmocka_unit_test(numbers_with_a_sign_stay_small), cmocka_unit_test(what_is_cut_is_left_as_it_was), cmocka_unit_test(wrong_bytes_are_told), cmocka_unit_test(a_buffer_without_room_is_bad),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
