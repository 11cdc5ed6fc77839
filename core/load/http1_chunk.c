/* A state machine over bytes; data is moved in whole pieces. */
#include "load/http1_chunk.h"

#include <stdbool.h>
#include <string.h>

#include "base/str.h"
#include "perilune/error.h"

enum { OVERHEAD_MAX = 64 << 10 };

static int size_byte(pl_chunk *c, char byte, const char **why)
{
  int v = pl_hex_digit(byte);
  if (v >= 0) {
    if (++c->digits > 15) {
      *why = "a chunk size is too large";
      return PL_EPROTO;
    }
    c->left = c->left * 16 + (unsigned)v;
    return PL_OK;
  }
  if (!c->digits || (byte != ';' && byte != '\r' && byte != '\n' && byte != ' ' && byte != '\t')) {
    *why = "a chunk size is not a hexadecimal number";
    return PL_EPROTO;
  }
  if (byte == '\n')
    c->state = c->left ? PL_CHUNK_DATA : PL_CHUNK_TRAILER;
  else
    c->state = PL_CHUNK_EXTENSION;
  return PL_OK;
}

/* The CR LF that frame each chunk are no overhead: bodies may have any number of chunks. */
static bool is_overhead(const pl_chunk *c, char byte)
{
  return c->state == PL_CHUNK_TRAILER || c->state == PL_CHUNK_TRAILER_LINE || (c->state == PL_CHUNK_EXTENSION && byte != '\n');
}

static int data_end_byte(pl_chunk *c, char byte, const char **why)
{
  if (byte == '\r' && c->state == PL_CHUNK_DATA_END) {
    c->state = PL_CHUNK_DATA_LF;
  } else if (byte == '\n') {
    c->state = PL_CHUNK_SIZE;
    c->digits = 0;
  } else {
    *why = "a chunk is longer than its size says";
    return PL_EPROTO;
  }
  return PL_OK;
}

/* One byte that is not data. */
static int control_byte(pl_chunk *c, char byte, const char **why)
{
  if (is_overhead(c, byte) && ++c->overhead > OVERHEAD_MAX) {
    *why = "the chunks' extensions and trailers are longer than 64 KiB";
    return PL_EPROTO;
  }
  switch (c->state) {
  case PL_CHUNK_SIZE:
    return size_byte(c, byte, why);
  case PL_CHUNK_EXTENSION:
    if (byte == '\n')
      c->state = c->left ? PL_CHUNK_DATA : PL_CHUNK_TRAILER;
    return PL_OK;
  case PL_CHUNK_DATA_END:
  case PL_CHUNK_DATA_LF:
    return data_end_byte(c, byte, why);
  case PL_CHUNK_TRAILER:
    if (byte == '\n')
      c->state = PL_CHUNK_DONE;
    else if (byte != '\r')
      c->state = PL_CHUNK_TRAILER_LINE;
    return PL_OK;
  case PL_CHUNK_TRAILER_LINE:
    if (byte == '\n')
      c->state = PL_CHUNK_TRAILER;
    return PL_OK;
  case PL_CHUNK_DATA:
  case PL_CHUNK_DONE:
    break;
  }
  return PL_OK;
}

int pl_chunk_decode(pl_chunk *c, char *data, size_t len, size_t *used, size_t *decoded, const char **why)
{
  size_t in = 0, out = 0;
  int code = PL_OK;
  while (in < len && c->state != PL_CHUNK_DONE && !code) {
    if (c->state != PL_CHUNK_DATA) {
      code = control_byte(c, data[in++], why);
      continue;
    }
    size_t n = len - in < c->left ? len - in : (size_t)c->left;
    memmove(data + out, data + in, n);
    in += n;
    out += n;
    c->left -= n;
    if (c->left == 0)
      c->state = PL_CHUNK_DATA_END;
  }
  *used = in;
  *decoded = out;
  return code ? code : c->state == PL_CHUNK_DONE;
}
