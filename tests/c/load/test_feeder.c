/* Feeders: rows found in any order, the orders themselves, files that are wrong or change. */
#include "load/feeder.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/failing.h"
#include "support/temporary.h"

typedef struct fixture {
  temporary t;
  char path[160];
} fixture;

static int open_folder(void **state)
{
  fixture *f = calloc(1, sizeof *f);
  temporary_open(&f->t);
  (void)temporary_file(&f->t, "rows", "", f->path, sizeof f->path);
  *state = f;
  return 0;
}

static int close_folder(void **state)
{
  fixture *f = *state;
  temporary_close(&f->t);
  free(f);
  return 0;
}

static void write_text(const fixture *f, const char *text)
{
  FILE *file = fopen(f->path, "w");
  assert_non_null(file);
  fputs(text, file);
  fclose(file);
}

/* A header and n rows "row00000017,xxx...", of different lengths. */
static void write_rows(const fixture *f, unsigned n)
{
  static const char filling[] = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";
  FILE *file = fopen(f->path, "w");
  assert_non_null(file);
  fputs("id,filling\n", file);
  for (unsigned i = 0; i < n; i++)
    fprintf(file, "row%08u,%.*s\n", i, (int)(i % 31), filling);
  fclose(file);
}

static pl_feeder_options options(const fixture *f, enum pl_rows_format format)
{
  return (pl_feeder_options){.alloc = &pl_alloc_default, .name = "rows", .fd = open(f->path, O_RDONLY | O_CLOEXEC),
                             .syntax = {format, ','}, .at_end = PL_FEED_LOOP, .key = 7};
}

static pl_feeder *opened(const pl_feeder_options *o)
{
  pl_feeder *feeder = NULL;
  pl_error err = {0};
  if (pl_feeder_open(o, &feeder, &err))
    fail_msg("%s", err.message);
  return feeder;
}

static void is_row(pl_feeder_reader *r, uint64_t row)
{
  char wanted[32];
  pl_error err = {0};
  pl_str text;
  if (pl_feeder_read(r, row, &text, &err))
    fail_msg("%s", err.message);
  int n = snprintf(wanted, sizeof wanted, "row%08u,", (unsigned)row);
  assert_true(text.len >= (size_t)n);
  assert_memory_equal(text.data, wanted, (size_t)n);
}

/* More rows than marks are kept: the stride has doubled. */
static void rows_are_found(void **state)
{
  enum { N = 1100000 };
  const fixture *f = *state;
  write_rows(f, N);
  pl_feeder_options o = options(f, PL_ROWS_CSV);
  pl_feeder *feeder = opened(&o);
  assert_int_equal(feeder->n_rows, N);
  assert_int_equal(feeder->columns, 2);
  assert_int_equal(feeder->stride, 4);
  pl_feeder_reader r;
  pl_feeder_reader_init(&r, feeder);
  for (uint64_t i = 0; i < 20000; i += 3)
    is_row(&r, i);
  is_row(&r, N - 1);
  is_row(&r, 0);
  for (uint64_t i = 1; i < 2000; i++)
    is_row(&r, i * 48271 % N);
  assert_true(r.window.cap <= 256 << 10);
  pl_feeder_reader_fini(&r);
  pl_feeder_free(feeder);
}

static void every_format(void **state)
{
  static const char *const texts[] = {"a\n1\n2\n", "{\"a\":1}\n{\"a\":2}\n", "[{\"a\":1},\n{\"a\":2}]"};
  static const char *const second[] = {"2", "{\"a\":2}", "{\"a\":2}"};
  for (int format = PL_ROWS_CSV; format <= PL_ROWS_JSON; format++) {
    write_text(*state, texts[format]);
    pl_feeder_options o = options(*state, (enum pl_rows_format)format);
    pl_feeder *feeder = opened(&o);
    pl_feeder_reader r;
    pl_str text;
    assert_int_equal(feeder->n_rows, 2);
    pl_feeder_reader_init(&r, feeder);
    assert_int_equal(pl_feeder_read(&r, 1, &text, NULL), PL_OK);
    assert_true(pl_str_eqc(text, second[format]));
    pl_feeder_reader_fini(&r);
    pl_feeder_free(feeder);
  }
}

static void refuse(const fixture *f, enum pl_rows_format format, const char *text, const char *why)
{
  pl_feeder *feeder = NULL;
  pl_error err = {0};
  write_text(f, text);
  pl_feeder_options o = options(f, format);
  assert_int_equal(pl_feeder_open(&o, &feeder, &err), PL_EPARSE);
  if (!strstr(err.message, why))
    fail_msg("%s", err.message);
}

static void mistakes(void **state)
{
  refuse(*state, PL_ROWS_CSV, "a,b\n1,2\n\n3\n", "feeder rows, line 4: 1 fields, the header has 2");
  refuse(*state, PL_ROWS_CSV, "a,b,\"a\"\n1,2,3\n", "feeder rows: two columns of its header are called \"a\"");
  refuse(*state, PL_ROWS_CSV, "a,b\n1,2\n3,\"x\n\n", "feeder rows, line 3: a quoted field is not closed");
  refuse(*state, PL_ROWS_CSV, "a,b\n", "feeder rows: a header line and at least one row are needed");
  refuse(*state, PL_ROWS_CSV, "", "feeder rows: a header line and at least one row are needed");
  refuse(*state, PL_ROWS_NDJSON, "{\"a\":1}\n{\"a\":}\n", "feeder rows, line 2: ");
  refuse(*state, PL_ROWS_JSON, "[{\"a\":1},\n\n{\"a\" 2}]", "feeder rows, line 3: ");
  refuse(*state, PL_ROWS_JSON, "{\"a\":1}", "feeder rows: a JSON file of rows is an array");
  refuse(*state, PL_ROWS_JSON, "[]", "feeder rows: it has no rows");
}

static void a_long_row_is_refused(void **state)
{
  const fixture *f = *state;
  pl_feeder *feeder = NULL;
  pl_error err = {0};
  FILE *file = fopen(f->path, "w");
  fputs("a\nshort\n", file);
  for (int i = 0; i <= PL_FEEDER_ROW_MAX / 8 + 16384; i++)
    fputs("xxxxxxxx", file);
  fclose(file);
  pl_feeder_options o = options(f, PL_ROWS_CSV);
  assert_int_equal(pl_feeder_open(&o, &feeder, &err), PL_ELIMIT);
  assert_string_equal(err.message, "feeder rows, line 3: a row is longer than 1048576 bytes");
}

static void a_file_that_changes_is_an_error(void **state)
{
  const fixture *f = *state;
  pl_error err = {0};
  pl_str text;
  write_rows(f, 10000);
  pl_feeder_options o = options(f, PL_ROWS_CSV);
  pl_feeder *feeder = opened(&o);
  pl_feeder_reader r;
  pl_feeder_reader_init(&r, feeder);
  is_row(&r, 5);
  assert_int_equal(truncate(f->path, 1000), 0);
  assert_int_equal(pl_feeder_read(&r, 9000, &text, &err), PL_EPARSE);
  assert_string_equal(err.message, "feeder rows has changed: row 9001 is not there");
  is_row(&r, 6);
  pl_feeder_reader_fini(&r);
  pl_feeder_free(feeder);
}

/* A feeder of n rows without a file. */
static pl_feeder *numbers(enum pl_feed_order order, uint64_t n, bool loop, uint64_t key)
{
  pl_feeder_options o = {.alloc = &pl_alloc_default, .name = "numbers", .fd = -1, .n_rows = n, .order = order, .at_end = loop ? PL_FEED_LOOP : PL_FEED_STOP, .key = key};
  return opened(&o);
}

static uint64_t pick(pl_feeder *f, uint64_t person, uint64_t iteration)
{
  uint64_t row = UINT64_MAX;
  return pl_feeder_pick(f, person, iteration, &row) ? row : UINT64_MAX;
}

static void orders(void **state)
{
  (void)state;
  pl_feeder *f = numbers(PL_FEED_SEQUENTIAL, 3, true, 1);
  assert_int_equal(pick(f, 9, 1), 1);
  assert_int_equal(pick(f, 9, 3), 0);
  pl_feeder_free(f);
  f = numbers(PL_FEED_UNIQUE, 3, false, 1);
  assert_int_equal(pick(f, 2, 50), 2);
  assert_true(pick(f, 3, 0) == UINT64_MAX);
  pl_feeder_free(f);
  f = numbers(PL_FEED_QUEUE, 2, false, 1);
  assert_int_equal(pick(f, 0, 0), 0);
  assert_int_equal(pick(f, 0, 0), 1);
  assert_true(pick(f, 0, 0) == UINT64_MAX);
  pl_feeder_free(f);
}

/* Each pass of a shuffled feeder has every row once; another pass, and another key, has them in another order. */
static void shuffled_is_a_permutation(void **state)
{
  static const uint64_t sizes[] = {1, 2, 3, 16, 17, 1000};
  (void)state;
  for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
    uint64_t n = sizes[s], moved = 0, other = 0;
    pl_feeder *f = numbers(PL_FEED_SHUFFLED, n, true, 11), *g = numbers(PL_FEED_SHUFFLED, n, true, 12345);
    for (uint64_t pass = 0; pass < 2; pass++) {
      unsigned char seen[1000] = {0};
      for (uint64_t i = 0; i < n; i++) {
        uint64_t row = pick(f, 0, pass * n + i);
        assert_true(row < n);
        assert_int_equal(seen[row]++, 0);
        moved += pass && row != pick(f, 0, i);
        other += row != pick(g, 0, pass * n + i);
      }
    }
    if (n >= 16)
      assert_true(moved > n / 2 && other > n / 2);
    pl_feeder_free(f);
    pl_feeder_free(g);
  }
}

/* Chi-square of 10 rows over 10,000 iterations: 9 degrees of freedom, 33.7 is the quantile 0.9999. */
static void random_is_uniform_and_of_the_iteration(void **state)
{
  enum { ROWS = 10, N = 10000 };
  double counts[ROWS] = {0}, chi = 0;
  (void)state;
  pl_feeder *f = numbers(PL_FEED_RANDOM, ROWS, false, 5);
  for (uint64_t i = 0; i < N; i++) {
    uint64_t row = pick(f, i, i);
    assert_int_equal(row, pick(f, 0, i));
    counts[row]++;
  }
  for (int i = 0; i < ROWS; i++)
    chi += (counts[i] - N / ROWS) * (counts[i] - N / ROWS) / (N / ROWS);
  assert_true(chi < 33.7);
  pl_feeder_free(f);
}

static int open_once(const pl_allocator *a, void *user)
{
  pl_feeder *feeder = NULL;
  pl_feeder_options o = options(user, PL_ROWS_NDJSON);
  o.alloc = a;
  int code = pl_feeder_open(&o, &feeder, NULL);
  pl_feeder_reader r;
  pl_str text;
  if (code)
    return code;
  pl_feeder_reader_init(&r, feeder);
  code = pl_feeder_read(&r, 1, &text, NULL);
  pl_feeder_reader_fini(&r);
  pl_feeder_free(feeder);
  return code;
}

static void memory_may_be_refused(void **state)
{
  write_text(*state, "{\"a\":1}\n{\"a\":[2]}\n");
  failing_every(open_once, *state, 200);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(rows_are_found),
      cmocka_unit_test(every_format),
      cmocka_unit_test(mistakes),
      cmocka_unit_test(a_long_row_is_refused),
      cmocka_unit_test(a_file_that_changes_is_an_error),
      cmocka_unit_test(orders),
      cmocka_unit_test(shuffled_is_a_permutation),
      cmocka_unit_test(random_is_uniform_and_of_the_iteration),
      cmocka_unit_test(memory_may_be_refused),
  };
  return cmocka_run_group_tests(tests, open_folder, close_folder);
}
