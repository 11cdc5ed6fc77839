/* Samples come in ticks, each of which has every series once, in order of time: counted, points go to their series' places and are in order
 * then as a rule. What is not, or has numbers too far apart to count, a natural merge sort puts in order: ticks and batches are sorted pieces. */
#include "store/point.h"

#include <stdbool.h>
#include <string.h>

#include "perilune/error.h"

void pl_points_fini(pl_store_points *p)
{
  pl_free(p->alloc, p->all, p->cap * sizeof *p->all);
  pl_free(p->alloc, p->spare, p->cap_spare * sizeof *p->spare);
  *p = (pl_store_points){.alloc = p->alloc};
}

void pl_points_clear(pl_store_points *p)
{
  if (p->cap > PL_POINTS_KEPT)
    pl_points_fini(p);
  p->n = 0;
}

int pl_points_room(pl_store_points *p, size_t more)
{
  if (p->cap - p->n >= more)
    return PL_OK;
  size_t cap = p->cap ? p->cap * 2 : 256;
  if (cap < p->n + more)
    cap = p->n + more;
  void *all = pl_realloc(p->alloc, p->all, p->cap * sizeof *p->all, cap * sizeof *p->all);
  if (!all)
    return PL_ENOMEM;
  p->all = all;
  p->cap = cap;
  return PL_OK;
}

static bool is_before(const pl_store_point *a, const pl_store_point *b)
{
  if (a->series != b->series)
    return a->series < b->series;
  return a->run != b->run ? a->run < b->run : a->ts_ns < b->ts_ns;
}

/* Where the ascending piece ends that begins at i. */
static size_t piece_end(const pl_store_point *p, size_t i, size_t n)
{
  for (i++; i < n && !is_before(&p[i], &p[i - 1]); i++)
    ;
  return i;
}

/* Merges from[0 .. middle) and from[middle .. end), of equal ones the earlier first. */
static void merge(const pl_store_point *from, size_t middle, size_t end, pl_store_point *to)
{
  size_t a = 0, b = middle;
  while (a < middle && b < end)
    *to++ = is_before(&from[b], &from[a]) ? from[b++] : from[a++];
  memcpy(to, from + a, (middle - a) * sizeof *to);
  memcpy(to + (middle - a), from + b, (end - b) * sizeof *to);
}

/* Merges neighbouring pieces two by two; how many are left. */
static size_t merge_pieces(const pl_store_point *from, size_t n, pl_store_point *to)
{
  size_t pieces = 0;
  for (size_t i = 0; i < n; pieces++) {
    size_t middle = piece_end(from, i, n), end = middle < n ? piece_end(from, middle, n) : n;
    merge(from + i, middle - i, end - i, to + i);
    i = end;
  }
  return pieces;
}

/* Series or run of a point, as numbers that ascend as they do. */
static uint64_t key_of(const pl_store_point *p, bool of_run)
{
  return (uint64_t)(of_run ? p->run : p->series) ^ (1ull << 63);
}

typedef struct span {
  uint64_t least, width; /* of a key: all are in [least, least + width); width 0: all that there are */
  bool sorted;
} span;

static span span_of(const pl_store_point *p, size_t n, bool of_run)
{
  uint64_t least = UINT64_MAX, most = 0, last = 0;
  bool sorted = true;
  for (size_t i = 0; i < n; i++) {
    uint64_t key = key_of(&p[i], of_run);
    sorted = sorted && key >= last;
    least = key < least ? key : least;
    most = key > most ? key : most;
    last = key;
  }
  return (span){least, most - least + 1, sorted};
}

/* Puts points in order of one key; those that agree in it stay in theirs. places: of the width's number of zeros. */
static void distribute(const pl_store_point *from, size_t n, bool of_run, span s, size_t *places, pl_store_point *to)
{
  for (size_t i = 0; i < n; i++)
    places[key_of(&from[i], of_run) - s.least]++;
  size_t at = 0;
  for (uint64_t i = 0; i < s.width; i++) {
    size_t here = places[i];
    places[i] = at;
    at += here;
  }
  for (size_t i = 0; i < n; i++)
    to[places[key_of(&from[i], of_run) - s.least]++] = from[i];
}

/* Of equal ones, which are neighbours, keeps the last. */
static size_t drop_replaced(pl_store_point *p, size_t n)
{
  size_t kept = 0;
  for (size_t i = 0; i < n; i++) {
    if (i + 1 == n || is_before(&p[i], &p[i + 1]))
      p[kept++] = p[i];
  }
  return kept;
}

/* Makes the spare array as large as all points need, or frees one that is too large to keep. */
static int resize_spare(pl_store_points *p, size_t needed)
{
  size_t cap = needed > p->cap_spare ? p->cap : needed == 0 && p->cap_spare > PL_POINTS_KEPT ? 0 : p->cap_spare;
  if (cap == p->cap_spare)
    return PL_OK;
  pl_free(p->alloc, p->spare, p->cap_spare * sizeof *p->spare);
  p->spare = cap ? pl_alloc(p->alloc, cap * sizeof *p->spare) : NULL;
  p->cap_spare = p->spare ? cap : 0;
  return cap && !p->spare ? PL_ENOMEM : PL_OK;
}

static void swap_spare(pl_store_points *p)
{
  pl_store_point *all = p->all;
  size_t cap = p->cap;
  p->all = p->spare;
  p->cap = p->cap_spare;
  p->spare = all;
  p->cap_spare = cap;
}

/* By counting, where the numbers of each key are close together: puts points in order of series and run. PL_ENOMEM: they are as before. */
static int order_by_keys(pl_store_points *p)
{
  span run = span_of(p->all, p->n, true), series = span_of(p->all, p->n, false);
  uint64_t width = run.sorted || series.width - 1 > run.width - 1 ? series.width : run.width;
  if (width == 0 || width > p->n)
    return PL_OK;
  size_t *places = pl_alloc_zero(p->alloc, (size_t)width, sizeof *places);
  if (!places)
    return PL_ENOMEM;
  if (!run.sorted) {
    distribute(p->all, p->n, true, run, places, p->spare);
    swap_spare(p);
    memset(places, 0, (size_t)width * sizeof *places);
  }
  distribute(p->all, p->n, false, series, places, p->spare);
  swap_spare(p);
  pl_free(p->alloc, places, (size_t)width * sizeof *places);
  return PL_OK;
}

static bool is_sorted(const pl_store_points *p)
{
  return p->n == 0 || piece_end(p->all, 0, p->n) == p->n;
}

int pl_points_sort(pl_store_points *p)
{
  if (!is_sorted(p)) {
    if (resize_spare(p, p->n) || order_by_keys(p))
      return PL_ENOMEM;
    size_t pieces = is_sorted(p) ? 1 : 2;
    while (pieces > 1) {
      pieces = merge_pieces(p->all, p->n, p->spare);
      swap_spare(p);
    }
    (void)resize_spare(p, 0);
  }
  p->n = drop_replaced(p->all, p->n);
  return PL_OK;
}

size_t pl_points_find(const pl_store_points *p, int64_t series, int64_t run, int64_t ts_ns)
{
  const pl_store_point wanted = {series, run, ts_ns, 0};
  size_t low = 0, high = p->n;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (is_before(&p->all[middle], &wanted))
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}
