/* /proc/vmstat: paging, swapping, memory killed; as a set, all of it. */
#include <stdio.h>

#include "sample/keyed.h"

enum { PIECE = 80 }; /* a line: a name below 50 characters and a number */

static bool is_usual(pl_str key)
{
  return pl_str_starts(key, PL_STR("pgpg")) || pl_str_starts(key, PL_STR("pswp")) || pl_str_starts(key, PL_STR("oom_kill")) ||
         (pl_str_starts(key, PL_STR("pg")) && pl_field_holds(key, "fault"));
}

/* What "nr_" begins is a number of now; the rest are running totals. */
static void meaning_of_any(pl_str group, pl_str key, pl_str rest, pl_meaning *out)
{
  (void)group, (void)rest;
  snprintf(out->metric, sizeof out->metric, "node_vmstat_%.*s", (int)key.len, key.data);
  out->counter = !pl_str_starts(key, PL_STR("nr_"));
}

static void meaning_of_usual(pl_str group, pl_str key, pl_str rest, pl_meaning *out)
{
  if (is_usual(key))
    meaning_of_any(group, key, rest, out);
}

static void meaning_of_other(pl_str group, pl_str key, pl_str rest, pl_meaning *out)
{
  if (!is_usual(key))
    meaning_of_any(group, key, rest, out);
}

static int vmstat_open(pl_sampler *s, void **state, pl_error *err)
{
  return pl_keyed_open(s, "vmstat", PIECE, meaning_of_usual, state, err);
}

static int vmstat_open_other(pl_sampler *s, void **state, pl_error *err)
{
  return pl_keyed_open(s, "vmstat", PIECE, meaning_of_other, state, err);
}

const pl_source pl_source_vmstat = {"/proc/vmstat", vmstat_open, pl_keyed_read, pl_keyed_close};
const pl_source pl_source_vmstat_all = {"/proc/vmstat", vmstat_open_other, pl_keyed_read, pl_keyed_close};
