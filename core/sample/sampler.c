/* A sampler is a list of sources. Metrics are known by number; a name with labels is looked up by its text, which costs no memory
 * once it was seen. As the values of one read come in the order of those of the read before, the number behind the last one is tried
 * first, and seldom is it another. */
#include "sample/sampler.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "base/map.h"
#include "sample/procfile.h"

enum { SOURCES_MAX = 48, SAID_MAX = 16, KEY_MAX = 4096, SCAN_NS = 1000000000, MISSING = 900 };

/* Which sources a kind reads: the registry. To add a source: its file, a line here. set: read only when asked for by this name. */
typedef struct entry {
  const pl_source *source;
  const char *set;
} entry;

static const entry host_sources[] = {
    {&pl_source_cpu, NULL},       {&pl_source_numbers, NULL},   {&pl_source_memory, NULL},       {&pl_source_vmstat, NULL},
    {&pl_source_disk, NULL},      {&pl_source_filesystem, NULL}, {&pl_source_network, NULL},      {&pl_source_sockets, NULL},
    {&pl_source_netstat, NULL},   {&pl_source_softnet, NULL},   {&pl_source_conntrack, NULL},    {&pl_source_arp, NULL},
    {&pl_source_pressure, NULL},  {&pl_source_schedstat, NULL}, {&pl_source_time, NULL},         {&pl_source_identity, NULL},
    {&pl_source_raid, NULL},      {&pl_source_xfs, NULL},       {&pl_source_zfs, NULL},          {&pl_source_zpool, NULL},
    {&pl_source_rpc, NULL},       {&pl_source_ipvs, NULL},
    {&pl_source_hwmon, NULL},     {&pl_source_rapl, NULL},      {&pl_source_bonding, NULL},
    {&pl_source_devices, NULL},   {&pl_source_hugepages, "hugepages"},
    {&pl_source_vmstat_all, "vmstat"}, {&pl_source_netstat_all, "netstat"},
    {&pl_source_interrupts, "interrupts"}, {&pl_source_softirqs, "softirqs"}, {&pl_source_slab, "slab"}, {&pl_source_buddy, "buddyinfo"},
    {&pl_source_numa, "numa"},    {&pl_source_processes, "processes"}, {&pl_source_perf, "perf"},
    {&pl_source_qdisc, "qdisc"}, {NULL, NULL},
};
static const entry process_sources[] = {{&pl_source_process, NULL}, {NULL, NULL}};
static const entry cgroup_sources[] = {{&pl_source_cgroup, NULL}, {NULL, NULL}};
static const entry containers_sources[] = {{&pl_source_containers, NULL}, {NULL, NULL}};
static const entry units_sources[] = {{&pl_source_units, NULL}, {NULL, NULL}};
static const entry textfile_sources[] = {{&pl_source_textfile, NULL}, {NULL, NULL}};
static const entry self_sources[] = {{&pl_source_self, NULL}, {NULL, NULL}};

static const struct {
  const char *kind;
  const entry *sources;
} kinds[] = {{"host", host_sources}, {"process", process_sources}, {"cgroup", cgroup_sources}, {"containers", containers_sources}, {"units", units_sources},
         {"textfile", textfile_sources}, {"self", self_sources}};

struct pl_sampler {
  pl_sampler_options o;
  char *name;
  int64_t *pids;
  const pl_source *sources[SOURCES_MAX];
  void *states[SOURCES_MAX];
  size_t n_sources;
  pl_intern *metrics;
  uint32_t last;        /* the metric that was given last */
  bool full;
  const char *said[SAID_MAX]; /* what is left out, and was told */
  size_t n_said;
  bool scans;
  uint64_t next_scan_ns; /* monotonic */
  double cpu_s;          /* of all reads */
};

static uint64_t clock_ns(clockid_t clock)
{
  struct timespec t = {0};
  clock_gettime(clock, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static int copy_options(pl_sampler *s, const pl_sampler_options *o)
{
  s->o = *o;
  s->o.proc_root = o->proc_root ? o->proc_root : "/proc";
  s->o.sys_root = o->sys_root ? o->sys_root : "/sys";
  s->o.scan_ns = o->scan_ns ? o->scan_ns : SCAN_NS;
  s->next_scan_ns = clock_ns(CLOCK_MONOTONIC) + s->o.scan_ns;
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

/* Whether a text of words has this one, or "all". */
static bool has_set(pl_str sets, const char *name)
{
  pl_str word;
  while ((word = pl_field_next(&sets)).len) {
    if (pl_str_eqc(word, name) || pl_str_eqc(word, "all"))
      return true;
  }
  return false;
}

static int check_sets(const entry *list, pl_str sets, pl_error *err)
{
  pl_str word;
  while ((word = pl_field_next(&sets)).len) {
    bool known = pl_str_eqc(word, "all");
    for (const entry *e = list; e->source && !known; e++)
      known = e->set && pl_str_eqc(word, e->set);
    if (!known)
      return pl_fail(err, PL_EINVAL, "there is no set of figures \"%.*s\"", (int)word.len, word.data);
  }
  return PL_OK;
}

/* Adds a name to the list of what is left out. */
static void miss(char list[MISSING], const char *name)
{
  size_t n = strlen(list);
  (void)snprintf(list + n, MISSING - n, "%s%s", n ? ", " : "", name);
}

/* Opens what this kernel has, and says once what it lacks; a source that is the only one must be there. */
static int open_sources(pl_sampler *s, const entry *list, pl_error *err)
{
  bool only = list[1].source == NULL;
  char missing[MISSING] = "";
  if (check_sets(list, s->o.sets, err))
    return PL_EINVAL;
  for (; list->source; list++) {
    pl_error why = {0};
    if (list->set && !has_set(s->o.sets, list->set))
      continue;
    int code = list->source->open(s, &s->states[s->n_sources], &why);
    if (code == PL_ENOENT && !only) {
      miss(missing, list->source->name);
      continue;
    }
    if (code)
      return pl_fail(err, code, "%s", why.code ? why.message : "out of memory for a sampler");
    s->sources[s->n_sources++] = list->source;
  }
  if (missing[0])
    pl_logf(s->o.log, PL_LOG_INFO, "sample", "this kernel has not, left out: %s", missing);
  return PL_OK;
}

int pl_sampler_open(const pl_sampler_options *o, pl_sampler **out, pl_error *err)
{
  const entry *list = NULL;
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
    if (pl_str_eqc(o->kind, kinds[i].kind))
      list = kinds[i].sources;
  }
  if (!list)
    return pl_fail(err, PL_EINVAL, "there is no sampler \"%.*s\": host, process, cgroup, containers, units, textfile or self", (int)o->kind.len, o->kind.data);
  pl_sampler *s = pl_alloc_zero(o->alloc, 1, sizeof *s);
  if (!s)
    return pl_fail(err, PL_ENOMEM, "out of memory for a sampler");
  int code = copy_options(s, o) ? pl_fail(err, PL_ENOMEM, "out of memory for a sampler") : open_sources(s, list, err);
  s->o.sets = (pl_str){"", 0}; /* the caller's */
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

/* What the sampling itself costs: CPU of this thread, and how many series there are. */
static void emit_cost(pl_sampler *s, uint64_t began_ns)
{
  s->cpu_s += (double)(clock_ns(CLOCK_THREAD_CPUTIME_ID) - began_ns) / 1e9;
  pl_sampler_counter(s, "sample_cpu_seconds_total", s->cpu_s);
  pl_sampler_gauge(s, "sample_series", (double)pl_sampler_series(s));
}

void pl_sampler_read(pl_sampler *s)
{
  uint64_t began_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID), now_ns = clock_ns(CLOCK_MONOTONIC);
  s->scans = now_ns + s->o.scan_ns / 4 >= s->next_scan_ns; /* a timer may come a little early */
  if (s->scans)
    s->next_scan_ns = now_ns + s->o.scan_ns;
  s->last = UINT32_MAX;
  for (size_t i = 0; i < s->n_sources; i++)
    s->sources[i]->read(s, s->states[i]);
  emit_cost(s, began_ns);
}

uint32_t pl_sampler_series(const pl_sampler *s)
{
  return pl_intern_count(s->metrics);
}

const pl_sampler_options *pl_sampler_options_of(const pl_sampler *s)
{
  return &s->o;
}

bool pl_sampler_scans(const pl_sampler *s)
{
  return s->scans;
}

void pl_sampler_left_out(pl_sampler *s, const char *literal)
{
  for (size_t i = 0; i < s->n_said; i++) {
    if (s->said[i] == literal)
      return;
  }
  if (s->n_said == SAID_MAX)
    return;
  s->said[s->n_said++] = literal;
  pl_logf(s->o.log, PL_LOG_INFO, "sample", "%s: left out", literal);
}

/* ---- Metrics by number: the key is name, label, value ..., each ended by NUL ---------------------- */

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

/* Takes a text and its NUL from the front of *key; false when another is there. */
static bool key_take(pl_str *key, const char *text, size_t len)
{
  if (key->len <= len || memcmp(key->data, text, len) != 0 || key->data[len] != '\0')
    return false;
  key->data += len + 1;
  key->len -= len + 1;
  return true;
}

static bool is_of(pl_str key, const pl_emit *e)
{
  if (!key_take(&key, e->name, strlen(e->name)))
    return false;
  for (size_t i = 0; i < e->n_labels; i++) {
    const pl_sample_label *l = &e->labels[i];
    if (!key_take(&key, l->name, strlen(l->name)) || !key_take(&key, l->value.data ? l->value.data : "", l->value.len))
      return false;
  }
  return key.len == 0;
}

/* The number of a metric, which may be new; -1: it fits nowhere. */
static int64_t number_of(pl_sampler *s, const pl_emit *e)
{
  char key[KEY_MAX];
  size_t len = 0;
  bool fits = key_add(key, &len, pl_str_of(e->name));
  for (size_t i = 0; i < e->n_labels && fits; i++)
    fits = key_add(key, &len, pl_str_of(e->labels[i].name)) && key_add(key, &len, e->labels[i].value);
  if (!fits)
    return -1;
  int64_t id = pl_intern_id(s->metrics, (pl_str){key, len});
  if (id < 0 && !s->full) {
    pl_logf(s->o.log, PL_LOG_WARN, "sample", "more than %d metrics: the rest is left out", PL_SAMPLE_METRICS);
    s->full = true;
  }
  return id;
}

/* Tells the sink of a new metric; its strings are those of the interned key. */
static void announce(pl_sampler *s, uint32_t number, const pl_emit *e)
{
  const char *at = pl_intern_key(s->metrics, number).data;
  pl_sample_metric m = {.name = pl_str_of(at), .counter = e->counter, .n_labels = e->n_labels};
  at += m.name.len + 1;
  for (size_t i = 0; i < e->n_labels; i++) {
    m.label_names[i] = pl_str_of(at);
    at += m.label_names[i].len + 1;
    m.label_values[i] = pl_str_of(at);
    at += m.label_values[i].len + 1;
  }
  s->o.sink.metric(s->o.sink.user, number, &m);
}

int64_t pl_sampler_emit(pl_sampler *s, const pl_emit *e, double value)
{
  uint32_t before = pl_intern_count(s->metrics), next = s->last + 1;
  if (next >= before || !is_of(pl_intern_key(s->metrics, next), e)) {
    int64_t number = number_of(s, e);
    if (number < 0)
      return -1;
    next = (uint32_t)number;
    if (next == before)
      announce(s, next, e);
  }
  pl_sampler_emit_more(s, next, value);
  return next;
}

void pl_sampler_emit_more(pl_sampler *s, uint32_t number, double value)
{
  s->last = number;
  s->o.sink.value(s->o.sink.user, number, value);
}

void pl_sampler_gauge(pl_sampler *s, const char *name, double value)
{
  pl_sampler_emit(s, &(pl_emit){.name = name}, value);
}

void pl_sampler_counter(pl_sampler *s, const char *name, double value)
{
  pl_sampler_emit(s, &(pl_emit){.name = name, .counter = true}, value);
}

void pl_sampler_gauge_of(pl_sampler *s, const char *name, const char *label, pl_str of, double value)
{
  pl_sampler_emit(s, &(pl_emit){.name = name, .labels = &(pl_sample_label){label, of}, .n_labels = 1}, value);
}

void pl_sampler_counter_of(pl_sampler *s, const char *name, const char *label, pl_str of, double value)
{
  pl_sampler_emit(s, &(pl_emit){.name = name, .counter = true, .labels = &(pl_sample_label){label, of}, .n_labels = 1}, value);
}
