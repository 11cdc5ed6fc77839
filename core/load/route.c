/* See route.h. Local addresses are bound without a port (IP_BIND_ADDRESS_NO_PORT): connect() chooses one that is free for this very
 * peer, so each local address brings its whole range of ports. */
#include "load/route.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"

#ifndef IP_BIND_ADDRESS_NO_PORT
#define IP_BIND_ADDRESS_NO_PORT 24
#endif

enum { LOCALS_MAX = 65536 };

const pl_route pl_route_default = {0};

/* ---- Other places ------------------------------------------------------------------------------- */

/* A host up to ':', or an IPv6 address in brackets; false without either. */
static bool cut_host(pl_str *rest, pl_str *host)
{
  if (rest->len && rest->data[0] == '[') {
    pl_str inside = {rest->data + 1, rest->len - 1};
    *host = pl_str_cut(&inside, ']');
    *rest = inside;
    return pl_str_cut(rest, ':').len == 0 && rest->data;
  }
  *host = pl_str_cut(rest, ':');
  return rest->data != NULL;
}

/* Empty: 0. */
static bool read_port(pl_str text, uint16_t *port)
{
  uint64_t value = 0;
  bool good = !text.len || (pl_str_u64(text, &value) && value > 0 && value <= UINT16_MAX);
  *port = (uint16_t)value;
  return good;
}

int pl_reroute_parse(pl_str text, pl_reroute *out, pl_error *err)
{
  pl_reroute r = {0};
  pl_str rest = text, port = {0};
  bool good = cut_host(&rest, &r.host);
  if (good)
    port = pl_str_cut(&rest, ':');
  good = good && read_port(port, &r.port) && cut_host(&rest, &r.to_host) && read_port(rest, &r.to_port);
  if (!good)
    return pl_fail(err, PL_EINVAL, "\"%.*s\": write HOST:PORT:TO_HOST:TO_PORT, such as shop.example:443:127.0.0.1:8443 or ::[::1]:8080",
                   (int)text.len, text.data);
  *out = r;
  return PL_OK;
}

bool pl_reroute_fits(const pl_reroute *r, pl_str host, uint16_t port)
{
  return (!r->host.len || pl_str_ieq(r->host, host)) && (!r->port || r->port == port);
}

void pl_route_target(const pl_route *r, pl_str host, uint16_t port, pl_str *to_host, uint16_t *to_port)
{
  *to_host = host;
  *to_port = port;
  for (size_t i = 0; i < r->n_reroutes; i++) {
    const pl_reroute *other = &r->reroutes[i];
    if (!pl_reroute_fits(other, host, port))
      continue;
    if (other->to_host.len)
      *to_host = other->to_host;
    if (other->to_port)
      *to_port = other->to_port;
    return;
  }
}

void pl_route_peer(const pl_route *r, pl_str to_host, uint16_t to_port, pl_str *peer_host, uint16_t *peer_port)
{
  *peer_host = r->proxy ? r->proxy->host : to_host;
  *peer_port = r->proxy ? r->proxy->port : to_port;
}

bool pl_route_asks_proxy(const pl_route *r, const pl_url *url)
{
  return r->proxy && !r->streams && pl_str_eqc(url->scheme, "http");
}

/* ---- Local addresses ------------------------------------------------------------------------------ */

/* The last 32 bits of an address, which a range counts up. */
static unsigned char *low_bits(pl_address *a)
{
  return a->any.sa_family == AF_INET ? (unsigned char *)&a->v4.sin_addr : a->v6.sin6_addr.s6_addr + 12;
}

static uint32_t get_low(const pl_address *a)
{
  pl_address copy = *a;
  uint32_t bits;
  memcpy(&bits, low_bits(&copy), sizeof bits);
  return ntohl(bits);
}

static void set_low(pl_address *a, uint32_t value)
{
  uint32_t bits = htonl(value);
  memcpy(low_bits(a), &bits, sizeof bits);
}

static bool read_address(pl_str text, pl_address *out)
{
  pl_addresses one;
  if (!pl_address_literal(text, 0, &one))
    return false;
  *out = one.list[0];
  return true;
}

int pl_local_parse(pl_str text, pl_local *out, pl_error *err)
{
  pl_str rest = text, first = pl_str_cut(&rest, '-');
  pl_address from, to;
  bool range = rest.data != NULL, good = read_address(first, &from) && (!range || read_address(rest, &to));
  if (!range)
    to = from;
  if (good && range) { /* all but the last 32 bits are the same */
    pl_address same = to;
    good = from.any.sa_family == to.any.sa_family;
    if (good)
      set_low(&same, get_low(&from));
    good = good && memcmp(&same, &from, pl_address_size(&from)) == 0 && get_low(&from) <= get_low(&to);
  }
  if (!good)
    return pl_fail(err, PL_EINVAL, "\"%.*s\": write an address of this machine, or a range such as 127.0.0.2-127.0.0.20", (int)text.len,
                   text.data);
  if (get_low(&to) - get_low(&from) >= LOCALS_MAX)
    return pl_fail(err, PL_EINVAL, "\"%.*s\": more than %d addresses", (int)text.len, text.data, LOCALS_MAX);
  *out = (pl_local){from, get_low(&to) - get_low(&from) + 1};
  return PL_OK;
}

uint64_t pl_route_locals(const pl_route *r)
{
  uint64_t n = 0;
  for (size_t i = 0; i < r->n_locals; i++)
    n += r->locals[i].n;
  return n;
}

/* Address number i of all. */
static pl_address local_at(const pl_route *r, uint64_t i)
{
  const pl_local *s = r->locals;
  while (i >= s->n)
    i -= s++->n;
  pl_address a = s->first;
  set_low(&a, get_low(&a) + (uint32_t)i);
  return a;
}

/* The next address of that family; false: there is none. */
static bool next_local(const pl_route *r, uint64_t *turn, sa_family_t family, pl_address *out)
{
  uint64_t n = pl_route_locals(r);
  for (uint64_t i = 0; i < n; i++) {
    *out = local_at(r, (*turn)++ % n);
    if (out->any.sa_family == family)
      return true;
  }
  return false;
}

static int bind_local(int fd, const pl_address *a)
{
  int on = 1;
  (void)setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
  return bind(fd, &a->any, pl_address_size(a));
}

static int check_local(const pl_address *a, pl_error *err)
{
  char text[INET6_ADDRSTRLEN] = "";
  int fd = socket(a->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0), code = PL_OK;
  (void)inet_ntop(a->any.sa_family, a->any.sa_family == AF_INET ? (const void *)&a->v4.sin_addr : &a->v6.sin6_addr, text, sizeof text);
  if (fd < 0 || bind_local(fd, a))
    code = pl_fail_sys(err, PL_EINVAL, errno, "local address %s", text);
  if (fd >= 0)
    close(fd);
  return code;
}

int pl_route_check(const pl_route *r, pl_error *err)
{
  uint64_t n = pl_route_locals(r);
  for (uint64_t i = 0; i < n; i++) {
    pl_address a = local_at(r, i);
    int code = check_local(&a, err);
    if (code)
      return code;
  }
  return PL_OK;
}

/* ---- Connecting ----------------------------------------------------------------------------------- */

static int begin_connect(const pl_route *r, uint64_t *turn, int fd, const pl_address *to)
{
  pl_address from;
  if (r->n_locals && to->any.sa_family != AF_UNIX) {
    if (!next_local(r, turn, to->any.sa_family, &from)) {
      errno = EAFNOSUPPORT;
      return -1;
    }
    if (bind_local(fd, &from))
      return -1;
  }
  return connect(fd, &to->any, pl_address_size(to)) && errno != EINPROGRESS ? -1 : 0;
}

/* Requests go out at once. What the system paces for the sake of a path (BBR does) is sent late, by a timer: loopback has no path, and every
 * kernel has Reno, which paces nothing. */
static void prepare_stream(int fd, const pl_address *to)
{
  static const char unpaced[] = "reno";
  int on = 1;
  (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (pl_address_is_loopback(to))
    (void)setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, unpaced, sizeof unpaced - 1);
}

int pl_route_connect(const pl_route *r, uint64_t *turn, int type, const pl_address *to)
{
  int fd = socket(to->any.sa_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0)
    return -1;
  if (type == SOCK_STREAM && to->any.sa_family != AF_UNIX)
    prepare_stream(fd, to);
  if (begin_connect(r, turn, fd, to) == 0)
    return fd;
  int saved = errno;
  close(fd);
  errno = saved;
  return -1;
}
