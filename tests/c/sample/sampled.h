/* A sampler over files that the test wrote, and its values by text: "name{label=value,...}". */
#ifndef TEST_SAMPLED_H
#define TEST_SAMPLED_H

#include <stdio.h>
#include <string.h>

#include "sample/sampler.h"
#include "support/failing.h"
#include "support/temporary.h"

enum { SAMPLED_MAX = 8192, SAMPLED_NAME = 600 };

typedef struct sampled {
  temporary folder;
  pl_sampler *sampler;
  char names[SAMPLED_MAX][SAMPLED_NAME];
  bool counter[SAMPLED_MAX];
  double values[SAMPLED_MAX];
  bool given[SAMPLED_MAX]; /* in this read */
  uint32_t n;
  pl_log log;
  char said[4096]; /* lines of the log */
} sampled;

static void sampled_say(void *user, enum pl_log_level level, const char *component, const char *line)
{
  sampled *s = user;
  size_t n = strlen(s->said);
  (void)level, (void)component;
  (void)snprintf(s->said + n, sizeof s->said - n, "%s\n", line);
}

static void sampled_metric(void *user, uint32_t number, const pl_sample_metric *m)
{
  sampled *s = user;
  char *at = s->names[number];
  assert_int_equal(number, s->n);
  at += sprintf(at, "%.*s", (int)m->name.len, m->name.data);
  for (size_t i = 0; i < m->n_labels; i++)
    at += sprintf(at, "%s%.*s=%.*s", i ? "," : "{", (int)m->label_names[i].len, m->label_names[i].data, (int)m->label_values[i].len, m->label_values[i].data);
  if (m->n_labels)
    strcpy(at, "}");
  s->counter[number] = m->counter;
  s->n++;
}

/* Nothing is given twice in one read, whose last value is how many series there are. */
static void sampled_value(void *user, uint32_t number, double value)
{
  sampled *s = user;
  if (s->given[number])
    fail_msg("%s is given twice", s->names[number]);
  s->given[number] = true;
  s->values[number] = value;
  if (strcmp(s->names[number], "sample_series") == 0)
    memset(s->given, 0, sizeof s->given);
}

/* Puts a file below the sampler's proc and sys (one folder is both). */
static inline void sampled_file(sampled *s, const char *name, const char *text)
{
  temporary_put(&s->folder, name, text);
}

static inline void sampled_open(sampled *s)
{
  memset(s, 0, sizeof *s);
  temporary_open(&s->folder);
}

/* What a sampler over the files is opened with; it looks for what came and went at each read. */
static inline pl_sampler_options sampled_options(sampled *s, const char *kind)
{
  s->log = (pl_log){sampled_say, s, PL_LOG_INFO};
  return (pl_sampler_options){.alloc = &pl_alloc_default, .log = &s->log, .sink = {sampled_metric, sampled_value, s}, .proc_root = s->folder.folder,
                              .sys_root = s->folder.folder, .scan_ns = 1, .kind = pl_str_of(kind), .name = PL_STR("")};
}

/* Opens and reads once; what the code of opening should be. */
static inline void sampled_start(sampled *s, const pl_sampler_options *o, int want)
{
  pl_error err = {0};
  int code = pl_sampler_open(o, &s->sampler, &err);
  if (code != want)
    fail_msg("code %d: %s", code, err.message);
  if (!code)
    pl_sampler_read(s->sampler);
}

/* The same of a kind alone. */
static inline void sampled_read(sampled *s, const char *kind, const char *name, const int64_t *pids, size_t n_pids, int want)
{
  pl_sampler_options o = sampled_options(s, kind);
  o.name = pl_str_of(name);
  o.pids = pids;
  o.n_pids = n_pids;
  sampled_start(s, &o, want);
}

/* The host, whose files are there. */
static inline void sampled_host(sampled *s)
{
  sampled_read(s, "host", "", NULL, 0, PL_OK);
}

/* The host that has this file alone. */
static inline void sampled_host_with(sampled *s, const char *name, const char *text)
{
  sampled_open(s);
  sampled_file(s, name, text);
  sampled_host(s);
}

/* The host with sets of figures. */
static inline void sampled_sets(sampled *s, const char *sets)
{
  pl_sampler_options o = sampled_options(s, "host");
  o.sets = pl_str_of(sets);
  sampled_start(s, &o, PL_OK);
}

static inline void sampled_close(sampled *s)
{
  pl_sampler_close(s->sampler);
  temporary_close(&s->folder);
}

static inline int sampled_find(const sampled *s, const char *name)
{
  for (uint32_t i = 0; i < s->n; i++) {
    if (strcmp(s->names[i], name) == 0)
      return (int)i;
  }
  return -1;
}

static inline void sampled_is(const sampled *s, const char *name, double want)
{
  int i = sampled_find(s, name);
  if (i < 0)
    fail_msg("%s was not sampled", name);
  if (s->values[i] > want + 1e-9 || s->values[i] < want - 1e-9)
    fail_msg("%s is %g, not %g", name, s->values[i], want);
}

#endif
