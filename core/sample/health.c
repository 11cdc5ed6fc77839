/* See health.h: /proc/stat's first line, cpu.stat of our own group, counters and tables of /proc/net. */
#include "sample/health.h"

#include <stdio.h>
#include <time.h>

#include "sample/cgroup_path.h"
#include "sample/procfile.h"

static void read_stat(const pl_allocator *a, pl_health *out)
{
  pl_procfile f;
  if (pl_procfile_open(&f, a, "/proc", "stat"))
    return;
  pl_str text = pl_procfile_read(&f), line = pl_line_next(&text);
  (void)pl_field_next(&line);
  for (int mode = 0; mode < 8; mode++) {
    double ticks = pl_field_number(&line);
    out->cpu += ticks;
    if (mode == 7)
      out->steal = ticks;
  }
  pl_procfile_close(&f);
}

static void read_throttled(const pl_allocator *a, pl_health *out)
{
  pl_cgroup_paths paths;
  if (!pl_cgroup_find("/proc", "/sys", (pl_str){"", 0}, 0, &paths))
    return;
  char path[PL_CGROUP_PATH + 16];
  snprintf(path, sizeof path, "%s/cpu.stat", paths.version2 ? paths.unified : paths.cpu);
  pl_procfile f;
  if (pl_procfile_open(&f, a, "/sys", path))
    return;
  pl_str text = pl_procfile_read(&f), line;
  while ((line = pl_line_next(&text)).data) {
    pl_str key = pl_field_next(&line);
    if (pl_str_eqc(key, "throttled_usec"))
      out->throttled_s = pl_field_number(&line) / 1e6;
    else if (pl_str_eqc(key, "throttled_time"))
      out->throttled_s = pl_field_number(&line) / 1e9;
  }
  pl_procfile_close(&f);
}

/* The value of `name` in a file of pairs of lines, names and numbers, each behind "GROUP:"; 0: there is none. */
static double paired(const pl_allocator *a, const char *path, const char *group, const char *name)
{
  double value = 0;
  pl_procfile f;
  if (pl_procfile_open(&f, a, "/proc", path))
    return 0;
  pl_str text = pl_procfile_read(&f), names;
  while ((names = pl_line_next(&text)).data) {
    pl_str numbers = pl_line_next(&text), key;
    bool wanted = pl_str_eqc(pl_field_next(&names), group);
    (void)pl_field_next(&numbers);
    while (wanted && (key = pl_field_next(&names)).len) {
      double number = pl_field_number(&numbers);
      if (pl_str_eqc(key, name))
        value = number;
    }
  }
  pl_procfile_close(&f);
  return value;
}

static void read_ports(const pl_allocator *a, pl_health *out)
{
  pl_procfile f;
  if (pl_procfile_open(&f, a, "/proc", "sys/net/ipv4/ip_local_port_range") == 0) {
    pl_str text = pl_procfile_read(&f), line = pl_line_next(&text);
    double first = pl_field_number(&line), last = pl_field_number(&line);
    out->ports = last >= first ? (uint32_t)(last - first) + 1 : 0;
    pl_procfile_close(&f);
  }
  if (pl_procfile_open(&f, a, "/proc", "net/sockstat"))
    return;
  pl_str text = pl_procfile_read(&f), line, key;
  while ((line = pl_line_next(&text)).data) {
    bool tcp = pl_str_eqc(pl_field_next(&line), "TCP:");
    while (tcp && (key = pl_field_next(&line)).len) {
      double number = pl_field_number(&line);
      if (pl_str_eqc(key, "tw"))
        out->ports_waiting = (uint32_t)number;
    }
  }
  pl_procfile_close(&f);
}

static void read_network(const pl_allocator *a, pl_health *out)
{
  out->retransmits = paired(a, "net/snmp", "Tcp:", "RetransSegs");
  out->udp_dropped = paired(a, "net/snmp", "Udp:", "RcvbufErrors");
  out->tcp_dropped = paired(a, "net/netstat", "TcpExt:", "TCPRcvQDrop");
  out->listen_dropped = paired(a, "net/netstat", "TcpExt:", "ListenDrops"); /* the overflows among them */
  read_ports(a, out);
}

void pl_health_read(const pl_allocator *a, pl_health *out)
{
  struct timespec now;
  *out = (pl_health){0};
  clock_gettime(CLOCK_MONOTONIC, &now);
  out->wall_s = (double)now.tv_sec + (double)now.tv_nsec / 1e9;
  read_stat(a, out);
  read_throttled(a, out);
  read_network(a, out);
}

static double share(double part, double all)
{
  return all > 0 && part > 0 ? (part < all ? part / all : 1) : 0;
}

static uint64_t growth(double before, double after)
{
  return after > before ? (uint64_t)(after - before) : 0;
}

pl_health_change pl_health_between(const pl_health *before, const pl_health *after)
{
  return (pl_health_change){
      .steal = share(after->steal - before->steal, after->cpu - before->cpu),
      .throttled = share(after->throttled_s - before->throttled_s, after->wall_s - before->wall_s),
      .udp_dropped = growth(before->udp_dropped, after->udp_dropped),
      .tcp_dropped = growth(before->tcp_dropped, after->tcp_dropped),
      .retransmits = growth(before->retransmits, after->retransmits),
      .listen_dropped = growth(before->listen_dropped, after->listen_dropped),
      .ports = after->ports,
      .ports_waiting = after->ports_waiting,
  };
}
