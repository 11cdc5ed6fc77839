/* Messages of Prometheus' remote write, made field by field. */
#ifndef TEST_WRITE_REQUEST_H
#define TEST_WRITE_REQUEST_H

#include <string.h>

#include "format/protobuf_wire.h"

static inline void put_bytes(pl_buf *out, uint32_t number, pl_str bytes)
{
  pl_wire_put_tag(out, number, PL_WIRE_BYTES);
  pl_wire_put_varint(out, bytes.len);
  (void)pl_buf_add(out, bytes.data, bytes.len);
}

/* Appends what `part` holds as a field, and empties it. */
static inline void put_part(pl_buf *out, uint32_t number, pl_buf *part)
{
  put_bytes(out, number, (pl_str){part->data ? part->data : "", part->len});
  pl_buf_clear(part);
}

static inline void put_label(pl_buf *series, const char *name, const char *value)
{
  pl_buf label;
  pl_buf_init(&label, &pl_alloc_default, 1 << 16);
  put_bytes(&label, 1, pl_str_of(name));
  put_bytes(&label, 2, pl_str_of(value));
  put_part(series, 1, &label);
  pl_buf_fini(&label);
}

static inline void put_sample(pl_buf *series, uint64_t bits, int64_t ts_ms)
{
  pl_buf sample;
  pl_buf_init(&sample, &pl_alloc_default, 64);
  pl_wire_put_tag(&sample, 1, PL_WIRE_64);
  pl_wire_put_fixed(&sample, 8, bits);
  pl_wire_put_tag(&sample, 2, PL_WIRE_VARINT);
  pl_wire_put_varint(&sample, (uint64_t)ts_ms);
  put_part(series, 2, &sample);
  pl_buf_fini(&sample);
}

/* Of version 2: a text of its table; the empty one is to be the first. */
static inline void put_symbol(pl_buf *message, const char *text)
{
  put_bytes(message, 4, pl_str_of(text));
}

/* Numbers of texts, as names and values of labels: n characters, each the number of one. */
static inline void put_refs(pl_buf *series, const char *numbers, size_t n)
{
  put_bytes(series, 1, (pl_str){numbers, n});
}

static inline void put_number(pl_buf *out, uint32_t number, uint64_t value)
{
  pl_wire_put_tag(out, number, PL_WIRE_VARINT);
  pl_wire_put_varint(out, value);
}

static inline uint64_t bits_of(double v)
{
  uint64_t bits;
  memcpy(&bits, &v, sizeof bits);
  return bits;
}

#endif
