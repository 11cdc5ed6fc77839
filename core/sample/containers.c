/* All containers of this machine, or all units of systemd: their control groups are looked for while sampling, named from their paths and
 * read. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/descriptors.h"
#include "base/error.h"
#include "sample/container.h"
#include "sample/group.h"
#include "sample/procfile.h"

enum { CONTAINERS = 256, DEPTH = 8 };

typedef struct known {
  char path[PL_CGROUP_PATH]; /* below the mount, "/docker/4f..." */
  pl_container who;
  pl_group *group;
  bool seen;
} known;

/* Which groups are looked for. */
typedef struct sought {
  const char *count, *too_many;
  bool (*is)(pl_str path, pl_container *out);
  bool nested; /* such groups may lie in one another */
} sought;

static const sought all_containers = {"container_count", "more than 256 containers", pl_container_of, false};
static const sought all_units = {"unit_count", "more than 256 units", pl_unit_of, true};

typedef struct containers {
  pl_sampler *sampler;
  const sought *sought;
  const char *tree; /* whose folders are walked, below sys_root */
  pl_groups groups;
  known *list[CONTAINERS];
  size_t n, at; /* at: where the next one is expected */
} containers;

/* A folder that is walked. */
typedef struct visit {
  containers *all;
  int folder;
  int depth;
  char path[PL_CGROUP_PATH];
} visit;

static void drop(containers *c, size_t i)
{
  pl_group_close(c->list[i]->group);
  pl_free(pl_sampler_options_of(c->sampler)->alloc, c->list[i], sizeof **c->list);
  memmove(c->list + i, c->list + i + 1, (--c->n - i) * sizeof *c->list);
}

static bool is_known(containers *c, const char *path)
{
  for (size_t i = 0; i < c->n; i++) {
    size_t at = (c->at + i) % c->n;
    if (strcmp(c->list[at]->path, path) != 0)
      continue;
    c->list[at]->seen = true;
    c->at = at + 1;
    return true;
  }
  return false;
}

static void add(containers *c, const char *path, const pl_container *who)
{
  const pl_sampler_options *o = pl_sampler_options_of(c->sampler);
  pl_cgroup_paths paths;
  if (c->n == CONTAINERS) {
    pl_sampler_left_out(c->sampler, c->sought->too_many);
    return;
  }
  known *k = pl_alloc_zero(o->alloc, 1, sizeof *k);
  if (!k)
    return;
  *k = (known){.who = *who, .seen = true};
  (void)pl_copy(k->path, sizeof k->path, pl_str_of(path));
  if (!pl_cgroup_find(o->proc_root, o->sys_root, pl_str_of(path), 0, &paths) || pl_group_open(&c->groups, o->sys_root, &paths, &k->group)) {
    pl_free(o->alloc, k, sizeof *k);
    return;
  }
  c->list[c->n++] = k;
}

static void walk(containers *c, int folder, const char *path, int depth);

/* Files have a dot in their names; a folder may, too, so only opening it tells. */
static bool visit_name(void *user, const char *name)
{
  visit *v = user;
  char path[PL_CGROUP_PATH];
  pl_container who;
  int n = snprintf(path, sizeof path, "%s/%s", v->path, name);
  int fd = n > 0 && (size_t)n < sizeof path ? openat(v->folder, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
  if (fd < 0)
    return true;
  bool found = v->all->sought->is(pl_str_of(path), &who);
  if (found && !is_known(v->all, path))
    add(v->all, path, &who);
  if (!found || v->all->sought->nested)
    walk(v->all, fd, path, v->depth + 1);
  close(fd);
  return true;
}

static void walk(containers *c, int folder, const char *path, int depth)
{
  visit v = {.all = c, .folder = folder, .depth = depth};
  if (depth > DEPTH || !pl_copy(v.path, sizeof v.path, pl_str_of(path)))
    return;
  pl_folder_each(folder, visit_name, &v);
}

static void look(containers *c)
{
  int folder = pl_attr_open(pl_sampler_options_of(c->sampler)->sys_root, c->tree);
  for (size_t i = 0; i < c->n; i++)
    c->list[i]->seen = false;
  c->at = 0;
  if (folder >= 0) {
    walk(c, folder, "", 0);
    close(folder);
  }
  for (size_t i = c->n; i-- > 0;) {
    if (!c->list[i]->seen)
      drop(c, i);
  }
}

/* Version 2's tree, or one of version 1's; NULL: there are none. */
static const char *find_tree(const char *sys_root)
{
  static const char *const trees[] = {"fs/cgroup/memory", "fs/cgroup/cpuacct", "fs/cgroup/cpu", "fs/cgroup/pids"};
  int fd = pl_attr_open(sys_root, "fs/cgroup/cgroup.controllers");
  const char *found = fd >= 0 ? "fs/cgroup" : NULL;
  for (size_t i = 0; i < sizeof trees / sizeof *trees && !found; i++) {
    fd = pl_attr_open(sys_root, trees[i]);
    found = fd >= 0 ? trees[i] : NULL;
  }
  if (fd >= 0)
    close(fd);
  return found;
}

static int open_all(pl_sampler *s, const sought *what, void **state, pl_error *err)
{
  const pl_sampler_options *o = pl_sampler_options_of(s);
  const char *tree = find_tree(o->sys_root);
  if (!tree)
    return pl_fail(err, PL_ENOENT, "there are no control groups below %s/fs/cgroup", o->sys_root);
  containers *c = pl_alloc_zero(o->alloc, 1, sizeof *c);
  if (!c)
    return pl_fail(err, PL_ENOMEM, "out of memory for a sampler");
  *c = (containers){.sampler = s, .sought = what, .tree = tree, .groups = {pl_spare_descriptors(pl_descriptor_limit()), {.alloc = o->alloc, .fd = -1}}};
  look(c);
  *state = c;
  return PL_OK;
}

static int containers_open(pl_sampler *s, void **state, pl_error *err)
{
  return open_all(s, &all_containers, state, err);
}

static int units_open(pl_sampler *s, void **state, pl_error *err)
{
  return open_all(s, &all_units, state, err);
}

static void containers_read(pl_sampler *s, void *state)
{
  containers *c = state;
  if (pl_sampler_scans(s))
    look(c);
  pl_sampler_gauge(s, c->sought->count, (double)c->n);
  for (size_t i = 0; i < c->n; i++) {
    const known *k = c->list[i];
    const pl_sample_label labels[] = {{"id", pl_str_of(k->path)}, {"name", pl_str_of(k->who.name)}, {"runtime", pl_str_of(k->who.runtime)}, {"pod", pl_str_of(k->who.pod)}};
    pl_group_read(s, k->group, labels, k->who.pod[0] ? 4 : 3);
  }
}

static void containers_close(pl_sampler *s, void *state)
{
  containers *c = state;
  while (c->n)
    drop(c, c->n - 1);
  pl_procfile_close(&c->groups.text);
  pl_free(pl_sampler_options_of(s)->alloc, c, sizeof *c);
}

const pl_source pl_source_containers = {"containers", containers_open, containers_read, containers_close};
const pl_source pl_source_units = {"units", units_open, containers_read, containers_close};
