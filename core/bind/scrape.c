/* perilune.core.scrape: start{ labels, rules, role, origin, honor_labels, honor_timestamps, distributions, samples, label_count, name_bytes, value_bytes } -> number | nil, err ·
 * take(number, { body, type, at, seconds }) -> { samples, kept, added, failed = error } | nil, err · stop(number) · counts(number), as those of
 * perilune.core.receiver · relabel(labels, rules) -> labels, or nil where a rule drops them | nil, err. Labels are { name = value }, rules as in
 * bind/rules.h; at is nanoseconds of the wall clock; without a body nothing was answered; limits of 0 are none. */
#include <lauxlib.h>

#include "base/error.h"
#include "bind/bind.h"
#include "bind/call.h"
#include "bind/counts.h"
#include "bind/desk.h"
#include "bind/modules.h"
#include "bind/rules.h"

enum { BODY_MAX = 1 << 30, NAME_MAX_BYTES = 256, VALUE_MAX_BYTES = 1024, TYPE_MAX = 256 };

typedef struct target_label {
  char name[NAME_MAX_BYTES], value[VALUE_MAX_BYTES];
} target_label;

typedef struct start_call {
  pl_call call;
  pl_scrape_options o;
  char role[32], origin[32];
  target_label labels[PL_SCRAPE_TARGET_LABELS];
  uint32_t number;
} start_call;

static int start_work(pl_call *call, pl_desk *desk)
{
  start_call *s = (start_call *)call;
  pl_label labels[PL_SCRAPE_TARGET_LABELS];
  for (size_t i = 0; i < s->o.n_labels; i++)
    labels[i] = (pl_label){pl_str_of(s->labels[i].name), pl_str_of(s->labels[i].value)};
  s->o.labels = labels;
  s->o.role = pl_str_of(s->role);
  s->o.origin = pl_str_of(s->origin);
  int code = pl_scrapes_start(desk->scrapes, &s->o, desk->run, &s->number, &call->err);
  s->o.rules = NULL; /* it has them */
  return code;
}

static int start_push(lua_State *L, pl_call *call)
{
  lua_pushinteger(L, ((start_call *)call)->number);
  return 1;
}

static void start_release(pl_call *call)
{
  pl_relabel_free(((start_call *)call)->o.rules);
}

/* Copies a text on the stack. */
static void copy_text(lua_State *L, int at, const char *what, char *out, size_t size)
{
  pl_str s = pl_check_text(L, at);
  if (!pl_copy(out, size, s))
    pl_raise_invalid(L, "scrape: %s is longer than %d bytes", what, (int)size - 1);
}

static uint64_t limit_field(lua_State *L, const char *name)
{
  lua_getfield(L, 1, name);
  lua_Integer n = luaL_optinteger(L, -1, 0);
  if (n < 0)
    pl_raise_invalid(L, "scrape: the limit of %s is below 0", name);
  lua_pop(L, 1);
  return (uint64_t)n;
}

static void labels_field(lua_State *L, start_call *s)
{
  lua_getfield(L, 1, "labels");
  luaL_checktype(L, -1, LUA_TTABLE);
  for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
    if (s->o.n_labels == PL_SCRAPE_TARGET_LABELS || lua_type(L, -2) != LUA_TSTRING)
      pl_raise_invalid(L, "scrape: labels are at most %d, { name = \"text\" }", PL_SCRAPE_TARGET_LABELS);
    target_label *l = &s->labels[s->o.n_labels++];
    copy_text(L, -2, "a label's name", l->name, sizeof l->name);
    copy_text(L, -1, "a label", l->value, sizeof l->value);
  }
  lua_pop(L, 1);
}

static int scrape_start(lua_State *L)
{
  luaL_checktype(L, 1, LUA_TTABLE);
  start_call *s = pl_call_new(L, "scrape", sizeof *s, start_work);
  s->call.push = start_push;
  s->call.release = start_release;
  pl_get_copy(L, 1, "scrape", "role", s->role, sizeof s->role);
  pl_get_copy(L, 1, "scrape", "origin", s->origin, sizeof s->origin);
  labels_field(L, s);
  s->o.honor_labels = pl_get_boolean(L, 1, "honor_labels");
  s->o.honor_timestamps = pl_get_boolean(L, 1, "honor_timestamps");
  s->o.distributions = pl_get_boolean(L, 1, "distributions");
  s->o.limits = (pl_scrape_limits){limit_field(L, "samples"), limit_field(L, "label_count"), limit_field(L, "name_bytes"), limit_field(L, "value_bytes")};
  lua_getfield(L, 1, "rules");
  pl_error err = {0};
  if (pl_check_rules(L, lua_gettop(L), s->call.host->alloc, &s->o.rules, &err))
    return pl_push_failure(L, &err);
  lua_pop(L, 1);
  return pl_call_wait(L, &s->call);
}

typedef struct take_call {
  pl_call call;
  uint32_t number;
  char type[TYPE_MAX];
  pl_buf body;
  bool answered;
  pl_scraped scraped;
} take_call;

static int take_work(pl_call *call, pl_desk *desk)
{
  take_call *t = (take_call *)call;
  if (t->answered)
    t->scraped.body = (pl_str){t->body.data ? t->body.data : "", t->body.len};
  t->scraped.type = pl_str_of(t->type);
  int code = pl_scrapes_take(desk->scrapes, t->number, &t->scraped, &call->err);
  pl_buf_fini(&t->body);
  return code;
}

static int take_push(lua_State *L, pl_call *call)
{
  const pl_scraped *s = &((take_call *)call)->scraped;
  lua_createtable(L, 0, 4);
  pl_set_count(L, "samples", s->samples);
  pl_set_count(L, "kept", s->kept);
  pl_set_count(L, "added", s->added);
  if (s->failed.code) {
    pl_push_error(L, &s->failed);
    lua_setfield(L, -2, "failed");
  }
  return 1;
}

static void take_release(pl_call *call)
{
  pl_buf_fini(&((take_call *)call)->body);
}

static int scrape_take(lua_State *L)
{
  pl_str body;
  lua_Integer number = luaL_checkinteger(L, 1);
  luaL_checktype(L, 2, LUA_TTABLE);
  take_call *t = pl_call_new(L, "scrape", sizeof *t, take_work);
  pl_buf_init(&t->body, t->call.host->alloc, BODY_MAX);
  t->call.push = take_push;
  t->call.release = take_release;
  t->number = (uint32_t)number;
  lua_getfield(L, 2, "at");
  t->scraped.at_ns = luaL_checkinteger(L, -1);
  lua_getfield(L, 2, "seconds");
  t->scraped.seconds = luaL_checknumber(L, -1);
  lua_getfield(L, 2, "type");
  if (!lua_isnil(L, -1))
    (void)pl_copy(t->type, sizeof t->type, pl_str_of(luaL_checkstring(L, -1)));
  t->answered = lua_getfield(L, 2, "body") != LUA_TNIL;
  body.data = luaL_optlstring(L, -1, "", &body.len);
  if (pl_buf_add(&t->body, body.data, body.len))
    return luaL_error(L, "scrape: the answer is too long, or out of memory");
  lua_pop(L, 4);
  return pl_call_wait(L, &t->call);
}

typedef struct number_call {
  pl_call call;
  uint32_t number;
  pl_intake_counts counts;
} number_call;

static int wait_for(lua_State *L, int (*work)(pl_call *call, pl_desk *desk), int (*push)(lua_State *L, pl_call *call))
{
  lua_Integer number = luaL_checkinteger(L, 1);
  number_call *c = pl_call_new(L, "scrape", sizeof *c, work);
  c->call.push = push;
  c->number = (uint32_t)number;
  return pl_call_wait(L, &c->call);
}

static int stop_work(pl_call *call, pl_desk *desk)
{
  pl_scrapes_stop(desk->scrapes, ((number_call *)call)->number, pl_wall(desk->clock));
  return PL_OK;
}

static int scrape_stop(lua_State *L)
{
  return wait_for(L, stop_work, NULL);
}

static int counts_work(pl_call *call, pl_desk *desk)
{
  number_call *c = (number_call *)call;
  const pl_intake_counts *counts = pl_scrapes_counts(desk->scrapes, c->number);
  if (counts)
    c->counts = *counts;
  return PL_OK;
}

static int counts_push(lua_State *L, pl_call *call)
{
  pl_push_counts(L, &((number_call *)call)->counts);
  return 1;
}

static int scrape_counts(lua_State *L)
{
  return wait_for(L, counts_work, counts_push);
}

/* ---- Labels of targets ----------------------------------------------------------------------------------- */

typedef struct rules_box {
  pl_relabel *rules;
} rules_box;

static int rules_gc(lua_State *L)
{
  rules_box *box = luaL_checkudata(L, 1, "perilune.rules");
  pl_relabel_free(box->rules);
  box->rules = NULL;
  return 0;
}

static rules_box *push_box(lua_State *L)
{
  rules_box *box = lua_newuserdatauv(L, sizeof *box, 0);
  box->rules = NULL;
  if (luaL_newmetatable(L, "perilune.rules")) {
    lua_pushcfunction(L, rules_gc);
    lua_setfield(L, -2, "__gc");
  }
  lua_setmetatable(L, -2);
  return box;
}

static void read_labels(lua_State *L, pl_label_bag *b)
{
  pl_label l;
  for (lua_pushnil(L); lua_next(L, 1); lua_pop(L, 1)) {
    luaL_argcheck(L, lua_type(L, -2) == LUA_TSTRING && lua_type(L, -1) == LUA_TSTRING, 1, "labels are { name = \"text\" }");
    l.name.data = lua_tolstring(L, -2, &l.name.len);
    l.value.data = lua_tolstring(L, -1, &l.value.len);
    if (pl_label_bag_set(b, l.name, l.value))
      luaL_argerror(L, 1, "too many labels");
  }
}

static int scrape_relabel(lua_State *L)
{
  pl_label_bag labels = {.n = 0};
  pl_error err = {0};
  bool kept;
  luaL_checktype(L, 1, LUA_TTABLE);
  read_labels(L, &labels);
  rules_box *box = push_box(L);
  int code = pl_check_rules(L, 2, pl_state_alloc(L), &box->rules, &err);
  if (!code && (code = pl_relabel_apply(box->rules, &labels, &kept)))
    (void)pl_fail(&err, code, "the rules give more than %d labels, texts of more than %d KiB, or there is no memory", PL_RELABEL_LABELS, PL_RELABEL_TEXTS >> 10);
  if (code)
    return pl_push_failure(L, &err);
  if (!kept)
    return 0;
  lua_createtable(L, 0, (int)labels.n);
  for (size_t i = 0; i < labels.n; i++) {
    lua_pushlstring(L, labels.list[i].name.data, labels.list[i].name.len);
    lua_pushlstring(L, labels.list[i].value.data, labels.list[i].value.len);
    lua_rawset(L, -3);
  }
  return 1;
}

int pl_open_scrape(lua_State *L)
{
  static const luaL_Reg functions[] = {{"start", scrape_start}, {"take", scrape_take}, {"stop", scrape_stop}, {"counts", scrape_counts},
                                       {"relabel", scrape_relabel}, {NULL, NULL}};
  luaL_newlib(L, functions);
  return 1;
}
