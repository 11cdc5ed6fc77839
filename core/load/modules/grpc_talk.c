/* See grpc_talk.h. */
#include "load/modules/grpc_talk.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"

void pl_grpc_talk_init(pl_grpc_talk *t, const pl_allocator *a)
{
  memset(t, 0, sizeof *t);
  pl_grpc_call_init(&t->call, a);
}

void pl_grpc_talk_fini(pl_grpc_talk *t)
{
  pl_grpc_call_fini(&t->call);
}

void pl_grpc_talk_answer(pl_grpc_talk *t, int status, const char *why)
{
  t->now_status = status;
  (void)snprintf(t->why, sizeof t->why, "%s: %.200s", pl_grpc_status_name(status), why);
}

/* ---- Messages out -------------------------------------------------------------------------------- */

int pl_grpc_talk_say(pl_grpc_talk *t, const pl_proto_schema *schema, const pl_tree *v, pl_error *err)
{
  const pl_proto_message *m = pl_proto_find_message(schema, t->method->input);
  if (!m)
    return pl_fail(err, PL_EINVAL, "grpc: %.*s is not described", (int)t->method->input.len, t->method->input.data);
  size_t from = pl_grpc_call_message(&t->call);
  int code = pl_proto_encode(schema, m, v, &t->call.up, err);
  if (code)
    pl_grpc_call_unsaid(&t->call, from);
  else
    pl_grpc_call_sealed(&t->call, from);
  return code;
}

int pl_grpc_talk_begin(pl_grpc_talk *t, const pl_proto_schema *schema, const pl_tree *v, bool whole, pl_error *err)
{
  bool several = t->method->client_streams;
  int code = PL_OK;
  t->call.up_end = whole || !several;
  if (!several)
    return pl_grpc_talk_say(t, schema, v, err);
  if (whole && v->kind != PL_TREE_LIST)
    return pl_fail(err, PL_EINVAL, "grpc: %.*s takes a list of messages", (int)t->method->path.len, t->method->path.data);
  for (size_t i = 0; v->kind == PL_TREE_LIST && i < v->n && !code; i++)
    code = pl_grpc_talk_say(t, schema, &v->as.items[i], err);
  return code;
}

/* ---- Messages in --------------------------------------------------------------------------------- */

bool pl_grpc_talk_has_message(const pl_grpc_talk *t)
{
  pl_grpc_call peek = t->call;
  pl_str message;
  const char *why;
  return pl_grpc_call_next(&peek, &message, &why) != 0;
}

bool pl_grpc_talk_failed(const pl_grpc_talk *t)
{
  return t->now_status || (t->call.over && t->call.status);
}

/* A copy that lives as long as the tree. */
static bool keep(pl_arena *arena, pl_str *message)
{
  char *copy = pl_arena_take(arena, message->len + 1);
  if (copy)
    *message = (pl_str){memcpy(copy, message->data, message->len), message->len};
  return copy != NULL;
}

/* The message that was taken last; the tree's texts are pieces of it. */
static int decode(pl_grpc_talk *t, const pl_proto_schema *schema, pl_str message, pl_arena *arena, pl_tree *out, const char **why)
{
  const pl_proto_message *m = pl_proto_find_message(schema, t->method->output);
  int code = pl_grpc_call_unpack(&t->call, &message, why);
  if (!code && t->call.packed && !keep(arena, &message))
    code = PL_ENOMEM;
  if (code)
    return code;
  return m ? pl_proto_decode(schema, m, message, arena, out) : PL_EPROTO;
}

int pl_grpc_talk_next(pl_grpc_talk *t, const pl_proto_schema *schema, pl_arena *arena, pl_tree *value, const char **why)
{
  pl_str message;
  int code = pl_grpc_call_next(&t->call, &message, why);
  return code > 0 ? decode(t, schema, message, arena, value, why) : code;
}

int pl_grpc_talk_rest(pl_grpc_talk *t, const pl_proto_schema *schema, pl_arena *arena, pl_tree *value, const char **why)
{
  size_t n = 0, at = t->call.down_at;
  pl_str message;
  pl_tree list;
  int code;
  for (; (code = pl_grpc_call_next(&t->call, &message, why)) > 0; n++)
    ;
  t->call.down_at = at;
  if (code || !pl_tree_list(arena, &list, n))
    return code ? code : PL_ENOMEM;
  for (size_t i = 0; i < n && !code; i++)
    code = pl_grpc_talk_next(t, schema, arena, &list.as.items[i], why);
  if (code || t->method->server_streams) {
    *value = list;
    return code;
  }
  *why = "the server gave no message";
  if (n != 1)
    return PL_EPROTO;
  *value = list.as.items[0];
  return PL_OK;
}

int pl_grpc_talk_wrap(const pl_grpc_talk *t, pl_arena *arena, pl_tree *value)
{
  pl_tree message = *value, metadata, trailers;
  if (!pl_grpc_call_metadata(&t->call, false, arena, &metadata) || !pl_grpc_call_metadata(&t->call, true, arena, &trailers) ||
      !pl_tree_map(arena, value, 3))
    return PL_ENOMEM;
  pl_tree_pair(value, 0, "message", message);
  pl_tree_pair(value, 1, "metadata", metadata);
  pl_tree_pair(value, 2, "trailers", trailers);
  return PL_OK;
}

int pl_grpc_talk_report(pl_grpc_talk *t, pl_arena *arena, pl_tree *value, int *status, const char **why)
{
  pl_tree trailers = {0};
  *status = t->now_status ? t->now_status : t->call.status;
  if (!t->now_status)
    (void)snprintf(t->why, sizeof t->why, "%s: %s", pl_grpc_status_name(*status), t->call.message);
  *why = t->why;
  if (!pl_grpc_call_metadata(&t->call, t->call.trailers.len > 0, arena, &trailers) || !pl_tree_map(arena, value, 4))
    return PL_ENOMEM;
  const char *message = strstr(t->why, ": ");
  pl_tree_pair(value, 0, "code", pl_tree_integer(*status));
  pl_tree_pair(value, 1, "status", pl_tree_text(pl_str_of(pl_grpc_status_name(*status))));
  pl_tree_pair(value, 2, "message", pl_tree_text(pl_str_of(message ? message + 2 : t->why)));
  pl_tree_pair(value, 3, "trailers", trailers);
  return PL_OK;
}
