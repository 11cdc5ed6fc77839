/* Plans are copied into one arena, freed whole. Reading may raise: the caller holds the box in a userdata. */
#include "bind/plan.h"

#include <lauxlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "bind/auth.h"
#include "bind/bind.h"
#include "bind/grant.h"
#include "bind/tag.h"
#include "bind/token.h"
#include "io/file.h"
#include "load/coding.h"
#include "script/guard.h"

enum { SCENARIOS_MAX = 256, STAGES_MAX = 100000, HEADERS_MAX = 256, BODY_MAX = 256 << 20, AUTH_MAX = 64 << 10, RANGES_MAX = 64, ROUTES_MAX = 1024 };

typedef struct block {
  struct block *next;
  size_t size;
  max_align_t data[];
} block;

struct pl_plan_box {
  const pl_allocator *alloc;
  block *blocks;
  pl_plan plan;
  pl_grants grants;
};

/* n * size zeroed bytes of the plan's arena; raises when there is no memory. */
static void *take(lua_State *L, pl_plan_box *box, size_t n, size_t size)
{
  size_t bytes = sizeof(block) + (n ? n : 1) * size;
  block *b = pl_alloc_zero(box->alloc, 1, bytes);
  if (!b)
    luaL_error(L, "out of memory for a plan");
  b->size = bytes;
  b->next = box->blocks;
  box->blocks = b;
  return b->data;
}

/* A copy, ended by NUL. */
static pl_str take_text(lua_State *L, pl_plan_box *box, pl_str s)
{
  char *copy = take(L, box, s.len + 1, 1);
  if (s.len)
    memcpy(copy, s.data, s.len);
  return (pl_str){copy, s.len};
}

/* The text or secret at index; data is NULL for other values. */
static pl_str take_string(lua_State *L, pl_plan_box *box, int index)
{
  pl_str s;
  return pl_secret_text(L, index, &s) ? take_text(L, box, s) : (pl_str){NULL, 0};
}

static pl_str string_field(lua_State *L, pl_plan_box *box, const char *name)
{
  lua_getfield(L, -1, name);
  pl_str s = take_string(L, box, -1);
  lua_pop(L, 1);
  return s;
}

static double number_field(lua_State *L, const char *name, double fallback)
{
  lua_getfield(L, -1, name);
  double v = lua_isnil(L, -1) ? fallback : luaL_checknumber(L, -1);
  lua_pop(L, 1);
  return v;
}

static uint64_t ns_field(lua_State *L, const char *name, double fallback_s)
{
  double s = number_field(L, name, fallback_s);
  return s <= 0 ? 0 : s >= 9e9 ? UINT64_MAX / 2 : (uint64_t)(s * 1e9 + 0.5);
}

static uint32_t u32_field(lua_State *L, const char *name, uint32_t fallback)
{
  double v = number_field(L, name, fallback);
  return v <= 0 ? 0 : v >= UINT32_MAX ? UINT32_MAX : (uint32_t)v;
}

/* Length of the array field `name`, which is left on the stack (nil counts as empty). */
static size_t array_field(lua_State *L, const char *name, size_t max)
{
  lua_getfield(L, -1, name);
  if (lua_isnil(L, -1))
    return 0;
  luaL_checktype(L, -1, LUA_TTABLE);
  size_t n = (size_t)lua_rawlen(L, -1);
  if (n > max)
    luaL_error(L, "plan: %s has %d entries, at most %d are taken", name, (int)n, (int)max);
  return n;
}

static void read_stages(lua_State *L, pl_plan_box *box, pl_scenario *s)
{
  s->n_stages = array_field(L, "stages", STAGES_MAX);
  pl_stage *stages = take(L, box, s->n_stages, sizeof *stages);
  for (size_t i = 0; i < s->n_stages; i++) {
    lua_rawgeti(L, -1, (lua_Integer)i + 1);
    lua_rawgeti(L, -1, 1);
    lua_rawgeti(L, -2, 2);
    lua_rawgeti(L, -3, 3);
    stages[i] = (pl_stage){(uint64_t)(lua_tonumber(L, -3) * 1e9 + 0.5), lua_tonumber(L, -2), lua_toboolean(L, -1)};
    lua_pop(L, 4);
  }
  lua_pop(L, 1);
  s->stages = stages;
}

/* trace: what perilune.core.trace.read gave, a text of uint64_t; its times are divided by the speed. */
static void read_trace(lua_State *L, pl_plan_box *box, pl_scenario *s)
{
  double speed = number_field(L, "speed", 1);
  s->trace_period_ns = ns_field(L, "trace_period", 0);
  if (lua_getfield(L, -1, "trace") == LUA_TSTRING) {
    pl_str bytes;
    bytes.data = lua_tolstring(L, -1, &bytes.len);
    s->n_trace = bytes.len / sizeof(uint64_t);
    uint64_t *times = take(L, box, s->n_trace, sizeof *times);
    memcpy(times, bytes.data, s->n_trace * sizeof *times);
    for (size_t i = 0; i < s->n_trace && speed != 1; i++)
      times[i] = (uint64_t)((double)times[i] / speed);
    s->trace = times;
  }
  lua_pop(L, 1);
  if (s->law == PL_ARRIVAL_TRACE && s->n_trace == 0)
    luaL_error(L, "plan: the trace is empty");
}

static void read_headers(lua_State *L, pl_plan_box *box, pl_scenario *s)
{
  s->n_headers = array_field(L, "headers", HEADERS_MAX);
  pl_header *headers = take(L, box, s->n_headers, sizeof *headers);
  for (size_t i = 0; i < s->n_headers; i++) {
    lua_rawgeti(L, -1, (lua_Integer)i + 1);
    lua_rawgeti(L, -1, 1);
    lua_rawgeti(L, -2, 2);
    headers[i] = (pl_header){take_string(L, box, -2), take_string(L, box, -1)};
    lua_pop(L, 3);
  }
  lua_pop(L, 1);
  s->headers = headers;
}

/* One more header behind those of the scenario. */
static void append_header(lua_State *L, pl_plan_box *box, pl_scenario *s, pl_str name, pl_str value)
{
  pl_header *headers = take(L, box, s->n_headers + 1, sizeof *headers);
  if (s->n_headers)
    memcpy(headers, s->headers, s->n_headers * sizeof *headers);
  headers[s->n_headers++] = (pl_header){name, value};
  s->headers = headers;
}

/* The scenario's Basic or Bearer as one more header, unless it has one. */
static void add_authorization(lua_State *L, pl_plan_box *box, pl_scenario *s)
{
  pl_auth auth = s->auth;
  s->auth = (pl_auth){0};
  for (size_t i = 0; i < s->n_headers; i++) {
    if (pl_str_ieq(s->headers[i].name, PL_STR("authorization")))
      return;
  }
  pl_buf *value = pl_push_buf(L, AUTH_MAX);
  if (pl_auth_value(&auth, value))
    luaL_error(L, "auth: too long, or out of memory");
  append_header(L, box, s, PL_STR("Authorization"), take_text(L, box, (pl_str){value->data, value->len}));
  lua_pop(L, 1);
}

/* Empty when it is missing. */
static pl_str text_field(lua_State *L, pl_plan_box *box, const char *name)
{
  pl_str text = string_field(L, box, name);
  return text.data ? text : PL_STR("");
}

static void read_tls(lua_State *L, pl_plan_box *box, pl_route *r)
{
  lua_getfield(L, -1, "tls");
  if (lua_istable(L, -1)) {
    pl_tls_settings *t = take(L, box, 1, sizeof *t);
    *t = (pl_tls_settings){
        .insecure = pl_get_boolean(L, -1, "insecure"), .resume = pl_get_boolean(L, -1, "resume"), .ca = text_field(L, box, "ca"),
        .cert = text_field(L, box, "cert"), .key = text_field(L, box, "key"), .server_name = text_field(L, box, "server_name"),
        .alpn = text_field(L, box, "alpn"), .min = text_field(L, box, "min"), .max = text_field(L, box, "max"),
        .ciphers = text_field(L, box, "ciphers"), .groups = text_field(L, box, "groups"),
    };
    r->tls = t;
  }
  lua_pop(L, 1);
}

/* The array's texts, each read by parse into an entry of `size` bytes. *out is NULL for none. */
static int read_texts(lua_State *L, pl_plan_box *box, const char *name, int (*parse)(pl_str text, void *out, pl_error *err), size_t size,
                      void **out, size_t *n, pl_error *err)
{
  int code = PL_OK;
  *n = array_field(L, name, ROUTES_MAX);
  *out = *n ? take(L, box, *n, size) : NULL;
  for (size_t i = 0; i < *n && !code; i++) {
    lua_rawgeti(L, -1, (lua_Integer)i + 1);
    code = parse(take_string(L, box, -1), (char *)*out + i * size, err);
    lua_pop(L, 1);
  }
  lua_pop(L, 1);
  if (code)
    (void)pl_fail_in(err, "%s", name);
  return code;
}

static int parse_reroute(pl_str text, void *out, pl_error *err)
{
  return pl_reroute_parse(text, out, err);
}

static int parse_local(pl_str text, void *out, pl_error *err)
{
  return pl_local_parse(text, out, err);
}

static bool read_dns(lua_State *L, pl_plan_box *box, pl_dns *dns)
{
  static const char *const keeps[] = {"pinned", "ttl", "for", NULL};
  bool said = lua_getfield(L, -1, "dns") == LUA_TTABLE;
  if (said) {
    lua_getfield(L, -1, "keep");
    dns->keep = (enum pl_dns_keep)luaL_checkoption(L, -1, "pinned", keeps);
    lua_pop(L, 1);
    dns->keep_ns = ns_field(L, "keep_for", 0);
    dns->in_turn = pl_get_boolean(L, -1, "in_turn");
    dns->servers = string_field(L, box, "servers");
  }
  lua_pop(L, 1);
  return said;
}

/* proxy = { url, user = "name:password" }. */
static int read_proxy(lua_State *L, pl_plan_box *box, pl_route *r, pl_error *err)
{
  static const pl_url_scheme schemes[] = {{"http", 0}, {NULL, 0}};
  pl_url url = {0};
  int code = PL_OK;
  if (lua_getfield(L, -1, "proxy") == LUA_TTABLE) {
    pl_str text = text_field(L, box, "url"), user = text_field(L, box, "user");
    code = pl_url_parse_schemes(text, schemes, &url, err);
    pl_proxy *proxy = take(L, box, 1, sizeof *proxy);
    pl_buf *value = pl_push_buf(L, AUTH_MAX);
    pl_str password = user, name = pl_str_cut(&password, ':');
    if (user.len)
      (void)pl_auth_value(&(pl_auth){.kind = PL_AUTH_BASIC, .user = name, .password = password}, value);
    else if (!code && url.user.len)
      (void)pl_basic_authorization(value, url.user);
    *proxy = (pl_proxy){url.host, url.port, take_text(L, box, (pl_str){value->data, value->len})};
    r->proxy = proxy;
    lua_pop(L, 1);
  }
  lua_pop(L, 1);
  return code ? pl_fail(err, code, "proxy: write http://HOST:PORT; no other kind is spoken") : PL_OK;
}

/* NULL where nothing is said of connections: such scenarios share theirs. */
static int read_route(lua_State *L, pl_plan_box *box, pl_scenario *s, pl_error *err)
{
  static const char *const pools[] = {"shared", "user", "iteration", NULL};
  pl_route r = {0};
  void *reroutes, *locals;
  read_tls(L, box, &r);
  int code = read_texts(L, box, "connect_to", parse_reroute, sizeof(pl_reroute), &reroutes, &r.n_reroutes, err);
  if (!code)
    code = read_texts(L, box, "local_ips", parse_local, sizeof(pl_local), &locals, &r.n_locals, err);
  if (!code)
    code = read_proxy(L, box, &r, err);
  if (code)
    return pl_fail_in(err, "scenario %.*s", (int)s->name.len, s->name.data);
  r.reroutes = reroutes;
  r.locals = locals;
  bool said = read_dns(L, box, &r.dns);
  r.requests = u32_field(L, "requests_per_connection", 0);
  r.streams = u32_field(L, "streams", 0);
  lua_getfield(L, -1, "pool");
  r.sharing = (enum pl_sharing)luaL_checkoption(L, -1, "shared", pools);
  lua_pop(L, 1);
  said = said || r.sharing != PL_SHARED_BY_ALL || r.tls || r.proxy || r.n_reroutes || r.n_locals || r.requests || r.streams;
  if (said) {
    pl_route *kept = take(L, box, 1, sizeof *kept);
    *kept = r;
    s->route = kept;
  }
  return PL_OK;
}

/* { oauth2 = token }, as perilune.oauth makes it, is on top. */
static bool read_token(lua_State *L, pl_scenario *s)
{
  if (!lua_istable(L, -1))
    return false;
  lua_getfield(L, -1, "oauth2");
  pl_token *token = pl_token_at(L, -1);
  lua_pop(L, 1);
  if (token)
    s->auth = (pl_auth){.kind = PL_AUTH_OAUTH2, .renewed = pl_token_take(token)};
  return token != NULL;
}

/* Basic and Bearer become a header; the others need to know each request. */
static void read_auth(lua_State *L, pl_plan_box *box, pl_scenario *s)
{
  pl_str *texts[PL_AUTH_TEXTS];
  lua_getfield(L, -1, "auth");
  if (!read_token(L, s) && !lua_isnil(L, -1)) {
    pl_read_auth(L, -1, &s->auth);
    pl_auth_texts(&s->auth, texts);
    for (size_t i = 0; i < PL_AUTH_TEXTS; i++)
      *texts[i] = take_text(L, box, *texts[i]);
  }
  lua_pop(L, 1);
  if (s->auth.kind == PL_AUTH_BASIC || s->auth.kind == PL_AUTH_BEARER)
    add_authorization(L, box, s);
}

static void read_expected(lua_State *L, pl_plan_box *box, pl_scenario *s)
{
  s->n_expected = array_field(L, "expected", RANGES_MAX);
  uint16_t *pairs = take(L, box, s->n_expected * 2, sizeof *pairs);
  for (size_t i = 0; i < s->n_expected; i++) {
    lua_rawgeti(L, -1, (lua_Integer)i + 1);
    lua_rawgeti(L, -1, 1);
    lua_rawgeti(L, -2, 2);
    pairs[2 * i] = (uint16_t)lua_tointeger(L, -2);
    pairs[2 * i + 1] = (uint16_t)lua_tointeger(L, -1);
    lua_pop(L, 3);
  }
  lua_pop(L, 1);
  s->expected_status = pairs;
}

/* The tags themselves are set by the script, or stand in the request's name already. */
static int check_tags(lua_State *L, const pl_scenario *s, pl_error *err)
{
  int top = lua_gettop(L), code = PL_OK;
  if (lua_getfield(L, -1, "tags") == LUA_TTABLE)
    lua_pushnil(L);
  while (!code && lua_gettop(L) > top + 1 && lua_next(L, top + 1)) {
    pl_str name = {"", 0};
    if (lua_type(L, -2) == LUA_TSTRING)
      name.data = lua_tolstring(L, -2, &name.len);
    const char *why = pl_tag_refuse(name);
    if (why)
      code = pl_fail(err, PL_EINVAL, "scenario %.*s: tag \"%s\" %s", (int)s->name.len, s->name.data, name.data, why);
    lua_pop(L, 1);
  }
  lua_settop(L, top);
  return code;
}

static int read_url(lua_State *L, pl_plan_box *box, const char *name, pl_url *out, pl_error *err)
{
  pl_str text = string_field(L, box, name);
  return text.data ? pl_url_parse(text, out, err) : PL_OK;
}

/* A share of all 64-bit numbers: 0 to 1. */
static uint64_t share_field(lua_State *L, const char *name)
{
  lua_Number share = number_field(L, name, 0);
  return share >= 1 ? UINT64_MAX : share > 0 ? (uint64_t)(share * 0x1p64) : 0;
}

/* Times and numbers, and what may be said in a word. */
static void read_limits(lua_State *L, pl_scenario *s)
{
  s->offset_ns = ns_field(L, "offset", 0);
  s->duration_ns = ns_field(L, "duration", 0);
  s->warmup_ns = ns_field(L, "warmup", 0);
  s->grace_ns = ns_field(L, "grace", 30);
  s->pace_ns = ns_field(L, "pace", 0);
  s->shard = u32_field(L, "shard", 0);
  s->iterations = (uint64_t)number_field(L, "iterations", 0);
  s->users = u32_field(L, "users", 1);
  s->max_users = u32_field(L, "max_users", 10000);
  s->max_waiting = u32_field(L, "max_waiting", 100000);
  s->max_connections = u32_field(L, "max_connections", 0);
  s->scripted = pl_get_boolean(L, -1, "scripted");
  s->has_stop = pl_get_boolean(L, -1, "has_stop");
  s->fresh_state = pl_get_boolean(L, -1, "fresh_state");
  s->timeout_ns = ns_field(L, "timeout", 30);
  s->connect_timeout_ns = ns_field(L, "connect_timeout", 0);
  s->first_byte_timeout_ns = ns_field(L, "first_byte_timeout", 0);
  s->traced = pl_get_boolean(L, -1, "traced");
  s->kept_below = share_field(L, "kept");
  s->follow = (uint8_t)u32_field(L, "follow", 10);
}

static int read_scenario(lua_State *L, pl_plan_box *box, pl_scenario *s, pl_error *err)
{
  static const char *const models[] = {"open", "closed", "iterations", "iterations_each", NULL};
  static const char *const laws[] = {"even", "poisson", "trace", NULL};
  s->name = string_field(L, box, "name");
  lua_getfield(L, -1, "model");
  s->model = (enum pl_model)luaL_checkoption(L, -1, "closed", models);
  lua_getfield(L, -2, "law");
  s->law = (enum pl_arrival_law)luaL_checkoption(L, -1, "even", laws);
  lua_pop(L, 2);
  read_stages(L, box, s);
  read_trace(L, box, s);
  read_headers(L, box, s);
  read_auth(L, box, s);
  read_expected(L, box, s);
  read_limits(L, s);
  s->method = string_field(L, box, "method");
  s->pipeline = u32_field(L, "pipeline", 0);
  s->request_name = string_field(L, box, "request_name");
  s->descriptors = string_field(L, box, "descriptors");
  int code = check_tags(L, s, err);
  if (!code)
    code = read_route(L, box, s, err);
  if (!code)
    code = read_url(L, box, "base", &s->base, err);
  return code ? code : read_url(L, box, "url", &s->url, err);
}

/* The body in a coding, once for all requests. */
static int compress_body(lua_State *L, pl_plan_box *box, pl_scenario *s, pl_str coding, const char *module_dir, pl_error *err)
{
  pl_buf *packed = pl_push_buf(L, BODY_MAX);
  int code = pl_coding_encode(pl_coding_of(coding), s->body, module_dir, packed, err);
  if (!code) {
    s->body = take_text(L, box, (pl_str){packed->data, packed->len});
    append_header(L, box, s, PL_STR("Content-Encoding"), coding);
  }
  lua_pop(L, 1);
  return code;
}

static int read_body(lua_State *L, pl_plan_box *box, pl_scenario *s, const pl_plan_places *places, pl_error *err)
{
  s->body = string_field(L, box, "body");
  s->chunked = pl_get_boolean(L, -1, "chunked");
  s->expect_continue = pl_get_boolean(L, -1, "expect100");
  pl_str coding = string_field(L, box, "compress"), file = string_field(L, box, "body_file");
  if (coding.len && s->body.len)
    return compress_body(L, box, s, coding, places->module_dir, err);
  if (!file.len)
    return PL_OK;
  int code = pl_file_open_inside(places->folder, file.data, &s->file.fd, &s->file.size, err);
  s->has_file = code == PL_OK;
  return code;
}

/* Any worker's thread. */
static bool granted(void *user, pl_str host, uint16_t port, const struct sockaddr *address)
{
  return pl_grants_allow(&((const pl_plan_box *)user)->grants, host, port, address);
}

static void read_hosts(lua_State *L, pl_plan_box *box)
{
  lua_getfield(L, -1, "hosts");
  pl_grants_read(L, -1, box->alloc, &box->grants);
  lua_pop(L, 1);
}

int pl_plan_read(lua_State *L, int index, const pl_plan_places *places, const pl_allocator *a, pl_plan_box **out, pl_error *err)
{
  pl_plan_box *box = pl_alloc_zero(a, 1, sizeof *box);
  if (!box)
    return pl_fail(err, PL_ENOMEM, "out of memory for a plan");
  box->alloc = a;
  *out = box; /* the caller's userdata frees it when reading raises */
  lua_pushvalue(L, index);
  read_hosts(L, box);
  pl_plan *p = &box->plan;
  p->seed = (uint64_t)number_field(L, "seed", 1);
  p->max_connections = u32_field(L, "max_connections", 0);
  p->names_max = u32_field(L, "names_max", 10000);
  p->ignore_errors = pl_get_boolean(L, -1, "ignore_errors");
  p->rate_cap_per_s = number_field(L, "rate_cap", 0);
  p->granted = granted;
  p->granted_user = box;
  size_t n = array_field(L, "scenarios", SCENARIOS_MAX);
  pl_scenario *scenarios = take(L, box, n, sizeof *scenarios);
  p->scenarios = scenarios;
  p->n_scenarios = n;
  int code = PL_OK;
  for (size_t i = 0; i < p->n_scenarios && !code; i++) {
    lua_rawgeti(L, -1, (lua_Integer)i + 1);
    code = read_scenario(L, box, &scenarios[i], err);
    if (!code)
      code = read_body(L, box, &scenarios[i], places, err);
    lua_pop(L, 1);
  }
  lua_pop(L, 2);
  return code;
}

const pl_plan *pl_plan_of(const pl_plan_box *box)
{
  return &box->plan;
}

void pl_plan_free(pl_plan_box *box)
{
  if (!box)
    return;
  for (size_t i = 0; i < box->plan.n_scenarios; i++) {
    if (box->plan.scenarios[i].has_file)
      close(box->plan.scenarios[i].file.fd);
    pl_token_drop(box->plan.scenarios[i].auth.renewed);
  }
  while (box->blocks) {
    block *b = box->blocks;
    box->blocks = b->next;
    pl_free(box->alloc, b, b->size);
  }
  pl_grants_free(&box->grants);
  pl_free(box->alloc, box, sizeof *box);
}
