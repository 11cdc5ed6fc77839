/* Batches: what was written is read, bit by bit; what was damaged is refused. */
#include "store/batch.h"

#include <string.h>

#include "base/random.h"
#include "perilune/error.h"
#include "support/failing.h"
#include "with_codec.h"

static pl_batch_columns columns;

/* Any bits at all: NaN with payloads, -0, infinities. */
static void make(pl_store_points *p, size_t n)
{
  pl_rng r;
  pl_rng_init(&r, 3, n, 0, 0);
  assert_int_equal(pl_points_room(p, n), PL_OK);
  for (; p->n < n; p->n++) {
    uint64_t bits = p->n % 3 ? p->n * 1000 : pl_rng_u64(&r);
    double value;
    memcpy(&value, &bits, sizeof value);
    p->all[p->n] = (pl_store_point){(int64_t)p->n / 2, (int64_t)(pl_rng_u64(&r) % 2), (int64_t)pl_rng_u64(&r), value};
  }
}

static void every_bit_comes_back(void **state)
{
  static const size_t lengths[] = {1, 2, 1000, PL_CHUNK_MAX, PL_CHUNK_MAX + 1, 3 * PL_CHUNK_MAX - 1};
  for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
    pl_store_points in = {.alloc = &pl_alloc_default}, out = {.alloc = &pl_alloc_default};
    pl_buf bytes;
    pl_buf_init(&bytes, &pl_alloc_default, SIZE_MAX);
    make(&in, lengths[i]);
    assert_int_equal(pl_batch_write(*state, &columns, in.all, in.n, &bytes), PL_OK);
    assert_int_equal(pl_batch_read(*state, &columns, (pl_str){bytes.data, bytes.len}, &out), PL_OK);
    assert_int_equal(out.n, in.n);
    assert_memory_equal(out.all, in.all, in.n * sizeof *in.all);
    pl_buf_fini(&bytes);
    pl_points_fini(&in);
    pl_points_fini(&out);
  }
}

static void what_is_damaged_adds_nothing(void **state)
{
  pl_store_points in = {.alloc = &pl_alloc_default}, out = {.alloc = &pl_alloc_default};
  pl_buf bytes;
  pl_buf_init(&bytes, &pl_alloc_default, SIZE_MAX);
  make(&in, 40);
  assert_int_equal(pl_batch_write(*state, &columns, in.all, in.n, &bytes), PL_OK);
  for (size_t i = 0; i < bytes.len * 8; i++) {
    bytes.data[i / 8] = (char)(bytes.data[i / 8] ^ 1 << i % 8);
    assert_int_equal(pl_batch_read(*state, &columns, (pl_str){bytes.data, bytes.len}, &out), PL_ECORRUPT);
    bytes.data[i / 8] = (char)(bytes.data[i / 8] ^ 1 << i % 8);
  }
  for (size_t len = 0; len < bytes.len; len++)
    assert_int_equal(pl_batch_read(*state, &columns, (pl_str){bytes.data, len}, &out), PL_ECORRUPT);
  assert_int_equal(out.n, 0);
  pl_buf later;
  pl_buf_init(&later, &pl_alloc_default, SIZE_MAX);
  (void)pl_buf_addc(&later, 2);
  pl_chunk_close(&later, 0);
  assert_int_equal(pl_batch_read(*state, &columns, (pl_str){later.data, later.len}, &out), PL_EVERSION);
  pl_buf_fini(&later);
  pl_buf_fini(&bytes);
  pl_points_fini(&in);
  pl_points_fini(&out);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(every_bit_comes_back), cmocka_unit_test(what_is_damaged_adds_nothing)};
  return cmocka_run_group_tests(tests, codec_set_up, codec_tear_down);
}
