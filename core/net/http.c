/* See http.h. A call looks its host up, keeps the addresses that are granted, and has the module transfer between itself and those. One
 * timer a call limits the phase that it is in and the whole, and tells of its end from the loop. */
#include "net/http.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/error.h"
#include "net/curl.h"
#include "net/resolver.h"
#include "net/url.h"
#include "net/watch.h"

#define MS_NS UINT64_C(1000000)
enum { TARGET_MAX = 128 << 10 }; /* bytes of a URL, with the addresses of its host */

struct pl_http {
  pl_http_options o;
  const pl_curl_module *module;
  void *curl; /* NULL: closed */
  uv_timer_t timer;
  bool timer_closed;
  pl_watches watches;
  pl_http_call *calls;
  unsigned n_calls;
};

enum state {
  LOOKING_UP,
  TRANSFERRING,
  ENDED, /* done will be called, or was */
};

struct pl_http_call {
  pl_http *http;
  pl_http_call *next, **link;
  const pl_http_request *request;
  enum state state;
  pl_url url, proxy;       /* proxy.host empty: none */
  pl_addresses addresses;  /* granted ones */
  pl_lookup lookup;
  bool looking;            /* the look-up will call back */
  bool let_go, timer_closed;
  uv_timer_t timer;
  void *transfer;
  enum pl_http_phase phase;
  uint64_t began_ns, phase_began_ns;
  pl_buf head, body;
  size_t heads_len;        /* of all heads */
  pl_http_answer answer;
  int code;
  pl_error err;
  void (*done)(void *user);
  void *user;
};

const char *pl_http_phase_name(enum pl_http_phase phase)
{
  static const char *const names[PL_HTTP_PHASES] = {"connect", "tls", "send", "wait", "receive"};
  return names[phase];
}

/* ---- Lives ------------------------------------------------------------------------------------------ */

static void free_http(void *http)
{
  pl_http *h = http;
  if (h->timer_closed && !h->watches.handles && !h->n_calls)
    pl_free(h->o.alloc, h, sizeof *h);
}

static void free_call(pl_http_call *c)
{
  pl_http *h = c->http;
  if (!c->let_go || !c->timer_closed || c->looking)
    return;
  *c->link = c->next;
  if (c->next)
    c->next->link = c->link;
  h->n_calls--;
  pl_buf_fini(&c->head);
  pl_buf_fini(&c->body);
  pl_free(h->o.alloc, c, sizeof *c);
  free_http(h);
}

static void on_end(uv_timer_t *timer)
{
  pl_http_call *c = timer->data;
  c->done(c->user);
}

static void end_phase(pl_http_call *c)
{
  uint64_t now = uv_hrtime();
  c->answer.phase_ns[c->phase] += now - c->phase_began_ns;
  c->phase_began_ns = now;
}

/* The end of a call, which is told from the loop. The error is the call's. */
static void end_call(pl_http_call *c, int code)
{
  c->code = code;
  c->state = ENDED;
  c->transfer = NULL;
  end_phase(c);
  c->answer.total_ns = c->phase_began_ns - c->began_ns;
  (void)uv_timer_start(&c->timer, on_end, 0, 0);
}

/* Ends it from outside of the module. */
static void break_off(pl_http_call *c, int code)
{
  if (c->transfer)
    c->http->module->stop(c->transfer);
  if (c->looking)
    pl_lookup_cancel(&c->lookup);
  end_call(c, code);
}

/* ---- Limits ------------------------------------------------------------------------------------------ */

static void on_limit(uv_timer_t *timer)
{
  static const char *const doing[PL_HTTP_PHASES] = {"connecting", "the TLS handshake", "sending", "waiting for an answer", "receiving"};
  pl_http_call *c = timer->data;
  const pl_http_request *r = c->request;
  uint64_t now = uv_hrtime(), limit = r->limit_ns[c->phase];
  bool whole = r->timeout_ns && now - c->began_ns >= r->timeout_ns;
  double seconds = (double)(whole ? r->timeout_ns : limit) / 1e9;
  const char *what = whole ? "no complete answer within" : "more than", *while_ = whole ? ", still" : " for";
  break_off(c, pl_fail(&c->err, PL_ETIMEDOUT, "%s %g s%s %s", what, seconds, while_, doing[c->phase]));
}

/* The nearer end of the phase and the whole. */
static void set_limit(pl_http_call *c)
{
  const pl_http_request *r = c->request;
  uint64_t limit = r->limit_ns[c->phase], end = r->timeout_ns ? c->began_ns + r->timeout_ns : UINT64_MAX, now = uv_hrtime();
  if (limit && c->phase_began_ns + limit < end)
    end = c->phase_began_ns + limit;
  if (end == UINT64_MAX) {
    (void)uv_timer_stop(&c->timer);
    return;
  }
  /* The loop's clock is cut to milliseconds: with one more it is never early. */
  uv_update_time(c->http->o.loop);
  (void)uv_timer_start(&c->timer, on_limit, end > now ? (end - now + MS_NS - 1) / MS_NS + 1 : 0, 0);
}

static void on_phase(void *call, enum pl_http_phase phase)
{
  pl_http_call *c = call;
  if (c->state == ENDED || phase == c->phase)
    return;
  end_phase(c);
  c->phase = phase;
  set_limit(c);
}

/* ---- The module's hooks ------------------------------------------------------------------------------- */

static void on_watch(void *http, int fd, int events)
{
  pl_watch_set(&((pl_http *)http)->watches, fd, events);
}

static void on_time(uv_timer_t *timer)
{
  pl_http *h = timer->data;
  h->module->ready(h->curl, -1, 0);
}

static void on_ready(void *http, int fd, int events)
{
  pl_http *h = http;
  if (h->curl)
    h->module->ready(h->curl, fd, events);
}

static void on_due(void *http, long ms)
{
  pl_http *h = http;
  if (ms < 0) {
    (void)uv_timer_stop(&h->timer);
    return;
  }
  uv_update_time(h->o.loop);
  (void)uv_timer_start(&h->timer, on_time, (uint64_t)ms, 0);
}

static bool same_address(const struct sockaddr *a, const pl_address *b)
{
  if (a->sa_family != b->any.sa_family)
    return false;
  if (a->sa_family == AF_INET)
    return ((const struct sockaddr_in *)(const void *)a)->sin_addr.s_addr == b->v4.sin_addr.s_addr;
  return memcmp(&((const struct sockaddr_in6 *)(const void *)a)->sin6_addr, &b->v6.sin6_addr, sizeof b->v6.sin6_addr) == 0;
}

/* Only what was looked up and is granted, whatever the module may have found elsewhere. */
static bool may_connect(void *call, const struct sockaddr *address)
{
  pl_http_call *c = call;
  if (address->sa_family == AF_UNIX)
    return pl_str_eqc(c->url.scheme, "unix");
  for (unsigned i = 0; i < c->addresses.n; i++) {
    if (same_address(address, &c->addresses.list[i]))
      return true;
  }
  (void)pl_fail(&c->err, PL_EPOLICY, "an address that is not granted");
  return false;
}

static bool on_head(void *call, pl_str line)
{
  pl_http_call *c = call;
  if (line.len > 5 && memcmp(line.data, "HTTP/", 5) == 0)
    pl_buf_clear(&c->head);
  c->heads_len += line.len;
  if (c->heads_len > c->request->head_max) {
    (void)pl_fail(&c->err, PL_ELIMIT, "the answer's headers are longer than %zu bytes", c->request->head_max);
    return false;
  }
  if (!pl_buf_add(&c->head, line.data, line.len))
    return true;
  (void)pl_fail(&c->err, c->head.bad, "the answer's headers");
  return false;
}

static bool on_body(void *call, pl_str bytes)
{
  pl_http_call *c = call;
  if (!pl_buf_add(&c->body, bytes.data, bytes.len))
    return true;
  if (c->body.bad == PL_ELIMIT)
    (void)pl_fail(&c->err, PL_ELIMIT, "the answer's body is longer than %zu bytes", c->body.max);
  else
    (void)pl_fail(&c->err, PL_ENOMEM, "out of memory for the answer's body");
  return false;
}

static void on_done(void *call, int code, const char *why, const pl_http_answer *answer)
{
  pl_http_call *c = call;
  c->answer.status = answer->status;
  c->answer.version = answer->version;
  memcpy(c->answer.address, answer->address, sizeof c->answer.address);
  if (code)
    (void)pl_fail(&c->err, code, "%s", why); /* our own reason came first */
  end_call(c, code && c->err.code ? c->err.code : code);
}

static const pl_curl_hooks hooks = {on_watch, on_due, may_connect, on_phase, on_head, on_body, on_done};

/* ---- Addresses ----------------------------------------------------------------------------------------- */

static int refuse(const pl_url *to, pl_error *err)
{
  return pl_fail(err, PL_EPOLICY, "requests to %.*s are not granted", (int)to->host.len, to->host.data);
}

/* Whom the connection goes to. */
static const pl_url *peer_of(const pl_http_call *c)
{
  return c->proxy.host.len ? &c->proxy : &c->url;
}

/* Of addresses that were found: those that requests to the URL's host may go to. A proxy was given by whoever grants. */
static int keep_granted(pl_http_call *c, const pl_addresses *found, pl_error *err)
{
  const pl_http_options *o = &c->http->o;
  const pl_url *u = &c->url;
  c->addresses.n = 0;
  for (unsigned i = 0; i < found->n; i++) {
    if (c->proxy.host.len || o->granted(o->user, u->host, u->port, &found->list[i].any))
      c->addresses.list[c->addresses.n++] = found->list[i];
  }
  return c->addresses.n ? PL_OK : refuse(u, err);
}

/* "host:port:address,[address]", with a NUL. */
static int add_addresses(const pl_http_call *c, pl_buf *out)
{
  const pl_url *to = peer_of(c);
  (void)pl_buf_addf(out, "%.*s:%u:", (int)to->host.len, to->host.data, to->port);
  for (unsigned i = 0; i < c->addresses.n; i++) {
    const pl_address *a = &c->addresses.list[i];
    char text[INET6_ADDRSTRLEN];
    bool v6 = a->any.sa_family == AF_INET6;
    if (inet_ntop(a->any.sa_family, v6 ? (const void *)&a->v6.sin6_addr : &a->v4.sin_addr, text, sizeof text))
      (void)pl_buf_addf(out, "%s%s%s%s", i ? "," : "", v6 ? "[" : "", text, v6 ? "]" : "");
  }
  return pl_buf_addc(out, '\0');
}

/* The texts of a target one after the other, each with a NUL: URL, socket's path, addresses. */
static int add_target(const pl_http_call *c, bool looked_up, pl_buf *out, size_t at[2])
{
  const pl_url *u = &c->url;
  bool local = pl_str_eqc(u->scheme, "unix");
  if (local)
    (void)pl_buf_addf(out, "http://localhost%.*s", (int)u->target.len, u->target.data);
  else
    (void)pl_buf_add(out, c->request->url.data, c->request->url.len);
  (void)pl_buf_addc(out, '\0');
  at[0] = out->len;
  (void)pl_buf_addf(out, "%.*s%c", local ? (int)u->host.len : 0, u->host.data, '\0');
  at[1] = out->len;
  return looked_up ? add_addresses(c, out) : pl_buf_addc(out, '\0');
}

static int transfer(pl_http_call *c, bool looked_up, pl_error *err)
{
  pl_buf texts;
  size_t at[2];
  pl_buf_init(&texts, c->http->o.alloc, TARGET_MAX);
  int code = add_target(c, looked_up, &texts, at);
  if (code) {
    code = pl_fail(err, code, "the URL is too long, or out of memory");
  } else {
    const pl_curl_target target = {texts.data, texts.data[at[0]] ? texts.data + at[0] : NULL, texts.data + at[1]};
    code = c->http->module->start(c->http->curl, c->request, &target, c, &c->transfer, err);
  }
  pl_buf_fini(&texts);
  if (!code)
    c->state = TRANSFERRING;
  return code;
}

static void on_lookup(pl_lookup *l, int code)
{
  pl_http_call *c = l->user;
  c->looking = false;
  if (c->state == ENDED) {
    free_call(c);
    return;
  }
  if (code)
    (void)pl_fail(&c->err, code, "%s", l->why);
  else
    code = keep_granted(c, &l->addresses, &c->err);
  if (!code)
    code = transfer(c, true, &c->err);
  if (code)
    end_call(c, code);
}

/* Where nobody has to be asked the transfer begins at once. */
static int reach(pl_http_call *c, pl_error *err)
{
  const pl_http_options *o = &c->http->o;
  const pl_url *to = peer_of(c);
  pl_addresses literal = {.n = 0};
  if (pl_str_eqc(c->url.scheme, "unix"))
    return o->granted(o->user, c->url.host, 0, &(struct sockaddr){.sa_family = AF_UNIX}) ? transfer(c, false, err) : refuse(&c->url, err);
  if (c->proxy.host.len) {
    bool here = pl_address_literal(c->url.host, c->url.port, &literal);
    if (!o->granted(o->user, c->url.host, c->url.port, here ? &literal.list[0].any : NULL))
      return refuse(&c->url, err);
  }
  if (pl_address_literal(to->host, to->port, &literal)) {
    int code = keep_granted(c, &literal, err);
    return code ? code : transfer(c, false, err);
  }
  c->lookup.user = c;
  c->looking = true;
  int code = pl_lookup_start(&c->lookup, o->loop, NULL, to->host, to->port, on_lookup);
  c->looking = code == PL_OK;
  return code ? pl_fail(err, code, "%.*s cannot be looked up", (int)to->host.len, to->host.data) : PL_OK;
}

/* ---- The interface ------------------------------------------------------------------------------------- */

int pl_http_new(const pl_http_options *o, pl_http **out, pl_error *err)
{
  const pl_module_head *module;
  int code = pl_module_find(o->module_dir, "curl", PL_CURL_ABI, &module, err);
  if (code)
    return code;
  pl_http *h = pl_alloc_zero(o->alloc, 1, sizeof *h);
  if (!h)
    return pl_fail(err, PL_ENOMEM, "out of memory for an HTTP client");
  h->o = *o;
  h->module = (const pl_curl_module *)module;
  h->watches = (pl_watches){.alloc = o->alloc, .loop = o->loop, .ready = on_ready, .closed = free_http, .user = h};
  code = h->module->open(&hooks, h, &h->curl, err);
  if (code) {
    pl_free(o->alloc, h, sizeof *h);
    return code;
  }
  (void)uv_timer_init(o->loop, &h->timer);
  h->timer.data = h;
  *out = h;
  return PL_OK;
}

static void on_http_timer_closed(uv_handle_t *handle)
{
  pl_http *h = handle->data;
  h->timer_closed = true;
  free_http(h);
}

void pl_http_close(pl_http *h)
{
  for (pl_http_call *c = h->calls; c; c = c->next) {
    if (c->state != ENDED)
      break_off(c, pl_fail(&c->err, PL_ECANCELED, "cancelled"));
  }
  h->module->close(h->curl);
  h->curl = NULL;
  uv_close((uv_handle_t *)&h->timer, on_http_timer_closed);
}

/* "Name: value" without what would end the line. */
static bool is_header(pl_str line)
{
  for (size_t i = 0; i < line.len; i++) {
    if (line.data[i] == '\n' || line.data[i] == '\r' || line.data[i] == '\0')
      return false;
  }
  return line.len && line.data[0] != ':' && memchr(line.data, ':', line.len);
}

static int check_request(const pl_http_request *r, pl_http_call *c, pl_error *err)
{
  static const pl_url_scheme proxies[] = {{"http", 3128}, {NULL, 0}};
  int code = pl_url_parse(r->url, &c->url, err);
  if (!code && c->url.user.len)
    return pl_fail(err, PL_EINVAL, "a URL with user and password: they are a header");
  if (!code && r->proxy.len)
    code = pl_url_parse_schemes(r->proxy, proxies, &c->proxy, err);
  for (size_t i = 0; i < r->n_headers && !code; i++) {
    if (!is_header(r->headers[i]))
      code = pl_fail(err, PL_EINVAL, "header %zu is no line of a name, a colon and a value", i + 1);
  }
  return code;
}

static void on_call_timer_closed(uv_handle_t *handle)
{
  pl_http_call *c = handle->data;
  c->timer_closed = true;
  free_call(c);
}

static pl_http_call *new_call(pl_http *h, const pl_http_request *r)
{
  pl_http_call *c = pl_alloc_zero(h->o.alloc, 1, sizeof *c);
  if (!c)
    return NULL;
  c->http = h;
  c->request = r;
  pl_buf_init(&c->head, h->o.alloc, r->head_max);
  pl_buf_init(&c->body, h->o.alloc, r->body_max);
  (void)uv_timer_init(h->o.loop, &c->timer);
  c->timer.data = c;
  c->began_ns = c->phase_began_ns = uv_hrtime();
  c->next = h->calls;
  c->link = &h->calls;
  if (c->next)
    c->next->link = &c->next;
  h->calls = c;
  h->n_calls++;
  return c;
}

int pl_http_send(pl_http *h, const pl_http_request *r, void (*done)(void *user), void *user, pl_http_call **out, pl_error *err)
{
  if (!h->curl)
    return pl_fail(err, PL_EMISUSE, "the HTTP client is closed");
  pl_http_call *c = new_call(h, r);
  if (!c)
    return pl_fail(err, PL_ENOMEM, "out of memory for a request");
  c->done = done;
  c->user = user;
  set_limit(c);
  int code = check_request(r, c, err);
  if (!code)
    code = reach(c, err);
  if (code) {
    c->state = ENDED;
    pl_http_free(c);
    return code;
  }
  *out = c;
  return PL_OK;
}

int pl_http_end(pl_http_call *c, const pl_http_answer **answer, enum pl_http_phase *phase, pl_error *err)
{
  c->answer.head = (pl_str){c->head.data, c->head.len};
  c->answer.body = (pl_str){c->body.data, c->body.len};
  *answer = &c->answer;
  *phase = c->phase;
  return c->code ? pl_fail(err, c->code, "%s", c->err.message) : PL_OK;
}

void pl_http_free(pl_http_call *c)
{
  if (!c)
    return;
  if (c->state != ENDED)
    break_off(c, PL_ECANCELED);
  c->let_go = true;
  uv_close((uv_handle_t *)&c->timer, on_call_timer_closed);
}
