/* Files that jobs leave in the text format of Prometheus. */
#include <sys/stat.h>
#include <unistd.h>

#include "sample/sampled.h"

static void start(sampled *s)
{
  sampled_open(s);
  sampled_file(s, "jobs/backup.prom", "# HELP backup_bytes_total Of the last night.\n# TYPE backup_bytes_total counter\nbackup_bytes_total{disk=\"a \\\"b\\\"\"} 5e9\n"
                                      "# TYPE backup_seconds histogram\nbackup_seconds_bucket{le=\"+Inf\"} 3\nbackup_seconds_sum 7.5\nbackup_seconds_count 3\n");
  sampled_file(s, "jobs/notes.txt", "notes 1\n");
}

static const char *jobs(const sampled *s)
{
  static char path[256];
  (void)snprintf(path, sizeof path, "%s/jobs", s->folder.folder);
  return path;
}

static void what_a_job_leaves(void **state)
{
  static sampled s;
  char name[512];
  (void)state;
  start(&s);
  sampled_read(&s, "textfile", jobs(&s), NULL, 0, PL_OK);
  sampled_is(&s, "backup_bytes_total{disk=a \"b\"}", 5e9);
  assert_true(s.counter[sampled_find(&s, "backup_bytes_total{disk=a \"b\"}")]);
  sampled_is(&s, "backup_seconds_bucket{le=+Inf}", 3);
  sampled_is(&s, "backup_seconds_sum", 7.5);
  sampled_is(&s, "node_textfile_scrape_error", 0);
  assert_int_equal(sampled_find(&s, "notes"), -1);
  (void)snprintf(name, sizeof name, "node_textfile_mtime_seconds{file=%s/backup.prom}", jobs(&s));
  assert_true(sampled_find(&s, name) >= 0);
  sampled_file(&s, "jobs/backup.prom", "backup_seconds_sum 9\n");
  sampled_file(&s, "jobs/later.prom", "later 1\n");
  pl_sampler_read(s.sampler);
  sampled_is(&s, "backup_seconds_sum", 9);
  sampled_is(&s, "later", 1);
  sampled_close(&s);
}

/* What is wrong is left out and said; the rest stands. */
static void what_is_wrong(void **state)
{
  static const char *const wrong[] = {"1x 2\ngood 1\n", "timed 1 1700000000000\ngood 1\n", "good 1\ntimed 12"};
  static sampled s;
  (void)state;
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    start(&s);
    sampled_file(&s, "jobs/wrong.prom", wrong[i]);
    sampled_read(&s, "textfile", jobs(&s), NULL, 0, PL_OK);
    sampled_is(&s, "node_textfile_scrape_error", 1);
    sampled_is(&s, "good", 1);
    sampled_is(&s, "backup_seconds_sum", 7.5);
    assert_int_equal(sampled_find(&s, "timed"), -1);
    sampled_close(&s);
  }
}

/* A pipe would be waited for: it is none of a job's files. */
static void no_folder_and_no_file(void **state)
{
  static sampled s;
  char path[256];
  (void)state;
  start(&s);
  sampled_read(&s, "textfile", "/nowhere/at/all", NULL, 0, PL_ENOENT);
  assert_int_equal(mkfifo(temporary_file(&s.folder, "jobs/pipe.prom", NULL, path, sizeof path), 0600), 0);
  sampled_read(&s, "textfile", jobs(&s), NULL, 0, PL_OK);
  sampled_is(&s, "node_textfile_scrape_error", 1);
  sampled_close(&s);
}

/* The end of its text would be a number that it does not say. */
static void a_file_that_is_too_long(void **state)
{
  static sampled s;
  static char text[(1 << 20) + 1];
  (void)state;
  memset(text, '\n', sizeof text - 1);
  memcpy(text, "long 1\n", 7);
  start(&s);
  sampled_file(&s, "jobs/long.prom", text);
  sampled_read(&s, "textfile", jobs(&s), NULL, 0, PL_OK);
  sampled_is(&s, "node_textfile_scrape_error", 1);
  sampled_is(&s, "backup_seconds_sum", 7.5);
  assert_int_equal(sampled_find(&s, "long"), -1);
  sampled_close(&s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(what_a_job_leaves), cmocka_unit_test(what_is_wrong), cmocka_unit_test(no_folder_and_no_file),
                                     cmocka_unit_test(a_file_that_is_too_long)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
