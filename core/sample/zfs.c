/* What ZFS did: /proc/spl/kstat/zfs, lines "key type number" behind two lines of heading. */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "sample/keyed.h"

static const struct {
  const char *path, *prefix;
} files[] = {
    {"spl/kstat/zfs/arcstats", "node_zfs_arc_"},
    {"spl/kstat/zfs/abdstats", "node_zfs_abd_"},
    {"spl/kstat/zfs/dbufstats", "node_zfs_dbuf_"},
    {"spl/kstat/zfs/dmu_tx", "node_zfs_dmu_tx_"},
    {"spl/kstat/zfs/dnodestats", "node_zfs_dnode_"},
    {"spl/kstat/zfs/fm", "node_zfs_fm_"},
    {"spl/kstat/zfs/vdev_cache_stats", "node_zfs_vdev_cache_"},
    {"spl/kstat/zfs/vdev_mirror_stats", "node_zfs_vdev_mirror_"},
    {"spl/kstat/zfs/xuio_stats", "node_zfs_xuio_"},
    {"spl/kstat/zfs/zfetchstats", "node_zfs_zfetch_"},
    {"spl/kstat/zfs/zil", "node_zfs_zil_"},
};
enum { FILES = sizeof files / sizeof *files };

typedef struct zfs {
  pl_procfile file[FILES];
  pl_keyed keyed;
} zfs;

/* group is the prefix. "dbuf_cache_level_0_bytes" and its like are kept; what names a size or a state is of now, the rest are totals. */
static void meaning_of(pl_str group, pl_str key, pl_str rest, pl_meaning *out)
{
  static const char *const of_now[] = {"size", "bytes", "count", "_max", "_min", "level", "chains", "elements", "limit", "meta_used", "evictable", "hiwater", "lowater"};
  (void)rest;
  snprintf(out->metric, sizeof out->metric, "%.*s%.*s", (int)group.len, group.data, (int)key.len, key.data);
  for (char *at = out->metric; (at = strchr(at, '-'));)
    *at = '_';
  out->counter = true;
  for (size_t i = 0; i < sizeof of_now / sizeof *of_now; i++)
    out->counter = out->counter && !pl_field_holds(key, of_now[i]);
  out->counter = out->counter && key.len > 1; /* c and p: the target sizes */
}

static void zfs_close(pl_sampler *s, void *state)
{
  zfs *z = state;
  for (int i = 0; i < FILES; i++)
    pl_procfile_close(&z->file[i]);
  pl_keyed_fini(&z->keyed);
  pl_free(pl_sampler_options_of(s)->alloc, z, sizeof *z);
}

static int zfs_open(pl_sampler *s, void **state, pl_error *err)
{
  const pl_sampler_options *o = pl_sampler_options_of(s);
  zfs *z = pl_alloc_zero(o->alloc, 1, sizeof *z);
  int code = z ? PL_ENOENT : PL_ENOMEM;
  for (int i = 0; i < FILES && z && code != PL_ENOMEM; i++) {
    int opened = pl_procfile_open(&z->file[i], o->alloc, o->proc_root, files[i].path);
    code = opened == PL_OK || opened == PL_ENOMEM ? opened : code;
  }
  if (z)
    pl_keyed_init(&z->keyed, o->alloc, meaning_of);
  if (!code) {
    *state = z;
    return PL_OK;
  }
  if (z)
    zfs_close(s, z);
  return pl_procfile_fail(err, code, o->proc_root, "spl/kstat/zfs");
}

static void zfs_read(pl_sampler *s, void *state)
{
  zfs *z = state;
  uint32_t place = 0;
  for (int i = 0; i < FILES; i++) {
    pl_str text = pl_procfile_read(&z->file[i]), line;
    for (int number = 0; (line = pl_line_next(&text)).data; number++) {
      pl_str key = pl_field_next(&line);
      (void)pl_field_next(&line);
      if (number >= 2)
        pl_keyed_emit(s, &z->keyed, place++, pl_str_of(files[i].prefix), key, line);
    }
  }
}

const pl_source pl_source_zfs = {"/proc/spl/kstat/zfs", zfs_open, zfs_read, zfs_close};
