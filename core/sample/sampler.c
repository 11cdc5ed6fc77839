/* A sampler is a list of sources. Metrics are known by number; a name with labels is looked up by its text, which costs no memory
 * once it was seen. */
#include "sample/sampler.h"

#include <string.h>

#include "base/error.h"
#include "base/map.h"

enum { SOURCES_MAX = 12, KEY_MAX = 512 };

/* Which sources a kind reads: the registry. To add a source: its file, a line here. */
static const pl_source *const host_sources[] = {&pl_source_cpu,     &pl_source_loadavg,    &pl_source_memory,  &pl_source_vmstat,
                                                &pl_source_disk,    &pl_source_filesystem, &pl_source_network, &pl_source_sockets,
                                                &pl_source_pressure, NULL};
static const pl_source *const process_sources[] = {&pl_source_process, NULL};
static const pl_source *const cgroup_sources[] = {&pl_source_cgroup, NULL};
static const pl_source *const self_sources[] = {&pl_source_self, NULL};

static const struct {
  const char *kind;
  const pl_source *const *sources;
} kinds[] = {{"host", host_sources}, {"process", process_sources}, {"cgroup", cgroup_sources}, {"self", self_sources}};

struct pl_sampler {
  pl_sampler_options o;
  char *name;
  int64_t *pids;
  const pl_source *sources[SOURCES_MAX];
  void *states[SOURCES_MAX];
  size_t n_sources;
  pl_intern *metrics;
  bool full;
};

static int copy_options(pl_sampler *s, const pl_sampler_options *o)
{
  s->o = *o;
  s->o.proc_root = o->proc_root ? o->proc_root : "/proc";
  s->o.sys_root = o->sys_root ? o->sys_root : "/sys";
  s->name = pl_strndup(o->alloc, o->name.data ? o->name.data : "", o->name.len);
  s->o.name.data = s->name;
  if (o->n_pids) {
    s->pids = pl_alloc_zero(o->alloc, o->n_pids, sizeof *s->pids);
    if (s->pids)
      memcpy(s->pids, o->pids, o->n_pids * sizeof *s->pids);
    s->o.pids = s->pids;
  }
  s->metrics = pl_intern_new(o->alloc, PL_SAMPLE_METRICS);
  return s->name && s->metrics && (s->pids || !o->n_pids) ? PL_OK : PL_ENOMEM;
}

/* Opens what this kernel has; a source that is the only one must be there. */
static int open_sources(pl_sampler *s, const pl_source *const *list, pl_error *err)
{
  bool only = list[1] == NULL;
  for (; *list; list++) {
    pl_error why = {0};
    int code = (*list)->open(s, &s->states[s->n_sources], &why);
    if (code == PL_ENOENT && !only) {
      pl_logf(s->o.log, PL_LOG_INFO, "sample", "this kernel has no %s: left out", (*list)->name);
      continue;
    }
    if (code)
      return pl_fail(err, code, "%s", why.code ? why.message : "out of memory for a sampler");
    s->sources[s->n_sources++] = *list;
  }
  return PL_OK;
}

int pl_sampler_open(const pl_sampler_options *o, pl_sampler **out, pl_error *err)
{
  const pl_source *const *list = NULL;
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
    if (pl_str_eqc(o->kind, kinds[i].kind))
      list = kinds[i].sources;
  }
  if (!list)
    return pl_fail(err, PL_EINVAL, "there is no sampler \"%.*s\": host, process, cgroup or self", (int)o->kind.len, o->kind.data);
  pl_sampler *s = pl_alloc_zero(o->alloc, 1, sizeof *s);
  if (!s)
    return pl_fail(err, PL_ENOMEM, "out of memory for a sampler");
  int code = copy_options(s, o) ? pl_fail(err, PL_ENOMEM, "out of memory for a sampler") : open_sources(s, list, err);
  if (code) {
    pl_sampler_close(s);
    return code;
  }
  *out = s;
  return PL_OK;
}

void pl_sampler_close(pl_sampler *s)
{
  if (!s)
    return;
  for (size_t i = 0; i < s->n_sources; i++)
    s->sources[i]->close(s, s->states[i]);
  const pl_allocator *a = s->o.alloc;
  pl_intern_free(s->metrics);
  pl_free(a, s->name, s->o.name.len + 1);
  pl_free(a, s->pids, s->o.n_pids * sizeof *s->pids);
  pl_free(a, s, sizeof *s);
}

void pl_sampler_read(pl_sampler *s)
{
  for (size_t i = 0; i < s->n_sources; i++)
    s->sources[i]->read(s, s->states[i]);
}

const pl_sampler_options *pl_sampler_options_of(const pl_sampler *s)
{
  return &s->o;
}

/* Appends a text and a NUL; false when the key is full. */
static bool key_add(char key[KEY_MAX], size_t *len, pl_str s)
{
  if (*len + s.len + 1 > KEY_MAX)
    return false;
  if (s.len)
    memcpy(key + *len, s.data, s.len);
  key[*len + s.len] = '\0';
  *len += s.len + 1;
  return true;
}

/* Tells the sink of a new metric; its strings are those of the interned key. */
static void announce(pl_sampler *s, uint32_t number, const pl_emit *e)
{
  const char *at = pl_intern_key(s->metrics, number).data;
  pl_sample_metric m = {.name = pl_str_of(at), .counter = e->counter};
  at += m.name.len + 1;
  for (int i = 0; i < PL_SAMPLE_LABELS && e->label_names[i]; i++) {
    m.label_names[i] = pl_str_of(at);
    at += m.label_names[i].len + 1;
    m.label_values[i] = pl_str_of(at);
    at += m.label_values[i].len + 1;
    m.n_labels++;
  }
  s->o.sink.metric(s->o.sink.user, number, &m);
}

void pl_sampler_emit(pl_sampler *s, const pl_emit *e, double value)
{
  char key[KEY_MAX];
  size_t len = 0;
  bool fits = key_add(key, &len, pl_str_of(e->name));
  for (int i = 0; i < PL_SAMPLE_LABELS && e->label_names[i] && fits; i++)
    fits = key_add(key, &len, pl_str_of(e->label_names[i])) && key_add(key, &len, e->label_values[i]);
  if (!fits)
    return;
  uint32_t before = pl_intern_count(s->metrics);
  int64_t id = pl_intern_id(s->metrics, (pl_str){key, len});
  if (id < 0) {
    if (!s->full)
      pl_logf(s->o.log, PL_LOG_WARN, "sample", "more than %d metrics: the rest is left out", PL_SAMPLE_METRICS);
    s->full = true;
    return;
  }
  if ((uint32_t)id == before)
    announce(s, (uint32_t)id, e);
  s->o.sink.value(s->o.sink.user, (uint32_t)id, value);
}

void pl_sampler_gauge(pl_sampler *s, const char *name, double value)
{
  pl_sampler_emit(s, &(pl_emit){.name = name}, value);
}

void pl_sampler_counter(pl_sampler *s, const char *name, double value)
{
  pl_sampler_emit(s, &(pl_emit){.name = name, .counter = true}, value);
}
