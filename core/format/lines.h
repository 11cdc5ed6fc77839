/* What the parsers of line formats share: lines out of a text that comes in pieces, names with values, and why a line is refused.
 * Pure; any thread. */
#ifndef PL_FORMAT_LINES_H
#define PL_FORMAT_LINES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "perilune/error.h"

enum {
  PL_LINE_MAX = 1 << 16,  /* bytes of a line */
  PL_LINE_TAGS = 64,      /* names with values of a line */
};

/* Where a reader stands in its text; zeroed at the begin. */
typedef struct pl_lines {
  uint64_t number; /* of the line that was given last, from 1 */
  bool skipping;   /* the rest of a line that is too long */
} pl_lines;

/* Takes the next line off *text, without its line feed. last: nothing comes behind *text. 1: *line is a piece of *text. 0: there is none
 * left, or, where not last, no whole one: what *text is then comes again, in front of what follows it. PL_ELIMIT: the line is longer than
 * PL_LINE_MAX; it is dropped, *line is its begin. A caller that keeps PL_LINE_MAX + 1 bytes never needs more. */
int pl_lines_next(pl_lines *l, pl_str *text, bool last, pl_str *line) PL_MUSTCHECK;

/* A name with its value: a label, a tag. */
typedef struct pl_tag {
  pl_str name;
  pl_str value;
} pl_tag;

/* X(symbol, name, text): why lines are refused; they are counted by these names. */
#define PL_REFUSAL_MAP(X)                                             \
  X(LENGTH, "length", "the line is longer than 64 KiB")               \
  X(ENCODING, "encoding", "it is not UTF-8")                          \
  X(SYNTAX, "syntax", "the line is malformed")                        \
  X(NAME, "name", "there is no valid name")                           \
  X(TAG, "label", "a label is malformed")                             \
  X(TAGS, "labels", "there are too many labels")                      \
  X(TWICE, "twice", "something is said twice")                        \
  X(VALUE, "value", "there is no valid value")                        \
  X(TIME, "timestamp", "there is no valid timestamp")                 \
  X(TYPE, "type", "its type does not allow that")                     \
  X(ORDER, "order", "it stands in the wrong place")                   \
  X(EXEMPLAR, "exemplar", "an exemplar is malformed")                 \
  X(END, "end", "the end is missing: the text was cut short")

#define PL_REFUSAL_ENUM(symbol, name, text) PL_REFUSED_##symbol,
enum pl_refusal { PL_NOT_REFUSED, PL_REFUSAL_MAP(PL_REFUSAL_ENUM) PL_REFUSALS };
#undef PL_REFUSAL_ENUM

/* The name by which a refusal is counted. */
const char *pl_refusal_name(enum pl_refusal r);
/* Why, in words. */
const char *pl_refusal_text(enum pl_refusal r);

/* A line that is refused. */
typedef struct pl_refused {
  uint64_t line;
  enum pl_refusal reason;
  pl_str text; /* as it was; valid during the call */
} pl_refused;

/* How the lines of a text are read, one by one, and who is told of those that are refused. */
typedef struct pl_line_reader {
  int (*line)(void *reader, pl_str line, uint64_t number); /* 0, why the line is refused (enum pl_refusal), or a negative code */
  void *reader;
  int (*refused)(void *user, const pl_refused *r);
  void *user;
} pl_line_reader;

/* Reads the whole lines of *text (pl_lines_next); those that are too long are refused. A negative code that a function returns ends the
 * reading behind that line and is its result; else 0. */
int pl_lines_read(pl_lines *l, pl_str *text, bool last, const pl_line_reader *to) PL_MUSTCHECK;

/* A sample as text formats give it; its pieces are valid during the call. */
typedef struct pl_text_sample {
  pl_str name;
  const pl_tag *tags; /* no name twice */
  size_t n_tags;
  double value;
  bool has_time;
  int64_t time_ns; /* since 1970 */
  uint64_t line;
} pl_text_sample;

/* Who is told what a reader of text finds. A negative code that a function returns ends the reading and is its result. */
typedef struct pl_text_events {
  int (*point)(void *user, const pl_text_sample *p);
  int (*refused)(void *user, const pl_refused *r);
  void *user;
} pl_text_events;

/* Whether one of n tags has that name. */
bool pl_tags_have(const pl_tag *tags, size_t n, pl_str name);
/* Adds one to the *n tags of a line, of which there is room for PL_LINE_TAGS: 0, or why the line is refused: it has no name, its name is there
 * already, there are too many. */
int pl_tags_add(pl_tag *tags, size_t *n, pl_tag tag) PL_MUSTCHECK;

/* A number as pl_str_double reads it, or NaN, +Inf, -Infinity in any case. */
bool pl_number_read(pl_str s, double *v);

/* A decimal number of seconds, a sign and a fraction allowed, as nanoseconds, exactly; further digits are dropped. One with an exponent is
 * as exact as a double. False: it is none, or beyond 64 bits of nanoseconds. */
bool pl_seconds_ns(pl_str s, int64_t *ns);
/* A whole number, a sign allowed, of units of unit_ns each, in nanoseconds. */
bool pl_whole_ns(pl_str s, int64_t unit_ns, int64_t *ns);

#endif
