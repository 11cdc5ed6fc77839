/* What XFS file systems did: /sys/fs/xfs/DEVICE/stats/stats, lines of a key and its counters. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "sample/procfile.h"
#include "sample/sampler.h"

enum { MOUNTS = 64, NAME_SIZE = 64, COLUMNS = 8 };

static const struct {
  const char *key, *prefix;
  const char *columns[COLUMNS];
} lines[] = {
    {"extent_alloc", "extent_allocation_", {"extents_allocated", "blocks_allocated", "extents_freed", "blocks_freed"}},
    {"abt", "allocation_btree_", {"lookups", "compares", "records_inserted", "records_deleted"}},
    {"blk_map", "block_mapping_", {"reads", "writes", "unmaps", "extent_list_insertions", "extent_list_deletions", "extent_list_lookups", "extent_list_compares"}},
    {"bmbt", "block_map_btree_", {"lookups", "compares", "records_inserted", "records_deleted"}},
    {"dir", "directory_operation_", {"lookup", "create", "remove", "getdents"}},
    {"ig", "inode_operation_", {"attempts", "found", "recycled", "missed", "duplicates", "reclaims", "attribute_changes"}},
    {"rw", "", {"write_calls", "read_calls"}},
    {"vnodes", "vnode_", {"active", "allocate", "get", "hold", "release", "reclaim", "remove"}},
};

typedef struct mounted {
  char device[NAME_SIZE];
  pl_procfile stats;
} mounted;

typedef struct xfs {
  const pl_sampler_options *o;
  int folder; /* descriptor */
  size_t n;
  mounted list[MOUNTS];
} xfs;

static bool add(void *user, const char *name)
{
  xfs *x = user;
  char path[NAME_SIZE + 32];
  for (size_t i = 0; i < x->n; i++) {
    if (strcmp(x->list[i].device, name) == 0)
      return true;
  }
  if (x->n == MOUNTS || strlen(name) >= NAME_SIZE)
    return true;
  mounted *m = &x->list[x->n];
  (void)snprintf(path, sizeof path, "fs/xfs/%s/stats/stats", name);
  if (strcmp(name, "stats") == 0 || pl_procfile_open(&m->stats, x->o->alloc, x->o->sys_root, path))
    return true;
  (void)pl_copy(m->device, sizeof m->device, pl_str_of(name));
  x->n++;
  return true;
}

static int xfs_open(pl_sampler *s, void **state, pl_error *err)
{
  const pl_sampler_options *o = pl_sampler_options_of(s);
  int folder = pl_attr_open(o->sys_root, "fs/xfs");
  if (folder < 0)
    return PL_ENOENT;
  xfs *x = pl_alloc_zero(o->alloc, 1, sizeof *x);
  if (!x) {
    close(folder);
    return pl_fail(err, PL_ENOMEM, "out of memory for a sampler");
  }
  x->o = o;
  x->folder = folder;
  pl_folder_each(folder, add, x);
  *state = x;
  return PL_OK;
}

static void xfs_close(pl_sampler *s, void *state)
{
  xfs *x = state;
  for (size_t i = 0; i < x->n; i++)
    pl_procfile_close(&x->list[i].stats);
  close(x->folder);
  pl_free(pl_sampler_options_of(s)->alloc, x, sizeof *x);
}

static void emit_line(pl_sampler *s, pl_str device, pl_str line)
{
  char metric[96];
  pl_str key = pl_field_next(&line);
  for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
    for (int k = 0; k < COLUMNS && pl_str_eqc(key, lines[i].key) && lines[i].columns[k] && line.len; k++) {
      (void)snprintf(metric, sizeof metric, "node_xfs_%s%s_total", lines[i].prefix, lines[i].columns[k]);
      pl_sampler_counter_of(s, metric, "device", device, pl_field_number(&line));
    }
  }
}

/* One that was unmounted reads as nothing. */
static void xfs_read(pl_sampler *s, void *state)
{
  xfs *x = state;
  if (pl_sampler_scans(s))
    pl_folder_each(x->folder, add, x);
  for (size_t i = 0; i < x->n;) {
    pl_str text = pl_procfile_read(&x->list[i].stats), line;
    if (!text.len) {
      pl_procfile_close(&x->list[i].stats);
      x->list[i] = x->list[--x->n];
      continue;
    }
    while ((line = pl_line_next(&text)).data)
      emit_line(s, pl_str_of(x->list[i].device), line);
    i++;
  }
}

const pl_source pl_source_xfs = {"/sys/fs/xfs", xfs_open, xfs_read, xfs_close};
