/* How the kernel keeps memory: objects of its own (/proc/slabinfo, for root) and free blocks by size (/proc/buddyinfo). */
#include <stdio.h>

#include "sample/single.h"

static int slab_open(pl_sampler *s, void **state, pl_error *err)
{
  return pl_single_open(s, "slabinfo", PL_PIECE_ANY, state, err);
}

static void slab_read(pl_sampler *s, void *state)
{
  static const char *const columns[] = {"node_slabinfo_active_objects", "node_slabinfo_objects", "node_slabinfo_object_size_bytes",
                                        "node_slabinfo_objects_per_slab", "node_slabinfo_pages_per_slab"};
  pl_str text = pl_procfile_read(state), line = pl_line_next(&text);
  while ((line = pl_line_next(&text)).data) {
    pl_str slab = pl_field_next(&line);
    if (pl_str_starts(slab, PL_STR("#")))
      continue;
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
      pl_sampler_gauge_of(s, columns[i], "slab", slab, pl_field_number(&line));
  }
}

static int buddy_open(pl_sampler *s, void **state, pl_error *err)
{
  return pl_single_open(s, "buddyinfo", PL_PIECE_ANY, state, err);
}

/* "Node 0, zone Normal 4381 1093 ...": blocks of one page, of two, of four ... */
static void buddy_read(pl_sampler *s, void *state)
{
  pl_str text = pl_procfile_read(state), line;
  while ((line = pl_line_next(&text)).data) {
    (void)pl_field_next(&line);
    pl_str node = pl_field_next(&line);
    node.len -= node.len > 0;
    (void)pl_field_next(&line);
    pl_str zone = pl_field_next(&line);
    for (int order = 0; pl_str_trim(line).len; order++) {
      char size[16];
      int n = snprintf(size, sizeof size, "%d", order);
      const pl_sample_label labels[] = {{"node", node}, {"zone", zone}, {"size", {size, (size_t)n}}};
      pl_sampler_emit(s, &(pl_emit){.name = "node_buddyinfo_blocks", .labels = labels, .n_labels = 3}, pl_field_number(&line));
    }
  }
}

const pl_source pl_source_slab = {"/proc/slabinfo", slab_open, slab_read, pl_single_close};
const pl_source pl_source_buddy = {"/proc/buddyinfo", buddy_open, buddy_read, pl_single_close};
