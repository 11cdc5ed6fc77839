/* perilune.core.sampler: start{ kind, every, role, name, pattern, children, pids, labels, sets } -> number | nil, err · stop(number) · metrics() -> { name = { label = true } },
 * what the samplers of this machine have. */
#include <lauxlib.h>
#include <string.h>
#include <unistd.h>

#include "bind/bind.h"
#include "bind/call.h"
#include "bind/desk.h"
#include "bind/modules.h"
#include "bind/tag.h"
#include "sample/sampler.h"

enum { PIDS_MAX = 256 };

typedef struct start_call {
  pl_call call;
  char kind[32], role[32], name[256], sets[256];
  uint64_t every_ns;
  bool pattern, children;
  int64_t pids[PIDS_MAX];
  size_t n_pids;
  char names[PL_SAMPLE_OWN_LABELS][64], values[PL_SAMPLE_OWN_LABELS][128];
  size_t n_labels;
  uint32_t number;
} start_call;

static int start_work(pl_call *call, pl_desk *desk)
{
  start_call *s = (start_call *)call;
  pl_label labels[PL_SAMPLE_OWN_LABELS];
  for (size_t i = 0; i < s->n_labels; i++)
    labels[i] = (pl_label){pl_str_of(s->names[i]), pl_str_of(s->values[i])};
  pl_sample_request request = {.kind = pl_str_of(s->kind), .every_ns = s->every_ns, .role = pl_str_of(s->role),
                               .name = pl_str_of(s->name), .labels = labels, .n_labels = s->n_labels, .pids = s->pids, .n_pids = s->n_pids,
                               .sets = pl_str_of(s->sets), .pattern = s->pattern, .children = s->children};
  return desk->sampler_start(desk, &request, &s->number, &call->err);
}

static int start_push(lua_State *L, pl_call *call)
{
  lua_pushinteger(L, (lua_Integer)((start_call *)call)->number);
  return 1;
}

/* One label, name and value on top of the stack. */
static void keep_label(lua_State *L, start_call *s)
{
  pl_str name, value;
  luaL_argcheck(L, lua_type(L, -2) == LUA_TSTRING && lua_type(L, -1) == LUA_TSTRING, 1, "labels are { name = \"text\" }");
  name.data = lua_tolstring(L, -2, &name.len);
  value.data = lua_tolstring(L, -1, &value.len);
  const char *why = pl_tag_refuse(name);
  if (why)
    pl_raise_invalid(L, "sample: label \"%s\" %s", name.data, why);
  if (s->n_labels == PL_SAMPLE_OWN_LABELS || !pl_copy(s->names[s->n_labels], sizeof s->names[0], name) ||
      !pl_copy(s->values[s->n_labels], sizeof s->values[0], value))
    pl_raise_invalid(L, "sample: labels: at most %d, names of at most 63 bytes, values of at most 127", PL_SAMPLE_OWN_LABELS);
  s->n_labels++;
}

/* labels = { name = value } of the table at 1. */
static void labels_field(lua_State *L, start_call *s)
{
  int top = lua_gettop(L);
  if (lua_getfield(L, 1, "labels") == LUA_TTABLE) {
    lua_pushnil(L);
    while (lua_next(L, top + 1)) {
      keep_label(L, s);
      lua_pop(L, 1);
    }
  }
  lua_settop(L, top);
}

/* pids = { number ... } of the table at 1. */
static void pids_field(lua_State *L, start_call *s)
{
  size_t n = lua_getfield(L, 1, "pids") == LUA_TTABLE ? lua_rawlen(L, -1) : 0;
  if (n > PIDS_MAX)
    pl_raise_invalid(L, "sample: %d pids, at most %d are taken", (int)n, PIDS_MAX);
  for (; s->n_pids < n; s->n_pids++) {
    if (lua_rawgeti(L, -1, (lua_Integer)s->n_pids + 1) != LUA_TNUMBER)
      pl_raise_invalid(L, "sample: pids are numbers, not a %s", luaL_typename(L, -1));
    s->pids[s->n_pids] = (int64_t)lua_tointeger(L, -1);
    lua_pop(L, 1);
  }
  lua_pop(L, 1);
}

static int sampler_start(lua_State *L)
{
  luaL_checktype(L, 1, LUA_TTABLE);
  start_call *s = pl_call_new(L, "sample", sizeof *s, start_work);
  s->call.push = start_push;
  pl_get_copy(L, 1, "sample", "kind", s->kind, sizeof s->kind);
  pl_get_copy(L, 1, "sample", "role", s->role, sizeof s->role);
  pl_get_copy(L, 1, "sample", "name", s->name, sizeof s->name);
  pl_get_copy(L, 1, "sample", "sets", s->sets, sizeof s->sets);
  s->pattern = pl_get_boolean(L, 1, "pattern");
  s->children = pl_get_boolean(L, 1, "children");
  labels_field(L, s);
  lua_getfield(L, 1, "every");
  s->every_ns = (uint64_t)(luaL_checknumber(L, -1) * 1e9);
  pids_field(L, s);
  return pl_call_wait(L, &s->call);
}

typedef struct stop_call {
  pl_call call;
  uint32_t number;
} stop_call;

static int stop_work(pl_call *call, pl_desk *desk)
{
  desk->sampler_stop(desk, ((stop_call *)call)->number);
  return PL_OK;
}

static int sampler_stop(lua_State *L)
{
  lua_Integer number = luaL_checkinteger(L, 1);
  stop_call *s = pl_call_new(L, "sample", sizeof *s, stop_work);
  s->number = (uint32_t)number;
  return pl_call_wait(L, &s->call);
}

/* ---- What there is ---------------------------------------------------------------------------- */

/* The table of names is at the top. */
static void on_metric(void *user, uint32_t number, const pl_sample_metric *m)
{
  lua_State *L = user;
  (void)number;
  lua_pushlstring(L, m->name.data, m->name.len);
  if (lua_rawget(L, -2) == LUA_TNIL) {
    lua_pop(L, 1);
    lua_newtable(L);
    lua_pushlstring(L, m->name.data, m->name.len);
    lua_pushvalue(L, -2);
    lua_rawset(L, -4);
  }
  for (size_t i = 0; i < m->n_labels; i++) {
    lua_pushlstring(L, m->label_names[i].data, m->label_names[i].len);
    lua_pushboolean(L, 1);
    lua_rawset(L, -3);
  }
  lua_pop(L, 1);
}

static void on_value(void *user, uint32_t number, double value)
{
  (void)user, (void)number, (void)value;
}

static int read_sampler(lua_State *L)
{
  pl_sampler_read(lua_touserdata(L, 1));
  return 0;
}

/* Adds the metrics of a kind of sampler to the table at 1. */
static void add_metrics(lua_State *L, const char *kind)
{
  int64_t self = getpid();
  pl_sampler *s;
  pl_sampler_options o = {.alloc = pl_state_alloc(L), .sink = {on_metric, on_value, L}, .kind = pl_str_of(kind), .pids = &self,
                          .n_pids = 1, .sets = pl_str_of(strcmp(kind, "host") == 0 ? "all" : "")};
  if (pl_sampler_open(&o, &s, NULL) == PL_OK) {
    lua_pushcfunction(L, read_sampler); /* protected: a Lua error must not lose the sampler */
    lua_pushlightuserdata(L, s);
    lua_pushvalue(L, 1);
    (void)lua_pcall(L, 2, 0, 0);
    pl_sampler_close(s);
  }
  lua_settop(L, 1);
}

static int sampler_metrics(lua_State *L)
{
  static const char *const kinds[] = {"host", "process", "cgroup", "containers", "units", "self"};
  lua_settop(L, 0);
  lua_newtable(L);
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
    add_metrics(L, kinds[i]);
  return 1;
}

int pl_open_sampler(lua_State *L)
{
  static const luaL_Reg functions[] = {{"start", sampler_start}, {"stop", sampler_stop}, {"metrics", sampler_metrics}, {NULL, NULL}};
  luaL_newlib(L, functions);
  return 1;
}
