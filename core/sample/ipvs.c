/* Connections that this machine balances (IPVS): all together in /proc/net/ip_vs_stats, and by backend in /proc/net/ip_vs. */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "sample/single.h"

enum { TOTALS, BACKENDS, FILES, PORT_SIZE = 8 };

/* "C0A80016:0CEA" or "[2620:0000:...]:0050", as people write it; empty where it is none. */
typedef struct endpoint {
  char address[INET6_ADDRSTRLEN], port[PORT_SIZE];
} endpoint;

/* What the lines of backends stand below. */
typedef struct service {
  pl_str proto, mark; /* a mark of the firewall, or a local endpoint */
  endpoint local;
} service;

static int ipvs_open(pl_sampler *s, void **state, pl_error *err)
{
  static const char *const paths[FILES] = {[TOTALS] = "net/ip_vs_stats", [BACKENDS] = "net/ip_vs"};
  return pl_several_open(s, paths, FILES, PL_PIECE_ANY, state, err);
}

/* Behind two lines of heading: totals in hexadecimal. */
static void read_totals(pl_sampler *s, pl_str text)
{
  static const char *const columns[] = {"node_ipvs_connections_total", "node_ipvs_incoming_packets_total", "node_ipvs_outgoing_packets_total",
                                        "node_ipvs_incoming_bytes_total", "node_ipvs_outgoing_bytes_total"};
  (void)pl_line_next(&text);
  (void)pl_line_next(&text);
  pl_str line = pl_line_next(&text);
  for (size_t i = 0; i < sizeof columns / sizeof *columns && line.len; i++)
    pl_sampler_counter(s, columns[i], pl_field_hex(&line));
}

static void take_endpoint(pl_str word, endpoint *out)
{
  struct in6_addr six;
  *out = (endpoint){"", ""};
  const char *colon = word.len ? memrchr(word.data, ':', word.len) : NULL;
  if (!colon)
    return;
  pl_str address = {word.data, (size_t)(colon - word.data)}, port = {colon + 1, word.len - address.len - 1};
  (void)snprintf(out->port, sizeof out->port, "%u", (unsigned)pl_field_hex(&port) & 0xffffu);
  if (address.len > 2 && address.data[0] == '[') {
    char text[INET6_ADDRSTRLEN];
    if (pl_copy(text, sizeof text, (pl_str){address.data + 1, address.len - 2}) && inet_pton(AF_INET6, text, &six) == 1)
      (void)inet_ntop(AF_INET6, &six, out->address, sizeof out->address);
    return;
  }
  struct in_addr four = {htonl((uint32_t)pl_field_hex(&address))};
  (void)inet_ntop(AF_INET, &four, out->address, sizeof out->address);
}

/* "TCP  C0A80016:0CEA wlc", "FWM  10001000 wlc" */
static void take_service(pl_str line, service *out)
{
  *out = (service){.proto = pl_field_next(&line), .local = {"", "0"}};
  pl_str what = pl_field_next(&line);
  if (pl_str_eqc(out->proto, "FWM"))
    out->mark = what;
  else
    take_endpoint(what, &out->local);
}

/* "-> C0A85216:0CEA      Tunnel  100    248        2", without the arrow. */
static void read_backend(pl_sampler *s, const service *of, pl_str line)
{
  static const char *const metrics[] = {"node_ipvs_backend_weight", "node_ipvs_backend_connections_active", "node_ipvs_backend_connections_inactive"};
  endpoint remote;
  take_endpoint(pl_field_next(&line), &remote);
  (void)pl_field_next(&line);
  const pl_sample_label labels[] = {{"local_address", pl_str_of(of->local.address)}, {"local_mark", of->mark}, {"local_port", pl_str_of(of->local.port)},
                                    {"proto", of->proto}, {"remote_address", pl_str_of(remote.address)}, {"remote_port", pl_str_of(remote.port)}};
  for (size_t i = 0; i < sizeof metrics / sizeof *metrics && line.len; i++)
    pl_sampler_emit(s, &(pl_emit){metrics[i], false, labels, sizeof labels / sizeof *labels}, pl_field_number(&line));
}

static void ipvs_read(pl_sampler *s, void *state)
{
  pl_several *files = state;
  service of = {0};
  pl_str line;
  read_totals(s, pl_procfile_read(&files->file[TOTALS]));
  pl_str text = pl_procfile_read(&files->file[BACKENDS]);
  while ((line = pl_line_next(&text)).data) {
    pl_str rest = line, first = pl_field_next(&rest);
    if (pl_field_among(first, "TCP UDP SCTP FWM"))
      take_service(line, &of);
    else if (pl_str_eqc(first, "->") && of.proto.len)
      read_backend(s, &of, rest);
  }
}

const pl_source pl_source_ipvs = {"/proc/net/ip_vs", ipvs_open, ipvs_read, pl_several_close};
