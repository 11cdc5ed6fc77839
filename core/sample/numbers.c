/* Files of one line of numbers: /proc/sys, /proc/loadavg. */
#include "sample/single.h"

static const struct {
  const char *path;
  const char *metrics[3]; /* NULL: a number that nobody wants */
} files[] = {
    {"loadavg", {"node_load1", "node_load5", "node_load15"}},
    {"sys/fs/file-nr", {"node_filefd_allocated", NULL, "node_filefd_maximum"}},
    {"sys/kernel/random/entropy_avail", {"node_entropy_available_bits"}},
    {"sys/kernel/random/poolsize", {"node_entropy_pool_size_bits"}},
    {"sys/net/netfilter/nf_conntrack_count", {"node_nf_conntrack_entries"}},
    {"sys/net/netfilter/nf_conntrack_max", {"node_nf_conntrack_entries_limit"}},
};
enum { FILES = sizeof files / sizeof *files };

static int numbers_open(pl_sampler *s, void **state, pl_error *err)
{
  const char *paths[FILES];
  for (int i = 0; i < FILES; i++)
    paths[i] = files[i].path;
  return pl_several_open(s, paths, FILES, PL_PIECE_WHOLE, state, err);
}

static void numbers_read(pl_sampler *s, void *state)
{
  pl_several *n = state;
  for (int i = 0; i < FILES; i++) {
    pl_str text = pl_procfile_read(&n->file[i]), line = pl_line_next(&text);
    for (int k = 0; k < 3 && line.len; k++) {
      double value = pl_field_number(&line);
      if (files[i].metrics[k])
        pl_sampler_gauge(s, files[i].metrics[k], value);
    }
  }
}

const pl_source pl_source_numbers = {"/proc/sys", numbers_open, numbers_read, pl_several_close};
