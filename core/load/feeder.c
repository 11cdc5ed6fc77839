/* A feeder is a list of marks: where each stride-th row begins. When the list is full, every second mark goes and the stride doubles,
 * so that it is as long for a file of any size. A row is found from the mark before it, or from the row read last; files are read
 * with pread into a window of each reader: a mapped file that somebody cuts would kill the process. */
#include "load/feeder.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/map.h"
#include "base/random.h"

enum { MARKS_MAX = 1 << 19, STEP = 64 << 10 };

/* ---- Reading -------------------------------------------------------------------------------------- */

void pl_feeder_reader_init(pl_feeder_reader *r, const pl_feeder *f)
{
  *r = (pl_feeder_reader){.feeder = f, .next = UINT64_MAX};
  pl_buf_init(&r->window, f->o.alloc, PL_FEEDER_ROW_MAX + STEP);
}

void pl_feeder_reader_fini(pl_feeder_reader *r)
{
  pl_buf_fini(&r->window);
}

static int no_room(pl_feeder_reader *r, pl_error *err)
{
  int code = r->window.bad;
  pl_buf_clear(&r->window);
  if (code == PL_ENOMEM)
    return pl_fail(err, code, "out of memory");
  return pl_fail(err, code, "a row is longer than %d bytes", PL_FEEDER_ROW_MAX);
}

/* Reads on behind the window. */
static int more(pl_feeder_reader *r, pl_error *err)
{
  const pl_feeder *f = r->feeder;
  char *room = pl_buf_room(&r->window, STEP);
  if (!room)
    return no_room(r, err);
  ssize_t n;
  do
    n = pread(f->o.fd, room, STEP, (off_t)(r->window_at + r->window.len));
  while (n < 0 && errno == EINTR);
  if (n < 0)
    return pl_fail_sys(err, PL_EIO, errno, "read");
  r->window.len += (size_t)n;
  r->window_last = n == 0;
  return PL_OK;
}

/* The window begins at `at`. */
static void move_to(pl_feeder_reader *r, uint64_t at)
{
  if (at >= r->window_at && at - r->window_at <= r->window.len) {
    pl_buf_drop(&r->window, (size_t)(at - r->window_at));
  } else {
    pl_buf_clear(&r->window);
    r->window_last = false;
  }
  r->window_at = at;
}

static pl_str window_from(const pl_feeder_reader *r, uint64_t at)
{
  size_t skip = (size_t)(at - r->window_at);
  return r->window.len ? (pl_str){r->window.data + skip, r->window.len - skip} : (pl_str){"", 0};
}

/* The row that begins at `at`, as pl_rows_next has it; 0: there is none. The window moves when the row is not whole in it. */
static int row_at(pl_feeder_reader *r, uint64_t at, bool first, pl_rows_row *row, pl_error *err)
{
  const pl_rows_syntax *syntax = &r->feeder->o.syntax;
  if (at < r->window_at || at - r->window_at >= r->window.len)
    move_to(r, at);
  for (;;) {
    int found = r->window.len || r->window_last ? pl_rows_next(syntax, window_from(r, at), first, r->window_last, row, err) : 0;
    if (found || r->window_last)
      return found;
    move_to(r, at);
    int code = more(r, err);
    if (code)
      return code;
  }
}

/* From where a row is looked for: the row read last, when it is nearer than the mark before. */
static void nearest(const pl_feeder_reader *r, uint64_t row, uint64_t *from, uint64_t *at)
{
  const pl_feeder *f = r->feeder;
  uint64_t mark = row / f->stride;
  *from = mark * f->stride;
  *at = f->marks[mark];
  if (r->next <= row && r->next > *from) {
    *from = r->next;
    *at = r->next_at;
  }
}

int pl_feeder_read(pl_feeder_reader *r, uint64_t row, pl_str *text, pl_error *err)
{
  const pl_feeder *f = r->feeder;
  pl_rows_row found = {0};
  uint64_t i, at;
  nearest(r, row, &i, &at);
  for (;; i++) {
    int code = row_at(r, at, i == 0, &found, err);
    if (code < 0) {
      (void)pl_fail_in(err, "feeder %s has changed: row %llu", f->name, (unsigned long long)row + 1);
      return code;
    }
    if (code == 0 || (f->o.syntax.format == PL_ROWS_CSV && found.fields != f->columns))
      return pl_fail(err, PL_EPARSE, "feeder %s has changed: row %llu is not there", f->name, (unsigned long long)row + 1);
    at += found.size;
    if (i == row)
      break;
  }
  r->next = row + 1;
  r->next_at = at;
  *text = found.text;
  return PL_OK;
}

/* ---- Opening -------------------------------------------------------------------------------------- */

/* Keeps where a row begins, if it is one of those that are kept. */
static int mark(pl_feeder *f, uint64_t row, uint64_t at)
{
  enum { FIRST_MARKS = 1024 };
  if (row % f->stride)
    return PL_OK;
  if (f->n_marks == MARKS_MAX) {
    for (size_t i = 0; i < MARKS_MAX / 2; i++)
      f->marks[i] = f->marks[2 * i];
    f->n_marks = MARKS_MAX / 2;
    f->stride *= 2;
  } else if (f->n_marks == f->cap_marks) {
    size_t cap = f->cap_marks ? f->cap_marks * 2 : FIRST_MARKS;
    uint64_t *grown = pl_realloc(f->o.alloc, f->marks, f->cap_marks * sizeof *grown, cap * sizeof *grown);
    if (!grown)
      return PL_ENOMEM;
    f->marks = grown;
    f->cap_marks = cap;
  }
  f->marks[f->n_marks++] = at;
  return PL_OK;
}

/* Where the reading of a file is. */
typedef struct scan {
  pl_feeder_reader reader;
  uint64_t at, line; /* of the next row, if nothing stands before it */
} scan;

/* Passes what stands before the first row. */
static int begin(pl_feeder *f, scan *s, pl_error *err)
{
  size_t size = 0;
  uint32_t lines = 0;
  for (;;) {
    bool last = s->reader.window_last;
    int code = pl_rows_begin(&f->o.syntax, window_from(&s->reader, 0), last, &size, &lines, err);
    if (code < 0)
      return code;
    if (code || last)
      break;
    code = more(&s->reader, err);
    if (code)
      return code;
  }
  s->at = size;
  s->line = 1 + lines;
  return PL_OK;
}

static int at_line(const pl_feeder *f, uint64_t line, int code, pl_error *err)
{
  (void)pl_fail_in(err, "feeder %s, line %llu", f->name, (unsigned long long)line);
  return code;
}

/* The next row: 1, or 0 at the end. line: its number for people. */
static int next(pl_feeder *f, scan *s, bool first, pl_rows_row *row, uint64_t *line, pl_error *err)
{
  *row = (pl_rows_row){0};
  int found = row_at(&s->reader, s->at, first, row, err);
  *line = s->line + row->line;
  if (found < 0)
    return at_line(f, *line, found, err);
  s->at += row->size;
  s->line += row->lines;
  return found;
}

/* A column under a name that another has would hide it. */
static int check_names(const pl_feeder *f, pl_error *err)
{
  pl_str rest = {f->header.data, f->header.len}, name = {0};
  pl_intern *names = pl_intern_new(f->o.alloc, f->columns + 1);
  int code = names ? PL_OK : PL_ENOMEM;
  pl_buf scratch;
  pl_buf_init(&scratch, f->o.alloc, PL_FEEDER_ROW_MAX);
  for (uint32_t i = 0; i < f->columns && !code; i++) {
    code = pl_rows_field(f->o.syntax.delimiter, &rest, &scratch, &name);
    if (!code && pl_intern_find(names, name) >= 0)
      code = pl_fail(err, PL_EPARSE, "feeder %s: two columns of its header are called \"%.*s\"", f->name, (int)(name.len < 60 ? name.len : 60), name.data);
    else if (!code && pl_intern_id(names, name) < 0)
      code = PL_ENOMEM;
  }
  pl_buf_fini(&scratch);
  pl_intern_free(names);
  return code ? pl_fail(err, code, "feeder %s: out of memory", f->name) : PL_OK;
}

static int read_header(pl_feeder *f, scan *s, pl_error *err)
{
  pl_rows_row row;
  uint64_t line;
  int found = next(f, s, true, &row, &line, err);
  if (found < 0)
    return found;
  f->columns = found ? row.fields : 0;
  if (pl_buf_add(&f->header, row.text.data, row.text.len))
    return pl_fail(err, PL_ENOMEM, "feeder %s: out of memory", f->name);
  return check_names(f, err);
}

static int check(const pl_feeder *f, const pl_rows_row *row, uint64_t line, pl_error *err)
{
  int code = f->o.syntax.format == PL_ROWS_CSV ? PL_OK : pl_rows_check(f->o.alloc, row->text, err);
  if (code)
    return at_line(f, line, code, err);
  if (f->o.syntax.format != PL_ROWS_CSV || row->fields == f->columns)
    return PL_OK;
  return pl_fail(err, PL_EPARSE, "feeder %s, line %llu: %u fields, the header has %u", f->name, (unsigned long long)line, row->fields, f->columns);
}

static int read_rows(pl_feeder *f, scan *s, pl_error *err)
{
  pl_rows_row row;
  uint64_t line;
  for (;;) {
    uint64_t at = s->at;
    int code = next(f, s, f->n_rows == 0, &row, &line, err);
    if (code <= 0)
      return code;
    code = check(f, &row, line, err);
    if (code)
      return code;
    if (mark(f, f->n_rows++, at))
      return pl_fail(err, PL_ENOMEM, "feeder %s: out of memory", f->name);
  }
}

static int read_file(pl_feeder *f, pl_error *err)
{
  bool csv = f->o.syntax.format == PL_ROWS_CSV;
  scan s;
  pl_feeder_reader_init(&s.reader, f);
  int code = begin(f, &s, err);
  if (code)
    (void)pl_fail_in(err, "feeder %s", f->name);
  if (!code && csv)
    code = read_header(f, &s, err);
  if (!code)
    code = read_rows(f, &s, err);
  pl_feeder_reader_fini(&s.reader);
  if (!code && f->n_rows == 0)
    code = pl_fail(err, PL_EPARSE, csv ? "feeder %s: a header line and at least one row are needed" : "feeder %s: it has no rows", f->name);
  return code;
}

int pl_feeder_open(const pl_feeder_options *o, pl_feeder **out, pl_error *err)
{
  pl_feeder *f = pl_alloc_zero(o->alloc, 1, sizeof *f);
  if (!f) {
    if (o->fd >= 0)
      close(o->fd);
    return pl_fail(err, PL_ENOMEM, "feeder %s: out of memory", o->name);
  }
  f->o = *o;
  f->stride = 1;
  f->n_rows = o->fd < 0 ? o->n_rows : 0;
  pl_buf_init(&f->header, o->alloc, PL_FEEDER_ROW_MAX + STEP);
  f->name = pl_strdup(o->alloc, o->name);
  int code = f->name ? PL_OK : pl_fail(err, PL_ENOMEM, "feeder %s: out of memory", o->name);
  if (!code && o->fd >= 0)
    code = read_file(f, err);
  if (code)
    pl_feeder_free(f);
  else
    *out = f;
  return code;
}

void pl_feeder_free(pl_feeder *f)
{
  if (!f)
    return;
  const pl_allocator *a = f->o.alloc;
  if (f->o.fd >= 0)
    close(f->o.fd);
  pl_free(a, f->marks, f->cap_marks * sizeof *f->marks);
  pl_buf_fini(&f->header);
  if (f->name)
    pl_strfree(a, f->name);
  pl_free(a, f, sizeof *f);
}

/* ---- Choosing ------------------------------------------------------------------------------------- */

/* A permutation of 0 ... n - 1 for each key: a Feistel network of four rounds over the next power of four, walked until it is below n
 * (Black and Rogaway, "Ciphers with Arbitrary Finite Domains", 2002). */
static uint64_t permuted(uint64_t i, uint64_t n, uint64_t key)
{
  enum { ROUNDS = 4 };
  unsigned half = 1;
  while (2 * half < 62 && UINT64_C(1) << 2 * half < n)
    half++;
  uint64_t mask = (UINT64_C(1) << half) - 1;
  do {
    uint64_t left = i >> half, right = i & mask;
    for (uint64_t round = 0; round < ROUNDS; round++) {
      uint64_t words[] = {right, round}, mixed = left ^ (pl_hash(words, sizeof words, key) & mask);
      left = right;
      right = mixed;
    }
    i = left << half | right;
  } while (i >= n);
  return i;
}

bool pl_feeder_pick(pl_feeder *f, uint64_t person, uint64_t iteration, uint64_t *row)
{
  uint64_t i = iteration;
  pl_rng rng;
  if (f->o.order == PL_FEED_RANDOM) {
    pl_rng_init(&rng, f->o.key, iteration, 0, 0);
    *row = pl_rng_below(&rng, f->n_rows);
    return true;
  }
  if (f->o.order == PL_FEED_QUEUE)
    i = atomic_fetch_add_explicit(&f->taken, 1, memory_order_relaxed);
  else if (f->o.order == PL_FEED_UNIQUE)
    i = person;
  if (i >= f->n_rows && f->o.at_end != PL_FEED_LOOP)
    return false;
  *row = i % f->n_rows;
  if (f->o.order == PL_FEED_SHUFFLED)
    *row = permuted(*row, f->n_rows, f->o.key + i / f->n_rows);
  return true;
}
