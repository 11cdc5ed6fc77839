/* Pools of ZFS: folders of /proc/spl/kstat/zfs, which come and go. A pool's state and its I/O are read each time, what its data sets did once a
 * scan, as there may be hundreds. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "sample/procfile.h"
#include "sample/sampler.h"

enum { POOLS = 64, NAME_SIZE = 256, METRIC_SIZE = 96 };

typedef struct pool {
  char name[NAME_SIZE];
  int folder; /* descriptor */
  bool seen;
} pool;

typedef struct zpools {
  pl_sampler *sampler;
  int folder; /* descriptor */
  pl_procfile text;
  pool list[POOLS];
  size_t n;
} zpools;

static pl_str read_file(zpools *z, int folder, const char *name)
{
  int fd = openat(folder, name, O_RDONLY | O_CLOEXEC);
  pl_str text = pl_procfile_read_of(&z->text, fd);
  if (fd >= 0)
    close(fd);
  return text;
}

/* ---- Pools that come and go ----------------------------------------------------------------------- */

static bool visit_pool(void *user, const char *name)
{
  zpools *z = user;
  for (size_t i = 0; i < z->n; i++) {
    if (strcmp(z->list[i].name, name) == 0) {
      z->list[i].seen = true;
      return true;
    }
  }
  int folder = openat(z->folder, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0)
    return true; /* a file */
  if (z->n == POOLS || strlen(name) >= NAME_SIZE) {
    pl_sampler_left_out(z->sampler, "more than 64 pools of ZFS");
    close(folder);
    return true;
  }
  pool *p = &z->list[z->n++];
  *p = (pool){.folder = folder, .seen = true};
  (void)pl_copy(p->name, sizeof p->name, pl_str_of(name));
  return true;
}

static void look(zpools *z)
{
  for (size_t i = 0; i < z->n; i++)
    z->list[i].seen = false;
  pl_folder_each(z->folder, visit_pool, z);
  for (size_t i = z->n; i-- > 0;) {
    if (z->list[i].seen)
      continue;
    close(z->list[i].folder);
    memmove(z->list + i, z->list + i + 1, (--z->n - i) * sizeof *z->list);
  }
}

static int zpool_open(pl_sampler *s, void **state, pl_error *err)
{
  const pl_sampler_options *o = pl_sampler_options_of(s);
  int folder = pl_attr_open(o->proc_root, "spl/kstat/zfs");
  if (folder < 0)
    return PL_ENOENT;
  zpools *z = pl_alloc_zero(o->alloc, 1, sizeof *z);
  if (!z) {
    close(folder);
    return pl_fail(err, PL_ENOMEM, "out of memory for a sampler");
  }
  z->sampler = s;
  z->folder = folder;
  z->text = (pl_procfile){.alloc = o->alloc, .fd = -1};
  look(z);
  *state = z;
  return PL_OK;
}

static void zpool_close(pl_sampler *s, void *state)
{
  zpools *z = state;
  for (size_t i = 0; i < z->n; i++)
    close(z->list[i].folder);
  close(z->folder);
  pl_procfile_close(&z->text);
  pl_free(pl_sampler_options_of(s)->alloc, z, sizeof *z);
}

/* ---- Reading ---------------------------------------------------------------------------------------- */

static void emit_state(pl_sampler *s, const pool *p, pl_str word)
{
  static const char *const states[] = {"online", "degraded", "faulted", "offline", "removed", "unavail", "suspended"};
  for (size_t i = 0; word.len && i < sizeof states / sizeof *states; i++) {
    const pl_sample_label labels[] = {{"state", pl_str_of(states[i])}, {"zpool", pl_str_of(p->name)}};
    pl_sampler_emit(s, &(pl_emit){.name = "node_zfs_zpool_state", .labels = labels, .n_labels = 2}, pl_str_ieq(word, pl_str_of(states[i])));
  }
}

/* A line of names above one of numbers, behind a heading; older releases of ZFS have it. */
static void emit_io(pl_sampler *s, const pool *p, pl_str text)
{
  char metric[METRIC_SIZE];
  (void)pl_line_next(&text);
  pl_str names = pl_line_next(&text), numbers = pl_line_next(&text), name;
  while ((name = pl_field_next(&names)).len) {
    bool queued = pl_str_eqc(name, "wcnt") || pl_str_eqc(name, "rcnt");
    (void)snprintf(metric, sizeof metric, "node_zfs_zpool_%.*s", (int)name.len, name.data);
    pl_sampler_emit(s, &(pl_emit){metric, !queued, &(pl_sample_label){"zpool", pl_str_of(p->name)}, 1}, pl_field_number(&numbers));
  }
}

/* Lines "name type value" behind two lines of heading; the value of dataset_name may have blanks. */
static void emit_dataset(pl_sampler *s, const pool *p, pl_str text)
{
  char metric[METRIC_SIZE];
  pl_str dataset = {"", 0}, line;
  for (int number = 0; (line = pl_line_next(&text)).data; number++) {
    pl_str key = pl_field_next(&line);
    (void)pl_field_next(&line);
    if (number < 2)
      continue;
    if (pl_str_eqc(key, "dataset_name"))
      dataset = pl_str_trim(line);
    if (!dataset.len || pl_str_eqc(key, "dataset_name"))
      continue;
    const pl_sample_label labels[] = {{"dataset", dataset}, {"zpool", pl_str_of(p->name)}};
    (void)snprintf(metric, sizeof metric, "node_zfs_zpool_dataset_%.*s", (int)key.len, key.data);
    pl_sampler_emit(s, &(pl_emit){metric, true, labels, 2}, pl_field_number(&line));
  }
}

typedef struct visit {
  zpools *all;
  const pool *pool;
} visit;

static bool visit_dataset(void *user, const char *name)
{
  const visit *v = user;
  if (strncmp(name, "objset-", 7) == 0)
    emit_dataset(v->all->sampler, v->pool, read_file(v->all, v->pool->folder, name));
  return true;
}

static void zpool_read(pl_sampler *s, void *state)
{
  zpools *z = state;
  if (pl_sampler_scans(s))
    look(z);
  for (size_t i = 0; i < z->n; i++) {
    const pool *p = &z->list[i];
    emit_state(s, p, pl_str_trim(read_file(z, p->folder, "state")));
    emit_io(s, p, read_file(z, p->folder, "io"));
    if (pl_sampler_scans(s))
      pl_folder_each(p->folder, visit_dataset, &(visit){z, p});
  }
}

const pl_source pl_source_zpool = {"/proc/spl/kstat/zfs/*/io", zpool_open, zpool_read, zpool_close};
