/* perilune.core.forecast: batch(text of lines id,v1,v2,..., { horizon, seasons = { m ... }, levels = { 0.95 ... }, model, workers }) -> job, how many
 * series | nil, err · job:wait(ms) -> whether all is done · job:done() -> how many are · job:cancel() · job:lines(from, to) -> text: a line a series,
 * id,f1..fH,lo1..loH,hi1..hiH (intervals of all levels), empty fields for a series without forecast · job:why(i) -> nil, or { id, line, message, bad = a
 * field of its line is no number } of a series without forecast · job:at(i) -> nil for such a one, or { id, line, mean, lo, hi (of each level), model, seasons, mase, mase_naive, coverage,
 * origins, n = values that were seen, missing } · job:left_out() -> how many series used none of the seasons that were given. */
#include <lauxlib.h>
#include <string.h>

#include "analysis/forecast/forecast.h"
#include "base/error.h"
#include "bind/bind.h"
#include "bind/modules.h"
#include "format/series_lines.h"
#include "io/crew.h"
#include "io/usage.h"
#include "script/state.h"

enum { LINES_MAX = 1 << 30, CELLS_MAX = 1 << 26 /* numbers of all results */ };

static const char job_name[] = "perilune.forecast";

typedef struct outcome {
  pl_forecast_result r;
  int code;
} outcome;

typedef struct job {
  const pl_allocator *alloc;
  pl_series_lines series;
  outcome *outcomes; /* one for each */
  pl_forecast_options options;
  pl_crew *crew;
} job;

static bool is_cancelled(void *user)
{
  const job *j = user;
  return j->crew && pl_crew_is_cancelled(j->crew);
}

/* A crew's thread. */
static void forecast_one(void *user, size_t i)
{
  job *j = user;
  const pl_series_line *s = &j->series.list[i];
  j->outcomes[i].code = s->bad ? PL_EPARSE : pl_forecast(s->values, s->n, &j->options, &j->outcomes[i].r);
}

static int job_gc(lua_State *L)
{
  job *j = lua_touserdata(L, 1);
  pl_crew_free(j->crew);
  for (size_t i = 0; j->outcomes && i < j->series.n; i++)
    pl_forecast_result_fini(&j->outcomes[i].r);
  pl_free(j->alloc, j->outcomes, j->series.n * sizeof *j->outcomes);
  pl_series_lines_fini(&j->series);
  *j = (job){0};
  return 0;
}

static job *check_job(lua_State *L)
{
  return luaL_checkudata(L, 1, job_name);
}

static int job_wait(lua_State *L)
{
  lua_Integer ms = luaL_checkinteger(L, 2);
  luaL_argcheck(L, ms >= 0 && ms <= 60000, 2, "0 to 60000 milliseconds");
  lua_pushboolean(L, pl_crew_wait(check_job(L)->crew, (unsigned)ms));
  return 1;
}

static int job_done(lua_State *L)
{
  lua_pushinteger(L, (lua_Integer)pl_crew_done(check_job(L)->crew));
  return 1;
}

static int job_cancel(lua_State *L)
{
  pl_crew_cancel(check_job(L)->crew);
  return 0;
}

/* A result may be read when all are there: threads write them without a lock. */
static const outcome *outcome_at(lua_State *L, job *j, lua_Integer i)
{
  luaL_argcheck(L, i >= 1 && (size_t)i <= j->series.n, 2, "no such series");
  luaL_argcheck(L, pl_crew_done(j->crew) == j->series.n, 1, "not all forecasts are done");
  return &j->outcomes[i - 1];
}

static void push_numbers(lua_State *L, const double *v, size_t n)
{
  lua_createtable(L, (int)n, 0);
  for (size_t i = 0; i < n; i++) {
    lua_pushnumber(L, v[i]);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
}

static void set_rows(lua_State *L, const char *name, const double *v, const pl_forecast_result *r)
{
  lua_createtable(L, (int)r->n_levels, 0);
  for (size_t i = 0; i < r->n_levels; i++) {
    push_numbers(L, v + i * r->horizon, r->horizon);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  lua_setfield(L, -2, name);
}

static void set_seasons(lua_State *L, const size_t *seasons)
{
  lua_newtable(L);
  for (size_t i = 0; i < PL_FORECAST_SEASONS && seasons[i]; i++) {
    lua_pushinteger(L, (lua_Integer)seasons[i]);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  lua_setfield(L, -2, "seasons");
}

/* Pushes which series it is. */
static void push_series(lua_State *L, const pl_series_line *s)
{
  lua_createtable(L, 0, 12);
  pl_set_str(L, "id", s->id);
  pl_set_count(L, "line", s->line);
}

static int job_why(lua_State *L)
{
  job *j = check_job(L);
  lua_Integer at = luaL_checkinteger(L, 2);
  const outcome *o = outcome_at(L, j, at);
  const pl_series_line *s = &j->series.list[at - 1];
  pl_error fault = {0};
  if (!o->code)
    return 0;
  const char *message = o->code == PL_EINVAL ? "it has no value" : pl_code_text(o->code);
  if (s->bad && pl_series_lines_fault(s, &fault))
    message = fault.message;
  push_series(L, s);
  pl_set_boolean(L, "bad", s->bad > 0);
  pl_set_text(L, "message", message);
  return 1;
}

static int job_at(lua_State *L)
{
  job *j = check_job(L);
  lua_Integer at = luaL_checkinteger(L, 2);
  const outcome *o = outcome_at(L, j, at);
  const pl_forecast_result *r = &o->r;
  if (o->code)
    return 0;
  push_series(L, &j->series.list[at - 1]);
  push_numbers(L, r->mean, r->horizon);
  lua_setfield(L, -2, "mean");
  set_rows(L, "lo", r->lo, r);
  set_rows(L, "hi", r->hi, r);
  pl_set_text(L, "model", r->model);
  set_seasons(L, r->seasons);
  pl_set_known(L, "mase", r->mase);
  pl_set_known(L, "mase_naive", r->mase_naive);
  pl_set_known(L, "coverage", r->coverage[0]);
  pl_set_count(L, "origins", r->origins);
  pl_set_count(L, "n", r->used - r->missing);
  pl_set_count(L, "missing", r->missing);
  return 1;
}

static int job_left_out(lua_State *L)
{
  job *j = check_job(L);
  size_t n = 0;
  (void)outcome_at(L, j, (lua_Integer)j->series.n);
  for (size_t i = 0; i < j->series.n; i++)
    n += j->options.seasons[0] > 1 && !j->outcomes[i].code && !j->outcomes[i].r.seasons[0];
  lua_pushinteger(L, (lua_Integer)n);
  return 1;
}

/* RFC 4180: quotes where there are commas, quotes, breaks. */
static void add_id(pl_buf *out, pl_str id)
{
  bool quoted = false;
  for (size_t i = 0; i < id.len; i++)
    quoted |= id.data[i] == ',' || id.data[i] == '"' || id.data[i] == '\n' || id.data[i] == '\r';
  if (!quoted) {
    (void)pl_buf_add(out, id.data, id.len);
    return;
  }
  (void)pl_buf_addc(out, '"');
  for (size_t i = 0; i < id.len; i++) {
    if (id.data[i] == '"')
      (void)pl_buf_addc(out, '"');
    (void)pl_buf_addc(out, id.data[i]);
  }
  (void)pl_buf_addc(out, '"');
}

static void add_numbers(pl_buf *out, const double *v, size_t n)
{
  for (size_t i = 0; i < n; i++) {
    char text[32];
    size_t len = pl_double_text(v[i], text);
    (void)pl_buf_addc(out, ',');
    (void)pl_buf_add(out, text, len);
  }
}

/* Of a series without forecast: fields that are empty, so that lines stay those of the input. */
static void add_nothing(pl_buf *out, size_t n)
{
  for (size_t i = 0; i < n; i++)
    (void)pl_buf_addc(out, ',');
  (void)pl_buf_addc(out, '\n');
}

static int job_lines(lua_State *L)
{
  job *j = check_job(L);
  lua_Integer from = luaL_checkinteger(L, 2), to = luaL_checkinteger(L, 3);
  pl_buf *out = pl_push_buf(L, LINES_MAX);
  for (lua_Integer i = from; i <= to; i++) {
    const outcome *o = outcome_at(L, j, i);
    add_id(out, j->series.list[i - 1].id);
    if (o->code) {
      add_nothing(out, j->options.horizon * (1 + 2 * j->options.n_levels));
      continue;
    }
    add_numbers(out, o->r.mean, o->r.horizon);
    if (o->r.n_levels) {
      add_numbers(out, o->r.lo, o->r.horizon * o->r.n_levels);
      add_numbers(out, o->r.hi, o->r.horizon * o->r.n_levels);
    }
    (void)pl_buf_addc(out, '\n');
  }
  if (out->bad)
    return luaL_error(L, "lines: out of memory");
  lua_pushlstring(L, out->data ? out->data : "", out->len);
  pl_buf_fini(out);
  return 1;
}

static void read_seasons(lua_State *L, pl_forecast_options *o)
{
  if (lua_getfield(L, 2, "seasons") == LUA_TTABLE) {
    luaL_argcheck(L, lua_rawlen(L, -1) <= PL_FORECAST_SEASONS, 2, "at most 4 seasons");
    for (size_t i = 0; i < lua_rawlen(L, -1); i++) {
      lua_rawgeti(L, -1, (lua_Integer)i + 1);
      lua_Integer m = luaL_checkinteger(L, -1);
      luaL_argcheck(L, m >= 1 && m <= PL_FORECAST_VALUES_MAX, 2, "a season is 1 to 8192 steps");
      o->seasons[i] = (size_t)m;
      lua_pop(L, 1);
    }
  }
  lua_pop(L, 1);
}

static void read_levels(lua_State *L, pl_forecast_options *o)
{
  if (lua_getfield(L, 2, "levels") == LUA_TTABLE) {
    luaL_argcheck(L, lua_rawlen(L, -1) <= PL_FORECAST_LEVELS, 2, "at most 8 levels");
    for (size_t i = 0; i < lua_rawlen(L, -1); i++) {
      lua_rawgeti(L, -1, (lua_Integer)i + 1);
      double level = luaL_checknumber(L, -1);
      luaL_argcheck(L, level > 0 && level < 1, 2, "a level is between 0 and 1");
      o->levels[o->n_levels++] = level;
      lua_pop(L, 1);
    }
  }
  lua_pop(L, 1);
}

static pl_forecast_options options_at(lua_State *L)
{
  pl_forecast_options o = {0};
  luaL_checktype(L, 2, LUA_TTABLE);
  lua_getfield(L, 2, "horizon");
  lua_Integer horizon = luaL_checkinteger(L, -1);
  luaL_argcheck(L, horizon >= 1 && horizon <= PL_FORECAST_HORIZON_MAX, 2, "a horizon is 1 to 20000 steps");
  o.horizon = (size_t)horizon;
  const char *model = pl_get_text(L, 2, "model");
  o.model = model ? pl_forecast_model_of(model) : PL_FORECAST_COMBINED;
  luaL_argcheck(L, o.model < PL_FORECAST_MODELS, 2, "no such model");
  read_seasons(L, &o);
  read_levels(L, &o);
  return o;
}

static unsigned workers_at(lua_State *L)
{
  lua_getfield(L, 2, "workers");
  lua_Integer n = luaL_optinteger(L, -1, (lua_Integer)pl_usable_cpus());
  luaL_argcheck(L, n >= 0 && n <= PL_CREW_MAX, 2, "0 to 64 workers");
  return (unsigned)n;
}

static int start(job *j, pl_str text, unsigned workers, pl_error *err)
{
  int code = pl_series_lines_read_each(j->alloc, text, &j->series, err);
  if (code)
    return code;
  if (j->series.n * j->options.horizon * (1 + 2 * j->options.n_levels) > CELLS_MAX)
    return pl_fail(err, PL_ELIMIT, "%zu series with %zu steps are more than %d numbers: give them in several files", j->series.n, j->options.horizon,
                   CELLS_MAX);
  if (j->series.n) {
    j->outcomes = pl_alloc_zero(j->alloc, j->series.n, sizeof *j->outcomes);
    if (!j->outcomes)
      return pl_fail(err, PL_ENOMEM, "out of memory for forecasts");
  }
  return pl_crew_start(j->alloc, workers, j->series.n, forecast_one, j, &j->crew, err);
}

static int forecast_batch(lua_State *L)
{
  static const luaL_Reg methods[] = {{"wait", job_wait}, {"done", job_done},   {"cancel", job_cancel},
                                     {"at", job_at},     {"lines", job_lines}, {"why", job_why}, {"left_out", job_left_out}, {NULL, NULL}};
  pl_str text = pl_check_text(L, 1);
  pl_forecast_options o = options_at(L);
  unsigned workers = workers_at(L);
  pl_error err = {0};
  job *j = lua_newuserdatauv(L, sizeof *j, 0);
  *j = (job){.alloc = pl_state_alloc(L), .options = o};
  pl_push_class(L, job_name, methods, job_gc);
  lua_setmetatable(L, -2);
  j->options.alloc = j->alloc;
  j->options.cancelled = is_cancelled;
  j->options.user = j;
  if (start(j, text, workers, &err))
    return pl_push_failure(L, &err);
  lua_pushinteger(L, (lua_Integer)j->series.n);
  return 2;
}

int pl_open_forecast(lua_State *L)
{
  static const luaL_Reg functions[] = {{"batch", forecast_batch}, {NULL, NULL}};
  luaL_newlib(L, functions);
  return 1;
}
