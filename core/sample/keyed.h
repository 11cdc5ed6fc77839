/* Numbers that have a key, one for each line or column of a file. What a key means is decided once: the next read finds it at the same
 * place and compares it only. */
#ifndef PL_SAMPLE_KEYED_H
#define PL_SAMPLE_KEYED_H

#include "sample/procfile.h"
#include "sample/sampler.h"

enum { PL_KEYED_NAME = 96, PL_KEYED_KEY = 48 };

/* What a key means. */
typedef struct pl_meaning {
  char metric[PL_KEYED_NAME]; /* empty: nothing that we want */
  bool counter;
  double scale;               /* of the number in the file */
} pl_meaning;

/* Fills *out, which is zero with a scale of 1. group: where the key stands, as "TcpExt"; rest: what is behind the key, with the number. */
typedef void (*pl_meaning_of)(pl_str group, pl_str key, pl_str rest, pl_meaning *out);

/* A meaning that meminfo and its like have: the prefix and the key, "Active(anon)" as Active_anon, in bytes where rest counts kB. True when
 * it does. */
bool pl_meaning_of_memory(const char *prefix, pl_str key, pl_str rest, pl_meaning *out);

typedef struct pl_keyed {
  const pl_allocator *alloc;
  pl_meaning_of meaning_of;
  struct pl_keyed_place *places;
  uint32_t n, cap;
  pl_sample_label label; /* of each metric; name NULL: none. Set after init. */
} pl_keyed;

/* No keys yet; memory comes from a, which must outlive it. */
void pl_keyed_init(pl_keyed *k, const pl_allocator *a, pl_meaning_of meaning_of);
/* Frees what is known of keys. */
void pl_keyed_fini(pl_keyed *k);

/* Emits the number at the front of rest when the key at this place, counted from 0, is wanted. */
void pl_keyed_emit(pl_sampler *s, pl_keyed *k, uint32_t place, pl_str group, pl_str key, pl_str rest);
/* The same for each line "key number" or "key: number" of a text. */
void pl_keyed_lines(pl_sampler *s, pl_keyed *k, pl_str text);

/* A source that is one such file below proc_root, with that piece (procfile.h); *state is for read and close. Errors: PL_ENOENT (this kernel has it not), PL_ENOMEM. */
int pl_keyed_open(pl_sampler *s, const char *path, int piece, pl_meaning_of meaning_of, void **state, pl_error *err) PL_MUSTCHECK;
/* The read of such a source: pl_keyed_lines of the file. */
void pl_keyed_read(pl_sampler *s, void *state);
/* The close of such a source. */
void pl_keyed_close(pl_sampler *s, void *state);

#endif
