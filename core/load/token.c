/* See token.h. The text stands under a lock that is taken only when the generation has moved. */
#include "load/token.h"

#include <pthread.h>
#include <stdatomic.h>

#include "perilune/error.h"

enum { TOKEN_MAX = 64 << 10 };

struct pl_token {
  const pl_allocator *alloc;
  atomic_uint references;
  _Atomic uint64_t generation, refused;
  pthread_mutex_t lock;
  pl_buf text;
};

pl_token *pl_token_new(const pl_allocator *a)
{
  pl_token *t = pl_alloc_zero(a, 1, sizeof *t);
  if (!t)
    return NULL;
  t->alloc = a;
  atomic_init(&t->references, 1);
  pthread_mutex_init(&t->lock, NULL);
  pl_buf_init(&t->text, a, TOKEN_MAX);
  return t;
}

pl_token *pl_token_take(pl_token *t)
{
  atomic_fetch_add(&t->references, 1);
  return t;
}

void pl_token_drop(pl_token *t)
{
  if (!t || atomic_fetch_sub(&t->references, 1) > 1)
    return;
  pl_buf_fini(&t->text);
  pthread_mutex_destroy(&t->lock);
  pl_free(t->alloc, t, sizeof *t);
}

int pl_token_set(pl_token *t, pl_str text)
{
  pthread_mutex_lock(&t->lock);
  pl_buf_clear(&t->text);
  int code = pl_buf_add(&t->text, text.data, text.len);
  if (!code)
    atomic_fetch_add(&t->generation, 1);
  pthread_mutex_unlock(&t->lock);
  return code;
}

int pl_token_read(pl_token *t, pl_token_copy *copy)
{
  if (copy->generation == atomic_load(&t->generation))
    return PL_OK;
  pthread_mutex_lock(&t->lock);
  pl_buf_clear(&copy->value);
  (void)pl_buf_adds(&copy->value, "Bearer ");
  (void)pl_buf_add(&copy->value, t->text.data, t->text.len);
  copy->generation = copy->value.bad ? 0 : atomic_load(&t->generation);
  pthread_mutex_unlock(&t->lock);
  return copy->value.bad;
}

void pl_token_refuse(pl_token *t, uint64_t generation)
{
  uint64_t before = atomic_load(&t->refused);
  while (before < generation && !atomic_compare_exchange_weak(&t->refused, &before, generation))
    ;
}

bool pl_token_is_refused(const pl_token *t)
{
  return atomic_load(&t->refused) == atomic_load(&t->generation) && atomic_load(&t->generation) > 0;
}
