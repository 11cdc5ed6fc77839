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
  const pl_remote_metadata *m = &s->metadata;
  if (m->type || m->help.len || m->unit.len)
    say(f, "<%d %.*s %.*s>", (int)m->type, (int)m->unit.len, m->unit.data, (int)m->help.len, m->help.data);
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

static int on_exemplar(void *user, const pl_exemplar *e)
{
  fixture *f = user;
  say(f, "#%g@%lld %s/%s", e->value, (long long)e->time_ns, e->trace_id, e->span_id);
  for (size_t i = 0; i < e->n_tags; i++)
    say(f, " %.*s=%.*s", (int)e->tags[i].name.len, e->tags[i].name.data, (int)e->tags[i].value.len, e->tags[i].value.data);
  say(f, ";");
  return f->result;
}

static int on_metadata(void *user, const pl_remote_metadata *m)
{
  say(user, "<%d %.*s %.*s %.*s>", (int)m->type, (int)m->family.len, m->family.data, (int)m->unit.len, m->unit.data, (int)m->help.len, m->help.data);
  return 0;
}

static int read_message(fixture *f, size_t len)
{
  pl_remote_events events = {on_series, on_sample, on_metadata, f, on_exemplar};
  f->len = 0;
  f->told[0] = '\0';
  return pl_remote_write_read((pl_str){f->message.data ? f->message.data : "", len}, &events);
}

static int read_v2(fixture *f, size_t len, size_t symbols_max)
{
  pl_remote_events events = {on_series, on_sample, on_metadata, f, on_exemplar};
  pl_buf symbols;
  f->len = 0;
  f->told[0] = '\0';
  pl_buf_init(&symbols, &pl_alloc_default, symbols_max);
  int code = pl_remote_write_read_v2((pl_str){f->message.data ? f->message.data : "", len}, &symbols, &events);
  pl_buf_fini(&symbols);
  return code;
}

static void put_symbols(fixture *f)
{
  static const char *const texts[] = {"", "__name__", "up", "job", "a", "Whether it is.", "1", "trace_id", "7"};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
    put_symbol(&f->message, texts[i]);
}

/* A series of all that one may have, its table of texts behind it. */
static void put_full(fixture *f)
{
  pl_buf part;
  pl_buf_init(&part, &pl_alloc_default, 1000);
  put_number(&part, 1, PL_REMOTE_GAUGE);
  put_number(&part, 3, 5);
  put_number(&part, 4, 6);
  put_part(&f->series, 5, &part);
  put_refs(&f->series, "\1\2\3", 3); /* packed in two pieces, the last of them a number by itself */
  put_number(&f->series, 1, 4);
  put_sample(&f->series, bits_of(1.5), 1000);
  put_refs(&part, "\7\10", 2);
  pl_wire_put_tag(&part, 2, PL_WIRE_64);
  pl_wire_put_fixed(&part, 8, bits_of(2.5));
  put_number(&part, 3, 9);
  put_part(&f->series, 4, &part);
  put_bytes(&f->series, 3, PL_STR(""));
  put_bytes(&f->series, 99, PL_STR("a later version's"));
  put_part(&f->message, 5, &f->series);
  put_symbols(f);
  pl_buf_fini(&part);
}

static void version_2_is_told(void **state)
{
  fixture *f = *state;
  put_full(f);
  assert_int_equal(read_v2(f, f->message.len, 1000), 0);
  assert_string_equal(f->told, "<2 1 Whether it is.>{__name__=up,job=a,2 1 1 1}1.5@1000 #2.5@9000000 00000000000000000000000000000007/ trace_id=7;");
  assert_int_equal(read_v2(f, f->message.len, 100), PL_ELIMIT);
  assert_int_equal(read_message(f, f->message.len), 0); /* another version's fields */
  assert_string_equal(f->told, "");
}

/* A number of no text, a name without a value, a table that does not begin with the empty text, and a message that is cut. */
static void other_messages_of_version_2_are_refused(void **state)
{
  static const char *const refs[] = {"\1\11", "\1\2\3", "\1\xff"};
  fixture *f = *state;
  for (size_t i = 0; i < sizeof refs / sizeof *refs; i++) {
    pl_buf_clear(&f->message);
    put_symbols(f);
    put_refs(&f->series, refs[i], strlen(refs[i]));
    put_part(&f->message, 5, &f->series);
    assert_int_equal(read_v2(f, f->message.len, 1000), PL_EPROTO);
  }
  pl_buf_clear(&f->message);
  put_symbol(&f->message, "__name__");
  assert_int_equal(read_v2(f, f->message.len, 1000), PL_EPROTO);
  pl_buf_clear(&f->message);
  put_full(f);
  size_t whole = f->message.len;
  for (size_t len = 1; len < whole; len++)
    assert_true(read_v2(f, len, 1000) == PL_EPROTO && f->len == 0);
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
  put_bytes(&f->series, 3, PL_STR("\x18\x05\x0a\x0d\x0a\x08" "trace_id\x12\x01" "7\x0a\x06\x0a\x01k\x12\x01v\x11\0\0\0\0\0\0\xf8\x3f"));
  put_bytes(&f->series, 4, PL_STR(""));
  put_bytes(&f->series, 99, PL_STR("a later version's"));
  put_label(&f->series, "__name__", "up");
  put_part(&f->message, 1, &f->series);
  assert_int_equal(read_message(f, f->message.len), 0);
  assert_string_equal(f->told, "{__name__=up,1 1 1 1}2@7 #1.5@5000000 00000000000000000000000000000007/ trace_id=7 k=v;");
  f->wanted = false;
  assert_int_equal(read_message(f, f->message.len), 0);
  assert_string_equal(f->told, "{__name__=up,1 1 1 1}");
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

/* What is written is told again. */
static void what_is_written_reads_back(void **state)
{
  fixture *f = *state;
  const pl_remote_metadata m = {PL_REMOTE_COUNTER, PL_STR("up"), PL_STR(""), PL_STR("seconds")};
  pl_remote_put_metadata(&f->message, &m);
  for (int i = 0; i < 2; i++) {
    pl_remote_put_label(&f->series, PL_STR("__name__"), PL_STR("up"));
    pl_remote_put_label(&f->series, PL_STR("job"), pl_str_of(i ? "b" : "a"));
    pl_remote_put_sample(&f->series, 1700000000123, 0.5);
    pl_remote_put_sample(&f->series, -1, -2);
    pl_remote_put_series(&f->message, &f->series);
    assert_int_equal(f->series.len, 0);
  }
  assert_int_equal(read_message(f, f->message.len), PL_OK);
  assert_string_equal(f->told, "<1 up seconds >{__name__=up,job=a,2 2 0 0}0.5@1700000000123 -2@-1 {__name__=up,job=b,2 2 0 0}0.5@1700000000123 -2@-1 ");
}

/* A series that found no room spoils its message. */
static void a_lost_series_is_no_message(void **state)
{
  fixture *f = *state;
  f->series.max = 8;
  pl_remote_put_label(&f->series, PL_STR("__name__"), PL_STR("longer than that"));
  pl_remote_put_series(&f->message, &f->series);
  assert_int_equal(f->message.bad, PL_ELIMIT);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(is_told, set_up, tear_down),
      cmocka_unit_test_setup_teardown(version_2_is_told, set_up, tear_down),
      cmocka_unit_test_setup_teardown(other_messages_of_version_2_are_refused, set_up, tear_down),
      cmocka_unit_test_setup_teardown(fields_stand_in_any_order, set_up, tear_down),
      cmocka_unit_test_setup_teardown(metadata_are_told, set_up, tear_down),
      cmocka_unit_test_setup_teardown(too_many_labels_are_counted, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_message_is_whole, set_up, tear_down),
      cmocka_unit_test_setup_teardown(who_is_told_may_end_it, set_up, tear_down),
      cmocka_unit_test_setup_teardown(what_is_written_reads_back, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_lost_series_is_no_message, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
