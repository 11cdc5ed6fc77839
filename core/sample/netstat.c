/* Counters of the protocols: /proc/net/snmp and netstat, whose lines come in pairs of names and values, and snmp6, which has one of
 * both in a line. As a set, all of them. */
#include <stdio.h>

#include "base/error.h"
#include "sample/keyed.h"
#include "sample/single.h"

enum { SNMP, NETSTAT, SNMP6, FILES };

typedef struct netstat {
  pl_several *files;
  pl_keyed pairs, lines;
} netstat;

/* What is wanted without being asked: by group, and "*" for every group. */
static const struct {
  const char *group, *keys;
} usual[] = {
    {"*", "InErrors InErrs"},
    {"Ip", "Forwarding"},
    {"Ip6", "InOctets OutOctets"},
    {"IpExt", "InOctets OutOctets"},
    {"Icmp", "InMsgs OutMsgs"},
    {"Icmp6", "InMsgs OutMsgs"},
    {"Udp", "InDatagrams OutDatagrams NoPorts RcvbufErrors SndbufErrors"},
    {"Udp6", "InDatagrams OutDatagrams NoPorts RcvbufErrors SndbufErrors"},
    {"Tcp", "ActiveOpens PassiveOpens InSegs OutSegs OutRsts RetransSegs CurrEstab AttemptFails EstabResets"},
    {"TcpExt", "ListenOverflows ListenDrops SyncookiesSent SyncookiesRecv SyncookiesFailed TCPSynRetrans TCPTimeouts TCPOFOQueue"
               " TCPRcvQDrop TCPBacklogDrop TCPReqQFullDrop TCPReqQFullDoCookies TCPLostRetransmit TCPFastRetrans TCPSlowStartRetrans"
               " TCPSpuriousRTOs TCPMemoryPressures TCPAbortOnMemory TCPAbortOnTimeout TCPAbortOnData PruneCalled RcvPruned"
               " TCPRcvCollapsed TCPZeroWindowDrop TCPFromZeroWindowAdv TCPToZeroWindowAdv TCPWantZeroWindowAdv TW TCPTimeWaitOverflow"},
};

static bool is_usual(pl_str group, pl_str key)
{
  bool found = false;
  for (size_t i = 0; i < sizeof usual / sizeof *usual && !found; i++)
    found = (usual[i].group[0] == '*' || pl_str_eqc(group, usual[i].group)) && pl_field_among(key, usual[i].keys);
  return found;
}

/* Settings, and numbers of now. */
static bool is_gauge(pl_str key)
{
  return pl_field_among(key, "Forwarding DefaultTTL RtoAlgorithm RtoMin RtoMax MaxConn CurrEstab");
}

static void name_it(pl_str group, pl_str key, pl_meaning *out)
{
  snprintf(out->metric, sizeof out->metric, "node_netstat_%.*s_%.*s", (int)group.len, group.data, (int)key.len, key.data);
  out->counter = !is_gauge(key);
}

static void meaning_of_usual(pl_str group, pl_str key, pl_str rest, pl_meaning *out)
{
  (void)rest;
  if (is_usual(group, key))
    name_it(group, key, out);
}

static void meaning_of_other(pl_str group, pl_str key, pl_str rest, pl_meaning *out)
{
  (void)rest;
  if (!is_usual(group, key))
    name_it(group, key, out);
}

/* "Ip6InReceives" is InReceives of Ip6: the group ends with the digit. */
static void split6(pl_str key, pl_str *group, pl_str *rest)
{
  *group = (pl_str){key.data, 0};
  while (group->len < key.len && key.data[group->len] != '6')
    group->len++;
  group->len += group->len < key.len;
  *rest = (pl_str){key.data + group->len, key.len - group->len};
}

static void line_of_usual(pl_str group, pl_str key, pl_str rest, pl_meaning *out)
{
  pl_str name;
  split6(key, &group, &name);
  meaning_of_usual(group, name, rest, out);
}

static void line_of_other(pl_str group, pl_str key, pl_str rest, pl_meaning *out)
{
  pl_str name;
  split6(key, &group, &name);
  meaning_of_other(group, name, rest, out);
}

static int open_with(pl_sampler *s, pl_meaning_of pairs, pl_meaning_of lines, void **state, pl_error *err)
{
  static const char *const paths[FILES] = {"net/snmp", "net/netstat", "net/snmp6"};
  const pl_allocator *a = pl_sampler_options_of(s)->alloc;
  netstat *n = pl_alloc_zero(a, 1, sizeof *n);
  void *files = NULL;
  int code = n ? pl_several_open(s, paths, FILES, PL_PIECE_WHOLE, &files, err) : pl_fail(err, PL_ENOMEM, "out of memory for a sampler");
  if (code) {
    pl_free(a, n, sizeof *n);
    return code;
  }
  n->files = files;
  pl_keyed_init(&n->pairs, a, pairs);
  pl_keyed_init(&n->lines, a, lines);
  *state = n;
  return PL_OK;
}

static int netstat_open(pl_sampler *s, void **state, pl_error *err)
{
  return open_with(s, meaning_of_usual, line_of_usual, state, err);
}

static int netstat_open_other(pl_sampler *s, void **state, pl_error *err)
{
  return open_with(s, meaning_of_other, line_of_other, state, err);
}

static void netstat_close(pl_sampler *s, void *state)
{
  netstat *n = state;
  pl_several_close(s, n->files);
  pl_keyed_fini(&n->pairs);
  pl_keyed_fini(&n->lines);
  pl_free(pl_sampler_options_of(s)->alloc, n, sizeof *n);
}

/* *place goes on from file to file. */
static void read_pairs(pl_sampler *s, netstat *n, int file, uint32_t *place)
{
  pl_str text = pl_procfile_read(&n->files->file[file]), names, key;
  while ((names = pl_line_next(&text)).data) {
    pl_str values = pl_line_next(&text), group = pl_str_cut(&names, ':');
    (void)pl_field_next(&values);
    for (; (key = pl_field_next(&names)).len; (void)pl_field_next(&values))
      pl_keyed_emit(s, &n->pairs, (*place)++, group, key, values);
  }
}

static void netstat_read(pl_sampler *s, void *state)
{
  netstat *n = state;
  uint32_t place = 0;
  read_pairs(s, n, SNMP, &place);
  read_pairs(s, n, NETSTAT, &place);
  pl_keyed_lines(s, &n->lines, pl_procfile_read(&n->files->file[SNMP6]));
}

const pl_source pl_source_netstat = {"/proc/net/snmp", netstat_open, netstat_read, netstat_close};
const pl_source pl_source_netstat_all = {"/proc/net/snmp", netstat_open_other, netstat_read, netstat_close};
