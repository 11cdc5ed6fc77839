/* /proc/meminfo: all of it, in bytes where it is in kB. */
#include <stdio.h>

#include "sample/keyed.h"

/* "Active(anon)" is called Active_anon. */
static void meaning_of(pl_str group, pl_str key, pl_str rest, pl_meaning *out)
{
  bool kilobytes = false;
  char name[PL_KEYED_KEY];
  size_t n = 0;
  (void)group;
  for (size_t i = 0; i < key.len && n < sizeof name - 1; i++) {
    if (key.data[i] != ')')
      name[n++] = key.data[i] == '(' ? '_' : key.data[i];
  }
  (void)pl_field_next(&rest);
  kilobytes = pl_str_eqc(pl_field_next(&rest), "kB");
  snprintf(out->metric, sizeof out->metric, "node_memory_%.*s%s", (int)n, name, kilobytes ? "_bytes" : "");
  out->scale = kilobytes ? 1024 : 1;
}

static int memory_open(pl_sampler *s, void **state, pl_error *err)
{
  return pl_keyed_open(s, "meminfo", meaning_of, state, err);
}

const pl_source pl_source_memory = {"/proc/meminfo", memory_open, pl_keyed_read, pl_keyed_close};
