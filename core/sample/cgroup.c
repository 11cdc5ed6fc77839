/* One control group, by its path or by a process in it. */
#include "base/error.h"
#include "sample/group.h"

enum { DESCRIPTORS = 64 };

typedef struct cgroup {
  pl_group *group;
  pl_groups groups;
} cgroup;

static int cgroup_open(pl_sampler *s, void **state, pl_error *err)
{
  const pl_sampler_options *o = pl_sampler_options_of(s);
  pl_cgroup_paths paths;
  if (!pl_cgroup_find(o->proc_root, o->sys_root, o->name, o->n_pids ? o->pids[0] : 0, &paths))
    return pl_fail(err, PL_ENOENT, "there is no control group \"%.*s\" below %s/fs/cgroup", (int)o->name.len, o->name.data, o->sys_root);
  cgroup *c = pl_alloc_zero(o->alloc, 1, sizeof *c);
  if (!c)
    return pl_fail(err, PL_ENOMEM, "out of memory for a sampler");
  c->groups = (pl_groups){DESCRIPTORS, {.alloc = o->alloc, .fd = -1}};
  int code = pl_group_open(&c->groups, o->sys_root, &paths, &c->group);
  if (!code) {
    *state = c;
    return PL_OK;
  }
  pl_free(o->alloc, c, sizeof *c);
  return pl_fail(err, code, "%s", code == PL_ENOENT ? "the control group offers no figures" : "out of memory for a sampler");
}

static void cgroup_read(pl_sampler *s, void *state)
{
  pl_group_read(s, ((cgroup *)state)->group, NULL, 0);
}

static void cgroup_close(pl_sampler *s, void *state)
{
  cgroup *c = state;
  pl_group_close(c->group);
  pl_procfile_close(&c->groups.text);
  pl_free(pl_sampler_options_of(s)->alloc, c, sizeof *c);
}

const pl_source pl_source_cgroup = {"cgroup", cgroup_open, cgroup_read, cgroup_close};
