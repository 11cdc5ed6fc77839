/* See event_batch.h. The batch is written as the record events_put takes it: a JSON array. */
#include "ingest/event_batch.h"

enum { TEXT_MAX = 128 << 20 };

void pl_event_batch_init(pl_event_batch *b, enum pl_event_kind kind, pl_intake *in, const pl_allocator *a)
{
  *b = (pl_event_batch){.in = in, .kind = kind};
  pl_buf_init(&b->text, a, TEXT_MAX);
  pl_json_out_init(&b->json, &b->text);
  pl_json_begin_array(&b->json);
}

void pl_event_batch_fini(pl_event_batch *b)
{
  pl_buf_fini(&b->text);
}

static pl_str cut(pl_str text, size_t most)
{
  return (pl_str){text.data, text.len < most ? text.len : most};
}

bool pl_event_begin(pl_event_batch *b, int64_t ts_ns, int64_t duration_ns, pl_str text, size_t text_max)
{
  if (!pl_intake_has_room_for(b->in, b->kind, b->n + 1)) {
    pl_event_refuse(b, pl_intake_too_many(b->kind));
    return false;
  }
  pl_json_begin_object(&b->json);
  pl_event_number(b, "ts_ns", ts_ns);
  pl_event_number(b, "duration_ns", duration_ns);
  pl_json_key(&b->json, PL_STR("text"));
  pl_json_string(&b->json, cut(text, text_max));
  pl_json_key(&b->json, PL_STR("data"));
  pl_json_begin_object(&b->json);
  return true;
}

void pl_event_text(pl_event_batch *b, const char *key, pl_str text)
{
  pl_json_key(&b->json, pl_str_of(key));
  pl_json_string(&b->json, cut(text, pl_intake_text_max(b->in)));
}

void pl_event_id(pl_event_batch *b, const char *key, const char *id)
{
  if (!id[0])
    return;
  pl_json_key(&b->json, pl_str_of(key));
  pl_json_string(&b->json, pl_str_of(id));
}

void pl_event_number(pl_event_batch *b, const char *key, int64_t value)
{
  pl_json_key(&b->json, pl_str_of(key));
  pl_json_int(&b->json, value);
}

void pl_event_attributes(pl_event_batch *b, const pl_tag *tags, size_t n, size_t n_dropped)
{
  size_t most = pl_intake_text_max(b->in);
  pl_json_key(&b->json, PL_STR("attributes"));
  pl_json_begin_object(&b->json);
  for (size_t i = 0; i < n; i++) {
    if (!tags[i].name.len || tags[i].name.len > most) {
      n_dropped++;
      continue;
    }
    pl_json_key(&b->json, tags[i].name);
    pl_json_string(&b->json, cut(tags[i].value, most));
  }
  pl_json_end_object(&b->json);
  if (n_dropped)
    pl_event_number(b, "dropped_attributes", (int64_t)n_dropped);
}

void pl_event_end(pl_event_batch *b)
{
  pl_json_end_object(&b->json);
  pl_json_end_object(&b->json);
  b->n++;
}

void pl_event_refuse(pl_event_batch *b, enum pl_reason why)
{
  pl_intake_refuse(b->in, why, 1);
  b->why = b->refused++ ? b->why : why;
}

int pl_event_batch_seal(pl_event_batch *b, pl_str *out)
{
  pl_json_end_array(&b->json);
  if (!b->text.bad)
    *out = (pl_str){b->text.data, b->text.len};
  return b->text.bad;
}

bool pl_event_batch_reply(pl_event_batch *b, pl_reply *reply)
{
  pl_str events;
  int code = pl_event_batch_seal(b, &events);
  if (!code && b->n)
    code = pl_intake_events(b->in, b->kind, events, b->n, NULL);
  if (!code)
    return true;
  enum pl_reason why = b->text.bad ? PL_REASON_BUSY : PL_REASON_STORE;
  pl_intake_refuse(b->in, why, 1);
  pl_reply_text(reply, 503, "%s\n", pl_reason_text(why));
  return false;
}
