/* Files onto the timeline: what is taken, what is refused, and which series it becomes. */
#include "ingest/import.h"

#include <inttypes.h>

#include "store/stored.h"

typedef struct fixture {
  temporary folder;
  pl_store *store;
  pl_reader *reader;
} fixture;

static int open_fixture(void **state)
{
  static fixture f;
  temporary_open(&f.folder);
  f.store = stored_open(NULL, NULL, 0);
  assert_int_equal(pl_reader_of(f.store, &f.reader, NULL), PL_OK);
  *state = &f;
  return 0;
}

static int close_fixture(void **state)
{
  fixture *f = *state;
  pl_reader_close(f->reader);
  pl_store_close(f->store);
  temporary_close(&f->folder);
  return 0;
}

/* Imports a text as a file; the counts. */
static pl_import_counts import_text(fixture *f, pl_import_options o, const char *text, int expected)
{
  char path[256];
  pl_import *i;
  pl_error err = {0};
  (void)temporary_file(&f->folder, "file", text, path, sizeof path);
  o.path = path;
  assert_int_equal(pl_import_open(&pl_alloc_default, &o, &i, &err), PL_OK);
  int code;
  while ((code = pl_import_step(i, f->store, 7, &err)) == 1)
    ;
  if (code != expected)
    fail_msg("%d %s", code, err.message);
  pl_import_counts c = *pl_import_told(i);
  pl_import_close(i);
  return c;
}

static int on_series(void *user, const pl_series_info *s)
{
  (void)pl_buf_addf(user, "%d %.*s", (int)s->kind, (int)s->name.len, s->name.data);
  for (size_t i = 0; i < s->n_labels; i++)
    (void)pl_buf_addf(user, " %.*s=%.*s", (int)s->labels[i].name.len, s->labels[i].name.data, (int)s->labels[i].value.len, s->labels[i].value.data);
  return pl_buf_addc(user, '\n');
}

/* All series of the timeline, a line each. */
static void assert_series(fixture *f, const char *expected)
{
  pl_buf out;
  pl_buf_init(&out, &pl_alloc_default, 1 << 20);
  assert_int_equal(pl_reader_series(f->reader, PL_STR(""), NULL, 0, 7, on_series, &out, NULL), PL_OK);
  assert_string_equal(pl_buf_cstr(&out), expected);
  pl_buf_fini(&out);
}

static void a_table(void **state)
{
  fixture *f = *state;
  pl_import_counts c = import_text(f, (pl_import_options){.format = "csv"},
                                   "timestamp,metric,value,host,instance\n3,cpu,1,a,m1\n2,cpu,x,a,m1\n1,requests_total,5,,\n4,9cpu,1,,\nx,cpu,1,,\n", PL_OK);
  assert_int_equal(c.taken, 2);
  assert_int_equal(c.n_refused, 3);
  assert_int_equal(c.refused[PL_REFUSED_VALUE], 1);
  assert_int_equal(c.refused[PL_REFUSED_NAME], 1);
  assert_int_equal(c.refused[PL_REFUSED_TIME], 1);
  assert_int_equal(c.example[1].line, 5);
  assert_true(c.first_ns == 1000000000 && c.last_ns == 3000000000);
  assert_int_equal(c.series, 2);
  assert_series(f, "0 cpu host=a instance=m1 origin=production role=other source=import\n1 requests_total instance= origin=production role=other source=import\n");
  assert_int_equal(stored_number(f->store, "SELECT count(*) FROM sample_list"), 2);
}

/* The last row of a series and time stays; of which series a row between them is does not matter. */
static void rows_of_one_time(void **state)
{
  fixture *f = *state;
  pl_import_counts c = import_text(f, (pl_import_options){.format = "csv"}, "timestamp,metric,value\n1,a,1\n1,b,2\n1,a,3\n1,a,4\n2,a,5\n2,b,6\n", PL_OK);
  assert_int_equal(c.taken, 6);
  assert_int_equal(c.replaced, 2);
  assert_int_equal(stored_number(f->store, "SELECT count(*) FROM points"), 4);
  assert_int_equal(stored_number(f->store, "SELECT sum(value) FROM points"), 4 + 5 + 2 + 6);
}

static void an_exposition(void **state)
{
  fixture *f = *state;
  pl_import_counts c = import_text(f, (pl_import_options){.format = "openmetrics", .role = PL_STR("target")},
                                   "# TYPE a counter\na_total{x=\"y\"} 1 1.5\na_created{x=\"y\"} 1 1.5\n# TYPE h histogram\nh_bucket{le=\"1\"} 1 2\nh_count 1 2\ng 1\n# EOF\n", PL_OK);
  assert_int_equal(c.taken, 4);
  assert_int_equal(c.refused[PL_REFUSED_TIME], 1);
  assert_series(f, "0 a_created instance= origin=production role=target source=import x=y\n1 a_total instance= origin=production role=target source=import x=y\n"
                   "1 h_bucket instance= le=1 origin=production role=target source=import\n1 h_count instance= origin=production role=target source=import\n");
}

/* Without "# EOF" it is Prometheus text, whose times are milliseconds. */
static void prometheus_text(void **state)
{
  fixture *f = *state;
  pl_import_counts c = import_text(f, (pl_import_options){.format = "openmetrics", .has_time = true, .time_ns = 5}, "a 1 1500\nb 2\n", PL_OK);
  assert_int_equal(c.taken, 2);
  assert_true(c.first_ns == 5 && c.last_ns == 1500000000);
}

static void objects(void **state)
{
  fixture *f = *state;
  pl_import_counts c = import_text(f, (pl_import_options){.format = "ndjson", .metric = PL_STR("m")}, "{\"timestamp\":1,\"value\":2}\n{\n", PL_OK);
  assert_int_equal(c.taken, 1);
  assert_int_equal(c.refused[PL_REFUSED_SYNTAX], 1);
}

static void lines_of_other_systems(void **state)
{
  fixture *f = *state;
  pl_import_counts c = import_text(f, (pl_import_options){.format = "influx"}, "cpu.load,host-name=a value=1,max=2i,text=\"x\" 1500000000\n9m n=1 5\nbad\n", PL_OK);
  assert_int_equal(c.taken, 3);
  assert_int_equal(c.refused[PL_REFUSED_SYNTAX], 1);
  c = import_text(f, (pl_import_options){.format = "graphite"}, "servers.web-1.load;dc=x 1.5 7\nnow 1 -1\n", PL_OK);
  assert_int_equal(c.taken, 1);
  assert_int_equal(c.refused[PL_REFUSED_TIME], 1);
  c = import_text(f, (pl_import_options){.format = "vmstat"}, "procs -----timestamp-----\n r UTC\n 3 2026-11-27 15:00:00\n", PL_OK);
  assert_int_equal(c.taken, 1);
  assert_series(f, "0 _9m_n instance= origin=production role=other source=import\n0 cpu_load host_name=a instance= origin=production role=other source=import\n"
                   "0 cpu_load_max host_name=a instance= origin=production role=other source=import\n"
                   "0 servers_web_1_load dc=x instance= origin=production role=other source=import\n0 vmstat_r instance= origin=production role=other source=import\n");
}

static void what_is_no_such_file(void **state)
{
  fixture *f = *state;
  pl_import *i;
  pl_error err = {0};
  (void)import_text(f, (pl_import_options){.format = "csv"}, "a,b\n1,2\n", PL_EPARSE);
  assert_int_equal(pl_import_open(&pl_alloc_default, &(pl_import_options){.format = "xml", .path = "x"}, &i, &err), PL_EINVAL);
  assert_non_null(strstr(err.message, "csv, ndjson, openmetrics"));
  err = (pl_error){0};
  assert_int_equal(pl_import_open(&pl_alloc_default, &(pl_import_options){.format = "csv", .path = "/nowhere/x.csv"}, &i, &err), PL_ENOENT);
  err = (pl_error){0};
  assert_int_equal(pl_import_open(&pl_alloc_default, &(pl_import_options){.format = "csv", .path = "/"}, &i, &err), PL_EIO);
}

/* A file of many pieces. */
static void in_pieces(void **state)
{
  enum { ROWS = 120000 };
  fixture *f = *state;
  pl_buf text;
  pl_buf_init(&text, &pl_alloc_default, 64 << 20);
  (void)pl_buf_adds(&text, "timestamp,value\n");
  for (int i = 0; i < ROWS; i++)
    (void)pl_buf_addf(&text, "%d.000000001,%d.25\n", 1700000000 + i, i);
  pl_import_counts c = import_text(f, (pl_import_options){.format = "csv", .metric = PL_STR("m")}, pl_buf_cstr(&text), PL_OK);
  assert_int_equal(c.taken, ROWS);
  assert_int_equal(c.n_refused, 0);
  assert_int_equal(c.bytes, text.len);
  assert_int_equal(stored_number(f->store, "SELECT count(*) FROM sample_list"), ROWS);
  pl_buf_fini(&text);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(a_table, open_fixture, close_fixture), cmocka_unit_test_setup_teardown(rows_of_one_time, open_fixture, close_fixture),
      cmocka_unit_test_setup_teardown(an_exposition, open_fixture, close_fixture),
      cmocka_unit_test_setup_teardown(prometheus_text, open_fixture, close_fixture), cmocka_unit_test_setup_teardown(objects, open_fixture, close_fixture),
      cmocka_unit_test_setup_teardown(lines_of_other_systems, open_fixture, close_fixture), cmocka_unit_test_setup_teardown(what_is_no_such_file, open_fixture, close_fixture), cmocka_unit_test_setup_teardown(in_pieces, open_fixture, close_fixture),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
