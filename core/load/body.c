/* Chunks have all the same size but for the last, so that a place in the stream says which chunk it is in. */
#include "load/body.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { FRAME = 8 }; /* "4000\r\n" before a full chunk, "\r\n" behind it */
static const char last_chunk[] = "0\r\n\r\n";

uint64_t pl_body_raw_size(const pl_exchange *x)
{
  return x->file ? x->file->size : x->body.len;
}

/* Bytes of the chunk of the size that is left over, 0 without one. */
static size_t rest_size(size_t rest)
{
  return rest ? (size_t)snprintf(NULL, 0, "%zx", rest) + 4 + rest : 0;
}

uint64_t pl_body_size(const pl_exchange *x)
{
  uint64_t size = pl_body_raw_size(x);
  if (!x->chunked)
    return size;
  return size / PL_BODY_CHUNK * (PL_BODY_CHUNK + FRAME) + rest_size((size_t)(size % PL_BODY_CHUNK)) + sizeof last_chunk - 1;
}

bool pl_body_raw(const pl_exchange *x, uint64_t at, char *out, size_t n)
{
  if (!x->file) {
    memcpy(out, x->body.data + at, n);
    return true;
  }
  for (size_t done = 0; done < n;) {
    ssize_t got = pread(x->file->fd, out + done, n - done, (off_t)(at + done));
    if (got <= 0 && !(got < 0 && errno == EINTR))
      return false;
    done += got > 0 ? (size_t)got : 0;
  }
  return true;
}

/* The chunk with n bytes from `at` on, without its first `skip` bytes. */
static bool make_chunk(const pl_exchange *x, uint64_t at, size_t n, size_t skip, char *work, pl_str *out)
{
  int head = snprintf(work, PL_BODY_PIECE, "%zx\r\n", n);
  size_t len = (size_t)head + n + 2;
  if (!pl_body_raw(x, at, work + head, n))
    return false;
  memcpy(work + head + n, "\r\n", 2);
  *out = (pl_str){work + skip, len - skip};
  return true;
}

bool pl_body_piece(const pl_exchange *x, uint64_t at, char *work, pl_str *out)
{
  uint64_t size = pl_body_raw_size(x);
  if (!x->chunked && !x->file) {
    *out = (pl_str){x->body.data + at, (size_t)(size - at)};
    return true;
  }
  if (!x->chunked) {
    size_t n = size - at < PL_BODY_CHUNK ? (size_t)(size - at) : PL_BODY_CHUNK;
    *out = (pl_str){work, n};
    return pl_body_raw(x, at, work, n);
  }
  uint64_t full = size / PL_BODY_CHUNK, chunk = at / (PL_BODY_CHUNK + FRAME);
  if (chunk < full)
    return make_chunk(x, chunk * PL_BODY_CHUNK, PL_BODY_CHUNK, (size_t)(at % (PL_BODY_CHUNK + FRAME)), work, out);
  size_t skip = (size_t)(at - full * (PL_BODY_CHUNK + FRAME)), rest = (size_t)(size % PL_BODY_CHUNK), rest_len = rest_size(rest);
  if (skip < rest_len)
    return make_chunk(x, full * PL_BODY_CHUNK, rest, skip, work, out);
  *out = (pl_str){last_chunk + (skip - rest_len), sizeof last_chunk - 1 - (skip - rest_len)};
  return true;
}
