/* Who this machine is: facts that are labels of a series whose value is 1. Read once. */
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/error.h"
#include "sample/procfile.h"
#include "sample/sampler.h"

enum { TEXT_SIZE = 96, FACTS = 18, SYS_PATH = 64, LIST_SIZE = 1024, CPUS = 4096 };

/* A series of facts: the texts of its labels, in the order of their names. */
typedef struct facts {
  const char *metric;
  const char *names[FACTS];
  char values[FACTS][TEXT_SIZE];
} facts;

typedef struct identity {
  facts system, release, board;
  double version; /* of the release: 12.11; 0: none */
  int enforce;    /* of SELinux; -1: it is off */
  char isolated[LIST_SIZE]; /* CPUs that are kept from the scheduler at boot: "1,3-5" */
} identity;

static const char *const board_names[] = {"bios_date", "bios_release", "bios_vendor", "bios_version", "board_name", "board_vendor", "board_version",
                                          "chassis_vendor", "chassis_version", "product_family", "product_name", "product_sku", "product_version",
                                          "sys_vendor", NULL};
static const char *const release_names[] = {"build_id", "id", "id_like", "image_id", "image_version", "name", "pretty_name", "variant", "variant_id",
                                            "version", "version_codename", "version_id", NULL};

static void set(facts *f, size_t i, const char *name, pl_str value)
{
  f->names[i] = name;
  (void)pl_copy(f->values[i], sizeof f->values[i], value);
}

static void find_system(facts *f)
{
  struct utsname u;
  if (uname(&u) != 0)
    return;
  f->metric = "node_uname_info";
  set(f, 0, "sysname", pl_str_of(u.sysname));
  set(f, 1, "release", pl_str_of(u.release));
  set(f, 2, "version", pl_str_of(u.version));
  set(f, 3, "machine", pl_str_of(u.machine));
  set(f, 4, "nodename", pl_str_of(u.nodename));
  set(f, 5, "domainname", pl_str_of(u.domainname));
}

/* "VERSION_ID=\"12\"" */
static void take_release(facts *f, pl_str line)
{
  pl_str key = pl_str_cut(&line, '='), value = pl_str_trim(line);
  if (value.len >= 2 && (value.data[0] == '"' || value.data[0] == '\''))
    value = (pl_str){value.data + 1, value.len - 2};
  for (size_t i = 0; release_names[i]; i++) {
    if (pl_str_ieq(key, pl_str_of(release_names[i])))
      set(f, i, release_names[i], value);
  }
}

static void find_release(facts *f, double *version)
{
  char text[4096];
  pl_str rest = pl_attr_once("/etc", "os-release", text, sizeof text), line;
  if (rest.len == 0)
    rest = pl_attr_once("/usr/lib", "os-release", text, sizeof text);
  if (rest.len == 0)
    return;
  f->metric = "node_os_info";
  for (size_t i = 0; release_names[i]; i++)
    set(f, i, release_names[i], PL_STR(""));
  while ((line = pl_line_next(&rest)).data)
    take_release(f, line);
  (void)pl_str_double(pl_str_of(f->values[11]), version);
}

static void find_board(const char *sys_root, facts *f)
{
  char path[SYS_PATH], text[TEXT_SIZE];
  size_t n = 0;
  for (size_t i = 0; board_names[i]; i++) {
    snprintf(path, sizeof path, "class/dmi/id/%s", board_names[i]);
    pl_str value = pl_attr_once(sys_root, path, text, sizeof text);
    if (!value.len)
      continue;
    f->metric = "node_dmi_info";
    set(f, n++, strcmp(board_names[i], "sys_vendor") == 0 ? "system_vendor" : board_names[i], value);
  }
}

static int identity_open(pl_sampler *s, void **state, pl_error *err)
{
  const pl_sampler_options *o = pl_sampler_options_of(s);
  identity *d = pl_alloc_zero(o->alloc, 1, sizeof *d);
  if (!d)
    return pl_fail(err, PL_ENOMEM, "out of memory for a sampler");
  find_system(&d->system);
  find_release(&d->release, &d->version);
  find_board(o->sys_root, &d->board);
  d->enforce = pl_attr_open(o->sys_root, "fs/selinux/enforce");
  (void)pl_attr_once(o->sys_root, "devices/system/cpu/isolated", d->isolated, sizeof d->isolated);
  *state = d;
  return PL_OK;
}

static void identity_close(pl_sampler *s, void *state)
{
  identity *d = state;
  if (d->enforce >= 0)
    close(d->enforce);
  pl_free(pl_sampler_options_of(s)->alloc, d, sizeof *d);
}

static void emit_facts(pl_sampler *s, const facts *f)
{
  pl_sample_label labels[FACTS];
  size_t n = 0;
  for (; n < FACTS && f->names[n]; n++)
    labels[n] = (pl_sample_label){f->names[n], pl_str_of(f->values[n])};
  if (f->metric)
    pl_sampler_emit(s, &(pl_emit){.name = f->metric, .labels = labels, .n_labels = n}, 1);
}

static void emit_isolated(pl_sampler *s, pl_str list)
{
  char text[24];
  uint64_t first, last;
  while (pl_range_next(&list, &first, &last)) {
    for (uint64_t cpu = first; cpu <= last && cpu < CPUS; cpu++) {
      int n = snprintf(text, sizeof text, "%u", (unsigned)cpu);
      pl_sampler_gauge_of(s, "node_cpu_isolated", "cpu", (pl_str){text, (size_t)n}, 1);
    }
  }
}

static void identity_read(pl_sampler *s, void *state)
{
  const identity *d = state;
  const facts *r = &d->release;
  double enforcing;
  emit_facts(s, &d->system);
  emit_facts(s, r);
  emit_facts(s, &d->board);
  if (d->version > 0) {
    const pl_sample_label labels[] = {{"id", pl_str_of(r->values[1])}, {"id_like", pl_str_of(r->values[2])}, {"name", pl_str_of(r->values[5])}};
    pl_sampler_emit(s, &(pl_emit){.name = "node_os_version", .labels = labels, .n_labels = 3}, d->version);
  }
  emit_isolated(s, pl_str_of(d->isolated));
  pl_sampler_gauge(s, "node_selinux_enabled", d->enforce >= 0);
  if (pl_attr_number(d->enforce, &enforcing))
    pl_sampler_gauge(s, "node_selinux_current_mode", enforcing);
}

const pl_source pl_source_identity = {"uname", identity_open, identity_read, identity_close};
