/* The same /proc and /sys as node_exporter's own tests read: what has its name has its value. */
#include <math.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sample/exposition.h"

enum { LINE = 8192 };

/* Writes the lines of one file; a last one that ends in EOF has no line's end, and NULLBYTE is one. */
static void unpack_file(FILE *archive, const char *path, int lines)
{
  char line[LINE];
  FILE *out = fopen(path, "w");
  assert_non_null(out);
  while (lines-- > 0 && fgets(line, sizeof line, archive)) {
    size_t n = strcspn(line, "\n");
    line[n] = '\0';
    bool open_end = lines == 0 && n >= 3 && strcmp(line + n - 3, "EOF") == 0;
    if (open_end)
      line[n - 3] = '\0';
    for (char *at; (at = strstr(line, "NULLBYTE"));)
      memmove(at, at + 8, strlen(at + 8) + 1);
    (void)fprintf(out, "%s%s", line, open_end ? "" : "\n");
  }
  fclose(out);
}

/* Unpacks an archive of ttar, the text format of these fixtures, below the folder. */
static void unpack(temporary *to, const char *archive)
{
  char line[LINE], path[1024] = "", name[LINE];
  int lines;
  FILE *in = fopen(archive, "r");
  assert_non_null(in);
  while (fgets(line, sizeof line, in)) {
    line[strcspn(line, "\n")] = '\0';
    if (sscanf(line, "Path: %[^\n]", name) == 1 || sscanf(line, "Directory: %[^\n]", name) == 1) {
      (void)temporary_file(to, name, NULL, path, sizeof path);
      if (line[0] == 'D')
        (void)mkdir(path, 0700);
    } else if (sscanf(line, "Lines: %d", &lines) == 1) {
      unpack_file(in, path, lines);
    } else if (sscanf(line, "SymlinkTo: %[^\n]", name) == 1) {
      assert_int_equal(symlink(name, path), 0);
    }
  }
  fclose(in);
}

/* How many of the file's values we have; all of those must be the same. Known differences: what is read from this machine. */
static int compare_file(sampled *s, const char *path)
{
  static char line[LINE];
  int compared = 0, lacking = 0;
  FILE *f = fopen(path, "r");
  assert_non_null(f);
  sort_all(s);
  while (fgets(line, sizeof line, f)) {
    if (line[0] == '#' || !strchr(line, ' ') || strncmp(line, "node_", 5) != 0)
      continue;
    double want = take_apart(line);
    sort_labels(line);
    int i = sampled_find(s, line);
    if (i < 0 && getenv("PERILUNE_LACKING"))
      print_message("lacking: %s\n", line);
    lacking += i < 0;
    if (i < 0)
      continue;
    compared++;
    if (fabs(s->values[i] - want) > 1e-6 * (1 + fabs(want)))
      fail_msg("%s: %.12g, node_exporter says %.12g", line, s->values[i], want);
  }
  fclose(f);
  print_message("%d values compared, %d that are not sampled\n", compared, lacking);
  return compared;
}

static void as_node_exporter(void **state)
{
  static sampled s;
  const char *root = getenv("PERILUNE_REFERENCE");
  char proc[512], sys[512], expected[512];
  pl_error err = {0};
  (void)state;
  if (!root) {
    print_message("skipped: no reference data\n");
    skip();
  }
  sampled_open(&s);
  (void)snprintf(proc, sizeof proc, "%s/samples/proc-sys/node_exporter/proc", root);
  (void)snprintf(expected, sizeof expected, "%s/samples/proc-sys/node_exporter/sys.ttar", root);
  unpack(&s.folder, expected);
  (void)snprintf(sys, sizeof sys, "%s/sys", s.folder.folder);
  (void)snprintf(expected, sizeof expected, "%s/samples/prometheus-text/node_exporter/e2e-64k-page-output.txt", root);
  pl_sampler_options o = sampled_options(&s, "host");
  o.proc_root = proc;
  o.sys_root = sys;
  o.sets = PL_STR("all");
  assert_int_equal(pl_sampler_open(&o, &s.sampler, &err), PL_OK);
  pl_sampler_read(s.sampler);
  assert_true(compare_file(&s, expected) > 400);
  sampled_close(&s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(as_node_exporter)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
