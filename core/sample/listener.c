/* See listener.h, sock_diag(7), and where the kernel has none of that proc(5) and Documentation/networking/proc_net_tcp.rst of the kernel. */
#include "sample/listener.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sample/pidfile.h"
#include "sample/procfile.h"
#include "sample/sock_diag.h"

enum { INODES = 64, ENTRIES = 2048 /* bytes: the first 80 descriptors of a process */ };

static const char *const tunnels[] = {"ssh", "sshd", "kubectl", "socat", "autossh", "cloudflared", "ngrok"};

typedef struct search {
  const pl_allocator *alloc;
  const char *proc_root;
  const pl_address *wanted;
  uint64_t inodes[INODES]; /* sockets that listen at the address; several with SO_REUSEPORT */
  size_t n_inodes;
  bool thorough; /* all descriptors of a process, not only its first */
  pl_listener *out;
} search;

static bool is_loopback_or_any(const pl_address *a)
{
  if (a->any.sa_family == AF_INET) {
    uint32_t ip = ntohl(a->v4.sin_addr.s_addr);
    return ip == 0 || ip >> 24 == 127;
  }
  return IN6_IS_ADDR_LOOPBACK(&a->v6.sin6_addr) || IN6_IS_ADDR_UNSPECIFIED(&a->v6.sin6_addr);
}

/* Whether an interface of this machine has the address. */
static bool is_local(const pl_address *a)
{
  if (is_loopback_or_any(a))
    return true;
  struct ifaddrs *list;
  bool found = false;
  if (getifaddrs(&list))
    return false;
  for (struct ifaddrs *i = list; i && !found; i = i->ifa_next) {
    if (!i->ifa_addr || i->ifa_addr->sa_family != a->any.sa_family)
      continue;
    pl_address own;
    memcpy(&own, i->ifa_addr, a->any.sa_family == AF_INET ? sizeof own.v4 : sizeof own.v6);
    found = a->any.sa_family == AF_INET ? own.v4.sin_addr.s_addr == a->v4.sin_addr.s_addr
                                        : memcmp(&own.v6.sin6_addr, &a->v6.sin6_addr, sizeof own.v6.sin6_addr) == 0;
  }
  freeifaddrs(list);
  return found;
}

/* Whether a socket that listens at `local` serves the wanted address: 0.0.0.0 and :: serve all, :: both families. */
static bool is_served(const pl_address *local, const pl_address *wanted)
{
  if (local->any.sa_family == AF_INET)
    return local->v4.sin_port == wanted->v4.sin_port && (local->v4.sin_addr.s_addr == 0 || (wanted->any.sa_family == AF_INET &&
           local->v4.sin_addr.s_addr == wanted->v4.sin_addr.s_addr));
  const struct in6_addr *own = &local->v6.sin6_addr;
  if (local->v6.sin6_port != wanted->v6.sin6_port)
    return false;
  if (IN6_IS_ADDR_UNSPECIFIED(own))
    return true;
  if (wanted->any.sa_family == AF_INET6)
    return memcmp(own, &wanted->v6.sin6_addr, sizeof *own) == 0;
  return IN6_IS_ADDR_V4MAPPED(own) && memcmp(&own->s6_addr[12], &wanted->v4.sin_addr, 4) == 0;
}

static void take_socket(void *user, const pl_address *local, uint64_t inode)
{
  search *s = user;
  if (s->n_inodes < INODES && is_served(local, s->wanted))
    s->inodes[s->n_inodes++] = inode;
}

/* "0100007F:1F90": the address in words of the machine's byte order, the port. Whether it serves `wanted`. */
static bool serves(pl_str local, const pl_address *wanted)
{
  char hex[64];
  pl_str host = pl_str_cut(&local, ':');
  if (!pl_copy(hex, sizeof hex, local) || strtoul(hex, NULL, 16) != ntohs(wanted->v4.sin_port))
    return false;
  uint32_t words[4] = {0};
  size_t n = host.len / 8;
  for (size_t i = 0; i < n && i < 4; i++) {
    (void)pl_copy(hex, sizeof hex, (pl_str){host.data + 8 * i, 8});
    words[i] = (uint32_t)strtoul(hex, NULL, 16);
  }
  bool any = (words[0] | words[1] | words[2] | words[3]) == 0;
  if (any)
    return true; /* 0.0.0.0, or :: which serves both families */
  if (n == 1)
    return wanted->any.sa_family == AF_INET && words[0] == wanted->v4.sin_addr.s_addr;
  if (wanted->any.sa_family == AF_INET6)
    return memcmp(words, &wanted->v6.sin6_addr, sizeof words) == 0;
  return words[0] == 0 && words[1] == 0 && words[2] == htonl(0xFFFF) && words[3] == wanted->v4.sin_addr.s_addr;
}

/* A line: "sl local remote st tx:rx tr:when retr uid timeout inode ...". */
static void find_inodes(search *s, const char *path, const pl_address *wanted)
{
  pl_procfile f;
  if (pl_procfile_open(&f, s->alloc, s->proc_root, path))
    return;
  pl_str text = pl_procfile_read(&f), line;
  while ((line = pl_line_next(&text)).data && s->n_inodes < INODES) {
    (void)pl_field_next(&line);
    pl_str local = pl_field_next(&line);
    (void)pl_field_next(&line);
    if (!pl_str_eqc(pl_field_next(&line), "0A" /* listening */) || !serves(local, wanted))
      continue;
    for (int skipped = 0; skipped < 5; skipped++)
      (void)pl_field_next(&line);
    s->inodes[s->n_inodes++] = (uint64_t)pl_field_number(&line);
  }
  pl_procfile_close(&f);
}

/* A line of /proc/net/unix: "num: refs protocol flags type state inode path". Listening sockets have flag 0x10000. */
static void find_unix(search *s, const char *socket_path)
{
  pl_procfile f;
  if (pl_procfile_open(&f, s->alloc, s->proc_root, "net/unix"))
    return;
  pl_str text = pl_procfile_read(&f), line;
  while ((line = pl_line_next(&text)).data && s->n_inodes < INODES) {
    for (int skipped = 0; skipped < 3; skipped++)
      (void)pl_field_next(&line);
    bool listens = pl_str_eqc(pl_field_next(&line), "00010000");
    (void)pl_field_next(&line);
    (void)pl_field_next(&line);
    double inode = pl_field_number(&line);
    if (listens && pl_str_eqc(pl_str_trim(line), socket_path))
      s->inodes[s->n_inodes++] = (uint64_t)inode;
  }
  pl_procfile_close(&f);
}

/* "socket:[12345]" */
static bool is_wanted(const search *s, pl_str target)
{
  uint64_t inode;
  pl_str kind = pl_str_cut(&target, '[');
  if (!pl_str_eqc(kind, "socket:") || !pl_str_u64(pl_str_cut(&target, ']'), &inode))
    return false;
  for (size_t i = 0; i < s->n_inodes; i++) {
    if (s->inodes[i] == inode)
      return true;
  }
  return false;
}

/* Whether one of the entries of a process' fd folder is a wanted socket. */
static bool any_wanted(const search *s, int folder, const char *entries, size_t len)
{
  char target[64];
  for (size_t at = 0; at < len;) {
    const struct dirent64 *e = (const void *)(entries + at);
    at += e->d_reclen;
    if (e->d_type != DT_LNK)
      continue; /* the folder itself, and the one above */
    ssize_t n = readlinkat(folder, e->d_name, target, sizeof target);
    if (n < 0 && errno == EACCES)
      return false; /* and so are the others */
    if (n > 0 && is_wanted(s, (pl_str){target, (size_t)n}))
      return true;
  }
  return false;
}

static bool holds_socket(const search *s, int64_t pid)
{
  char path[512];
  _Alignas(struct dirent64) char entries[ENTRIES];
  snprintf(path, sizeof path, "%s/%lld/fd", s->proc_root, (long long)pid);
  int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0)
    return false;
  bool found = false;
  ssize_t n;
  do {
    n = getdents64(folder, entries, sizeof entries);
    found = n > 0 && any_wanted(s, folder, entries, (size_t)n);
  } while (n > 0 && !found && s->thorough);
  close(folder);
  return found;
}

static bool take_process(void *user, int64_t pid)
{
  search *s = user;
  if (holds_socket(s, pid))
    s->out->pids[s->out->n_pids++] = pid;
  return s->out->n_pids < PL_LISTENER_PIDS;
}

static int by_number(const void *a, const void *b)
{
  const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
  return (x > y) - (x < y);
}

int pl_listener_find(const pl_allocator *a, const char *proc_root, const pl_address *address, pl_listener *out)
{
  search s = {.alloc = a, .proc_root = proc_root, .out = out};
  *out = (pl_listener){0};
  if (address->any.sa_family == AF_UNIX) {
    find_unix(&s, address->un.sun_path);
  } else {
    if (!is_local(address))
      return PL_ENOENT;
    s.wanted = address;
    if (pl_sock_diag_listening(AF_INET, take_socket, &s) || pl_sock_diag_listening(AF_INET6, take_socket, &s)) {
      s.n_inodes = 0;
      find_inodes(&s, "net/tcp", address);
      find_inodes(&s, "net/tcp6", address);
    }
  }
  if (s.n_inodes == 0)
    return PL_ENOENT;
  /* Who listens does so early, and children inherit the number: a process with thousands of connections is seldom worth reading. */
  pl_pid_each(proc_root, take_process, &s);
  if (out->n_pids == 0) {
    s.thorough = true;
    pl_pid_each(proc_root, take_process, &s);
  }
  if (out->n_pids == 0)
    return PL_EACCES;
  qsort(out->pids, out->n_pids, sizeof *out->pids, by_number);
  pl_pid_stat stat;
  if (pl_pid_stat_read(proc_root, out->pids[0], &stat))
    memcpy(out->name, stat.name, sizeof out->name);
  for (size_t i = 0; i < sizeof tunnels / sizeof *tunnels; i++)
    out->tunnel = out->tunnel || strcmp(out->name, tunnels[i]) == 0;
  return PL_OK;
}
