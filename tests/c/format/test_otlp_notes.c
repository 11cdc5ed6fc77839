/* Events and links off the wire: what is malformed, and what is none. */
#include "format/otlp_notes.h"

#include "support/failing.h"

/* Fields of a span: number 11 << 3 | 2 is 0x5a, 13 << 3 | 2 is 0x6a. */
static void what_is_malformed_is_refused(void **state)
{
  static pl_otlp_notes notes;
  (void)state;
  pl_otlp_notes_init(&notes, &pl_alloc_default);
  assert_true(pl_otlp_events_read(PL_STR("\x5a\x03\x12\x01" "e"), &notes));
  assert_int_equal(notes.n, 0); /* it has no time */
  assert_true(pl_otlp_events_read(PL_STR("\x5a\x0c\x09\x05\0\0\0\0\0\0\0\x12\x01" "e"), &notes));
  assert_true(notes.n == 1 && notes.list[0].ts_ns == 5 && pl_str_eqc(notes.list[0].name, "e"));
  assert_false(pl_otlp_events_read(PL_STR("\x5a\x03\x12\x09" "e"), &notes));
  assert_false(pl_otlp_events_read(PL_STR("\x5a\x0e\x09\x05\0\0\0\0\0\0\0\x1a\x03\x0a\x09k"), &notes));
  assert_true(pl_otlp_links_read(PL_STR("\x6a\x04\x12\x02" "12"), &notes));
  assert_int_equal(notes.n, 0); /* an id of two bytes */
  assert_false(pl_otlp_links_read(PL_STR("\x6a\x02\x12\x09"), &notes));
  assert_false(pl_otlp_notes_out_of_memory(&notes));
  pl_otlp_notes_fini(&notes);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(what_is_malformed_is_refused)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
