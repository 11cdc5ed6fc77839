/* What connection tracking did, all CPUs together: /proc/net/stat/nf_conntrack, a line of names and one of hexadecimal numbers for each CPU. */
#include "sample/single.h"

enum { COLUMNS = 32 };

static const struct {
  const char *key, *metric;
} wanted[] = {
    {"found", "node_nf_conntrack_stat_found"},
    {"invalid", "node_nf_conntrack_stat_invalid"},
    {"ignore", "node_nf_conntrack_stat_ignore"},
    {"insert", "node_nf_conntrack_stat_insert"},
    {"insert_failed", "node_nf_conntrack_stat_insert_failed"},
    {"drop", "node_nf_conntrack_stat_drop"},
    {"early_drop", "node_nf_conntrack_stat_early_drop"},
    {"search_restart", "node_nf_conntrack_stat_search_restart"},
};

static int conntrack_open(pl_sampler *s, void **state, pl_error *err)
{
  return pl_single_open(s, "net/stat/nf_conntrack", PL_PIECE_ANY, state, err);
}

static void conntrack_read(pl_sampler *s, void *state)
{
  double sums[COLUMNS] = {0};
  pl_str text = pl_procfile_read(state), names = pl_line_next(&text), line, key;
  while ((line = pl_line_next(&text)).data) {
    for (int i = 0; i < COLUMNS && line.len; i++)
      sums[i] += pl_field_hex(&line);
  }
  for (int i = 0; i < COLUMNS && (key = pl_field_next(&names)).len; i++) {
    for (size_t k = 0; k < sizeof wanted / sizeof *wanted; k++) {
      if (pl_str_eqc(key, wanted[k].key))
        pl_sampler_counter(s, wanted[k].metric, sums[i]);
    }
  }
}

const pl_source pl_source_conntrack = {"/proc/net/stat/nf_conntrack", conntrack_open, conntrack_read, pl_single_close};
