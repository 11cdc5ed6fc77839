/* Every length is checked against what is left. */
#include "format/protobuf_wire.h"

#include <string.h>

#include "perilune/error.h"

enum { GROUPS_MAX = 64 };

bool pl_wire_varint(pl_str *rest, uint64_t *out)
{
  uint64_t v = 0;
  for (size_t i = 0; i < rest->len && i < 10; i++) {
    unsigned char c = (unsigned char)rest->data[i];
    v |= (uint64_t)(c & 0x7f) << (7 * i);
    if (c & 0x80)
      continue;
    *rest = (pl_str){rest->data + i + 1, rest->len - i - 1};
    *out = v;
    return true;
  }
  return false;
}

bool pl_wire_fixed(pl_str *rest, size_t n, uint64_t *out)
{
  uint64_t v = 0;
  if (rest->len < n)
    return false;
  for (size_t i = 0; i < n; i++)
    v |= (uint64_t)(unsigned char)rest->data[i] << (8 * i);
  *rest = (pl_str){rest->data + n, rest->len - n};
  *out = v;
  return true;
}

static bool take_bytes(pl_str *rest, pl_str *out)
{
  uint64_t n;
  if (!pl_wire_varint(rest, &n) || n > rest->len)
    return false;
  *out = (pl_str){rest->data, (size_t)n};
  *rest = (pl_str){rest->data + n, rest->len - (size_t)n};
  return true;
}

/* One field, a group's begin or end included. */
static int take_field(pl_str *rest, pl_wire_field *f)
{
  uint64_t tag;
  bool good = pl_wire_varint(rest, &tag) && tag >> 3 && tag >> 3 < UINT32_C(1) << 29;
  if (!good)
    return PL_EPROTO;
  *f = (pl_wire_field){.number = (uint32_t)(tag >> 3), .type = (enum pl_wire_type)(tag & 7), .bytes = {"", 0}};
  switch (f->type) {
  case PL_WIRE_VARINT:
    return pl_wire_varint(rest, &f->value) ? 1 : PL_EPROTO;
  case PL_WIRE_64:
    return pl_wire_fixed(rest, 8, &f->value) ? 1 : PL_EPROTO;
  case PL_WIRE_32:
    return pl_wire_fixed(rest, 4, &f->value) ? 1 : PL_EPROTO;
  case PL_WIRE_BYTES:
    return take_bytes(rest, &f->bytes) ? 1 : PL_EPROTO;
  case PL_WIRE_GROUP:
  case PL_WIRE_GROUP_END:
    return 1;
  }
  return PL_EPROTO;
}

int pl_wire_next(pl_str *rest, pl_wire_field *f)
{
  uint32_t open[GROUPS_MAX];
  unsigned depth = 0;
  while (rest->len || depth) {
    int code = take_field(rest, f);
    if (code < 0)
      return code;
    if (f->type == PL_WIRE_GROUP) {
      if (depth == GROUPS_MAX)
        return PL_EPROTO;
      open[depth++] = f->number;
    } else if (f->type == PL_WIRE_GROUP_END) {
      if (depth == 0 || open[--depth] != f->number)
        return PL_EPROTO;
    } else if (depth == 0) {
      return 1;
    }
  }
  return 0;
}

void pl_wire_put_varint(pl_buf *out, uint64_t v)
{
  char bytes[10];
  size_t n = 0;
  for (; v > 0x7f; v >>= 7)
    bytes[n++] = (char)(v | 0x80);
  bytes[n++] = (char)v;
  (void)pl_buf_add(out, bytes, n);
}

void pl_wire_put_fixed(pl_buf *out, size_t n, uint64_t v)
{
  char bytes[8];
  for (size_t i = 0; i < n; i++)
    bytes[i] = (char)(v >> (8 * i));
  (void)pl_buf_add(out, bytes, n);
}

void pl_wire_put_tag(pl_buf *out, uint32_t number, enum pl_wire_type type)
{
  pl_wire_put_varint(out, (uint64_t)number << 3 | (uint64_t)type);
}

void pl_wire_put_length(pl_buf *out, size_t from)
{
  size_t n = out->len - from;
  pl_wire_put_varint(out, n);
  size_t head = out->len - from - n;
  char bytes[10];
  if (out->bad)
    return;
  memcpy(bytes, out->data + from + n, head);
  memmove(out->data + from + head, out->data + from, n);
  memcpy(out->data + from, bytes, head);
}
