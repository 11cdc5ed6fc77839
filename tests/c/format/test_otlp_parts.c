/* Parts that OTLP's messages share: attributes as texts, parts one by one. */
#include "format/otlp_parts.h"

#include "support/failing.h"

/* { "k": "v", "n": 7 } as fields 9. */
static const char PAIRS[] = "\x4a\x08\x0a\x01k\x12\x03\x0a\x01v" "\x4a\x07\x0a\x01n\x12\x02\x18\x07";

static void attributes_are_texts(void **state)
{
  pl_otlp_attributes t;
  (void)state;
  pl_otlp_attributes_init(&t, &pl_alloc_default);
  assert_true(pl_otlp_attributes_read(PL_STR(PAIRS), 9, &t));
  assert_int_equal(t.n, 2);
  assert_true(pl_str_eqc(t.list[0].name, "k") && pl_str_eqc(t.list[0].value, "v"));
  assert_true(pl_str_eqc(t.list[1].name, "n") && pl_str_eqc(t.list[1].value, "7"));
  assert_true(pl_otlp_attributes_read(PL_STR(PAIRS), 8, &t));
  assert_int_equal(t.n, 0);
  assert_false(pl_otlp_attributes_read((pl_str){PAIRS, sizeof PAIRS - 2}, 9, &t));
  pl_otlp_attributes_fini(&t);
}

static bool count(void *user, pl_str text)
{
  int *n = user;
  (void)text;
  return ++*n < 2;
}

static void parts_come_until_one_is_refused(void **state)
{
  int n = 0;
  (void)state;
  assert_true(pl_otlp_each(PL_STR("\x0a\x01x\x12\x01y"), 1, count, &n));
  assert_int_equal(n, 1);
  assert_false(pl_otlp_each(PL_STR("\x0a\x01x\x0a\x01y"), 1, count, &n));
  assert_int_equal(n, 2);
  assert_false(pl_otlp_each(PL_STR("\x0a\x02x"), 1, count, &n));
}

typedef struct walked {
  pl_otlp_walk walk;
  char text[64]; /* "r" for each resource, each record in upper case once it is told */
  size_t n;
} walked;

static void on_resource(void *user)
{
  walked *w = user;
  w->text[w->n++] = 'r';
}

static bool on_record(void *user, pl_str record)
{
  walked *w = user;
  w->text[w->n++] = (char)(w->walk.tells ? record.data[0] - 'a' + 'A' : record.data[0]);
  w->text[w->n] = '\0';
  return record.data[0] != 'z';
}

static const char *walk(walked *w, pl_str message, bool *good)
{
  *w = (walked){.walk = {.begin = on_resource, .take = on_record, .user = w}};
  pl_otlp_attributes_init(&w->walk.resource, &pl_alloc_default);
  *good = pl_otlp_walk_message(&w->walk, message);
  pl_otlp_attributes_fini(&w->walk.resource);
  return w->text;
}

/* A resource with scopes of the records a, b and c, and one with d. */
static void a_message_is_checked_before_it_is_told(void **state)
{
  static const char message[] = "\x0a\x0d\x12\x06\x12\x01" "a\x12\x01" "b\x12\x03\x12\x01" "c\x0a\x05\x12\x03\x12\x01" "d";
  walked w;
  bool good;
  (void)state;
  assert_string_equal(walk(&w, PL_STR(message), &good), "rabcrdrABCrD");
  assert_true(good);
  assert_string_equal(walk(&w, (pl_str){message, sizeof message - 2}, &good), "rabc");
  assert_false(good);
  assert_string_equal(walk(&w, PL_STR("\x0a\x05\x12\x03\x12\x01z"), &good), "rz");
  assert_false(good);
}

static void doubles_are_bits(void **state)
{
  (void)state;
  assert_true(pl_otlp_double(UINT64_C(0x3ff8000000000000)) > 1.49 && pl_otlp_double(UINT64_C(0x3ff8000000000000)) < 1.51);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(attributes_are_texts), cmocka_unit_test(parts_come_until_one_is_refused),
                                     cmocka_unit_test(a_message_is_checked_before_it_is_told),
                                     cmocka_unit_test(doubles_are_bits)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
