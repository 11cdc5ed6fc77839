/* Identity: a source and a series exist once, whoever asks and in whatever order the labels come. */
#include "store/labels.h"
#include "store/stored.h"

static int make(pl_store *s, int64_t source, const char *name, const pl_label *labels, size_t n, int64_t *out, pl_error *err)
{
  pl_series_spec spec = {.source = source, .name = pl_str_of(name), .labels = labels, .n_labels = n};
  return pl_store_series(s, &spec, out, err);
}

static void names_of_metrics(void **state)
{
  char longest[257];
  (void)state;
  memset(longest, 'm', sizeof longest);
  assert_true(pl_store_is_metric(PL_STR("node_load1")));
  assert_true(pl_store_is_metric(PL_STR("job:rate5m")));
  assert_true(pl_store_is_metric((pl_str){longest, 255}));
  assert_false(pl_store_is_metric((pl_str){longest, 256}));
  assert_false(pl_store_is_metric((pl_str){NULL, 0}));
  assert_false(pl_store_is_metric(PL_STR("1st")));
  assert_false(pl_store_is_metric(PL_STR("a-b")));
  assert_false(pl_store_is_metric(PL_STR("caf\xc3\xa9")));
}

static void sources_exist_once(void **state)
{
  pl_store *s = stored_open(NULL, NULL, 0);
  (void)state;
  int64_t here = stored_source(s, "here");
  assert_int_equal(stored_source(s, "here"), here);
  assert_true(stored_source(s, "there") != here);
  assert_int_equal(stored_number(s, "SELECT count(*) FROM sources"), 2);
  pl_store_close(s);
}

static void series_exist_once(void **state)
{
  pl_label ab[] = {{PL_STR("a"), PL_STR("1")}, {PL_STR("b"), PL_STR("2")}}, ba[] = {ab[1], ab[0]}, other[] = {ab[0], {PL_STR("b"), PL_STR("3")}};
  pl_store *s = stored_open(NULL, NULL, 0);
  int64_t source = stored_source(s, "here"), first, again, second, third;
  (void)state;
  assert_int_equal(make(s, source, "lamps", ab, 2, &first, NULL), PL_OK);
  assert_int_equal(make(s, source, "lamps", ba, 2, &again, NULL), PL_OK);
  assert_int_equal(again, first);
  assert_int_equal(make(s, source, "lamps", other, 2, &second, NULL), PL_OK);
  assert_int_equal(make(s, stored_source(s, "there"), "lamps", ab, 2, &third, NULL), PL_OK);
  assert_true(first != second && first != third && second != third);
  assert_int_equal(stored_number(s, "SELECT count(*) FROM series"), 3);
  pl_store_close(s);
}

/* Ids are those of the file, whoever made them. */
static void another_process_made_it(void **state)
{
  temporary t;
  char path[128];
  (void)state;
  temporary_open(&t);
  (void)temporary_file(&t, "t.db", NULL, path, sizeof path);
  pl_store *one = stored_open(path, NULL, 0), *two = stored_open(path, NULL, 0);
  int64_t id = stored_series(one, "lamps", PL_SERIES_GAUGE);
  assert_true(stored_series(one, "tables", PL_SERIES_GAUGE) != id);
  assert_int_equal(stored_series(two, "lamps", PL_SERIES_GAUGE), id);
  pl_store_close(one);
  pl_store_close(two);
  temporary_close(&t);
}

/* Who writes now knows what it is, unless a gauge is only said for want of knowledge. */
static void the_kind_is_that_of_the_last_writer(void **state)
{
  static const struct {
    enum pl_series_kind said, kept;
  } writers[] = {{PL_SERIES_GAUGE, PL_SERIES_GAUGE}, {PL_SERIES_COUNTER, PL_SERIES_COUNTER}, {PL_SERIES_GAUGE, PL_SERIES_COUNTER},
                 {PL_SERIES_DIST, PL_SERIES_DIST}, {PL_SERIES_GAUGE, PL_SERIES_GAUGE}};
  temporary t;
  char path[128];
  int64_t id = 0;
  (void)state;
  temporary_open(&t);
  (void)temporary_file(&t, "t.db", NULL, path, sizeof path);
  for (size_t i = 0; i < sizeof writers / sizeof *writers; i++) {
    pl_store *s = stored_open(path, NULL, 0);
    int64_t found = stored_series(s, "lamps", writers[i].said);
    assert_true(i == 0 || found == id);
    id = found;
    assert_int_equal(stored_number(s, "SELECT kind FROM series"), writers[i].kept);
    pl_store_close(s);
  }
  temporary_close(&t);
}

static void what_is_refused(void **state)
{
  pl_label many[PL_LABELS_MAX + 1];
  pl_store *s = stored_open(NULL, NULL, 0);
  int64_t source = stored_source(s, "here"), id = -7;
  pl_error name = {0}, labels = {0}, orphan = {0};
  (void)state;
  for (size_t i = 0; i < sizeof many / sizeof *many; i++)
    many[i] = (pl_label){PL_STR("n"), PL_STR("v")};
  assert_int_equal(make(s, source, "a-b", NULL, 0, &id, &name), PL_EINVAL);
  assert_non_null(strstr(name.message, "\"a-b\""));
  assert_int_equal(make(s, source, "lamps", many, PL_LABELS_MAX + 1, &id, &labels), PL_ELIMIT);
  assert_int_equal(make(s, source + 1, "lamps", NULL, 0, &id, &orphan), PL_EINVAL); /* no such source */
  assert_non_null(strstr(orphan.message, "constraint"));
  assert_int_equal(id, -7);
  pl_store_close(s);
}

/* The cache is the limit of a process. */
static void too_many_series_are_told(void **state)
{
  pl_store *s = stored_open(NULL, NULL, 0);
  int64_t source = stored_source(s, "here"), first, again, id = -7;
  pl_error err = {0};
  (void)state;
  pl_intern_free(s->series_keys);
  s->series_keys = pl_intern_new(s->alloc, 1);
  assert_int_equal(make(s, source, "lamps", NULL, 0, &first, NULL), PL_OK);
  assert_int_equal(make(s, source, "tables", NULL, 0, &id, &err), PL_ELIMIT);
  assert_non_null(strstr(err.message, "series tables: this process has too many of them"));
  assert_int_equal(id, -7);
  assert_int_equal(make(s, source, "lamps", NULL, 0, &again, NULL), PL_OK);
  assert_int_equal(again, first);
  pl_store_close(s);
}

/* More series than the cache begins with. */
static void many_series(void **state)
{
  enum { MANY = 200 };
  pl_store *s = stored_open(NULL, NULL, 0);
  int64_t ids[MANY];
  char name[16];
  (void)state;
  for (int round = 0; round < 2; round++) {
    for (int i = 0; i < MANY; i++) {
      (void)snprintf(name, sizeof name, "m%d", i);
      int64_t id = stored_series(s, name, PL_SERIES_GAUGE);
      assert_true(round == 0 || id == ids[i]);
      ids[i] = id;
    }
  }
  assert_int_equal(stored_number(s, "SELECT count(DISTINCT name) FROM series"), MANY);
  pl_store_close(s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(names_of_metrics),        cmocka_unit_test(sources_exist_once),
                                     cmocka_unit_test(series_exist_once),       cmocka_unit_test(another_process_made_it),
                                     cmocka_unit_test(what_is_refused),         cmocka_unit_test(too_many_series_are_told),
                                     cmocka_unit_test(many_series),             cmocka_unit_test(the_kind_is_that_of_the_last_writer)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
