/* See resolver.h. A resolver runs its module's time with one timer, which also tells of what was found inside a call. */
#include "net/resolver.h"

#include <netdb.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "net/dns.h"
#include "net/watch.h"

bool pl_name_is_local(pl_str host)
{
  static const pl_str end = {".localhost", 10};
  if (pl_str_ieq(host, PL_STR("localhost")))
    return true;
  return host.len > end.len && pl_str_ieq((pl_str){host.data + host.len - end.len, end.len}, end);
}

/* What this machine answers for itself where nobody else does. */
static void settle(pl_lookup *l, int code, const char *why)
{
  if (code && code != PL_ECANCELED && pl_name_is_local(pl_str_of(l->host)) && pl_address_literal(PL_STR("127.0.0.1"), l->port, &l->addresses))
    code = PL_OK;
  l->code = code;
  if (code)
    (void)snprintf(l->why, sizeof l->why, "%.100s does not resolve: %s", l->host, why);
}

/* ---- The system --------------------------------------------------------------------------------- */

static void on_result(uv_getaddrinfo_t *request, int status, struct addrinfo *found)
{
  pl_lookup *l = request->data;
  for (struct addrinfo *a = status ? NULL : found; a; a = a->ai_next)
    pl_addresses_add(&l->addresses, a->ai_addr, l->port);
  uv_freeaddrinfo(found);
  settle(l, status == UV_ECANCELED ? PL_ECANCELED : l->addresses.n ? PL_OK : PL_ERESOLVE, status ? uv_strerror(status) : "no address");
  l->done(l, l->code);
}

static int ask_system(pl_lookup *l, uv_loop_t *loop)
{
  struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG};
  l->request.data = l;
  return uv_getaddrinfo(loop, &l->request, on_result, l->host, NULL, &hints) ? PL_ERESOLVE : PL_OK;
}

/* ---- A resolver ---------------------------------------------------------------------------------- */

/* What the module was asked; it lives until the module has told. */
typedef struct pl_question {
  pl_resolver *resolver;
  pl_lookup *lookup; /* NULL: given up */
} question;

struct pl_resolver {
  const pl_allocator *alloc;
  uv_loop_t *loop;
  const pl_dns_module *module;
  void *dns; /* NULL: closed */
  uv_timer_t timer;
  pl_watches watches;
  pl_lookup *told, **told_end; /* to be told from the loop */
  bool timer_closed;
  void (*closed)(void *user);
  void *closed_user;
};

static void let_go(void *resolver)
{
  pl_resolver *r = resolver;
  if (!r->timer_closed || r->watches.handles)
    return;
  void (*done)(void *) = r->closed;
  void *user = r->closed_user;
  pl_free(r->alloc, r, sizeof *r);
  done(user);
}

/* Those of now: who is told may ask again, and gets its turn later. */
static void tell(pl_resolver *r)
{
  pl_lookup *list = r->told;
  r->told = NULL;
  r->told_end = &r->told;
  while (list) {
    pl_lookup *l = list;
    list = l->next;
    l->done(l, l->code);
  }
}

static void on_time(uv_timer_t *timer);

/* The timer runs as soon as there is something to tell, or when the module says so. */
static void set_timer(pl_resolver *r)
{
  if (!r->dns)
    return;
  int due = r->told ? 0 : r->module->due_ms(r->dns);
  if (due < 0)
    (void)uv_timer_stop(&r->timer);
  else
    (void)uv_timer_start(&r->timer, on_time, (uint64_t)due, 0);
}

static void on_time(uv_timer_t *timer)
{
  pl_resolver *r = timer->data;
  tell(r);
  if (r->dns) /* who was told may have closed it */
    r->module->ready(r->dns, -1, 0);
  set_timer(r);
}

static void on_ready(void *resolver, int fd, int events)
{
  pl_resolver *r = resolver;
  r->module->ready(r->dns, fd, events);
  set_timer(r);
}

static void on_watch(void *resolver, int fd, int events)
{
  pl_watch_set(&((pl_resolver *)resolver)->watches, fd, events);
}

static void tell_later(pl_lookup *l)
{
  pl_resolver *r = l->resolver;
  l->question = NULL;
  l->next = NULL;
  *r->told_end = l;
  r->told_end = &l->next;
}

static void on_told(void *query, const pl_dns_answer *answer)
{
  question *q = query;
  pl_lookup *l = q->lookup;
  if (l) {
    l->addresses = answer->addresses;
    l->ttl_s = answer->ttl_s;
    settle(l, answer->code, answer->why);
    tell_later(l);
  }
  pl_free(q->resolver->alloc, q, sizeof *q);
}

static int ask_resolver(pl_lookup *l)
{
  pl_resolver *r = l->resolver;
  question *q = pl_alloc_zero(r->alloc, 1, sizeof *q);
  if (!q)
    return PL_ENOMEM;
  *q = (question){r, l};
  l->question = q;
  r->module->ask(r->dns, l->host, l->port, on_told, q);
  set_timer(r);
  return PL_OK;
}

static void give_up(pl_lookup *l)
{
  if (!l->question)
    return;
  l->question->lookup = NULL;
  settle(l, PL_ECANCELED, "given up");
  tell_later(l);
  set_timer(l->resolver);
}

int pl_resolver_new(const pl_allocator *a, uv_loop_t *loop, const char *module_dir, pl_str servers, pl_resolver **out, pl_error *err)
{
  const pl_module_head *module;
  char text[1024];
  if (!pl_copy(text, sizeof text, servers))
    return pl_fail(err, PL_EINVAL, "the list of DNS servers is too long");
  int code = pl_module_find(module_dir, "dns", PL_DNS_ABI, &module, err);
  if (code)
    return code;
  pl_resolver *r = pl_alloc_zero(a, 1, sizeof *r);
  if (!r)
    return pl_fail(err, PL_ENOMEM, "out of memory for a resolver");
  *r = (pl_resolver){.alloc = a, .loop = loop, .module = (const pl_dns_module *)module};
  r->watches = (pl_watches){.alloc = a, .loop = loop, .ready = on_ready, .closed = let_go, .user = r};
  r->told_end = &r->told;
  code = r->module->open(text, on_watch, r, &r->dns, err);
  if (code) {
    pl_free(a, r, sizeof *r);
    return code;
  }
  (void)uv_timer_init(loop, &r->timer);
  r->timer.data = r;
  *out = r;
  return PL_OK;
}

static void on_timer_closed(uv_handle_t *handle)
{
  pl_resolver *r = handle->data;
  tell(r);
  r->timer_closed = true;
  let_go(r);
}

void pl_resolver_close(pl_resolver *r, void (*done)(void *user), void *user)
{
  r->closed = done;
  r->closed_user = user;
  r->module->close(r->dns);
  r->dns = NULL;
  uv_close((uv_handle_t *)&r->timer, on_timer_closed);
}

/* ---- Look-ups ------------------------------------------------------------------------------------- */

int pl_lookup_start(pl_lookup *l, uv_loop_t *loop, pl_resolver *r, pl_str host, uint16_t port, void (*done)(pl_lookup *l, int code))
{
  if (!pl_copy(l->host, sizeof l->host, host))
    return PL_EINVAL;
  l->resolver = r;
  l->question = NULL;
  l->port = port;
  l->done = done;
  l->addresses.n = 0;
  l->ttl_s = UINT32_MAX;
  l->why[0] = '\0';
  return r ? ask_resolver(l) : ask_system(l, loop);
}

void pl_lookup_cancel(pl_lookup *l)
{
  if (l->resolver)
    give_up(l);
  else
    (void)uv_cancel((uv_req_t *)&l->request);
}
