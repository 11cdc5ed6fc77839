/* What the targets of formats of lines share: what a reader tells goes into a hash, and is the same of a text in pieces as at once. */
#ifndef TEST_FUZZ_LINES_H
#define TEST_FUZZ_LINES_H

#include "format/lines.h"
#include "fuzz.h"

typedef struct fuzz_told {
  uint64_t hash, good, refused;
  int code;    /* of the reading */
  size_t left; /* bytes that were not taken */
} fuzz_told;

static inline void fuzz_mix(fuzz_told *t, const void *bytes, size_t len)
{
  t->hash = pl_hash(bytes, len, t->hash);
}

static inline void fuzz_mix_str(fuzz_told *t, pl_str s)
{
  fuzz_mix(t, s.data, s.len);
}

static inline void fuzz_mix_tags(fuzz_told *t, const pl_tag *tags, size_t n)
{
  FUZZ_EXPECT(n <= PL_LINE_TAGS);
  for (size_t i = 0; i < n; i++) {
    FUZZ_EXPECT(tags[i].name.len > 0);
    fuzz_mix_str(t, tags[i].name);
    fuzz_mix_str(t, tags[i].value);
  }
}

/* A value with its time, if it has one, and its line. */
static inline void fuzz_mix_value(fuzz_told *t, double value, bool has_time, int64_t time_ns, uint64_t line)
{
  t->good++;
  fuzz_mix(t, &value, sizeof value);
  fuzz_mix(t, &line, sizeof line);
  if (has_time)
    fuzz_mix(t, &time_ns, sizeof time_ns);
}

/* `point` of pl_text_events; user is a fuzz_told. */
static inline int fuzz_point(void *user, const pl_text_sample *p)
{
  fuzz_told *t = user;
  FUZZ_EXPECT(p->name.len > 0);
  fuzz_mix_str(t, p->name);
  fuzz_mix_tags(t, p->tags, p->n_tags);
  fuzz_mix_value(t, p->value, p->has_time, p->time_ns, p->line);
  return 0;
}

/* `refused` of any reader's events; user is a fuzz_told. */
static inline int fuzz_refused(void *user, const pl_refused *r)
{
  fuzz_told *t = user;
  t->refused++;
  FUZZ_EXPECT(pl_refusal_text(r->reason)[0] != '\0');
  fuzz_mix_str(t, pl_str_of(pl_refusal_name(r->reason)));
  fuzz_mix(t, &r->line, sizeof r->line);
  return 0;
}

/* Takes off *text what it reads of it; last: nothing comes behind. */
typedef int (*fuzz_read_fn)(void *reader, pl_str *text, bool last);

/* Gives a text to a reader, `step` bytes more at a time; what it left comes again. */
static inline void fuzz_read(fuzz_told *t, fuzz_read_fn read, void *reader, pl_str text, size_t step)
{
  size_t seen = 0, at = 0;
  do {
    seen = step < text.len - seen ? seen + step : text.len;
    pl_str rest = {text.data + at, seen - at};
    t->code = read(reader, &rest, seen == text.len);
    at = seen - rest.len;
  } while (!t->code && seen < text.len);
  t->left = text.len - at;
}

/* Reads a text as format `kind` says, `step` bytes more at a time. */
typedef fuzz_told (*fuzz_text_fn)(unsigned kind, pl_str text, size_t step);

/* An input begins with a byte that says which of several formats it is of, and one that says how the text is cut. */
static inline void fuzz_lines(const uint8_t *data, size_t len, unsigned kinds, fuzz_text_fn read)
{
  fuzz_input in = {data, len};
  unsigned kind = kinds > 1 ? fuzz_byte(&in) % kinds : 0;
  size_t step = fuzz_byte(&in) % 32 + 1u;
  pl_str text = fuzz_rest(&in);
  fuzz_told whole = read(kind, text, text.len + 1), pieces = read(kind, text, step);
  FUZZ_EXPECT(whole.code == pieces.code);
  FUZZ_EXPECT(whole.code || (whole.hash == pieces.hash && whole.good == pieces.good && whole.refused == pieces.refused && whole.left == pieces.left));
}

#endif
