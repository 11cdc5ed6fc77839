/* /proc/meminfo: all of it, in bytes where it is in kB. */
#include <string.h>

#include "sample/keyed.h"

/* What is in bytes says so in its name. */
static void meaning_of(pl_str group, pl_str key, pl_str rest, pl_meaning *out)
{
  (void)group;
  size_t room = sizeof out->metric;
  if (pl_meaning_of_memory("node_memory_", key, rest, out) && strlen(out->metric) + sizeof "_bytes" <= room)
    memcpy(out->metric + strlen(out->metric), "_bytes", sizeof "_bytes");
}

static int memory_open(pl_sampler *s, void **state, pl_error *err)
{
  return pl_keyed_open(s, "meminfo", PL_PIECE_WHOLE, meaning_of, state, err);
}

const pl_source pl_source_memory = {"/proc/meminfo", memory_open, pl_keyed_read, pl_keyed_close};
