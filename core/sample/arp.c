/* Neighbours that each device knows: /proc/net/arp, one a line, the device last. */
#include <string.h>

#include "sample/single.h"

enum { DEVICES = 64, PIECE = 512 /* a line: two addresses and a name */ };

static int arp_open(pl_sampler *s, void **state, pl_error *err)
{
  return pl_single_open(s, "net/arp", PIECE, state, err);
}

static pl_str last_word(pl_str line)
{
  const char *blank = memrchr(line.data, ' ', line.len);
  return blank ? (pl_str){blank + 1, line.len - (size_t)(blank + 1 - line.data)} : line;
}

static void arp_read(pl_sampler *s, void *state)
{
  struct {
    pl_str name;
    double entries;
  } devices[DEVICES];
  size_t n = 0;
  pl_str text = pl_procfile_read(state), line = pl_line_next(&text);
  while ((line = pl_line_next(&text)).data) {
    pl_str name = last_word(pl_str_trim(line));
    size_t i = 0;
    while (i < n && !pl_str_eq(devices[i].name, name))
      i++;
    if (i == DEVICES)
      pl_sampler_left_out(s, "neighbours of more than 64 devices");
    if (i == DEVICES || name.len == 0)
      continue;
    if (i == n) {
      devices[n].name = name;
      devices[n++].entries = 0;
    }
    devices[i].entries++;
  }
  for (size_t i = 0; i < n; i++)
    pl_sampler_gauge_of(s, "node_arp_entries", "device", devices[i].name, devices[i].entries);
}

const pl_source pl_source_arp = {"/proc/net/arp", arp_open, arp_read, pl_single_close};
