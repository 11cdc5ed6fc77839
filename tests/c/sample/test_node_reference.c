/* The same /proc as node_exporter's own tests read: what has its name has its value. */
#include <math.h>
#include <stdlib.h>

#include "sample/sampled.h"

/* "name{a="b"} 5" becomes "name{a=b}" and 5. */
static double take_apart(char *line)
{
  char *value = strrchr(line, ' '), *out = line;
  *value++ = '\0';
  for (const char *in = line; *in; in++) {
    if (*in != '"')
      *out++ = *in;
  }
  *out = '\0';
  return strtod(value, NULL);
}

static int compare_file(const sampled *s, const char *path)
{
  static char line[4096];
  int compared = 0;
  FILE *f = fopen(path, "r");
  assert_non_null(f);
  while (fgets(line, sizeof line, f)) {
    if (line[0] == '#' || !strchr(line, ' '))
      continue;
    double want = take_apart(line);
    int i = sampled_find(s, line);
    if (i < 0)
      continue;
    compared++;
    if (fabs(s->values[i] - want) > 1e-6 * (1 + fabs(want)))
      fail_msg("%s: %.12g, node_exporter says %.12g", line, s->values[i], want);
  }
  fclose(f);
  return compared;
}

static void as_node_exporter(void **state)
{
  static sampled s;
  const char *root = getenv("PERILUNE_REFERENCE");
  char proc[512], expected[512];
  pl_error err = {0};
  (void)state;
  if (!root) {
    print_message("skipped: no reference data\n");
    skip();
  }
  (void)snprintf(proc, sizeof proc, "%s/samples/proc-sys/node_exporter/proc", root);
  (void)snprintf(expected, sizeof expected, "%s/samples/prometheus-text/node_exporter/e2e-64k-page-output.txt", root);
  pl_sampler_options o = {.alloc = &pl_alloc_default, .sink = {sampled_metric, sampled_value, &s}, .proc_root = proc, .kind = PL_STR("host"), .name = PL_STR("")};
  assert_int_equal(pl_sampler_open(&o, &s.sampler, &err), PL_OK);
  pl_sampler_read(s.sampler);
  assert_true(compare_file(&s, expected) > 100);
  pl_sampler_close(s.sampler);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(as_node_exporter)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
