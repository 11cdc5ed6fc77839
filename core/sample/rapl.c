/* Energy that the processor's packages, cores and memory used: /sys/class/powercap/intel-rapl:N. The kernel's counters begin again at 0
 * when they reach their range, which is added here. Root alone may read them since 2020. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "sample/procfile.h"
#include "sample/sampler.h"

enum { ZONES = 64, NAME_SIZE = 64, METRIC_SIZE = 96 };

typedef struct zone {
  int energy; /* descriptor */
  char path[NAME_SIZE + 32], name[NAME_SIZE], metric[METRIC_SIZE], index[16];
  double range, last, wrapped;
} zone;

typedef struct rapl {
  const pl_sampler_options *o;
  size_t n;
  zone list[ZONES];
} rapl;

static pl_str read_of(const rapl *r, const char *folder, const char *file, char text[NAME_SIZE])
{
  char path[2 * NAME_SIZE + 32];
  (void)snprintf(path, sizeof path, "class/powercap/%s/%s", folder, file);
  return pl_attr_once(r->o->sys_root, path, text, NAME_SIZE);
}

/* "package-1" is package 1; others are counted by their names, as "core". */
static void name_zone(const rapl *r, zone *z, pl_str name)
{
  unsigned same = 0;
  pl_str rest = name, kind = pl_str_cut(&rest, '-');
  uint64_t number;
  (void)pl_copy(z->name, sizeof z->name, kind);
  for (const zone *other = r->list; other < z; other++)
    same += strcmp(other->name, z->name) == 0;
  if (rest.data && pl_str_u64(rest, &number))
    same = (unsigned)number;
  (void)snprintf(z->index, sizeof z->index, "%u", same);
  (void)snprintf(z->metric, sizeof z->metric, "node_rapl_%.*s_joules_total", (int)kind.len, kind.data);
}

static bool add(void *user, const char *name)
{
  rapl *r = user;
  char path[2 * NAME_SIZE + 32], text[NAME_SIZE];
  if (r->n == ZONES || strncmp(name, "intel-rapl:", 11) != 0 || strlen(name) >= NAME_SIZE)
    return true;
  zone *z = &r->list[r->n];
  *z = (zone){.energy = -1};
  (void)snprintf(path, sizeof path, "class/powercap/%s/energy_uj", name);
  (void)snprintf(z->path, sizeof z->path, "/sys/class/powercap/%s", name);
  z->energy = pl_attr_open(r->o->sys_root, path);
  if (z->energy < 0)
    return true;
  name_zone(r, z, read_of(r, name, "name", text));
  (void)pl_str_double(read_of(r, name, "max_energy_range_uj", text), &z->range);
  r->n++;
  return true;
}

static void rapl_close(pl_sampler *s, void *state)
{
  rapl *r = state;
  for (size_t i = 0; i < r->n; i++)
    close(r->list[i].energy);
  pl_free(pl_sampler_options_of(s)->alloc, r, sizeof *r);
}

static int rapl_open(pl_sampler *s, void **state, pl_error *err)
{
  const pl_sampler_options *o = pl_sampler_options_of(s);
  int folder = pl_attr_open(o->sys_root, "class/powercap");
  if (folder < 0)
    return PL_ENOENT;
  rapl *r = pl_alloc_zero(o->alloc, 1, sizeof *r);
  int code = r ? PL_ENOENT : PL_ENOMEM;
  if (r) {
    r->o = o;
    pl_folder_each(folder, add, r);
    code = r->n ? PL_OK : PL_ENOENT;
  }
  close(folder);
  if (!code) {
    *state = r;
    return PL_OK;
  }
  if (r)
    rapl_close(s, r);
  return pl_fail(err, code, "%s", code == PL_ENOENT ? "no energy may be read" : "out of memory for a sampler");
}

static void rapl_read(pl_sampler *s, void *state)
{
  rapl *r = state;
  for (size_t i = 0; i < r->n; i++) {
    zone *z = &r->list[i];
    double now;
    if (!pl_attr_number(z->energy, &now))
      continue;
    z->wrapped += now < z->last ? z->range : 0;
    z->last = now;
    const pl_sample_label labels[] = {{"index", pl_str_of(z->index)}, {"path", pl_str_of(z->path)}};
    pl_sampler_emit(s, &(pl_emit){z->metric, true, labels, 2}, (now + z->wrapped) / 1e6);
  }
}

const pl_source pl_source_rapl = {"/sys/class/powercap", rapl_open, rapl_read, rapl_close};
