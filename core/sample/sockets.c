/* Sockets in use: /proc/net/sockstat and sockstat6; bytes that wait in those of UDP: /proc/net/udp and udp6. */
#include <stdio.h>
#include <unistd.h>

#include "sample/keyed.h"
#include "sample/single.h"

enum { SOCKSTAT, SOCKSTAT6, UDP, UDP6, FILES };
enum { PIECE = 512 }; /* a line of UDP: two addresses and a dozen numbers */

typedef struct sockets {
  pl_several *files;
  pl_keyed keyed;
} sockets;

static void meaning_of(pl_str group, pl_str key, pl_str rest, pl_meaning *out)
{
  (void)rest;
  snprintf(out->metric, sizeof out->metric, "node_sockstat_%.*s_%.*s", (int)group.len, group.data, (int)key.len, key.data);
}

static int sockets_open(pl_sampler *s, void **state, pl_error *err)
{
  static const char *const paths[FILES] = {"net/sockstat", "net/sockstat6", "net/udp", "net/udp6"};
  const pl_allocator *a = pl_sampler_options_of(s)->alloc;
  sockets *k = pl_alloc_zero(a, 1, sizeof *k);
  void *files = NULL;
  int code = k ? pl_several_open(s, paths, FILES, PL_PIECE_WHOLE, &files, err) : PL_ENOMEM;
  if (code) {
    pl_free(a, k, sizeof *k);
    return code;
  }
  k->files = files;
  k->files->file[UDP].piece = k->files->file[UDP6].piece = PIECE;
  pl_keyed_init(&k->keyed, a, meaning_of);
  *state = k;
  return PL_OK;
}

static void sockets_close(pl_sampler *s, void *state)
{
  sockets *k = state;
  pl_several_close(s, k->files);
  pl_keyed_fini(&k->keyed);
  pl_free(pl_sampler_options_of(s)->alloc, k, sizeof *k);
}

/* Memory is counted in pages, and given in bytes, too. */
static void emit_memory(pl_sampler *s, pl_str group, double pages)
{
  double bytes = pages * (double)sysconf(_SC_PAGESIZE);
  if (pl_str_eqc(group, "TCP"))
    pl_sampler_gauge(s, "node_sockstat_TCP_mem_bytes", bytes);
  else if (pl_str_eqc(group, "UDP"))
    pl_sampler_gauge(s, "node_sockstat_UDP_mem_bytes", bytes);
}

/* "TCP: inuse 5 orphan 0 tw 2 alloc 7 mem 1"; *place goes on. */
static void read_sockstat(pl_sampler *s, sockets *k, int file, uint32_t *place)
{
  pl_str text = pl_procfile_read(&k->files->file[file]), line;
  while ((line = pl_line_next(&text)).data) {
    pl_str group = pl_str_cut(&line, ':');
    while (pl_str_trim(line).len) {
      pl_str key = pl_field_next(&line), value = line;
      pl_keyed_emit(s, &k->keyed, (*place)++, group, key, value);
      double number = pl_field_number(&line);
      if (pl_str_eqc(key, "mem"))
        emit_memory(s, group, number);
    }
  }
}

/* The fifth word of each line is "SENDING:RECEIVED" in hexadecimal. */
static void read_queues(pl_sampler *s, pl_procfile *f, const char *version)
{
  double sending = 0, received = 0;
  pl_str text = pl_procfile_read(f), line = pl_line_next(&text);
  if (!line.data)
    return;
  while ((line = pl_line_next(&text)).data) {
    for (int i = 0; i < 4; i++)
      (void)pl_field_next(&line);
    pl_str queues = pl_field_next(&line), first = pl_str_cut(&queues, ':');
    sending += pl_field_hex(&first);
    received += pl_field_hex(&queues);
  }
  const pl_sample_label labels[] = {{"queue", PL_STR("tx")}, {"ip", pl_str_of(version)}, {"queue", PL_STR("rx")}, {"ip", pl_str_of(version)}};
  pl_sampler_emit(s, &(pl_emit){.name = "node_udp_queues", .labels = labels, .n_labels = 2}, sending);
  pl_sampler_emit(s, &(pl_emit){.name = "node_udp_queues", .labels = labels + 2, .n_labels = 2}, received);
}

static void sockets_read(pl_sampler *s, void *state)
{
  sockets *k = state;
  uint32_t place = 0;
  read_sockstat(s, k, SOCKSTAT, &place);
  read_sockstat(s, k, SOCKSTAT6, &place);
  read_queues(s, &k->files->file[UDP], "v4");
  read_queues(s, &k->files->file[UDP6], "v6");
}

const pl_source pl_source_sockets = {"/proc/net/sockstat", sockets_open, sockets_read, sockets_close};
