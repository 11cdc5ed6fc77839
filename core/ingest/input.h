/* The bytes of what is imported: a plain file, or standard input. What is gzip, by its first bytes, comes decompressed. One thread at a time. */
#ifndef PL_INGEST_INPUT_H
#define PL_INGEST_INPUT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "format/deflate.h"

enum { PL_INPUT_READ = 128 << 10 };

/* The most that gzip may stand for. */
#define PL_INPUT_EXPANDED (UINT64_C(64) << 30)

/* What a read gave. */
enum pl_input_more {
  PL_INPUT_ENDED,
  PL_INPUT_MORE,
  PL_INPUT_LATER, /* standard input has nothing now */
};

typedef struct pl_input {
  int fd;
  bool file;             /* a plain one: what it is can be seen beforehand */
  bool known;            /* whether it is gzip: */
  pl_gunzip *gunzip;     /* NULL: it is not */
  bool ended;            /* of fd */
  char *read;            /* PL_INPUT_READ bytes; those that were read and not taken: */
  pl_str rest;
  const pl_allocator *alloc;
  uint64_t size;         /* of a plain file; else 0 */
  uint64_t bytes;        /* read of fd */
  uint64_t expanded;     /* what gzip stood for so far, and may stand for: */
  uint64_t expanded_max;
} pl_input;

/* Opens the file; "-" is standard input, which stays open. Errors name it: PL_ENOENT, PL_EACCES, PL_EIO (it is no plain file), PL_ENOMEM; in is
 * to be closed even then. */
int pl_input_open(pl_input *in, const pl_allocator *a, const char *path, pl_error *err) PL_MUSTCHECK;
/* in was opened, or zeroed with fd -1. */
void pl_input_close(pl_input *in);
/* Whether the text ends with this, white space behind it aside; unknown: what cannot be seen before it is read, as of gzip. */
bool pl_input_ends_with(const pl_input *in, pl_str end, bool unknown);
/* Appends up to `most` bytes to text; never waits for standard input. Gives enum pl_input_more, with what came before; or an error: PL_EIO,
 * PL_EPARSE (gzip that is broken or cut off), PL_ELIMIT (it stands for too much), PL_ENOMEM. */
int pl_input_read(pl_input *in, size_t most, pl_buf *text, pl_error *err) PL_MUSTCHECK;

#endif
