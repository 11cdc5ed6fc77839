/* See otlp_message.h. */
#include "ingest/otlp_message.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "format/protobuf_wire.h"

enum { TEXT_MAX = 256, ANSWER_MAX = 500 };

static const char JSON[] = "application/json", PROTOBUF[] = "application/x-protobuf", GRPC[] = "application/grpc";

static bool is_json(const pl_message *m)
{
  return pl_type_is(m->type, JSON);
}

static bool is_grpc(const pl_message *m)
{
  return pl_type_is(m->type, GRPC);
}

int pl_otlp_begin(pl_intake *in, const pl_message *m, enum pl_otlp_signal signal, pl_otlp_request *out)
{
  pl_str body = {"", 0};
  *out = (pl_otlp_request){.in = in, .m = m};
  int code = is_json(m) || is_grpc(m) || pl_type_is(m->type, PROTOBUF) ? pl_message_body(m, &body) : PL_EINVAL;
  if (!code && is_json(m)) {
    code = pl_otlp_from_json(m->scratch->alloc, signal, body, m->spare, &out->faults, &out->err);
    body = (pl_str){m->spare->data ? m->spare->data : "", m->spare->len};
  }
  out->body = body;
  return code;
}

static void put_string(pl_buf *out, uint32_t number, const char *text)
{
  pl_wire_put_tag(out, number, PL_WIRE_BYTES);
  pl_wire_put_varint(out, strlen(text));
  (void)pl_buf_adds(out, text);
}

static void reply_with(const pl_message *m, pl_reply *reply, unsigned status, pl_buf *out)
{
  pl_reply_bytes(reply, status, is_json(m) ? JSON : PROTOBUF, (pl_str){out->data ? out->data : "", out->len});
  pl_buf_fini(out);
}

/* {"message":text} */
static void write_status(pl_buf *out, const char *text)
{
  pl_json_out json;
  pl_json_out_init(&json, out);
  pl_json_begin_object(&json);
  pl_json_key(&json, PL_STR("message"));
  pl_json_string(&json, pl_str_of(text));
  pl_json_end_object(&json);
}

void pl_otlp_fail(const pl_otlp_request *r, pl_reply *reply, int code)
{
  pl_buf out;
  unsigned status;
  char text[TEXT_MAX];
  enum pl_reason why = pl_message_reason(code, &status);
  bool more = why == PL_REASON_MALFORMED && r->err.message[0];
  pl_intake_refuse(r->in, why, 1);
  (void)snprintf(text, sizeof text, "%s%s%.200s", pl_reason_text(why), more ? ": " : "", more ? r->err.message : "");
  if (is_grpc(r->m)) {
    pl_reply_text(reply, status, "%s", text);
    return;
  }
  pl_buf_init(&out, r->m->scratch->alloc, ANSWER_MAX);
  if (is_json(r->m))
    write_status(&out, text);
  else
    put_string(&out, 2, text);
  reply_with(r->m, reply, status, &out);
}

static void write_partial(pl_buf *out, uint64_t refused, const char *text)
{
  pl_wire_put_tag(out, 1, PL_WIRE_BYTES);
  size_t from = out->len;
  pl_wire_put_tag(out, 1, PL_WIRE_VARINT);
  pl_wire_put_varint(out, refused);
  put_string(out, 2, text);
  pl_wire_put_length(out, from);
}

void pl_otlp_answer(const pl_otlp_request *r, pl_reply *reply, const char *what, uint64_t refused, enum pl_reason why)
{
  const pl_message *m = r->m;
  pl_buf out;
  char text[TEXT_MAX];
  pl_intake_refuse(r->in, PL_REASON_FIELD, r->faults.n);
  if (refused)
    (void)snprintf(text, sizeof text, "%s", pl_reason_text(why));
  else
    (void)snprintf(text, sizeof text, "%s: %s", r->faults.name ? r->faults.name : "", pl_reason_text(PL_REASON_FIELD));
  refused += r->faults.n;
  pl_buf_init(&out, m->scratch->alloc, ANSWER_MAX);
  if (is_json(m) && refused)
    (void)pl_buf_addf(&out, "{\"partialSuccess\":{\"%s\":\"%llu\",\"errorMessage\":\"%s\"}}", what, (unsigned long long)refused, text);
  else if (is_json(m))
    (void)pl_buf_adds(&out, "{}");
  else if (refused)
    write_partial(&out, refused, text);
  reply_with(m, reply, 200, &out);
}
