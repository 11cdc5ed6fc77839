/* Chunks of histograms: every histogram comes back with the bytes that it had; what was damaged is refused. */
#include "store/dist_chunk.h"

#include <string.h>

#include "format/hdr.h"
#include "perilune/error.h"
#include "store/dist_of.h"
#include "support/failing.h"
#include "with_codec.h"

/* A chunk in the making, and the histograms as HDR V2. */
typedef struct made {
  pl_dist_figures figures;
  pl_buf hists, counters, chunk;
  size_t ends[PL_DIST_CHUNK_MAX];
} made;

static void add_one(made *m, pl_counters *c, const pl_hist *h)
{
  pl_dist_figures *f = &m->figures;
  size_t from = m->hists.len;
  f->ts_ms[f->n] = INT64_C(1700000000000) + (int64_t)f->n * 1000;
  f->count[f->n] = (int64_t)h->count;
  f->min[f->n] = (int64_t)h->min;
  f->max[f->n] = (int64_t)h->max;
  f->sum[f->n] = h->sum;
  assert_int_equal(pl_hdr_encode(h, &m->hists), PL_OK);
  assert_int_equal(pl_counters_write(c, (pl_str){m->hists.data + from, m->hists.len - from}, h->count), PL_OK);
  m->ends[f->n++] = m->hists.len;
}

static void make(made *m, pl_codec *codec, enum dist_kind kind, size_t n, uint64_t seed)
{
  pl_counters *c = NULL;
  pl_rng r;
  pl_hist h;
  memset(m, 0, sizeof *m);
  pl_rng_init(&r, seed, kind, n, 0);
  pl_hist_init(&h, &pl_alloc_default);
  pl_buf_init(&m->hists, &pl_alloc_default, 1 << 24);
  pl_buf_init(&m->counters, &pl_alloc_default, 1 << 24);
  pl_buf_init(&m->chunk, &pl_alloc_default, 1 << 24);
  assert_int_equal(pl_counters_new(&pl_alloc_default, &c), PL_OK);
  pl_counters_begin_write(c, &m->counters);
  for (size_t i = 0; i < n; i++) {
    pl_hist_clear(&h);
    dist_fill(&h, kind, i, &r);
    add_one(m, c, &h);
  }
  pl_counters_end_write(c);
  assert_int_equal(pl_dist_chunk_write(codec, &m->figures, (pl_str){m->counters.data, m->counters.len}, &m->chunk), PL_OK);
  pl_counters_free(c);
  pl_hist_fini(&h);
}

static void forget(made *m)
{
  pl_buf_fini(&m->hists);
  pl_buf_fini(&m->counters);
  pl_buf_fini(&m->chunk);
}

/* Reads every step-th histogram. */
static void read_back(const made *m, pl_codec *codec, size_t step)
{
  pl_dist_reader r = {0};
  pl_str bytes;
  assert_int_equal(pl_dist_reader_open(&r, &pl_alloc_default, codec, (pl_str){m->chunk.data, m->chunk.len}), PL_OK);
  assert_int_equal(r.figures.n, m->figures.n);
  assert_memory_equal(r.figures.ts_ms, m->figures.ts_ms, r.figures.n * 8);
  assert_memory_equal(r.figures.count, m->figures.count, r.figures.n * 8);
  assert_memory_equal(r.figures.min, m->figures.min, r.figures.n * 8);
  assert_memory_equal(r.figures.max, m->figures.max, r.figures.n * 8);
  assert_memory_equal(r.figures.sum, m->figures.sum, r.figures.n * 8);
  for (size_t i = step - 1; i < r.figures.n; i += step) {
    size_t from = i ? m->ends[i - 1] : 0;
    assert_int_equal(pl_dist_reader_bytes(&r, i, &bytes), PL_OK);
    assert_int_equal(bytes.len, m->ends[i] - from);
    assert_memory_equal(bytes.data, m->hists.data + from, bytes.len);
  }
  assert_int_equal(pl_dist_reader_bytes(&r, r.figures.n, &bytes), PL_ECORRUPT);
  pl_dist_reader_close(&r);
}

static void every_histogram_comes_back(void **state)
{
  static const size_t lengths[] = {1, 2, 7, PL_DIST_CHUNK_MAX};
  made m;
  for (enum dist_kind kind = 0; kind < DIST_KINDS; kind++) {
    for (size_t l = 0; l < sizeof lengths / sizeof *lengths; l++) {
      make(&m, *state, kind, lengths[l], 1);
      read_back(&m, *state, 1);
      read_back(&m, *state, 3);
      forget(&m);
    }
  }
}

/* Noise around a shape: what deflate cannot have. */
static void seconds_of_a_load_are_small(void **state)
{
  made m;
  make(&m, *state, DIST_LOAD, PL_DIST_CHUNK_MAX, 2);
  assert_true(m.chunk.len * 2 < m.hists.len);
  forget(&m);
  make(&m, *state, DIST_ONE_VALUE, PL_DIST_CHUNK_MAX, 2);
  assert_true(m.chunk.len < PL_DIST_CHUNK_MAX * 6);
  forget(&m);
}

static void every_flipped_bit_is_found(void **state)
{
  made m;
  pl_dist_reader r = {0};
  make(&m, *state, DIST_WIDE, 9, 3);
  for (size_t bit = 0; bit < m.chunk.len * 8; bit++) {
    m.chunk.data[bit / 8] = (char)(m.chunk.data[bit / 8] ^ 1 << bit % 8);
    int code = pl_dist_reader_check(&r, &pl_alloc_default, *state, (pl_str){m.chunk.data, m.chunk.len});
    assert_true(code == PL_ECORRUPT);
    m.chunk.data[bit / 8] = (char)(m.chunk.data[bit / 8] ^ 1 << bit % 8);
  }
  for (size_t len = 0; len < m.chunk.len; len++)
    assert_int_equal(pl_dist_reader_check(&r, &pl_alloc_default, *state, (pl_str){m.chunk.data, len}), PL_ECORRUPT);
  assert_int_equal(pl_dist_reader_check(&r, &pl_alloc_default, *state, (pl_str){m.chunk.data, m.chunk.len}), PL_OK);
  pl_dist_reader_close(&r);
  forget(&m);
}

/* Checksums that are right, over counters that are not. */
static void what_is_wrong_under_a_checksum_is_refused(void **state)
{
  made m;
  pl_dist_reader r = {0};
  make(&m, *state, DIST_LOAD, 9, 4);
  for (size_t cut = 1; cut < m.counters.len; cut += 37) {
    pl_buf_clear(&m.chunk);
    assert_int_equal(pl_dist_chunk_write(*state, &m.figures, (pl_str){m.counters.data, m.counters.len - cut}, &m.chunk), PL_OK);
    int code = pl_dist_reader_check(&r, &pl_alloc_default, *state, (pl_str){m.chunk.data, m.chunk.len});
    assert_true(code == PL_ECORRUPT || (code == PL_OK && cut < 5)); /* the last bytes may be zeros that are there anyway */
  }
  m.figures.ts_ms[4] = m.figures.ts_ms[3];
  pl_buf_clear(&m.chunk);
  assert_int_equal(pl_dist_chunk_write(*state, &m.figures, (pl_str){m.counters.data, m.counters.len}, &m.chunk), PL_OK);
  assert_int_equal(pl_dist_reader_open(&r, &pl_alloc_default, *state, (pl_str){m.chunk.data, m.chunk.len}), PL_ECORRUPT);
  pl_dist_reader_close(&r);
  forget(&m);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(every_histogram_comes_back), cmocka_unit_test(seconds_of_a_load_are_small),
                                     cmocka_unit_test(every_flipped_bit_is_found), cmocka_unit_test(what_is_wrong_under_a_checksum_is_refused)};
  return cmocka_run_group_tests(tests, codec_set_up, codec_tear_down);
}
