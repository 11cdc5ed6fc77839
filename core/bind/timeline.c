/* put(path, operation, fields) -> id | nil, err: one record, durable when it returns, also while a run writes to the file.
 * open(path [, mending]) -> reader | nil, err. reader:record(operation, fields) -> rows · :sql(text, fields) -> rows, column names ·
 * :series(name, run [, { label = value }]) -> {id, name, kind, unit, labels} · :samples(series, run, from, to) -> times, values ·
 * :dists(series, run, resolution, from, to) -> times, hists · :backup(path) -> true · :close(). Times are wall milliseconds.
 * alive(boot id, pid, process start) -> boolean · repair(path) -> { chunks, batches, histograms, rows,
 * flipped, foreign }, as pl_store_repair counts. */
#include "bind/timeline.h"

#include <lauxlib.h>
#include <string.h>

#include "base/error.h"
#include "bind/bind.h"
#include "bind/fields.h"
#include "bind/hist.h"
#include "bind/host.h"
#include "bind/modules.h"
#include "script/state.h"
#include "store/liveness.h"

static const char reader_name[] = "perilune.reader";

static void push_metatable(lua_State *L);

enum { ROWS_MAX = 1000000 };

pl_reader *pl_check_reader(lua_State *L, int index)
{
  pl_reader **box = luaL_checkudata(L, index, reader_name);
  if (!*box)
    luaL_error(L, "closed reader");
  return *box;
}

static int reader_close(lua_State *L)
{
  pl_reader **box = luaL_checkudata(L, 1, reader_name);
  pl_reader_close(*box);
  *box = NULL;
  return 0;
}

static pl_reader **push_box(lua_State *L)
{
  pl_reader **box = lua_newuserdatauv(L, sizeof *box, 0);
  *box = NULL;
  push_metatable(L);
  lua_setmetatable(L, -2);
  return box;
}

static bool is_left(void *host_)
{
  const pl_host *host = host_;
  return host->is_left && host->is_left(host);
}

/* The opened reader on top, which ends its statements when its session does; or nil, err. */
static int finish_open(lua_State *L, pl_reader *reader, int code, const pl_error *err)
{
  if (code)
    return pl_push_failure(L, err);
  pl_reader_stop_when(reader, is_left, pl_state_host(L));
  return 1;
}

int pl_push_reader_of(lua_State *L, pl_store *store)
{
  pl_error err = {0};
  pl_reader **box = push_box(L);
  int code = pl_reader_of(store, box, &err);
  return finish_open(L, *box, code, &err);
}

static int timeline_open(lua_State *L)
{
  const char *path = luaL_checkstring(L, 1);
  pl_error err = {0};
  pl_reader **box = push_box(L);
  int (*open)(const pl_allocator *a, const char *path, pl_reader **out, pl_error *err) = lua_toboolean(L, 2) ? pl_reader_open_mending : pl_reader_open;
  int code = open(pl_state_alloc(L), path, box, &err);
  return finish_open(L, *box, code, &err);
}

/* ---- Rows: Lua is filled from SQLite's callback, under a protected call of its own. ------------------------ */

typedef struct row_sink {
  lua_State *L;
  const pl_field *fields;
  size_t n;
  lua_Integer rows;
  pl_error *err;
} row_sink;

static int add_row(lua_State *L)
{
  row_sink *s = lua_touserdata(L, 2);
  lua_createtable(L, 0, (int)s->n);
  for (size_t i = 0; i < s->n; i++) {
    pl_field_push(L, &s->fields[i]);
    lua_setfield(L, -2, s->fields[i].name);
  }
  lua_rawseti(L, 1, ++s->rows);
  if (s->rows > 1)
    return 0;
  lua_newtable(L);
  for (size_t i = 0; i < s->n; i++) {
    lua_pushstring(L, s->fields[i].name);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  lua_setfield(L, 1, "columns");
  return 0;
}

/* The table of rows is on top of the stack. */
static int on_row(void *user, const pl_field *fields, size_t n)
{
  row_sink *s = user;
  s->fields = fields;
  s->n = n;
  if (s->rows == ROWS_MAX)
    return pl_fail(s->err, PL_ELIMIT, "more than %d rows; ask for fewer by WHERE, or by LIMIT", ROWS_MAX);
  lua_pushcfunction(s->L, add_row);
  lua_pushvalue(s->L, -2);
  lua_pushlightuserdata(s->L, s);
  if (lua_pcall(s->L, 2, 0, 0) == LUA_OK)
    return 0;
  lua_pop(s->L, 1);
  return pl_fail(s->err, PL_ENOMEM, "out of memory at row %lld; ask for fewer by WHERE, or by LIMIT", (long long)s->rows);
}

typedef int (*read_fn)(pl_reader *r, pl_str what, const pl_fields *f, row_sink *sink, pl_error *err);

static int read_record(pl_reader *r, pl_str what, const pl_fields *f, row_sink *sink, pl_error *err)
{
  return pl_reader_record(r, what.data, f->field, f->n, on_row, sink, err);
}

static int read_sql(pl_reader *r, pl_str what, const pl_fields *f, row_sink *sink, pl_error *err)
{
  return pl_reader_sql(r, what, f->field, f->n, on_row, sink, err);
}

static int read_rows(lua_State *L, read_fn read)
{
  pl_reader *r = pl_check_reader(L, 1);
  pl_str what = pl_check_text(L, 2);
  lua_settop(L, 3);
  pl_fields *fields = pl_push_fields(L, 3);
  lua_newtable(L);
  pl_error err = {0};
  row_sink sink = {.L = L, .err = &err};
  int code = read(r, what, fields, &sink, &err);
  pl_fields_free(fields);
  if (code)
    return pl_push_failure(L, &err);
  if (lua_getfield(L, -1, "columns") == LUA_TNIL) { /* no row named them */
    lua_pop(L, 1);
    lua_newtable(L);
  }
  lua_pushnil(L);
  lua_setfield(L, -3, "columns");
  return 2;
}

static int reader_record(lua_State *L)
{
  return read_rows(L, read_record);
}

static int reader_sql(lua_State *L)
{
  return read_rows(L, read_sql);
}

/* ---- Series -------------------------------------------------------------------------------------------------- */

typedef struct series_sink {
  lua_State *L;
  const pl_series_info *info;
  lua_Integer n;
} series_sink;

static int add_series(lua_State *L)
{
  static const char *const kinds[] = {"gauge", "counter", "distribution"};
  series_sink *s = lua_touserdata(L, 2);
  const pl_series_info *info = s->info;
  lua_createtable(L, 0, 5);
  pl_set_integer(L, "id", info->id);
  pl_set_str(L, "name", info->name);
  lua_pushlstring(L, info->unit.data ? info->unit.data : "", info->unit.len);
  lua_setfield(L, -2, "unit");
  pl_set_text(L, "kind", kinds[info->kind]);
  lua_createtable(L, 0, (int)info->n_labels);
  for (size_t i = 0; i < info->n_labels; i++) {
    lua_pushlstring(L, info->labels[i].name.data, info->labels[i].name.len);
    lua_pushlstring(L, info->labels[i].value.data ? info->labels[i].value.data : "", info->labels[i].value.len);
    lua_rawset(L, -3);
  }
  lua_setfield(L, -2, "labels");
  lua_rawseti(L, 1, ++s->n);
  return 0;
}

static int on_series(void *user, const pl_series_info *info)
{
  series_sink *s = user;
  s->info = info;
  lua_pushcfunction(s->L, add_series);
  lua_pushvalue(s->L, -2);
  lua_pushlightuserdata(s->L, s);
  if (lua_pcall(s->L, 2, 0, 0) == LUA_OK)
    return 0;
  lua_pop(s->L, 1);
  return PL_ENOMEM;
}

static int reader_series(lua_State *L)
{
  enum { MATCHERS = 16 };
  pl_reader *r = pl_check_reader(L, 1);
  pl_str name;
  name.data = luaL_optlstring(L, 2, "", &name.len);
  int64_t run = (int64_t)luaL_optinteger(L, 3, 0);
  pl_matcher matchers[MATCHERS];
  size_t n = 0;
  lua_settop(L, 4);
  if (lua_istable(L, 4)) {
    lua_pushnil(L);
    while (lua_next(L, 4)) {
      luaL_argcheck(L, n < MATCHERS && lua_type(L, -2) == LUA_TSTRING && lua_type(L, -1) == LUA_TSTRING, 4, "{ label = value }, at most 16");
      matchers[n].op = PL_MATCH_EQ;
      matchers[n].label.data = lua_tolstring(L, -2, &matchers[n].label.len);
      matchers[n].value.data = lua_tolstring(L, -1, &matchers[n].value.len);
      n++;
      lua_pop(L, 1);
    }
  }
  lua_newtable(L);
  series_sink sink = {.L = L};
  pl_error err = {0};
  return pl_reader_series(r, name, matchers, n, run, on_series, &sink, &err) ? pl_push_failure(L, &err) : 1;
}

/* ---- Samples and histograms -------------------------------------------------------------------------------------- */

typedef struct point_sink {
  pl_buf times, values;
} point_sink;

static int on_sample(void *user, int64_t ts_ns, double value)
{
  point_sink *s = user;
  double t = (double)ts_ns / 1e6;
  (void)pl_buf_add(&s->times, &t, sizeof t);
  return pl_buf_add(&s->values, &value, sizeof value);
}

static int push_points(lua_State *L)
{
  const point_sink *s = lua_touserdata(L, 1);
  size_t n = s->times.len / sizeof(double);
  lua_createtable(L, (int)n, 0);
  lua_createtable(L, (int)n, 0);
  for (size_t i = 0; i < n; i++) {
    double t, v;
    memcpy(&t, s->times.data + i * sizeof t, sizeof t);
    memcpy(&v, s->values.data + i * sizeof v, sizeof v);
    lua_pushnumber(L, t);
    lua_rawseti(L, -3, (lua_Integer)i + 1);
    lua_pushnumber(L, v);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  return 2;
}

static int64_t time_at(lua_State *L, int index, int64_t fallback)
{
  return lua_isnoneornil(L, index) ? fallback : (int64_t)luaL_checknumber(L, index);
}

/* Milliseconds, with a fraction, as nanoseconds. */
static int64_t ns_at(lua_State *L, int index, int64_t fallback)
{
  return lua_isnoneornil(L, index) ? fallback : (int64_t)(luaL_checknumber(L, index) * 1e6);
}

static int reader_samples(lua_State *L)
{
  pl_reader *r = pl_check_reader(L, 1);
  int64_t series = (int64_t)luaL_checkinteger(L, 2), run = (int64_t)luaL_checkinteger(L, 3);
  int64_t from = ns_at(L, 4, INT64_MIN), to = ns_at(L, 5, INT64_MAX);
  point_sink sink;
  pl_buf_init(&sink.times, pl_state_alloc(L), 64 << 20);
  pl_buf_init(&sink.values, pl_state_alloc(L), 64 << 20);
  pl_error err = {0};
  int code = pl_reader_samples(r, series, run, from, to, on_sample, &sink, &err);
  int status = LUA_OK;
  if (!code) {
    lua_pushcfunction(L, push_points);
    lua_pushlightuserdata(L, &sink);
    status = lua_pcall(L, 1, 2, 0);
  }
  pl_buf_fini(&sink.times);
  pl_buf_fini(&sink.values);
  if (code)
    return pl_push_failure(L, &err);
  return status == LUA_OK ? 2 : lua_error(L);
}

typedef struct dist_sink {
  lua_State *L;
  int64_t ts_ms;
  const pl_hist *h;
  lua_Integer n;
} dist_sink;

static int add_dist(lua_State *L)
{
  dist_sink *s = lua_touserdata(L, 3);
  s->n++;
  lua_pushinteger(L, (lua_Integer)s->ts_ms);
  lua_rawseti(L, 1, s->n);
  pl_hist *copy = pl_push_hist(L);
  if (pl_hist_add(copy, s->h))
    return luaL_error(L, "out of memory for a histogram");
  lua_rawseti(L, 2, s->n);
  return 0;
}

static int on_dist(void *user, int64_t ts_ms, const pl_hist *h)
{
  dist_sink *s = user;
  s->ts_ms = ts_ms;
  s->h = h;
  lua_pushcfunction(s->L, add_dist);
  lua_pushvalue(s->L, -3);
  lua_pushvalue(s->L, -3);
  lua_pushlightuserdata(s->L, s);
  if (lua_pcall(s->L, 3, 0, 0) == LUA_OK)
    return 0;
  lua_pop(s->L, 1);
  return PL_ENOMEM;
}

static int reader_backup(lua_State *L)
{
  pl_reader *r = pl_check_reader(L, 1);
  pl_error err = {0};
  if (pl_reader_backup(r, luaL_checkstring(L, 2), &err))
    return pl_push_failure(L, &err);
  lua_pushboolean(L, 1);
  return 1;
}

static int reader_dists(lua_State *L)
{
  pl_reader *r = pl_check_reader(L, 1);
  int64_t series = (int64_t)luaL_checkinteger(L, 2), run = (int64_t)luaL_checkinteger(L, 3);
  unsigned resolution = (unsigned)luaL_checkinteger(L, 4);
  int64_t from = time_at(L, 5, INT64_MIN), to = time_at(L, 6, INT64_MAX);
  lua_settop(L, 1);
  lua_newtable(L);
  lua_newtable(L);
  dist_sink sink = {.L = L};
  pl_error err = {0};
  return pl_reader_dists(r, series, run, resolution, from, to, on_dist, &sink, &err) ? pl_push_failure(L, &err) : 2;
}

/* Made at first use: writer.reader() pushes readers too. */
static void push_metatable(lua_State *L)
{
  static const luaL_Reg methods[] = {{"record", reader_record},   {"sql", reader_sql},     {"series", reader_series},
                                     {"samples", reader_samples}, {"dists", reader_dists}, {"close", reader_close},
                                     {"backup", reader_backup},
                                     {NULL, NULL}};
  if (!luaL_newmetatable(L, reader_name))
    return;
  lua_pushcfunction(L, reader_close);
  lua_setfield(L, -2, "__gc");
  luaL_newlib(L, methods);
  lua_setfield(L, -2, "__index");
}

/* alive(boot_id, pid, process_start) -> false only when the process of a run is certainly gone */
static int timeline_alive(lua_State *L)
{
  pl_str boot = {"", 0};
  if (!lua_isnoneornil(L, 1))
    boot.data = luaL_checklstring(L, 1, &boot.len);
  lua_pushboolean(L, pl_process_alive(boot, (int64_t)luaL_optinteger(L, 2, 0), (uint64_t)luaL_optinteger(L, 3, 0)));
  return 1;
}

static int open_store(lua_State *L, const char *path, bool mend, pl_store **out, pl_error *err)
{
  const pl_host *host = pl_state_host(L);
  pl_store_options o = {.alloc = host->alloc, .clock = host->clock, .log = host->log, .path = path, .mend = mend};
  return pl_store_open(&o, out, err);
}

int pl_timeline_open_store(lua_State *L, const char *path, pl_store **out, pl_error *err)
{
  return open_store(L, path, false, out, err);
}

/* Makes durable what went well, and closes. */
static int end_store(pl_store *store, int code, pl_error *err)
{
  if (!code)
    code = pl_store_sync(store, err);
  pl_store_close(store);
  return code;
}

static int timeline_put(lua_State *L)
{
  const char *path = luaL_checkstring(L, 1), *operation = luaL_checkstring(L, 2);
  pl_fields *f = pl_push_fields(L, 3);
  pl_store *store;
  pl_error err = {0};
  int64_t id = 0;
  int code = pl_timeline_open_store(L, path, &store, &err);
  if (!code)
    code = end_store(store, pl_store_record(store, operation, f->field, f->n, &id, &err), &err);
  pl_fields_free(f);
  if (code)
    return pl_push_failure(L, &err);
  lua_pushinteger(L, (lua_Integer)id);
  return 1;
}

/* repair(path) -> { chunks, batches, histograms, rows, flipped, foreign } */
static int timeline_repair(lua_State *L)
{
  static const char *const names[] = {[PL_PIECE_CHUNK] = "chunks", [PL_PIECE_BATCH] = "batches", [PL_PIECE_HISTOGRAM] = "histograms"};
  pl_repair_counts counts = {0};
  pl_error err = {0};
  pl_store *store;
  int code = open_store(L, luaL_checkstring(L, 1), true, &store, &err);
  if (!code)
    code = end_store(store, pl_store_repair(store, &counts, &err), &err);
  if (code)
    return pl_push_failure(L, &err);
  lua_createtable(L, 0, PL_PIECE_KINDS + 3);
  for (int i = 0; i < PL_PIECE_KINDS; i++)
    pl_set_integer(L, names[i], counts.moved[i]);
  pl_set_integer(L, "rows", counts.rows);
  pl_set_integer(L, "flipped", counts.flipped);
  pl_set_integer(L, "foreign", counts.foreign);
  return 1;
}

int pl_open_timeline(lua_State *L)
{
  static const luaL_Reg functions[] = {{"open", timeline_open}, {"alive", timeline_alive}, {"put", timeline_put}, {"repair", timeline_repair}, {NULL, NULL}};
  luaL_newlib(L, functions);
  return 1;
}
