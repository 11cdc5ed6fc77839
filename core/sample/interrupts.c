/* /proc/interrupts and /proc/softirqs: a column for each CPU. A machine has many interrupts that never come: those that did not yet
 * are left out. */
#include <string.h>

#include "sample/single.h"

enum { CPUS = 1024, NAME_SIZE = 96 };

/* "CPU0 CPU2": the numbers of the columns; gives how many there are. */
static int read_cpus(pl_str line, pl_str cpus[CPUS])
{
  int n = 0;
  for (pl_str word; n < CPUS && (word = pl_field_next(&line)).len;) {
    if (pl_str_starts(word, PL_STR("CPU")))
      cpus[n++] = (pl_str){word.data + 3, word.len - 3};
  }
  return n;
}

/* Words with one blank between them. */
static pl_str tidy(pl_str text, char out[NAME_SIZE])
{
  size_t n = 0;
  for (pl_str word; (word = pl_field_next(&text)).len && n + word.len + 2 < NAME_SIZE;) {
    if (n)
      out[n++] = ' ';
    memcpy(out + n, word.data, word.len);
    n += word.len;
  }
  return (pl_str){out, n};
}

static int interrupts_open(pl_sampler *s, void **state, pl_error *err)
{
  return pl_single_open(s, "interrupts", PL_PIECE_ANY, state, err);
}

/* "43: 7 8 PCI-MSI ahci", "NMI: 47 5031 Non-maskable interrupts", and "ERR: 0", which is of no CPU. */
static void read_interrupt(pl_sampler *s, pl_str type, pl_str line, const pl_str *cpus, int n)
{
  char info_text[NAME_SIZE], devices_text[NAME_SIZE];
  uint64_t number;
  pl_str words = line;
  for (int i = 0; i < n; i++)
    (void)pl_field_next(&words);
  bool of_device = pl_str_u64(type, &number);
  pl_str info = of_device ? pl_field_next(&words) : tidy(words, info_text);
  if (!info.len)
    return;
  pl_str devices = of_device ? tidy(words, devices_text) : (pl_str){"", 0};
  for (int i = 0; i < n; i++) {
    double count = pl_field_number(&line);
    const pl_sample_label labels[] = {{"cpu", cpus[i]}, {"type", type}, {"info", info}, {"devices", devices}};
    if (count > 0)
      pl_sampler_emit(s, &(pl_emit){"node_interrupts_total", true, labels, 4}, count);
  }
}

static void interrupts_read(pl_sampler *s, void *state)
{
  pl_str cpus[CPUS], text = pl_procfile_read(state), line = pl_line_next(&text);
  int n = read_cpus(line, cpus);
  while ((line = pl_line_next(&text)).data) {
    pl_str rest = line, type = pl_str_trim(pl_str_cut(&rest, ':'));
    if (rest.data)
      read_interrupt(s, type, rest, cpus, n);
  }
}

static int softirqs_open(pl_sampler *s, void **state, pl_error *err)
{
  return pl_single_open(s, "softirqs", PL_PIECE_ANY, state, err);
}

static void softirqs_read(pl_sampler *s, void *state)
{
  pl_str cpus[CPUS], text = pl_procfile_read(state), line = pl_line_next(&text);
  int n = read_cpus(line, cpus);
  while ((line = pl_line_next(&text)).data) {
    pl_str rest = line, type = pl_str_trim(pl_str_cut(&rest, ':'));
    for (int i = 0; i < n && rest.len; i++) {
      const pl_sample_label labels[] = {{"cpu", cpus[i]}, {"type", type}};
      pl_sampler_emit(s, &(pl_emit){"node_softirqs_functions_total", true, labels, 2}, pl_field_number(&rest));
    }
  }
}

const pl_source pl_source_interrupts = {"/proc/interrupts", interrupts_open, interrupts_read, pl_single_close};
const pl_source pl_source_softirqs = {"/proc/softirqs", softirqs_open, softirqs_read, pl_single_close};
