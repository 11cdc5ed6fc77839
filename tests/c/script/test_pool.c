/* The pool of a state: blocks keep their bytes through every resize, the limit holds, nothing is kept. */
#include "script/pool.h"

#include <string.h>

#include "base/random.h"
#include "support/failing.h"

enum { BLOCKS = 200, STEPS = 20000, LARGEST = 1200 };

typedef struct block {
  unsigned char *p;
  size_t size;
  unsigned char fill;
} block;

static void check(const block *b)
{
  for (size_t i = 0; i < b->size; i++)
    assert_int_equal(b->p[i], b->fill);
}

/* A random resize of a block; its bytes must be those that were written. */
static void step(pl_pool *pool, pl_rng *rng, block *b)
{
  size_t size = pl_rng_below(rng, 4) ? (size_t)pl_rng_below(rng, LARGEST) : 0;
  check(b);
  unsigned char *p = pl_pool_resize(pool, b->p, b->size, size);
  if (!p && size)
    return; /* refused: it is as it was */
  block moved = {p, size < b->size ? size : b->size, b->fill};
  check(&moved);
  *b = (block){p, size, (unsigned char)pl_rng_below(rng, 256)};
  if (size)
    memset(p, b->fill, size);
}

static void play(const pl_allocator *a, size_t max, size_t small)
{
  static block blocks[BLOCKS];
  pl_pool pool;
  pl_rng rng;
  memset(blocks, 0, sizeof blocks);
  pl_rng_init(&rng, 1, 2, 3, 4);
  pl_pool_init(&pool, a, max, small);
  for (int i = 0; i < STEPS; i++) {
    step(&pool, &rng, &blocks[pl_rng_below(&rng, BLOCKS)]);
    assert_true(!max || pool.used <= max);
  }
  assert_true(pool.used > 0);
  for (int i = 0; i < BLOCKS; i++)
    (void)pl_pool_resize(&pool, blocks[i].p, blocks[i].size, 0);
  assert_int_equal(pool.used, 0);
  pl_pool_fini(&pool);
}

static void blocks_keep_their_bytes(void **state)
{
  failing f;
  (void)state;
  for (int i = 0; i < 4; i++) {
    failing_init(&f, 0);
    play(&f.allocator, i & 1 ? 20000 : 0, i & 2 ? PL_POOL_SMALL : 0);
    assert_int_equal(f.live, 0);
  }
}

static void it_lives_with_what_it_gets(void **state)
{
  failing f;
  (void)state;
  for (size_t n = 2; n < 40; n++) {
    failing_init(&f, n);
    play(&f.allocator, 0, PL_POOL_SMALL);
    assert_int_equal(f.live, 0);
  }
}

static void what_was_freed_is_the_next_block(void **state)
{
  pl_pool pool;
  (void)state;
  pl_pool_init(&pool, &pl_alloc_default, 0, PL_POOL_SMALL);
  void *a = pl_pool_resize(&pool, NULL, 0, 40);
  (void)pl_pool_resize(&pool, a, 40, 0);
  assert_ptr_equal(pl_pool_resize(&pool, NULL, 0, 33), a);
  assert_ptr_equal(pl_pool_resize(&pool, a, 33, 48), a); /* in its own room */
  (void)pl_pool_resize(&pool, a, 48, 0);
  pl_pool_fini(&pool);
}

static void count_refusal(void *user)
{
  ++*(int *)user;
}

static void each_refusal_is_told_once(void **state)
{
  failing f;
  pl_pool pool;
  int told = 0;
  (void)state;
  failing_init(&f, 0);
  pl_pool_init(&pool, &f.allocator, 2000, PL_POOL_SMALL);
  pool.refused = count_refusal;
  pool.user = &told;
  void *small = pl_pool_resize(&pool, NULL, 0, 400), *large = pl_pool_resize(&pool, NULL, 0, 1000);
  assert_int_equal(told, 0);
  assert_null(pl_pool_resize(&pool, NULL, 0, 1000)); /* the limit: a large block, */
  assert_int_equal(told, 1);
  assert_null(pl_pool_resize(&pool, large, 1000, 1700)); /* a larger one, */
  assert_int_equal(told, 2);
  assert_null(pl_pool_resize(&pool, small, 400, 1700)); /* one that is no longer small, */
  assert_int_equal(told, 3);
  void *other = pl_pool_resize(&pool, NULL, 0, 500);
  assert_non_null(other);
  assert_null(pl_pool_resize(&pool, NULL, 0, 100)); /* and a small one */
  assert_int_equal(told, 4);
  (void)pl_pool_resize(&pool, other, 500, 0);
  (void)pl_pool_resize(&pool, small, 400, 0);
  (void)pl_pool_resize(&pool, large, 1000, 0);
  pl_pool_fini(&pool);
  failing_init(&f, 1);
  pl_pool_init(&pool, &f.allocator, 0, PL_POOL_SMALL);
  pool.refused = count_refusal;
  pool.user = &told;
  assert_null(pl_pool_resize(&pool, NULL, 0, 40)); /* no memory */
  assert_int_equal(told, 5);
  pl_pool_fini(&pool);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(blocks_keep_their_bytes), cmocka_unit_test(it_lives_with_what_it_gets),
                                     cmocka_unit_test(what_was_freed_is_the_next_block), cmocka_unit_test(each_refusal_is_told_once)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
