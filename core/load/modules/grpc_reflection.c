/* One stream: a question, a file; then the files that it imports, one by one, for not every server sends them along. */
#include "load/modules/grpc_reflection.h"

#include <stdio.h>

#include "base/error.h"
#include "format/protobuf_wire.h"
#include "load/modules/http2_session.h"

enum { UNIMPLEMENTED = 12 };
enum { ASK_FILE = 3, ASK_SYMBOL = 4, ANSWER_FILES = 4, ANSWER_ERROR = 7 }; /* fields of the messages */

void pl_grpc_reflection_init(pl_grpc_reflection *r, const pl_allocator *a)
{
  pl_grpc_call_init(&r->call, a);
  pl_buf_init(&r->service, a, 4096);
}

void pl_grpc_reflection_fini(pl_grpc_reflection *r)
{
  pl_grpc_call_fini(&r->call);
  pl_buf_fini(&r->service);
}

static void ask(pl_grpc_reflection *r, uint32_t field, pl_str text)
{
  size_t from = pl_grpc_call_message(&r->call);
  pl_wire_put_tag(&r->call.up, field, PL_WIRE_BYTES);
  pl_wire_put_varint(&r->call.up, text.len);
  (void)pl_buf_add(&r->call.up, text.data, text.len);
  pl_grpc_call_sealed(&r->call, from);
}

static int begin(pl_grpc_reflection *r, pl_str authority, bool secure, void *session, pl_buf *out)
{
  pl_str path = r->alpha ? PL_STR("grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo")
                         : PL_STR("grpc.reflection.v1.ServerReflection/ServerReflectionInfo");
  pl_grpc_call_reset(&r->call);
  r->active = false;
  if (pl_grpc_call_head(&r->call, authority, path, NULL, 0, NULL))
    return PL_ENOMEM;
  ask(r, ASK_SYMBOL, (pl_str){r->service.data, r->service.len});
  int code = r->call.up.bad ? PL_ENOMEM : pl_grpc_call_begin(&r->call, session, secure, out);
  r->active = !code;
  return code;
}

int pl_grpc_reflection_begin(pl_grpc_reflection *r, pl_str service, pl_str authority, bool secure, void *session, pl_buf *out)
{
  r->alpha = false;
  pl_buf_clear(&r->service);
  if (pl_buf_add(&r->service, service.data, service.len))
    return PL_ENOMEM;
  return begin(r, authority, secure, session, out);
}

static int take_files(pl_grpc_reflection *r, pl_proto_schema *schema, pl_str files)
{
  pl_wire_field f;
  pl_error err = {0};
  int code = PL_OK;
  while (!code && pl_wire_next(&files, &f) > 0) {
    if (f.number == 1 && f.type == PL_WIRE_BYTES)
      code = pl_proto_schema_file(schema, f.bytes, &err);
  }
  if (code)
    (void)snprintf(r->why, sizeof r->why, "reflection: %.140s", err.message);
  return code;
}

/* The server has no such thing. */
static int take_refusal(pl_grpc_reflection *r, pl_str error)
{
  pl_wire_field f;
  pl_str text = PL_STR("no reason given");
  while (pl_wire_next(&error, &f) > 0) {
    if (f.number == 2 && f.type == PL_WIRE_BYTES)
      text = f.bytes;
  }
  (void)snprintf(r->why, sizeof r->why, "reflection: %.*s", (int)(text.len < 120 ? text.len : 120), text.data);
  return PL_ENOENT;
}

static int take_answer(pl_grpc_reflection *r, pl_proto_schema *schema, pl_str message)
{
  pl_wire_field f;
  int code = PL_OK;
  while (!code && pl_wire_next(&message, &f) > 0) {
    if (f.number == ANSWER_FILES && f.type == PL_WIRE_BYTES)
      code = take_files(r, schema, f.bytes);
    else if (f.number == ANSWER_ERROR && f.type == PL_WIRE_BYTES)
      code = take_refusal(r, f.bytes);
  }
  return code;
}

static int finish(pl_grpc_reflection *r, void *session, int code)
{
  if (r->call.begun && !r->call.over)
    pl_http2_drop(session, &r->call.s);
  r->active = false;
  return code;
}

static int fail(pl_grpc_reflection *r, void *session, int code, const char *why)
{
  (void)snprintf(r->why, sizeof r->why, "reflection: %.140s", why);
  return finish(r, session, code);
}

/* The next of the files that are missing. */
static int ask_on(pl_grpc_reflection *r, pl_str file, void *session)
{
  ask(r, ASK_FILE, file);
  if (r->call.up.bad)
    return fail(r, session, PL_ENOMEM, "out of memory");
  pl_http2_resume(session, &r->call.s);
  return 0;
}

/* The stream ended, and the service is not there. */
static int take_end(pl_grpc_reflection *r, pl_str authority, bool secure, void *session, pl_buf *out)
{
  bool unknown = r->call.status == UNIMPLEMENTED;
  if (!unknown || r->alpha) {
    const char *why = r->call.message[0] ? r->call.message : r->call.status ? pl_grpc_status_name(r->call.status) : "the server gave no answer";
    return fail(r, session, PL_ENOENT, unknown ? "the server does not offer it; give the scenario descriptors = \"x.proto\"" : why);
  }
  r->alpha = true;
  int code = begin(r, authority, secure, session, out);
  return code ? fail(r, session, code, code == PL_ELIMIT ? "the server ends the connection" : "out of memory") : 0;
}

/* 1: *message is it; 0: there is none; PL_EPROTO or PL_ENOMEM, with *why. */
static int next_message(pl_grpc_reflection *r, pl_str *message, const char **why)
{
  int code = pl_grpc_call_next(&r->call, message, why);
  int broken = code == 1 ? pl_grpc_call_unpack(&r->call, message, why) : PL_OK;
  return broken ? broken : code;
}

int pl_grpc_reflection_step(pl_grpc_reflection *r, pl_proto_schema *schema, pl_str authority, bool secure, void *session, pl_buf *out)
{
  pl_str message, missing;
  const char *why = "";
  int code = next_message(r, &message, &why);
  if (code == 1) {
    code = take_answer(r, schema, message);
    missing = pl_proto_schema_missing(schema);
    return code || !missing.data ? finish(r, session, code ? code : 1) : ask_on(r, missing, session);
  }
  if (code < 0)
    return fail(r, session, code == PL_ENOMEM ? code : PL_ENOENT, why);
  return r->call.over ? take_end(r, authority, secure, session, out) : 0;
}
