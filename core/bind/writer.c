/* Jobs that write: records, samples, commits. */
#include "bind/writer.h"

#include <lauxlib.h>
#include <string.h>

#include "base/error.h"
#include "bind/bind.h"
#include "bind/call.h"
#include "bind/desk.h"
#include "bind/fields.h"
#include "bind/timeline.h"

/* ---- Records ---------------------------------------------------------------------------------- */

typedef struct record_call {
  pl_call call;
  char operation[64];
  pl_fields fields;
  bool durable;
  int64_t id;
} record_call;

static int record_work(pl_call *call, pl_desk *desk)
{
  record_call *r = (record_call *)call;
  int code = pl_store_record(desk->store, r->operation, r->fields.field, r->fields.n, &r->id, &call->err);
  if (!code && r->durable)
    code = pl_store_sync(desk->store, &call->err);
  return code;
}

static int record_push(lua_State *L, pl_call *call)
{
  lua_pushinteger(L, (lua_Integer)((record_call *)call)->id);
  return 1;
}

static void record_release(pl_call *call)
{
  pl_fields_free(&((record_call *)call)->fields);
}

static int writer_record(lua_State *L)
{
  size_t len;
  const char *operation = luaL_checklstring(L, 1, &len);
  bool durable = lua_toboolean(L, 3);
  lua_settop(L, 2);
  record_call *r = pl_call_new(L, "record", sizeof *r, record_work);
  r->call.push = record_push;
  r->call.release = record_release;
  r->durable = durable;
  pl_copy(r->operation, sizeof r->operation, (pl_str){operation, len});
  pl_fields_read(L, 2, &r->fields, r->call.host->alloc);
  return pl_call_wait(L, &r->call);
}

static int sync_work(pl_call *call, pl_desk *desk)
{
  return pl_store_commit(desk->store, &call->err);
}

static int writer_sync(lua_State *L)
{
  return pl_call_wait(L, pl_call_new(L, "sync", sizeof(pl_call), sync_work));
}

void pl_desk_lost(pl_desk *desk, const char *what, const pl_error *err)
{
  if (desk->lost++ > 0)
    return;
  pl_logf(desk->log, PL_LOG_ERROR, what, "%s", err->message);
  desk->why_lost = *err;
}

typedef struct unstored_call {
  pl_call call;
  uint64_t rows;
  pl_error why;
} unstored_call;

static int unstored_work(pl_call *call, pl_desk *desk)
{
  unstored_call *u = (unstored_call *)call;
  u->rows = pl_store_unstored(desk->store) + desk->lost;
  u->why = desk->why_lost.code ? desk->why_lost : *pl_store_error(desk->store);
  return PL_OK;
}

static int unstored_push(lua_State *L, pl_call *call)
{
  const unstored_call *u = (const unstored_call *)call;
  lua_pushinteger(L, (lua_Integer)u->rows);
  if (!u->why.code)
    return 1;
  pl_push_error(L, &u->why);
  return 2;
}

static int writer_unstored(lua_State *L)
{
  unstored_call *u = pl_call_new(L, "unstored", sizeof *u, unstored_work);
  u->call.push = unstored_push;
  return pl_call_wait(L, &u->call);
}

/* ---- Own samples ------------------------------------------------------------------------------ */

enum { SAMPLE_LABELS = 16 };

typedef struct sample_job {
  pl_job job;
  pl_host *host;
  size_t size;
  double value;
  int64_t ts_ns;
  pl_str metric;
  pl_label labels[SAMPLE_LABELS];
  size_t n_labels;
  char text[];
} sample_job;

static void sample_work(pl_job *job, void *place)
{
  sample_job *s = (sample_job *)job;
  pl_desk *desk = place;
  pl_error err = {0};
  pl_feed_source source = {PL_STR("script"), pl_str_of(desk->instance), PL_STR("other"), PL_STR("synthetic")};
  pl_series_spec spec = {.name = s->metric, .labels = s->labels, .n_labels = s->n_labels, .kind = PL_SERIES_GAUGE};
  uint32_t from, series;
  int code = pl_feed_source_get(desk->feed, &source, &from, &err);
  if (!code)
    code = pl_feed_series(desk->feed, from, &spec, &series, &err);
  if (!code)
    code = pl_feed_sample(desk->feed, series, desk->run, s->ts_ns, s->value);
  if (code && err.code)
    pl_desk_lost(desk, "record", &err);
}

static void sample_done(pl_job *job)
{
  sample_job *s = (sample_job *)job;
  s->host->pending_samples--;
  pl_free(s->host->alloc, s, s->size);
}

/* Now, and later than any moment before: no two samples have the same. */
static int64_t next_moment(pl_host *host)
{
  int64_t now = pl_wall(host->clock);
  host->last_sample_ns = now > host->last_sample_ns ? now : host->last_sample_ns + 1;
  return host->last_sample_ns;
}

/* Copies s behind *at; returns the copy. */
static pl_str keep(char **at, const char *s)
{
  size_t len = strlen(s);
  memcpy(*at, s, len + 1);
  pl_str copy = {*at, len};
  *at += len + 1;
  return copy;
}

int pl_writer_sample(pl_host *host, const char *metric, double value, const pl_pair *labels, size_t n_labels, pl_error *err)
{
  if (!host->collector)
    return pl_fail(err, PL_EMISUSE, "record %s: there is no run", metric);
  if (!pl_store_is_metric(pl_str_of(metric)))
    return pl_fail(err, PL_EINVAL, "record: \"%s\" is no metric name: letters, digits, _ and :, and no digit first", metric);
  if (n_labels > SAMPLE_LABELS)
    return pl_fail(err, PL_ELIMIT, "record %s: more than %d labels", metric, SAMPLE_LABELS);
  if (host->pending_samples >= PL_WRITER_PENDING)
    return pl_fail(err, PL_EAGAIN, "record %s: %d samples wait for the writer", metric, PL_WRITER_PENDING);
  size_t bytes = strlen(metric) + 1;
  for (size_t i = 0; i < n_labels; i++)
    bytes += strlen(labels[i].name) + strlen(labels[i].value) + 2;
  sample_job *s = pl_alloc_zero(host->alloc, 1, sizeof *s + bytes);
  if (!s)
    return pl_fail(err, PL_ENOMEM, "record %s: out of memory", metric);
  char *at = s->text;
  s->host = host;
  s->size = sizeof *s + bytes;
  s->value = value;
  s->ts_ns = next_moment(host);
  s->metric = keep(&at, metric);
  for (size_t i = 0; i < n_labels; i++)
    s->labels[i] = (pl_label){keep(&at, labels[i].name), keep(&at, labels[i].value)};
  s->n_labels = n_labels;
  s->job.work = sample_work;
  s->job.done = sample_done;
  host->pending_samples++;
  if (host->run) {
    pl_mailbox_post(host->collector, &s->job);
  } else {
    s->job.next = host->early;
    host->early = &s->job;
  }
  return PL_OK;
}

void pl_writer_forget_early(pl_host *host)
{
  while (host->early) {
    pl_job *job = host->early;
    host->early = job->next;
    job->done(job);
  }
}

static int writer_sample(lua_State *L)
{
  pl_host *host = pl_state_host(L);
  const char *metric = luaL_checkstring(L, 1);
  double value = luaL_checknumber(L, 2);
  pl_pair labels[SAMPLE_LABELS];
  size_t n = 0;
  lua_settop(L, 3);
  if (!lua_isnil(L, 3)) {
    luaL_checktype(L, 3, LUA_TTABLE);
    lua_pushnil(L);
    while (lua_next(L, 3)) {
      luaL_argcheck(L, n < SAMPLE_LABELS, 3, "more than 16 labels");
      luaL_argcheck(L, lua_type(L, -2) == LUA_TSTRING && lua_type(L, -1) == LUA_TSTRING, 3, "labels are strings");
      labels[n++] = (pl_pair){lua_tostring(L, -2), lua_tostring(L, -1)};
      lua_pop(L, 1);
    }
  }
  pl_error err = {0};
  if (pl_writer_sample(host, metric, value, labels, n, &err))
    return pl_push_failure(L, &err);
  lua_pushboolean(L, 1);
  return 1;
}

/* ---- The run ---------------------------------------------------------------------------------- */

typedef struct run_call {
  pl_call call;
  int64_t run;
} run_call;

static int run_work(pl_call *call, pl_desk *desk)
{
  desk->run = ((run_call *)call)->run;
  return PL_OK;
}

/* The collector knows the run: what was recorded before it began follows, in its order. */
static int run_push(lua_State *L, pl_call *call)
{
  pl_host *host = call->host;
  pl_job *in_order = NULL;
  while (host->early) {
    pl_job *job = host->early;
    host->early = job->next;
    job->next = in_order;
    in_order = job;
  }
  while (in_order) {
    pl_job *job = in_order;
    in_order = job->next;
    pl_mailbox_post(host->collector, job);
  }
  host->run = ((run_call *)call)->run;
  lua_pushboolean(L, 1);
  return 1;
}

static int writer_set_run(lua_State *L)
{
  lua_Integer row = luaL_checkinteger(L, 1);
  run_call *r = pl_call_new(L, "set_run", sizeof *r, run_work);
  r->call.push = run_push;
  r->run = row;
  return pl_call_wait(L, &r->call);
}

static int writer_name_run(lua_State *L)
{
  const pl_host *host = pl_state_host(L);
  size_t len;
  const char *id = luaL_checklstring(L, 1, &len);
  if (host->run_id)
    pl_copy(host->run_id, PL_RUN_ID_SIZE, (pl_str){id, len});
  return 0;
}

static int writer_reader(lua_State *L)
{
  pl_host *host = pl_state_host(L);
  if (!host->store)
    return luaL_error(L, "reader: there is no run here");
  return pl_push_reader_of(L, host->store);
}

int pl_open_writer(lua_State *L)
{
  static const luaL_Reg functions[] = {
      {"record", writer_record}, {"sample", writer_sample},   {"sync", writer_sync},         {"unstored", writer_unstored},
      {"reader", writer_reader}, {"set_run", writer_set_run}, {"name_run", writer_name_run}, {NULL, NULL},
  };
  luaL_newlib(L, functions);
  return 1;
}
