/* JSON: what is written reads back, and bad text is refused with its place. */
#include "base/json.h"

#include <math.h>
#include <string.h>

#include "support/failing.h"

static void written_with_commas_where_they_belong(void **state)
{
  pl_buf b;
  pl_json_out j;
  (void)state;
  pl_buf_init(&b, &pl_alloc_default, 4096);
  pl_json_out_init(&j, &b);
  pl_json_begin_object(&j);
  pl_json_key(&j, PL_STR("a"));
  pl_json_begin_array(&j);
  pl_json_int(&j, -5);
  pl_json_double(&j, 0.5);
  pl_json_double(&j, NAN);
  pl_json_double(&j, -0.0);
  pl_json_bool(&j, true);
  pl_json_end_array(&j);
  pl_json_key(&j, PL_STR("q\"\n\x01"));
  pl_json_string(&j, (pl_str){"\xff" "e", 2});
  pl_json_end_object(&j);
  assert_string_equal(pl_buf_cstr(&b), "{\"a\":[-5,0.5,null,-0.0,true],\"q\\\"\\n\\u0001\":\"\xEF\xBF\xBD" "e\"}");
  pl_buf_fini(&b);
}

typedef struct seen {
  int events, deepest;
  double sum;
  char strings[64];
} seen;

static int note(void *user, const pl_json_event *e)
{
  seen *s = user;
  s->events++;
  s->deepest = e->depth > s->deepest ? e->depth : s->deepest;
  if (e->kind == PL_JSON_INT || e->kind == PL_JSON_DOUBLE)
    s->sum += e->number;
  if (e->kind == PL_JSON_STRING)
    strncat(s->strings, e->string.data, e->string.len);
  return e->kind == PL_JSON_BOOL ? 7 : 0;
}

static int parse(const char *text, seen *s, pl_error *err)
{
  *s = (seen){0};
  return pl_json_parse(&pl_alloc_default, pl_str_of(text), 8, note, s, err);
}

static void read_as_events(void **state)
{
  seen s;
  pl_error err = {0};
  (void)state;
  assert_int_equal(parse("{\"a\":[1,2.5,\"x\\u00e9\"],\"b\":null}", &s, &err), 0);
  assert_true(s.sum == 3.5);
  assert_string_equal(s.strings, "x\xC3\xA9");
  assert_int_equal(s.deepest, 2);
  assert_int_equal(parse("[true,1]", &s, &err), 7);
}

static void bad_text_is_refused(void **state)
{
  static const char *const bad[] = {"", "{", "[1,]", "{\"a\" 1}", "nul", "[1] 2", "\"\xff\"", "[01]"};
  (void)state;
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    seen s;
    pl_error err = {0};
    assert_int_equal(parse(bad[i], &s, &err), PL_EPARSE);
    assert_true(err.message[0] != '\0');
  }
  seen s;
  pl_error err = {0};
  assert_int_equal(parse("[[[[[[[[[1]]]]]]]]]", &s, &err), PL_ELIMIT);
}

static int count_event(void *user, const pl_json_event *e)
{
  (void)e;
  ++*(int *)user;
  return 0;
}

static int parse_long(const pl_allocator *a, void *user)
{
  static char text[20000];
  memset(text, 'x', sizeof text - 1);
  memcpy(text, "{\"a\\n\":[1,\"\\u00e4", 17);
  memcpy(text + sizeof text - 5, "\"]}", 4);
  return pl_json_parse(a, pl_str_of(text), 8, count_event, user, NULL);
}

static void parsing_survives_the_end_of_memory(void **state)
{
  int events = 0;
  (void)state;
  failing_every(parse_long, &events, 100);
  assert_true(events > 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(written_with_commas_where_they_belong), cmocka_unit_test(read_as_events),
                                     cmocka_unit_test(bad_text_is_refused), cmocka_unit_test(parsing_survives_the_end_of_memory)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
