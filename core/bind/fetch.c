/* perilune.core.fetch: post(url, { form = { { name, value } ... }, basic = { user, password }, timeout = seconds, tls = { ca =,
 * insecure = } }) -> { status, text } | nil, err. A request of the control state, by the load's own client on the control loop; the
 * task waits. Values may be secrets. */
#include <lauxlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/error.h"
#include "bind/bind.h"
#include "bind/host.h"
#include "bind/modules.h"
#include "load/client.h"
#include "load/route.h"
#include "script/guard.h"
#include "script/task.h"

#define TICK_MS 5
enum { BODY_MAX = 1 << 20, TEXT_MAX = 64 << 10 };

typedef struct fetch {
  pl_host *host;
  pl_wheel *wheel;
  pl_client *client;
  uv_timer_t tick;      /* runs the wheel, and closes what has ended from outside the client */
  pl_exchange exchange;
  pl_tls_settings tls;
  pl_route route;
  pl_url url;
  pl_request_parts parts;
  pl_header headers[2];
  pl_buf texts[5];      /* URL, form, Authorization, CA, head */
  pl_task *task;        /* NULL: nobody waits any more */
  bool over, gone;      /* the exchange has ended; the client is closed */
  pl_buf body;
} fetch;

enum { URL, FORM, AUTHORIZATION, CA, HEAD };

static void fetch_free(fetch *f)
{
  for (size_t i = 0; i < sizeof f->texts / sizeof *f->texts; i++)
    pl_buf_fini(&f->texts[i]);
  pl_buf_fini(&f->body);
  pl_wheel_free(f->wheel);
  pl_free(f->host->alloc, f, sizeof *f);
}

/* ---- The end ---------------------------------------------------------------------------------------- */

static void on_tick_closed(uv_handle_t *handle)
{
  fetch *f = handle->data;
  f->gone = true;
  if (f->task)
    pl_task_ready(f->task, 0);
  else
    fetch_free(f);
}

static void on_client_closed(void *user)
{
  uv_close((uv_handle_t *)&((fetch *)user)->tick, on_tick_closed);
}

static void on_tick(uv_timer_t *timer)
{
  fetch *f = timer->data;
  (void)pl_wheel_run(f->wheel, pl_now(f->host->clock), 1000);
  if (!f->over)
    return;
  uv_timer_stop(timer);
  pl_client_close(f->client, on_client_closed, f);
}

static void on_done(pl_exchange *x)
{
  fetch *f = x->user;
  f->over = true;
  if (pl_buf_add(&f->body, x->answer.body.data, x->answer.body.len))
    pl_buf_clear(&f->body);
}

/* The task was cancelled. */
static void give_up(void *op)
{
  fetch *f = op;
  f->task = NULL;
  if (!f->over)
    pl_client_abort(f->client, &f->exchange);
}

/* ---- What is asked ------------------------------------------------------------------------------------ */

static pl_str secret_at(lua_State *L, int index, const char *what)
{
  pl_str text;
  if (!pl_secret_text(L, index, &text))
    luaL_error(L, "fetch: %s is text or a secret", what);
  return text;
}

static void read_form(lua_State *L, pl_buf *out)
{
  lua_getfield(L, 2, "form");
  lua_Integer n = lua_istable(L, -1) ? luaL_len(L, -1) : 0;
  for (lua_Integer i = 1; i <= n; i++) {
    lua_rawgeti(L, -1, i);
    lua_rawgeti(L, -1, 1);
    lua_rawgeti(L, -2, 2);
    if (out->len)
      (void)pl_buf_addc(out, '&');
    (void)pl_url_encode(out, secret_at(L, -2, "a form's name"), true);
    (void)pl_buf_addc(out, '=');
    (void)pl_url_encode(out, secret_at(L, -1, "a form's value"), true);
    lua_pop(L, 3);
  }
  lua_pop(L, 1);
}

/* RFC 6749, 2.3.1: both are form-encoded first. */
static void read_basic(lua_State *L, const pl_allocator *a, pl_buf *out)
{
  if (lua_getfield(L, 2, "basic") == LUA_TTABLE) {
    pl_buf plain;
    lua_rawgeti(L, -1, 1);
    lua_rawgeti(L, -2, 2);
    pl_str user = secret_at(L, -2, "basic"), password = secret_at(L, -1, "basic");
    pl_buf_init(&plain, a, TEXT_MAX);
    (void)pl_url_encode(&plain, user, true);
    (void)pl_buf_addc(&plain, ':');
    (void)pl_url_encode(&plain, password, true);
    (void)pl_buf_adds(out, "Basic ");
    (void)pl_base64(out, (pl_str){plain.data, plain.len});
    pl_buf_fini(&plain);
    lua_pop(L, 2);
  }
  lua_pop(L, 1);
}

static void read_tls(lua_State *L, fetch *f)
{
  if (lua_getfield(L, 2, "tls") == LUA_TTABLE) {
    lua_getfield(L, -1, "insecure");
    lua_getfield(L, -2, "ca");
    pl_str ca = {"", 0};
    (void)pl_secret_text(L, -1, &ca);
    (void)pl_buf_add(&f->texts[CA], ca.data, ca.len);
    f->tls = (pl_tls_settings){.insecure = lua_toboolean(L, -2), .ca = {f->texts[CA].data, f->texts[CA].len}};
    f->route.tls = &f->tls;
    lua_pop(L, 2);
  }
  lua_pop(L, 1);
}

static int make_request(fetch *f, pl_error *err)
{
  pl_buf *t = f->texts;
  for (size_t i = 0; i < sizeof f->texts / sizeof *f->texts; i++) {
    if (t[i].bad)
      return pl_fail(err, t[i].bad, "fetch: the request is too large, or out of memory");
  }
  int code = pl_url_parse((pl_str){t[URL].data, t[URL].len}, &f->url, err);
  f->headers[0] = (pl_header){PL_STR("Content-Type"), PL_STR("application/x-www-form-urlencoded")};
  f->headers[1] = (pl_header){PL_STR("Accept"), PL_STR("application/json")};
  f->parts = (pl_request_parts){.method = PL_STR("POST"), .url = &f->url, .headers = f->headers, .n_headers = 2,
                                .body = {t[FORM].data, t[FORM].len}, .authorization = {t[AUTHORIZATION].data, t[AUTHORIZATION].len}};
  return code ? code : pl_request_head(&t[HEAD], &f->parts, NULL, err);
}

/* ---- Sending ------------------------------------------------------------------------------------------ */

static int open_client(fetch *f, pl_error *err)
{
  pl_host *host = f->host;
  pl_client_options o = {.alloc = host->alloc, .clock = host->clock, .loop = host->loop, .wheel = f->wheel, .module_dir = host->options->module_dir};
  int code = pl_client_new(&o, &f->client, err);
  if (!code && pl_str_eqc(f->url.scheme, "https"))
    code = pl_client_secure(f->client, f->route.tls, err);
  if (!code)
    f->exchange.endpoint = pl_client_endpoint(f->client, &f->url, &f->route);
  if (!code && !f->exchange.endpoint)
    code = pl_fail(err, PL_ENOMEM, "fetch: out of memory");
  return code;
}

static void start(fetch *f, double timeout_s)
{
  pl_exchange *x = &f->exchange;
  uv_timer_init(f->host->loop, &f->tick);
  f->tick.data = f;
  uv_timer_start(&f->tick, on_tick, TICK_MS, TICK_MS);
  x->head = (pl_str){f->texts[HEAD].data, f->texts[HEAD].len};
  x->body = f->parts.body;
  x->parts = &f->parts;
  x->timeout_ns = (uint64_t)(timeout_s * 1e9);
  x->want_body = true;
  x->done = on_done;
  x->user = f;
  pl_client_send(f->client, x);
}

static int done_k(lua_State *L, int status, lua_KContext context)
{
  fetch *f = (fetch *)context;
  (void)status;
  pl_error err = {0};
  const pl_answer *a = &f->exchange.answer;
  f->task = NULL;
  if (!f->gone) { /* cancelled: it frees itself */
    (void)pl_task_woken(L);
    return luaL_error(L, "fetch: cancelled");
  }
  if (a->failure != PL_FAIL_NONE) {
    (void)pl_fail(&err, a->failure == PL_FAIL_TIMEOUT ? PL_ETIMEDOUT : PL_EIO, "%s: %s", pl_failure_name(a->failure), a->why);
    fetch_free(f);
    return pl_push_failure(L, &err);
  }
  lua_createtable(L, 0, 2);
  pl_set_integer(L, "status", a->status);
  lua_pushlstring(L, f->body.data ? f->body.data : "", f->body.len);
  lua_setfield(L, -2, "text");
  fetch_free(f);
  return 1;
}

static fetch *fetch_new(lua_State *L)
{
  pl_host *host = pl_state_host(L);
  fetch *f = pl_alloc_zero(host->alloc, 1, sizeof *f);
  if (!f)
    luaL_error(L, "fetch: out of memory");
  f->host = host;
  f->wheel = pl_wheel_new(host->alloc, pl_now(host->clock));
  for (size_t i = 0; i < sizeof f->texts / sizeof *f->texts; i++)
    pl_buf_init(&f->texts[i], host->alloc, i == CA ? BODY_MAX : TEXT_MAX);
  pl_buf_init(&f->body, host->alloc, BODY_MAX);
  return f;
}

/* (url, options, fetch): what may raise. */
static int read_request(lua_State *L)
{
  fetch *f = lua_touserdata(L, 3);
  pl_str url = secret_at(L, 1, "the URL");
  (void)pl_buf_add(&f->texts[URL], url.data, url.len);
  read_form(L, &f->texts[FORM]);
  read_basic(L, f->host->alloc, &f->texts[AUTHORIZATION]);
  read_tls(L, f);
  return 0;
}

static int fetch_post(lua_State *L)
{
  pl_error err = {0};
  luaL_checktype(L, 2, LUA_TTABLE);
  lua_settop(L, 2);
  lua_getfield(L, 2, "timeout");
  double timeout_s = luaL_optnumber(L, -1, 30);
  lua_settop(L, 2);
  pl_task *task = pl_task_check(L, "fetch");
  fetch *f = fetch_new(L);
  lua_pushcfunction(L, read_request);
  lua_pushvalue(L, 1);
  lua_pushvalue(L, 2);
  lua_pushlightuserdata(L, f);
  if (lua_pcall(L, 3, 0, 0) != LUA_OK) {
    fetch_free(f);
    return lua_error(L);
  }
  int code = f->wheel ? make_request(f, &err) : pl_fail(&err, PL_ENOMEM, "fetch: out of memory");
  if (!code)
    code = open_client(f, &err);
  if (code) {
    if (f->client)
      pl_client_close(f->client, NULL, NULL); /* it has no handle yet: it is gone at once */
    fetch_free(f);
    return pl_push_failure(L, &err);
  }
  f->task = task;
  start(f, timeout_s);
  pl_task_waits(task, give_up, f);
  return pl_fiber_wait(L, done_k, (lua_KContext)f);
}

int pl_open_fetch(lua_State *L)
{
  static const luaL_Reg functions[] = {{"post", fetch_post}, {NULL, NULL}};
  luaL_newlib(L, functions);
  return 1;
}
