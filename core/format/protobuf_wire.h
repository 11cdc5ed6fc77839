/* The wire format of Protocol Buffers: tags and values, read from untrusted bytes. */
#ifndef PL_FORMAT_PROTOBUF_WIRE_H
#define PL_FORMAT_PROTOBUF_WIRE_H

#include "base/buf.h"
#include "base/str.h"

enum pl_wire_type { PL_WIRE_VARINT = 0, PL_WIRE_64 = 1, PL_WIRE_BYTES = 2, PL_WIRE_GROUP = 3, PL_WIRE_GROUP_END = 4, PL_WIRE_32 = 5 };

/* One field as it stands there. */
typedef struct pl_wire_field {
  uint32_t number;
  enum pl_wire_type type;
  uint64_t value; /* VARINT, 64, 32 */
  pl_str bytes;   /* BYTES */
} pl_wire_field;

/* A number with a sign, given by its bits, as one that is small where the number lies near 0, and back (sint32 and sint64). */
static inline uint64_t pl_wire_zigzag(uint64_t v)
{
  return v << 1 ^ (0 - (v >> 63));
}
static inline uint64_t pl_wire_unzigzag(uint64_t z)
{
  return z >> 1 ^ (0 - (z & 1));
}

/* Takes the next field off *rest; groups are passed over. 1: *f is it; 0: the end; PL_EPROTO. */
int pl_wire_next(pl_str *rest, pl_wire_field *f);

/* Takes a number off *rest. False: there is none. */
bool pl_wire_varint(pl_str *rest, uint64_t *out);
bool pl_wire_fixed(pl_str *rest, size_t n, uint64_t *out); /* little-endian, of 4 or 8 bytes */

/* Appends a number of one to ten bytes; like all that appends here, where memory runs out it leaves out->bad set. */
void pl_wire_put_varint(pl_buf *out, uint64_t v);
/* Appends the lowest n <= 8 bytes of v, little-endian. */
void pl_wire_put_fixed(pl_buf *out, size_t n, uint64_t v);
/* Appends what stands before a field's value. */
void pl_wire_put_tag(pl_buf *out, uint32_t number, enum pl_wire_type type);
/* Puts the length of what stands behind `from` before it. */
void pl_wire_put_length(pl_buf *out, size_t from);

#endif
