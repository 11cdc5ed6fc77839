/* A bearer token that is renewed while a load runs: set by control, carried by the requests of all workers, refused by any of them.
 * Shared by threads: every function may be called from any. */
#ifndef PL_LOAD_TOKEN_H
#define PL_LOAD_TOKEN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

typedef struct pl_token pl_token;

/* With one reference; nobody has set it yet. NULL: no memory. */
pl_token *pl_token_new(const pl_allocator *a) PL_MUSTCHECK;
pl_token *pl_token_take(pl_token *t); /* one more reference */
void pl_token_drop(pl_token *t);      /* one less; NULL is fine */

/* Sets the token's text. Errors: PL_ENOMEM, PL_ELIMIT (64 KiB). */
int pl_token_set(pl_token *t, pl_str text) PL_MUSTCHECK;

/* A worker's copy: "Bearer TEXT", and how many times it had been set. Zeroed but for the buffer, which is initialised. */
typedef struct pl_token_copy {
  pl_buf value;
  uint64_t generation;
} pl_token_copy;

/* Brings the copy up to date: a comparison where nothing is new. Returns value.bad. */
int pl_token_read(pl_token *t, pl_token_copy *copy);

/* A server has refused the token of that generation. */
void pl_token_refuse(pl_token *t, uint64_t generation);
/* Whether the newest one was refused. */
bool pl_token_is_refused(const pl_token *t);

#endif
