/* JSON: writing by our own few lines, reading as events of yajl. */
#ifndef PL_BASE_JSON_H
#define PL_BASE_JSON_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

/* ---- Writing: commas and colons are put where they belong; depth up to 64. Errors stay in buf->bad.
 * NaN and infinities become null. Strings are taken as UTF-8; invalid bytes become U+FFFD. */
typedef struct pl_json_out {
  pl_buf *buf;
  uint64_t comma; /* bit d: something was written at depth d */
  int depth;
  bool after_key;
} pl_json_out;

/* Writes behind what buf holds; buf is borrowed. */
void pl_json_out_init(pl_json_out *j, pl_buf *buf);
/* Begins an object: as a value, so behind a key where it lies in another one. */
void pl_json_begin_object(pl_json_out *j);
/* Ends the innermost container, which is an object. */
void pl_json_end_object(pl_json_out *j);
/* Begins an array. */
void pl_json_begin_array(pl_json_out *j);
/* Ends the innermost container, which is an array. */
void pl_json_end_array(pl_json_out *j);
/* The name of the value that is written next; in an object. */
void pl_json_key(pl_json_out *j, pl_str key);
/* A text, escaped. */
void pl_json_string(pl_json_out *j, pl_str s);
/* A number, by its shortest text that reads back as v. */
void pl_json_double(pl_json_out *j, double v);
/* A whole number. */
void pl_json_int(pl_json_out *j, int64_t v);
/* true or false. */
void pl_json_bool(pl_json_out *j, bool v);
/* null. */
void pl_json_null(pl_json_out *j);

/* ---- Reading. */
enum pl_json_kind {
  PL_JSON_NULL, PL_JSON_BOOL, PL_JSON_INT, PL_JSON_DOUBLE, PL_JSON_STRING,
  PL_JSON_KEY, PL_JSON_OBJECT, PL_JSON_OBJECT_END, PL_JSON_ARRAY, PL_JSON_ARRAY_END
};

typedef struct pl_json_event {
  enum pl_json_kind kind;
  int depth;     /* containers around this event; 0 for the outermost value */
  bool boolean;
  int64_t integer;
  double number; /* also set for INT; integers beyond 64 bits come as DOUBLE */
  pl_str string; /* STRING and KEY: decoded UTF-8, valid during the call */
} pl_json_event;

/* Return 0 to go on, anything else to stop; pl_json_parse returns it. */
typedef int (*pl_json_fn)(void *user, const pl_json_event *event);

/* Parses one whole JSON text of at most max_depth (<= 512) nested containers. Errors: PL_EPARSE with
 * line and column, PL_ELIMIT (depth), PL_ENOMEM, or what fn returned. */
int pl_json_parse(const pl_allocator *a, pl_str text, int max_depth, pl_json_fn fn, void *user,
                  pl_error *err) PL_MUSTCHECK;

#endif
