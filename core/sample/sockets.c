/* Open files, sockets and TCP's troubles: /proc/sys/fs/file-nr, /proc/net/sockstat, /proc/net/snmp. */
#include "base/error.h"
#include "sample/single.h"

typedef struct sockets {
  pl_procfile files, sockstat, snmp;
} sockets;

static int sockets_open(pl_sampler *s, void **state, pl_error *err)
{
  const pl_sampler_options *o = pl_sampler_options_of(s);
  sockets *k = pl_alloc_zero(o->alloc, 1, sizeof *k);
  if (!k)
    return pl_fail(err, PL_ENOMEM, "out of memory for a sampler");
  bool any = pl_procfile_open(&k->files, o->alloc, o->proc_root, "sys/fs/file-nr") == PL_OK;
  any = pl_procfile_open(&k->sockstat, o->alloc, o->proc_root, "net/sockstat") == PL_OK || any;
  any = pl_procfile_open(&k->snmp, o->alloc, o->proc_root, "net/snmp") == PL_OK || any;
  if (!any) {
    pl_free(o->alloc, k, sizeof *k);
    return PL_ENOENT;
  }
  *state = k;
  return PL_OK;
}

static void sockets_close(pl_sampler *s, void *state)
{
  sockets *k = state;
  pl_procfile_close(&k->files);
  pl_procfile_close(&k->sockstat);
  pl_procfile_close(&k->snmp);
  pl_free(pl_sampler_options_of(s)->alloc, k, sizeof *k);
}

/* "TCP: inuse 5 orphan 0 tw 2 alloc 7 mem 1" */
static void read_sockstat(pl_sampler *s, pl_procfile *f)
{
  pl_str text = pl_procfile_read(f), line;
  while ((line = pl_line_next(&text)).data) {
    pl_str key = pl_field_next(&line);
    if (!pl_str_eqc(key, "TCP:"))
      continue;
    while (line.len) {
      pl_str name = pl_field_next(&line);
      double v = pl_field_number(&line);
      if (pl_str_eqc(name, "inuse"))
        pl_sampler_gauge(s, "node_sockstat_TCP_inuse", v);
      else if (pl_str_eqc(name, "tw"))
        pl_sampler_gauge(s, "node_sockstat_TCP_tw", v);
      else if (pl_str_eqc(name, "alloc"))
        pl_sampler_gauge(s, "node_sockstat_TCP_alloc", v);
    }
  }
}

/* Two lines that begin with "Tcp:": names, then values. */
static void read_snmp(pl_sampler *s, pl_procfile *f)
{
  pl_str text = pl_procfile_read(f), line, names = {NULL, 0};
  while ((line = pl_line_next(&text)).data) {
    if (!pl_str_starts(line, PL_STR("Tcp:")))
      continue;
    if (!names.data) {
      names = line;
      continue;
    }
    while (names.len) {
      pl_str name = pl_field_next(&names);
      double v = pl_field_number(&line);
      if (pl_str_eqc(name, "RetransSegs"))
        pl_sampler_counter(s, "node_netstat_Tcp_RetransSegs", v);
      else if (pl_str_eqc(name, "OutSegs"))
        pl_sampler_counter(s, "node_netstat_Tcp_OutSegs", v);
      else if (pl_str_eqc(name, "CurrEstab"))
        pl_sampler_gauge(s, "node_netstat_Tcp_CurrEstab", v);
    }
    return;
  }
}

static void sockets_read(pl_sampler *s, void *state)
{
  sockets *k = state;
  if (k->files.fd >= 0) {
    pl_str text = pl_procfile_read(&k->files);
    pl_sampler_gauge(s, "node_filefd_allocated", pl_field_number(&text));
    (void)pl_field_next(&text);
    pl_str rest = pl_str_trim(text);
    pl_sampler_gauge(s, "node_filefd_maximum", pl_field_number(&rest));
  }
  if (k->sockstat.fd >= 0)
    read_sockstat(s, &k->sockstat);
  if (k->snmp.fd >= 0)
    read_snmp(s, &k->snmp);
}

const pl_source pl_source_sockets = {"/proc/net", sockets_open, sockets_read, sockets_close};
