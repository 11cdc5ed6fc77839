/* WriteRequest: what is told of a message, in whatever order its fields stand, and messages that are none. */
#include "format/remote_write.h"

#include <math.h>
#include <stdio.h>

#include "support/failing.h"
#include "support/write_request.h"

typedef struct fixture {
  pl_buf message, series;
  char told[4096];
  size_t len;
  bool wanted;
  int result;
} fixture;

static int set_up(void **state)
{
  static fixture f;
  f = (fixture){.wanted = true};
  pl_buf_init(&f.message, &pl_alloc_default, 1 << 20);
  pl_buf_init(&f.series, &pl_alloc_default, 1 << 20);
  *state = &f;
  return 0;
}

static int tear_down(void **state)
{
  fixture *f = *state;
  pl_buf_fini(&f->message);
  pl_buf_fini(&f->series);
  return 0;
}

static void say(fixture *f, const char *format, ...) PL_PRINTF(2, 3);
static void say(fixture *f, const char *format, ...)
{
  va_list args;
  va_start(args, format);
  f->len += (size_t)vsnprintf(f->told + f->len, sizeof f->told - f->len, format, args);
  va_end(args);
}

static bool on_series(void *user, const pl_remote_series *s)
{
  fixture *f = user;
  say(f, "{");
  for (size_t i = 0; i < s->n_labels && i < 4; i++)
    say(f, "%.*s=%.*s,", (int)s->labels[i].name.len, s->labels[i].name.data, (int)s->labels[i].value.len, s->labels[i].value.data);
  say(f, "%zu %zu %zu %zu}", s->n_labels, s->samples, s->exemplars, s->histograms);
  return f->wanted;
}

static int on_sample(void *user, int64_t ts_ms, double value)
{
  fixture *f = user;
  say(f, "%g@%lld ", value, (long long)ts_ms);
  return f->result;
}

static int on_metadata(void *user, const pl_remote_metadata *m)
{
  say(user, "<%d %.*s %.*s %.*s>", (int)m->type, (int)m->family.len, m->family.data, (int)m->unit.len, m->unit.data, (int)m->help.len, m->help.data);
  return 0;
}

static int read_message(fixture *f, size_t len)
{
  pl_remote_events events = {on_series, on_sample, on_metadata, f};
  f->len = 0;
  f->told[0] = '\0';
  return pl_remote_write_read((pl_str){f->message.data ? f->message.data : "", len}, &events);
}

static void is_told(void **state)
{
  fixture *f = *state;
  put_label(&f->series, "__name__", "up");
  put_label(&f->series, "job", "a");
  put_sample(&f->series, bits_of(1.5), 1000);
  put_sample(&f->series, bits_of(-INFINITY), -5);
  put_part(&f->message, 1, &f->series);
  assert_int_equal(read_message(f, f->message.len), 0);
  assert_string_equal(f->told, "{__name__=up,job=a,2 2 0 0}1.5@1000 -inf@-5 ");
}

static void fields_stand_in_any_order(void **state)
{
  fixture *f = *state;
  put_sample(&f->series, bits_of(2), 7);
  put_bytes(&f->series, 3, PL_STR("\x09\0\0\0\0\0\0\0\0"));
  put_bytes(&f->series, 4, PL_STR(""));
  put_bytes(&f->series, 99, PL_STR("a later version's"));
  put_label(&f->series, "__name__", "up");
  put_part(&f->message, 1, &f->series);
  assert_int_equal(read_message(f, f->message.len), 0);
  assert_string_equal(f->told, "{__name__=up,1 1 1 1}2@7 ");
  f->wanted = false;
  assert_int_equal(read_message(f, f->message.len), 0);
  assert_string_equal(f->told, "{__name__=up,1 1 1 1}");
}

static void markers_are_not_any_nan(void **state)
{
  (void)state;
  double marker;
  uint64_t bits = PL_REMOTE_STALE;
  memcpy(&marker, &bits, sizeof marker);
  assert_true(pl_remote_is_stale(marker));
  assert_false(pl_remote_is_stale(nan("")));
  assert_false(pl_remote_is_stale(0));
}

static void metadata_are_told(void **state)
{
  fixture *f = *state;
  pl_wire_put_tag(&f->series, 1, PL_WIRE_VARINT);
  pl_wire_put_varint(&f->series, PL_REMOTE_COUNTER);
  put_bytes(&f->series, 2, PL_STR("requests"));
  put_bytes(&f->series, 4, PL_STR("All of them."));
  put_bytes(&f->series, 5, PL_STR("1"));
  put_part(&f->message, 3, &f->series);
  assert_int_equal(read_message(f, f->message.len), 0);
  assert_string_equal(f->told, "<1 requests 1 All of them.>");
}

static void too_many_labels_are_counted(void **state)
{
  fixture *f = *state;
  for (int i = 0; i < PL_REMOTE_LABELS + 3; i++)
    put_label(&f->series, "a", "b");
  put_part(&f->message, 1, &f->series);
  assert_int_equal(read_message(f, f->message.len), 0);
  assert_string_equal(f->told, "{a=b,a=b,a=b,a=b,67 0 0 0}");
}

/* Of a message that is broken anywhere nothing is told; an empty one is one. */
static void a_message_is_whole(void **state)
{
  fixture *f = *state;
  put_label(&f->series, "__name__", "up");
  put_sample(&f->series, bits_of(1), 1);
  put_part(&f->message, 1, &f->series);
  size_t one = f->message.len;
  (void)pl_buf_add(&f->message, f->message.data, one);
  for (size_t len = 0; len < f->message.len; len++) {
    bool whole = len == 0 || len == one;
    assert_int_equal(read_message(f, len), whole ? 0 : PL_EPROTO);
    assert_true(whole || f->len == 0);
  }
}

static void who_is_told_may_end_it(void **state)
{
  fixture *f = *state;
  put_sample(&f->series, bits_of(1), 1);
  put_sample(&f->series, bits_of(2), 2);
  put_part(&f->message, 1, &f->series);
  f->result = PL_EFULL;
  assert_int_equal(read_message(f, f->message.len), PL_EFULL);
  assert_string_equal(f->told, "{0 2 0 0}1@1 ");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(is_told, set_up, tear_down),
      cmocka_unit_test_setup_teardown(fields_stand_in_any_order, set_up, tear_down),
      cmocka_unit_test(markers_are_not_any_nan),
      cmocka_unit_test_setup_teardown(metadata_are_told, set_up, tear_down),
      cmocka_unit_test_setup_teardown(too_many_labels_are_counted, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_message_is_whole, set_up, tear_down),
      cmocka_unit_test_setup_teardown(who_is_told_may_end_it, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
