/* See trace_times.h. Spans sorted by parent and by end, latest first: so children lie side by side, in the order in which a path meets them. */
#include "analysis/trace_times.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"

typedef struct entry {
  int64_t parent, end_ns;
  size_t place;
} entry;

/* A span on the way down from its root: what of it is still to be walked. */
typedef struct frame {
  size_t place, next; /* its next child, in `sorted` */
  int64_t from_ns, cursor_ns;
} frame;

typedef struct walk {
  const pl_timed_span *spans;
  pl_span_times *out;
  pl_trace_path *path; /* may be NULL */
  size_t n;
  entry *sorted;
  size_t *first; /* of each span's children, in `sorted`; n: it has none */
  frame *stack;
} walk;

static int by_parent(const void *a_, const void *b_)
{
  const entry *a = a_, *b = b_;
  if (a->parent != b->parent)
    return a->parent < b->parent ? -1 : 1;
  if (a->end_ns != b->end_ns)
    return a->end_ns > b->end_ns ? -1 : 1;
  return a->place < b->place ? -1 : a->place > b->place;
}

static bool is_child(const walk *w, size_t at, size_t of)
{
  return at < w->n && w->sorted[at].parent == (int64_t)of;
}

static void sort(walk *w)
{
  for (size_t i = 0; i < w->n; i++) {
    w->sorted[i] = (entry){w->spans[i].parent < 0 ? -1 : w->spans[i].parent, w->spans[i].end_ns, i};
    w->first[i] = w->n;
  }
  qsort(w->sorted, w->n, sizeof *w->sorted, by_parent);
  for (size_t i = w->n; i-- > 0;) {
    if (w->sorted[i].parent >= 0)
      w->first[w->sorted[i].parent] = i;
  }
}

static int64_t least(int64_t a, int64_t b)
{
  return a < b ? a : b;
}

static int64_t most(int64_t a, int64_t b)
{
  return a > b ? a : b;
}

/* Its length without the union of its children's. */
static int64_t self_of(const walk *w, size_t place)
{
  const pl_timed_span *s = &w->spans[place];
  int64_t self = s->end_ns - s->start_ns, cursor = s->end_ns;
  for (size_t i = w->first[place]; is_child(w, i, place); i++) {
    const pl_timed_span *child = &w->spans[w->sorted[i].place];
    int64_t from = most(child->start_ns, s->start_ns), to = least(child->end_ns, cursor);
    if (to > from)
      self -= to - from;
    cursor = least(cursor, most(from, s->start_ns));
  }
  return self;
}

/* The next child that the path goes through, or w->n. */
static size_t step(walk *w, frame *f)
{
  const int64_t until = w->spans[f->place].end_ns;
  for (; is_child(w, f->next, f->place); f->next++) {
    const pl_timed_span *child = &w->spans[w->sorted[f->next].place];
    if (least(child->end_ns, until) <= f->cursor_ns && child->end_ns > f->from_ns && child->start_ns < f->cursor_ns)
      return w->sorted[f->next++].place;
  }
  return w->n;
}

/* From from_ns to to_ns the path is in the span itself. */
static void add_part(walk *w, size_t place, int64_t from_ns, int64_t to_ns)
{
  w->out[place].critical_ns += to_ns - from_ns;
  if (w->path && to_ns > from_ns)
    w->path->parts[w->path->n++] = (pl_path_part){place, from_ns, to_ns};
}

static void walk_root(walk *w, size_t root)
{
  size_t depth = 1;
  w->stack[0] = (frame){root, w->first[root], w->spans[root].start_ns, w->spans[root].end_ns};
  while (depth) {
    frame *f = &w->stack[depth - 1];
    size_t child = step(w, f);
    if (child == w->n) {
      add_part(w, f->place, f->from_ns, f->cursor_ns);
      depth--;
      continue;
    }
    int64_t from = most(w->spans[child].start_ns, f->from_ns), to = least(w->spans[child].end_ns, f->cursor_ns);
    add_part(w, f->place, to, f->cursor_ns);
    f->cursor_ns = from;
    w->stack[depth++] = (frame){child, w->first[child], from, to};
  }
}

static int check(const pl_timed_span *spans, size_t n)
{
  for (size_t i = 0; i < n; i++) {
    if (spans[i].parent >= (int64_t)n)
      return PL_EINVAL;
  }
  return PL_OK;
}

int pl_trace_times(const pl_allocator *a, const pl_timed_span *spans, size_t n, pl_span_times *out, pl_trace_path *path)
{
  walk w = {.spans = spans, .out = out, .path = path, .n = n};
  int code = check(spans, n);
  if (path)
    path->n = 0;
  if (code || n == 0)
    return code;
  w.sorted = pl_alloc_zero(a, n, sizeof *w.sorted);
  w.first = pl_alloc_zero(a, n, sizeof *w.first);
  w.stack = pl_alloc_zero(a, n, sizeof *w.stack);
  if (w.sorted && w.first && w.stack) {
    sort(&w);
    memset(out, 0, n * sizeof *out);
    for (size_t i = 0; i < n; i++)
      out[i].self_ns = self_of(&w, i);
    for (size_t i = 0; i < n && w.sorted[i].parent < 0; i++)
      walk_root(&w, w.sorted[i].place);
  } else {
    code = PL_ENOMEM;
  }
  pl_free(a, w.sorted, n * sizeof *w.sorted);
  pl_free(a, w.first, n * sizeof *w.first);
  pl_free(a, w.stack, n * sizeof *w.stack);
  return code;
}
