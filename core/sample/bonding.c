/* Bonds of interfaces, and how many of their members are up: /sys/class/net/BOND/bonding/slaves. Looked at when devices are looked for. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "sample/procfile.h"
#include "sample/sampler.h"

enum { BONDS = 64, NAME_SIZE = 32, TEXT_SIZE = 4096 };

typedef struct bond {
  char name[NAME_SIZE];
  double members, up;
} bond;

typedef struct bonding {
  const pl_sampler_options *o;
  int masters; /* descriptor of the list of bonds */
  size_t n;
  bond list[BONDS];
} bonding;

/* Newer kernels call a member's folder lower_NAME, older ones slave_NAME. */
static bool is_up(const bonding *b, const char *master, pl_str member)
{
  static const char *const folders[] = {"lower", "slave"};
  char path[160], text[16];
  for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
    (void)snprintf(path, sizeof path, "class/net/%s/%s_%.*s/bonding_slave/mii_status", master, folders[i], (int)member.len, member.data);
    pl_str status = pl_attr_once(b->o->sys_root, path, text, sizeof text);
    if (status.len)
      return pl_str_eqc(status, "up");
  }
  return false;
}

static void look(bonding *b)
{
  char text[TEXT_SIZE], members[TEXT_SIZE], path[96];
  pl_str masters = pl_attr_read(b->masters, text, sizeof text), name, member;
  b->n = 0;
  while (b->n < BONDS && (name = pl_field_next(&masters)).len) {
    bond *d = &b->list[b->n++];
    *d = (bond){.name = ""};
    (void)pl_copy(d->name, sizeof d->name, name);
    (void)snprintf(path, sizeof path, "class/net/%s/bonding/slaves", d->name);
    pl_str rest = pl_attr_once(b->o->sys_root, path, members, sizeof members);
    while ((member = pl_field_next(&rest)).len) {
      d->members++;
      d->up += is_up(b, d->name, member);
    }
  }
}

static int bonding_open(pl_sampler *s, void **state, pl_error *err)
{
  const pl_sampler_options *o = pl_sampler_options_of(s);
  int masters = pl_attr_open(o->sys_root, "class/net/bonding_masters");
  if (masters < 0)
    return PL_ENOENT;
  bonding *b = pl_alloc_zero(o->alloc, 1, sizeof *b);
  if (!b) {
    close(masters);
    return pl_fail(err, PL_ENOMEM, "out of memory for a sampler");
  }
  b->o = o;
  b->masters = masters;
  look(b);
  *state = b;
  return PL_OK;
}

static void bonding_close(pl_sampler *s, void *state)
{
  bonding *b = state;
  close(b->masters);
  pl_free(pl_sampler_options_of(s)->alloc, b, sizeof *b);
}

static void bonding_read(pl_sampler *s, void *state)
{
  bonding *b = state;
  if (pl_sampler_scans(s))
    look(b);
  for (size_t i = 0; i < b->n; i++) {
    pl_sampler_gauge_of(s, "node_bonding_slaves", "master", pl_str_of(b->list[i].name), b->list[i].members);
    pl_sampler_gauge_of(s, "node_bonding_active", "master", pl_str_of(b->list[i].name), b->list[i].up);
  }
}

const pl_source pl_source_bonding = {"/sys/class/net/bonding_masters", bonding_open, bonding_read, bonding_close};
