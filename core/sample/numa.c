/* Memory of each NUMA node, and whether pages came from the node that they were wanted from. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "sample/keyed.h"

enum { NODES = 64, NAME_SIZE = 32 };

typedef struct node {
  char name[NAME_SIZE]; /* "0" */
  pl_procfile memory, stat;
  pl_keyed memory_keys, stat_keys;
} node;

typedef struct numa {
  const pl_sampler_options *o;
  size_t n;
  int code;
  node list[NODES];
} numa;

static void memory_of(pl_str group, pl_str key, pl_str rest, pl_meaning *out)
{
  (void)group;
  (void)pl_meaning_of_memory("node_memory_numa_", key, rest, out);
}

static void stat_of(pl_str group, pl_str key, pl_str rest, pl_meaning *out)
{
  (void)group, (void)rest;
  snprintf(out->metric, sizeof out->metric, "node_memory_numa_%.*s_total", (int)key.len, key.data);
  out->counter = true;
}

static bool add_node(void *user, const char *name)
{
  numa *a = user;
  char path[128];
  uint64_t number;
  if (strncmp(name, "node", 4) != 0 || !pl_str_u64(pl_str_of(name + 4), &number) || a->n == NODES)
    return true;
  node *d = &a->list[a->n];
  (void)pl_copy(d->name, sizeof d->name, pl_str_of(name + 4));
  (void)snprintf(path, sizeof path, "devices/system/node/%s/meminfo", name);
  a->code = pl_procfile_open(&d->memory, a->o->alloc, a->o->sys_root, path);
  if (a->code)
    return a->code == PL_ENOENT;
  (void)snprintf(path, sizeof path, "devices/system/node/%s/numastat", name);
  if (pl_procfile_open(&d->stat, a->o->alloc, a->o->sys_root, path) == PL_ENOMEM) {
    pl_procfile_close(&d->memory);
    a->code = PL_ENOMEM;
    return false;
  }
  pl_keyed_init(&d->memory_keys, a->o->alloc, memory_of);
  pl_keyed_init(&d->stat_keys, a->o->alloc, stat_of);
  d->memory_keys.label = d->stat_keys.label = (pl_sample_label){"node", pl_str_of(d->name)};
  a->n++;
  return true;
}

static void numa_close(pl_sampler *s, void *state)
{
  numa *a = state;
  for (size_t i = 0; i < a->n; i++) {
    pl_procfile_close(&a->list[i].memory);
    pl_procfile_close(&a->list[i].stat);
    pl_keyed_fini(&a->list[i].memory_keys);
    pl_keyed_fini(&a->list[i].stat_keys);
  }
  pl_free(pl_sampler_options_of(s)->alloc, a, sizeof *a);
}

static int numa_open(pl_sampler *s, void **state, pl_error *err)
{
  const pl_sampler_options *o = pl_sampler_options_of(s);
  int folder = pl_attr_open(o->sys_root, "devices/system/node");
  if (folder < 0)
    return PL_ENOENT;
  numa *a = pl_alloc_zero(o->alloc, 1, sizeof *a);
  int code = a ? PL_OK : PL_ENOMEM;
  if (a) {
    a->o = o;
    pl_folder_each(folder, add_node, a);
    code = a->code == PL_ENOENT || (!a->code && !a->n) ? PL_ENOENT : a->code;
  }
  close(folder);
  if (!code) {
    *state = a;
    return PL_OK;
  }
  if (a)
    numa_close(s, a);
  return pl_fail(err, code, "%s", code == PL_ENOENT ? "there are no NUMA nodes" : "the files of the NUMA nodes could not be opened");
}

/* Each line begins with "Node 0". */
static void read_memory(pl_sampler *s, node *d)
{
  pl_str text = pl_procfile_read(&d->memory), line;
  for (uint32_t place = 0; (line = pl_line_next(&text)).data; place++) {
    (void)pl_field_next(&line);
    (void)pl_field_next(&line);
    pl_str key = pl_field_next(&line);
    key.len -= key.len > 0;
    pl_keyed_emit(s, &d->memory_keys, place, (pl_str){"", 0}, key, line);
  }
}

static void numa_read(pl_sampler *s, void *state)
{
  numa *a = state;
  for (size_t i = 0; i < a->n; i++) {
    read_memory(s, &a->list[i]);
    pl_keyed_lines(s, &a->list[i].stat_keys, pl_procfile_read(&a->list[i].stat));
  }
}

const pl_source pl_source_numa = {"/sys/devices/system/node", numa_open, numa_read, numa_close};
