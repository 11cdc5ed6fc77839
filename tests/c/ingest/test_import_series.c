/* Which series a row of a file names, and what no series may be named. */
#include "ingest/import_series.h"

#include <stdlib.h>
#include <string.h>

#include "store/stored.h"

typedef struct fixture {
  pl_store *store;
  pl_import_series series;
  pl_error err;
} fixture;

static int open_fixture(void **state)
{
  static fixture f;
  f = (fixture){.store = stored_open(NULL, NULL, 0)};
  assert_int_equal(pl_import_series_init(&f.series, &pl_alloc_default), PL_OK);
  f.series.store = f.store;
  f.series.err = &f.err;
  (void)pl_copy(f.series.role, PL_IMPORT_NAME, PL_STR("other"));
  (void)pl_copy(f.series.origin, PL_IMPORT_NAME, PL_STR("production"));
  *state = &f;
  return 0;
}

static int close_fixture(void **state)
{
  fixture *f = *state;
  pl_import_series_fini(&f->series);
  pl_store_close(f->store);
  return 0;
}

static int on_series(void *user, const pl_series_info *s)
{
  (void)pl_buf_addf(user, "%.*s", (int)s->name.len, s->name.data);
  for (size_t i = 0; i < s->n_labels; i++)
    (void)pl_buf_addf(user, " %.*s=%.*s", (int)s->labels[i].name.len, s->labels[i].name.data, (int)s->labels[i].value.len, s->labels[i].value.data);
  return pl_buf_addc(user, '\n');
}

/* All series of the store, a line each. */
static void assert_series(fixture *f, const char *expected)
{
  pl_buf out;
  pl_reader *reader;
  pl_buf_init(&out, &pl_alloc_default, 1 << 16);
  assert_int_equal(pl_store_commit(f->store, NULL), PL_OK);
  assert_int_equal(pl_reader_of(f->store, &reader, NULL), PL_OK);
  assert_int_equal(pl_reader_series(reader, PL_STR(""), NULL, 0, 0, on_series, &out, NULL), PL_OK);
  assert_string_equal(pl_buf_cstr(&out), expected);
  pl_reader_close(reader);
  pl_buf_fini(&out);
}

/* What becomes of a series of that name with one tag, or none. */
static int named(fixture *f, const char *name, const char *tag, const char *value, int64_t *id)
{
  const pl_import_facts facts = {.name = pl_str_of(name), .kind = PL_SERIES_GAUGE};
  const pl_tag tags[] = {{pl_str_of(tag), pl_str_of(value)}};
  return pl_import_series_named(&f->series, &facts, tags, tag[0] != '\0', id);
}

static void a_series_is_made_once(void **state)
{
  fixture *f = *state;
  int64_t first, again, other;
  assert_int_equal(named(f, "a", "b", "cd", &first), PL_OK);
  assert_int_equal(named(f, "a", "b", "cd", &again), PL_OK);
  assert_int_equal(named(f, "a", "bc", "d", &other), PL_OK);
  assert_true(first == again && first != other);
  assert_int_equal(pl_import_series_count(&f->series), 2);
  const pl_import_facts facts = {.name = PL_STR("x"), .kind = PL_SERIES_GAUGE};
  assert_int_equal(pl_import_series_find(&f->series, PL_STR("x{}"), &facts, NULL, 0, &first), PL_OK);
  assert_int_equal(pl_import_series_find(&f->series, PL_STR("x{}"), NULL, NULL, 0, &again), PL_OK); /* nothing but the key is looked at */
  assert_true(first == again);
}

static void labels_may_name_the_source(void **state)
{
  fixture *f = *state;
  const pl_import_facts facts = {.name = PL_STR("m"), .kind = PL_SERIES_GAUGE};
  const pl_tag tags[] = {{PL_STR("source"), PL_STR("load")}, {PL_STR("x"), PL_STR("y")}, {PL_STR("role"), PL_STR("target")}, {PL_STR("instance"), PL_STR("web-1")}, {PL_STR("gone"), PL_STR("")}};
  int64_t id;
  (void)pl_copy(f->series.instance, PL_IMPORT_NAME, PL_STR("here"));
  assert_int_equal(pl_import_series_named(&f->series, &facts, tags, 5, &id), PL_OK);
  assert_int_equal(named(f, "n", "", "", &id), PL_OK);
  assert_series(f, "m instance=web-1 origin=production role=target source=load x=y\nn instance=here origin=production role=other source=import\n");
}

static void what_no_series_may_be_named_is_refused(void **state)
{
  enum { LABELS = 41 };
  fixture *f = *state;
  char names[LABELS][8];
  pl_tag tags[LABELS];
  int64_t id;
  assert_int_equal(named(f, "9a", "", "", &id), PL_REFUSED_NAME);
  assert_int_equal(named(f, "", "", "", &id), PL_REFUSED_NAME);
  assert_int_equal(named(f, "a", "b:c", "d", &id), PL_REFUSED_TAG);
  for (int i = 0; i < LABELS; i++) {
    (void)snprintf(names[i], sizeof names[i], "l%d", i);
    tags[i] = (pl_tag){pl_str_of(names[i]), PL_STR("v")};
  }
  const pl_import_facts facts = {.name = PL_STR("m"), .kind = PL_SERIES_GAUGE};
  assert_int_equal(pl_import_series_named(&f->series, &facts, tags, LABELS, &id), PL_REFUSED_TAGS);
  assert_int_equal(pl_import_series_count(&f->series), 0);
}

/* More than a key may have: it is never cut, and so taken for another one. */
static void a_key_that_is_too_long_is_refused(void **state)
{
  fixture *f = *state;
  size_t len = 3 * PL_LINE_MAX;
  char *text = calloc(len + 1, 1);
  int64_t id;
  memset(text, 'x', len);
  assert_int_equal(named(f, "a", "b", text, &id), PL_REFUSED_LENGTH);
  assert_int_equal(named(f, "a", "b", "c", &id), PL_OK);
  free(text);
}

static int foreign(fixture *f, const char *name, const char *field, const char *tag, const char *second, int64_t *id)
{
  const pl_tag tags[] = {{pl_str_of(tag), PL_STR("v")}, {pl_str_of(second), PL_STR("w")}};
  return pl_import_series_foreign(&f->series, pl_str_of(name), pl_str_of(field), tags, 2, id);
}

static void names_of_other_systems_are_made_ours(void **state)
{
  fixture *f = *state;
  int64_t id, again;
  assert_int_equal(foreign(f, "9.cpu-load", "max value", "host-name", "x", &id), PL_OK);
  assert_int_equal(foreign(f, "_9_cpu_load", "max_value", "host_name", "x", &again), PL_OK);
  assert_true(id == again);
  assert_int_equal(foreign(f, "disk", "", "a", "b", &id), PL_OK);
  assert_int_equal(foreign(f, "disk", "", "a.b", "a-b", &id), PL_REFUSED_TWICE);
  assert_int_equal(foreign(f, "disk", "", "9", "a", &id), PL_REFUSED_TAG);
  assert_series(f, "_9_cpu_load_max_value host_name=v instance= origin=production role=other source=import x=w\n"
                   "disk a=v b=w instance= origin=production role=other source=import\n");
}

static int tagged(fixture *f, const char *name, const char *tag, int64_t *id)
{
  const pl_import_facts facts = {.name = pl_str_of(name), .kind = PL_SERIES_DIST, .unit = PL_STR("seconds")};
  return pl_import_series_tagged(&f->series, &facts, pl_str_of(tag), id);
}

static void tags_of_logs_are_labels_or_what_was_exported(void **state)
{
  fixture *f = *state;
  int64_t id;
  assert_int_equal(tagged(f, "a_seconds", "", &id), PL_OK);
  assert_int_equal(tagged(f, "b_seconds", "GET", &id), PL_OK);
  assert_int_equal(tagged(f, "c_seconds", "load_latency_seconds;name=a%2cb%;role=generator;", &id), PL_OK);
  assert_int_equal(tagged(f, "c_seconds", "m;ab=1;a%62=2;", &id), PL_REFUSED_TWICE);
  assert_int_equal(tagged(f, "c_seconds", ";a=1;", &id), PL_REFUSED_NAME);
  assert_series(f, "a_seconds instance= origin=production role=other source=import\nb_seconds instance= origin=production role=other source=import tag=GET\n"
                   "load_latency_seconds instance= name=a,b% origin=production role=generator source=import\n");
}

int main(void)
{
#define CASE(fn) cmocka_unit_test_setup_teardown(fn, open_fixture, close_fixture)
  const struct CMUnitTest tests[] = {
      CASE(a_series_is_made_once), CASE(labels_may_name_the_source), CASE(what_no_series_may_be_named_is_refused), CASE(a_key_that_is_too_long_is_refused),
      CASE(names_of_other_systems_are_made_ours), CASE(tags_of_logs_are_labels_or_what_was_exported),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
