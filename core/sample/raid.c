/* Software RAID: /proc/mdstat, two or three lines for each array. */
#include <string.h>

#include "sample/single.h"

/* An array, as its lines tell of it. */
typedef struct array {
  pl_str device;
  const char *state; /* "active", "inactive", "recovering", "resync", "check" */
  double listed, failed, spare, active, required, blocks, synced;
} array;

static int raid_open(pl_sampler *s, void **state, pl_error *err)
{
  return pl_single_open(s, "mdstat", PL_PIECE_ANY, state, err);
}

/* "active raid1 sda1[0] sdb1[1](F)": members have their place in brackets. */
static void take_members(pl_str line, array *a)
{
  pl_str word = pl_field_next(&line);
  a->state = pl_str_eqc(word, "active") ? "active" : "inactive";
  while ((word = pl_field_next(&line)).len) {
    if (!pl_field_holds(word, "["))
      continue;
    bool failed = pl_field_holds(word, "(F)"), spare = pl_field_holds(word, "(S)");
    a->listed++;
    a->failed += failed;
    a->spare += spare;
  }
}

/* "312319552 blocks super 1.2 [2/1] [U_]"; levels without redundancy have no brackets, and want all their members. */
static void take_blocks(pl_str line, array *a)
{
  a->blocks = a->synced = pl_field_number(&line);
  bool inactive = strcmp(a->state, "inactive") == 0;
  a->required = a->active = inactive ? 0 : a->listed - a->failed - a->spare;
  for (pl_str word; !inactive && (word = pl_field_next(&line)).len;) {
    pl_str counts = {word.data + 1, word.len - 1}, first = pl_str_cut(&counts, '/');
    uint64_t wanted, there;
    if (word.data[0] != '[' || !counts.data || !pl_str_u64(first, &wanted) || !pl_str_u64(pl_str_cut(&counts, ']'), &there))
      continue;
    a->required = (double)wanted;
    a->active = (double)there;
  }
}

/* "[=>....]  recovery =  8.5% (16775552/195310144) finish=...", "resync=DELAYED" */
static void take_progress(pl_str line, array *a)
{
  static const struct {
    const char *word, *state;
  } kinds[] = {{"recovery", "recovering"}, {"reshape", "recovering"}, {"resync", "resync"}, {"check", "check"}};
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
    if (!pl_field_holds(line, kinds[i].word))
      continue;
    a->state = kinds[i].state;
    const char *open = memchr(line.data, '(', line.len);
    pl_str rest = open ? (pl_str){open + 1, line.len - (size_t)(open + 1 - line.data)} : (pl_str){"0", 1};
    pl_str done = pl_str_cut(&rest, '/');
    a->synced = pl_field_number(&done);
    return;
  }
}

static void emit_array(pl_sampler *s, const array *a)
{
  static const char *const states[] = {"active", "inactive", "recovering", "resync", "check"};
  const struct {
    const char *state;
    double n;
  } disks[] = {{"active", a->active}, {"failed", a->failed}, {"spare", a->spare}};
  if (!a->device.len)
    return;
  for (size_t i = 0; i < sizeof states / sizeof *states; i++) {
    const pl_sample_label labels[] = {{"device", a->device}, {"state", pl_str_of(states[i])}};
    pl_sampler_emit(s, &(pl_emit){.name = "node_md_state", .labels = labels, .n_labels = 2}, strcmp(a->state, states[i]) == 0);
  }
  for (size_t i = 0; i < sizeof disks / sizeof *disks; i++) {
    const pl_sample_label labels[] = {{"device", a->device}, {"state", pl_str_of(disks[i].state)}};
    pl_sampler_emit(s, &(pl_emit){.name = "node_md_disks", .labels = labels, .n_labels = 2}, disks[i].n);
  }
  pl_sampler_gauge_of(s, "node_md_disks_required", "device", a->device, a->required);
  pl_sampler_gauge_of(s, "node_md_blocks", "device", a->device, a->blocks);
  pl_sampler_gauge_of(s, "node_md_blocks_synced", "device", a->device, a->synced);
}

static void raid_read(pl_sampler *s, void *state)
{
  pl_str text = pl_procfile_read(state), line;
  array a = {0};
  while ((line = pl_line_next(&text)).data) {
    pl_str rest = line, name = pl_str_trim(pl_str_cut(&rest, ':'));
    if (pl_str_starts(line, PL_STR("md")) && rest.data) {
      emit_array(s, &a);
      a = (array){.device = name};
      take_members(rest, &a);
    } else if (a.device.len && pl_field_holds(line, " blocks")) {
      take_blocks(line, &a);
    } else if (a.device.len && line.len && line.data[0] == ' ') {
      take_progress(line, &a);
    }
  }
  emit_array(s, &a);
}

const pl_source pl_source_raid = {"/proc/mdstat", raid_open, raid_read, pl_single_close};
