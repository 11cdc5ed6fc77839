/* A heap holds what each cut is worth; when one goes, its neighbours are worth something else. */
#include "analysis/change/path.h"

#include <stdint.h>
#include <string.h>

typedef struct heap {
  const pl_pieces *y;
  const size_t *cuts;
  size_t all, n;   /* cuts of the begin, cuts that are left */
  double *worth;   /* all: by cut */
  size_t *order;   /* all: cuts, the least worth on top */
  size_t *at;      /* all: where a cut stands in the order */
  size_t *before, *after; /* all: its neighbours that are left; all: none */
} heap;

static bool less(const heap *h, size_t a, size_t b)
{
  return h->worth[a] < h->worth[b] || (h->worth[a] == h->worth[b] && a > b);
}

static void put(heap *h, size_t place, size_t cut)
{
  h->order[place] = cut;
  h->at[cut] = place;
}

static void settle(heap *h, size_t place)
{
  size_t cut = h->order[place];
  while (place > 0 && less(h, cut, h->order[(place - 1) / 2])) {
    put(h, place, h->order[(place - 1) / 2]);
    place = (place - 1) / 2;
  }
  for (size_t child; (child = 2 * place + 1) < h->n; place = child) {
    if (child + 1 < h->n && less(h, h->order[child + 1], h->order[child]))
      child++;
    if (!less(h, h->order[child], cut))
      break;
    put(h, place, h->order[child]);
  }
  put(h, place, cut);
}

/* The sum of squares that comes back without the cut. */
static double worth_of(const heap *h, size_t cut)
{
  size_t from = h->before[cut] < h->all ? h->cuts[h->before[cut]] : 0, to = h->after[cut] < h->all ? h->cuts[h->after[cut]] : h->y->n, at = h->cuts[cut];
  return pl_pieces_gain(h->y, from, at) + pl_pieces_gain(h->y, at, to) - pl_pieces_gain(h->y, from, to);
}

static void renew(heap *h, size_t cut)
{
  h->worth[cut] = worth_of(h, cut);
  settle(h, h->at[cut]);
}

/* Takes the cut that is worth least; gives it. */
static size_t drop(heap *h)
{
  size_t cut = h->order[0], before = h->before[cut], after = h->after[cut], last = h->order[--h->n];
  if (h->n > 0) {
    put(h, 0, last);
    settle(h, 0);
  }
  if (before < h->all)
    h->after[before] = after;
  if (after < h->all)
    h->before[after] = before;
  if (before < h->all)
    renew(h, before);
  if (after < h->all)
    renew(h, after);
  return cut;
}

static void fill(heap *h)
{
  for (size_t i = 0; i < h->all; i++) {
    h->before[i] = i > 0 ? i - 1 : h->all;
    h->after[i] = i + 1;
  }
  for (size_t i = 0; i < h->all; i++) {
    h->worth[i] = worth_of(h, i);
    put(h, h->n++, i);
    settle(h, i);
  }
}

/* Sums of what is taken from the whole, from the largest model down. */
static void walk(pl_path *p, heap *h)
{
  double left = h->y->squares;
  for (size_t j = 0, from = 0; j <= p->n; j++) {
    size_t to = j < p->n ? p->cuts[j] : h->y->n;
    left -= pl_pieces_gain(h->y, from, to);
    from = to;
  }
  p->left[p->n] = left > 0 ? left : 0;
  for (size_t k = p->n; k > 0; k--) {
    double worth = h->worth[h->order[0]];
    p->rank[drop(h)] = k - 1;
    left += worth;
    p->left[k - 1] = left > 0 ? left : 0;
  }
}

bool pl_path_init(pl_path *p, const pl_pieces *y, const size_t *cuts, size_t n)
{
  *p = (pl_path){.alloc = y->alloc, .n = n};
  heap h = {.y = y, .all = n};
  size_t bytes = (n + 1) * sizeof(size_t);
  p->cuts = pl_alloc(y->alloc, bytes);
  p->rank = pl_alloc(y->alloc, bytes);
  p->left = pl_alloc(y->alloc, (n + 1) * sizeof *p->left);
  h.worth = pl_alloc(y->alloc, (n + 1) * sizeof *h.worth);
  h.order = pl_alloc(y->alloc, bytes);
  h.at = pl_alloc(y->alloc, bytes);
  h.before = pl_alloc(y->alloc, bytes);
  h.after = pl_alloc(y->alloc, bytes);
  bool ok = p->cuts && p->rank && p->left && h.worth && h.order && h.at && h.before && h.after;
  if (ok) {
    if (n > 0)
      memcpy(p->cuts, cuts, n * sizeof *cuts);
    h.cuts = p->cuts;
    fill(&h);
    walk(p, &h);
  }
  pl_free(y->alloc, h.worth, (n + 1) * sizeof *h.worth);
  pl_free(y->alloc, h.order, bytes);
  pl_free(y->alloc, h.at, bytes);
  pl_free(y->alloc, h.before, bytes);
  pl_free(y->alloc, h.after, bytes);
  if (!ok)
    pl_path_fini(p);
  return ok;
}

void pl_path_fini(pl_path *p)
{
  if (p->alloc) {
    pl_free(p->alloc, p->cuts, (p->n + 1) * sizeof *p->cuts);
    pl_free(p->alloc, p->rank, (p->n + 1) * sizeof *p->rank);
    pl_free(p->alloc, p->left, (p->n + 1) * sizeof *p->left);
  }
  *p = (pl_path){0};
}

void pl_path_cuts(const pl_path *p, size_t k, size_t *cuts)
{
  for (size_t i = 0, n = 0; n < k; i++) {
    if (p->rank[i] < k)
      cuts[n++] = p->cuts[i];
  }
}
