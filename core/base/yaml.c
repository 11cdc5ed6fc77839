/* See yaml.h. One pass over libyaml's events; a stack of bits says which containers are mappings and whether a key is due. */
#include "base/yaml.h"

#include <string.h>
#include <yaml.h>

#include "base/error.h"
#include "base/json.h"

enum { DEPTH_MAX = 32 };

typedef struct reader {
  yaml_parser_t parser;
  pl_json_out json;
  int depth;
  bool is_mapping[DEPTH_MAX + 1], key_is_due[DEPTH_MAX + 1];
  int documents;
  bool anything;
} reader;

static int refuse(const yaml_mark_t *at, const char *what, pl_error *err)
{
  return pl_fail(err, PL_EPARSE, "line %zu, column %zu: %s", at->line + 1, at->column + 1, what);
}

static pl_str text_of(const yaml_event_t *e)
{
  union {
    const yaml_char_t *bytes;
    const char *text;
  } u = {e->data.scalar.value};
  return (pl_str){u.text, e->data.scalar.length};
}

static bool is_null(const yaml_event_t *e)
{
  pl_str s = text_of(e);
  return e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE && (s.len == 0 || pl_str_eqc(s, "~") || pl_str_eqc(s, "null"));
}

/* A value has ended: in a mapping a key comes next. */
static void value_done(reader *r)
{
  r->anything = true;
  r->key_is_due[r->depth] = r->is_mapping[r->depth];
}

static int scalar(reader *r, const yaml_event_t *e, pl_error *err)
{
  if (e->data.scalar.anchor || e->data.scalar.tag)
    return refuse(&e->start_mark, "anchors and tags are not understood", err);
  if (r->is_mapping[r->depth] && r->key_is_due[r->depth]) {
    pl_json_key(&r->json, text_of(e));
    r->key_is_due[r->depth] = false;
    return PL_OK;
  }
  if (is_null(e))
    pl_json_null(&r->json);
  else
    pl_json_string(&r->json, text_of(e));
  value_done(r);
  return PL_OK;
}

static int begin(reader *r, const yaml_event_t *e, bool mapping, bool decorated, pl_error *err)
{
  if (decorated)
    return refuse(&e->start_mark, "anchors and tags are not understood", err);
  if (r->is_mapping[r->depth] && r->key_is_due[r->depth])
    return refuse(&e->start_mark, "a key is a plain word", err);
  if (r->depth == DEPTH_MAX)
    return pl_fail(err, PL_ELIMIT, "line %zu: more than %d levels", e->start_mark.line + 1, DEPTH_MAX);
  if (mapping)
    pl_json_begin_object(&r->json);
  else
    pl_json_begin_array(&r->json);
  r->depth++;
  r->is_mapping[r->depth] = r->key_is_due[r->depth] = mapping;
  return PL_OK;
}

static int end(reader *r, bool mapping)
{
  if (mapping)
    pl_json_end_object(&r->json);
  else
    pl_json_end_array(&r->json);
  r->depth--;
  value_done(r);
  return PL_OK;
}

static int take(reader *r, const yaml_event_t *e, pl_error *err)
{
  switch (e->type) {
  case YAML_DOCUMENT_START_EVENT:
    return r->documents++ ? refuse(&e->start_mark, "a second document", err) : PL_OK;
  case YAML_SCALAR_EVENT:
    return scalar(r, e, err);
  case YAML_MAPPING_START_EVENT:
    return begin(r, e, true, e->data.mapping_start.anchor || e->data.mapping_start.tag, err);
  case YAML_SEQUENCE_START_EVENT:
    return begin(r, e, false, e->data.sequence_start.anchor || e->data.sequence_start.tag, err);
  case YAML_MAPPING_END_EVENT:
  case YAML_SEQUENCE_END_EVENT:
    return end(r, e->type == YAML_MAPPING_END_EVENT);
  case YAML_ALIAS_EVENT:
    return refuse(&e->start_mark, "aliases are not understood", err);
  default:
    return PL_OK;
  }
}

static int read_all(reader *r, pl_error *err)
{
  for (;;) {
    yaml_event_t event;
    if (!yaml_parser_parse(&r->parser, &event)) {
      if (r->parser.error == YAML_MEMORY_ERROR)
        return pl_fail(err, PL_ENOMEM, "out of memory");
      yaml_mark_t at = r->parser.problem_mark;
      return refuse(&at, r->parser.problem ? r->parser.problem : "no YAML", err);
    }
    bool last = event.type == YAML_STREAM_END_EVENT;
    int code = take(r, &event, err);
    yaml_event_delete(&event);
    if (code || last)
      return code;
  }
}

int pl_yaml_to_json(pl_str text, pl_buf *out, pl_error *err)
{
  reader r = {.depth = 0};
  if (!yaml_parser_initialize(&r.parser))
    return pl_fail(err, PL_ENOMEM, "out of memory");
  union {
    const char *text;
    const unsigned char *bytes;
  } u = {text.len ? text.data : ""};
  yaml_parser_set_input_string(&r.parser, u.bytes, text.len);
  pl_json_out_init(&r.json, out);
  int code = read_all(&r, err);
  yaml_parser_delete(&r.parser);
  if (!code && !r.anything) {
    pl_json_begin_object(&r.json);
    pl_json_end_object(&r.json);
  }
  return code ? code : out->bad ? pl_fail(err, out->bad, "the text is too large, or out of memory") : PL_OK;
}
