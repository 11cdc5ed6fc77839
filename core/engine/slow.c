/* See slow.h. An event is a record, a transaction of its own: few a name and ten seconds. */
#include "engine/slow.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/error.h"
#include "base/json.h"
#include "bind/tag.h"

enum { DATA_MAX = 4096, TEXT_MAX = 4096 };

static void write_seconds(pl_json_out *j, const char *key, uint64_t ns)
{
  pl_json_key(j, pl_str_of(key));
  pl_json_double(j, (double)ns / 1e9);
}

static void write_phases(pl_json_out *j, const pl_example *e)
{
  pl_json_key(j, PL_STR("phases_s"));
  pl_json_begin_object(j);
  for (int i = 0; i < PL_PHASES; i++) {
    if (e->phases_ns[i] != PL_NO_PHASE)
      write_seconds(j, pl_phase_name((enum pl_phase)i), e->phases_ns[i]);
  }
  pl_json_end_object(j);
}

static void write_text(pl_json_out *j, const char *key, const char *text)
{
  pl_json_key(j, pl_str_of(key));
  if (text)
    pl_json_string(j, pl_str_of(text));
  else
    pl_json_null(j);
}

static void write_data(pl_buf *out, const pl_load_key *key, const pl_example *e)
{
  pl_json_out j;
  char trace[33];
  pl_json_out_init(&j, out);
  pl_json_begin_object(&j);
  pl_json_key(&j, PL_STR("scenario"));
  pl_json_string(&j, key->scenario);
  write_seconds(&j, "service_s", e->service_ns);
  if (e->sent_ns)
    write_seconds(&j, "lag_s", e->sent_ns > e->intended_ns ? e->sent_ns - e->intended_ns : 0);
  write_phases(&j, e);
  pl_json_key(&j, PL_STR("status"));
  pl_json_int(&j, e->status);
  write_text(&j, "error", e->outcome == PL_FAIL_NONE ? NULL : pl_failure_name((enum pl_failure)e->outcome));
  (void)snprintf(trace, sizeof trace, "%016" PRIx64 "%016" PRIx64, e->trace_high, e->trace_low);
  write_text(&j, "trace_id", e->trace_high || e->trace_low ? trace : NULL);
  pl_json_end_object(&j);
}

static pl_field text_field(const char *name, pl_str text)
{
  return (pl_field){.name = name, .type = PL_FIELD_TEXT, .bytes = text};
}

static pl_field int_field(const char *name, int64_t value)
{
  return (pl_field){.name = name, .type = PL_FIELD_INT, .integer = value};
}

static void store_one(pl_desk *desk, const char *kind, const pl_buf *name, const pl_buf *data, int64_t at_ns, const pl_example *e)
{
  pl_error err = {0};
  const pl_field fields[] = {int_field("run", desk->run),
                             int_field("ts_ns", at_ns),
                             int_field("duration_ns", (int64_t)e->latency_ns),
                             text_field("kind", pl_str_of(kind)),
                             text_field("text", (pl_str){name->data, name->len}),
                             text_field("data", (pl_str){data->data, data->len})};
  int code = name->bad || data->bad ? PL_ENOMEM : pl_store_record(desk->store, "event_put", fields, sizeof fields / sizeof *fields, NULL, &err);
  if (code)
    pl_desk_lost(desk, "load", err.code ? &err : &(pl_error){.code = code, .message = "out of memory for a slow request"});
}

void pl_slow_store(pl_desk *desk, const char *kind, const pl_load_key *key, const pl_example *items, size_t n, int64_t start_ms, uint64_t start_ns)
{
  pl_buf name, data;
  pl_buf_init(&name, desk->alloc, TEXT_MAX);
  pl_buf_init(&data, desk->alloc, DATA_MAX);
  pl_tag_show(&name, key->name);
  for (size_t i = 0; i < n; i++) {
    const pl_example *e = &items[i];
    int64_t at_ns = start_ms * (int64_t)PL_MS_NS + (int64_t)(e->intended_ns - start_ns);
    pl_buf_clear(&data);
    write_data(&data, key, e);
    store_one(desk, kind, &name, &data, at_ns, e);
  }
  pl_buf_fini(&name);
  pl_buf_fini(&data);
}
