/* perilune.core.feeder: open{ name, path, format, ... } -> feeder | nil, err · user:feed. A feeder is opened once, in the control
 * state; workers read it through readers of their own. */
#include "bind/feeder.h"

#include <lauxlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "bind/bind.h"
#include "bind/cell.h"
#include "bind/json.h"
#include "bind/modules.h"
#include "bind/spool.h"
#include "io/file.h"
#include "script/state.h"

static const char feeder_name[] = "perilune.feeder";

/* ---- In the control state -------------------------------------------------------------------------- */

static void release(pl_fed *fed)
{
  if (!fed || --fed->refs)
    return;
  pl_feeder_free(fed->feeder);
  if (fed->name)
    pl_strfree(fed->alloc, fed->name);
  pl_free(fed->alloc, fed, sizeof *fed);
}

static int feeder_gc(lua_State *L)
{
  pl_fed **box = lua_touserdata(L, 1);
  release(*box);
  *box = NULL;
  return 0;
}

static int option_field(lua_State *L, const char *name, const char *const *choices)
{
  lua_getfield(L, 1, name);
  int chosen = luaL_checkoption(L, -1, choices[0], choices);
  lua_pop(L, 1);
  return chosen;
}

enum { FORMAT_CSV, FORMAT_NDJSON, FORMAT_JSON, FORMAT_SQLITE, FORMAT_GENERATED };

/* Options of the table at 1 but for the file. *format: one of the five. */
static void read_options(lua_State *L, pl_feeder_options *o, int *format)
{
  static const char *const formats[] = {"csv", "ndjson", "json", "sqlite", "generated", NULL};
  static const char *const orders[] = {"sequential", "random", "shuffled", "queue", "unique", NULL};
  static const char *const ends[] = {"loop", "stop", "fail", NULL};
  *format = option_field(L, "format", formats);
  o->alloc = pl_state_alloc(L);
  o->name = pl_get_text(L, 1, "name");
  luaL_argcheck(L, o->name, 1, "name is missing");
  o->order = (enum pl_feed_order)option_field(L, "order", orders);
  o->at_end = (enum pl_feed_end)option_field(L, "at_end", ends);
  o->syntax.format = *format == FORMAT_SQLITE ? PL_ROWS_NDJSON : *format == FORMAT_GENERATED ? PL_ROWS_CSV : (enum pl_rows_format)*format;
  const char *delimiter = pl_get_text(L, 1, "delimiter");
  o->syntax.delimiter = delimiter ? delimiter[0] : ',';
  lua_getfield(L, 1, "seed");
  o->key = pl_hash(o->name, strlen(o->name), (uint64_t)luaL_optinteger(L, -1, 1));
  lua_getfield(L, 1, "rows");
  lua_Integer rows = luaL_optinteger(L, -1, 0);
  o->n_rows = rows > 0 ? (uint64_t)rows : UINT64_MAX;
  lua_pop(L, 2);
}

/* The file that rows are read from: of the playbook's folder, or the spool of a query. */
static int open_file(lua_State *L, int format, int *fd, pl_error *err)
{
  const char *folder = pl_get_text(L, 1, "folder"), *path = pl_get_text(L, 1, "path");
  uint64_t size;
  *fd = -1;
  if (format == FORMAT_GENERATED)
    return PL_OK;
  luaL_argcheck(L, folder && path, 1, "folder and path are missing");
  if (format != FORMAT_SQLITE)
    return pl_file_open_inside(folder, path, fd, &size, err);
  char full[PATH_MAX];
  const char *query = pl_get_text(L, 1, "query");
  luaL_argcheck(L, query, 1, "query is missing");
  int code = pl_file_within(folder, path, full, err);
  return code ? code : pl_spool_sqlite(pl_state_alloc(L), full, pl_str_of(query), fd, err);
}

static int open_fed(pl_fed *fed, const pl_feeder_options *o, const char *path, pl_error *err)
{
  pl_feeder_options with_path = *o;
  with_path.name = path ? path : o->name;
  fed->name = pl_strdup(o->alloc, o->name);
  if (fed->name)
    return pl_feeder_open(&with_path, &fed->feeder, err);
  if (o->fd >= 0)
    close(o->fd);
  return pl_fail(err, PL_ENOMEM, "feeder %s: out of memory", o->name);
}

/* ({ name, folder, path, format, query, delimiter, order, at_end, rows, seed }) */
static int feeder_open(lua_State *L)
{
  pl_feeder_options o = {0};
  pl_error err = {0};
  int format;
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 1);
  read_options(L, &o, &format);
  pl_fed **box = lua_newuserdatauv(L, sizeof *box, 0);
  *box = NULL;
  luaL_setmetatable(L, feeder_name);
  pl_fed *fed = *box = pl_alloc_zero(o.alloc, 1, sizeof *fed);
  if (!fed)
    return luaL_error(L, "out of memory for a feeder");
  fed->alloc = o.alloc;
  fed->refs = 1;
  int code = open_file(L, format, &o.fd, &err);
  if (code)
    (void)pl_fail_in(&err, "feeder %s", o.name);
  else
    code = open_fed(fed, &o, pl_get_text(L, 1, "path"), &err);
  return code ? pl_push_failure(L, &err) : 1;
}

/* feeder:rows() -> how many, or nil: without end */
static int feeder_rows(lua_State *L)
{
  const pl_fed *fed = *(pl_fed **)luaL_checkudata(L, 1, feeder_name);
  if (fed->feeder->n_rows == UINT64_MAX)
    return 0;
  lua_pushinteger(L, (lua_Integer)fed->feeder->n_rows);
  return 1;
}

int pl_open_feeder(lua_State *L)
{
  static const luaL_Reg methods[] = {{"rows", feeder_rows}, {"__gc", feeder_gc}, {NULL, NULL}};
  static const luaL_Reg functions[] = {{"open", feeder_open}, {NULL, NULL}};
  luaL_newmetatable(L, feeder_name);
  luaL_setfuncs(L, methods, 0);
  lua_pushvalue(L, -1);
  lua_setfield(L, -2, "__index");
  lua_pop(L, 1);
  luaL_newlib(L, functions);
  return 1;
}

/* ---- For loads -------------------------------------------------------------------------------------- */

int pl_feds_take(lua_State *L, int index, const pl_allocator *a, pl_feds *out, pl_error *err)
{
  size_t n = 0, at = 0;
  if (!lua_istable(L, index))
    return PL_OK;
  index = lua_absindex(L, index);
  for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1))
    n++;
  pl_fed **items = n ? pl_alloc_zero(a, n, sizeof *items) : NULL;
  if (n && !items)
    return pl_fail(err, PL_ENOMEM, "out of memory for feeders");
  *out = (pl_feds){items, n};
  for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) {
    pl_fed **box = luaL_testudata(L, -1, feeder_name);
    if (box && *box) {
      (*box)->refs++;
      items[at++] = *box;
    }
  }
  out->n = at;
  return at == n ? PL_OK : pl_fail(err, PL_EINVAL, "load: feeders are what perilune.core.feeder opens");
}

void pl_feds_release(pl_feds *feds, const pl_allocator *a)
{
  for (size_t i = 0; i < feds->n; i++)
    release(feds->items[i]);
  pl_free(a, feds->items, feds->n * sizeof *feds->items);
  *feds = (pl_feds){0};
}

pl_feeder_reader *pl_feds_readers(const pl_feds *feds, const pl_allocator *a)
{
  pl_feeder_reader *readers = feds->n ? pl_alloc(a, feds->n * sizeof *readers) : NULL;
  for (size_t i = 0; readers && i < feds->n; i++)
    pl_feeder_reader_init(&readers[i], feds->items[i]->feeder);
  return readers;
}

void pl_feds_free_readers(const pl_feds *feds, pl_feeder_reader *readers, const pl_allocator *a)
{
  for (size_t i = 0; readers && i < feds->n; i++)
    pl_feeder_reader_fini(&readers[i]);
  pl_free(a, readers, feds->n * sizeof *readers);
}

/* ---- user:feed --------------------------------------------------------------------------------------- */

/* A CSV row as { column = text }. */
static void push_csv(lua_State *L, const pl_feeder *f, pl_str row, pl_buf *scratch)
{
  pl_str names = {f->header.data, f->header.len}, name, field;
  lua_createtable(L, 0, (int)f->columns);
  while (row.data && names.data) {
    if (pl_rows_field(f->o.syntax.delimiter, &names, scratch, &name))
      luaL_error(L, "user:feed: out of memory");
    lua_pushlstring(L, name.data, name.len);
    if (pl_rows_field(f->o.syntax.delimiter, &row, scratch, &field))
      luaL_error(L, "user:feed: out of memory");
    lua_pushlstring(L, field.data, field.len);
    lua_rawset(L, -3);
  }
}

static int push_row(lua_State *L, pl_world *world, size_t feeder, uint64_t number)
{
  pl_feeder_reader *reader = &world->readers[feeder];
  pl_error err = {0};
  pl_str row;
  int code = pl_feeder_read(reader, number, &row, &err);
  if (!code && reader->feeder->o.syntax.format == PL_ROWS_CSV)
    push_csv(L, reader->feeder, row, &world->scratch);
  else if (!code)
    code = pl_json_push(L, row, &err);
  return code ? luaL_error(L, "user:feed: %s", err.message) : 1;
}

/* (n) -> 1 ... n, or without n 0 to 1: of the row that is being made. */
static int feed_random(lua_State *L)
{
  pl_script_user *su = pl_script_user_check(L, "feed");
  lua_Integer n = luaL_optinteger(L, 1, 0);
  luaL_argcheck(L, n >= 0, 1, "a positive number");
  if (n)
    lua_pushinteger(L, (lua_Integer)pl_rng_below(&su->feed_rng, (uint64_t)n) + 1);
  else
    lua_pushnumber(L, pl_rng_unit(&su->feed_rng));
  return 1;
}

/* Calls the function of a generated feeder. */
static int make_row(lua_State *L, pl_script_user *su, const pl_feeder *f, uint64_t number)
{
  pl_rng_init(&su->feed_rng, f->o.key, number, 0, 0);
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_pushvalue(L, 2);
  lua_pushinteger(L, (lua_Integer)number + 1);
  lua_pushcfunction(L, feed_random);
  lua_call(L, 3, 1);
  if (!lua_istable(L, -1) && !lua_isnil(L, -1))
    return luaL_error(L, "user:feed: the function of %s gave a %s for row %I; a row is a table", f->name, luaL_typename(L, -1), (LUAI_UACINT)number + 1);
  return 1;
}

/* What a call gives when all rows are used up. */
static int at_end(lua_State *L, const pl_feeder *f)
{
  if (f->o.at_end == PL_FEED_FAIL)
    return luaL_error(L, "user:feed: all %I rows of %s are given out; add rows, or say at_end = \"loop\" (from the front again) or \"stop\" (nil)",
                      (LUAI_UACINT)f->n_rows, f->name);
  lua_pushnil(L);
  return 1;
}

/* The number of a person among those of all scenarios of the load that may feed themselves, each of which counts its own from 0. */
static uint64_t among_all(const pl_user *u, uint64_t person)
{
  const pl_plan *plan = pl_worker_plan(u->worker);
  uint64_t scripted = 0, before = 0;
  for (size_t i = 0; i < plan->n_scenarios; i++) {
    scripted += plan->scenarios[i].scripted;
    before += plan->scenarios[i].scripted && &plan->scenarios[i] < u->scenario;
  }
  return person * scripted + before;
}

/* Where starts come by a schedule nobody is the same person for long, a user of the pool is only who happens to be free: there each
 * start is a person of its own. */
int pl_user_word_feed(lua_State *L)
{
  pl_script_user *su = pl_script_user_check(L, "feed");
  const pl_feds *feds = &su->cell->world->source->feeders;
  const pl_user *u = su->user;
  size_t i = 0;
  uint64_t number;
  const char *name = luaL_checkstring(L, 2);
  lua_settop(L, 2);
  while (i < feds->n && strcmp(feds->items[i]->name, name) != 0)
    i++;
  if (i == feds->n) {
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_pushvalue(L, 2);
    lua_call(L, 1, 1);
    return 1;
  }
  pl_feeder *f = feds->items[i]->feeder;
  uint64_t person = u->scenario->model == PL_MODEL_OPEN ? u->iteration : u->id;
  if (!pl_feeder_pick(f, among_all(u, person), u->iteration, &number))
    return at_end(L, f);
  return f->o.fd < 0 ? make_row(L, su, f, number) : push_row(L, su->cell->world, i, number);
}
