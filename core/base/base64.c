/* Base64: three bytes become four characters. */
#include "base/base64.h"

#include "perilune/error.h"

int pl_base64(pl_buf *out, pl_str s)
{
  static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (size_t i = 0; i < s.len; i += 3) {
    size_t n = s.len - i < 3 ? s.len - i : 3;
    uint32_t v = 0;
    for (size_t k = 0; k < 3; k++)
      v = v << 8 | (k < n ? (unsigned char)s.data[i + k] : 0u);
    char four[4] = {digits[v >> 18], digits[v >> 12 & 63], n > 1 ? digits[v >> 6 & 63] : '=', n > 2 ? digits[v & 63] : '='};
    (void)pl_buf_add(out, four, 4);
  }
  return out->bad;
}

/* 0 to 63, 64 for the padding, 65 for what is neither. */
static uint32_t value_of(char c)
{
  if (c >= 'A' && c <= 'Z')
    return (uint32_t)(c - 'A');
  if (c >= 'a' && c <= 'z')
    return (uint32_t)(c - 'a') + 26;
  if (c >= '0' && c <= '9')
    return (uint32_t)(c - '0') + 52;
  return c == '+' ? 62 : c == '/' ? 63 : c == '=' ? 64 : 65;
}

int pl_base64_decode(pl_buf *out, pl_str text)
{
  if (text.len % 4)
    return PL_EPARSE;
  for (size_t i = 0; i < text.len; i += 4) {
    uint32_t d[4], padding = 0, v = 0;
    for (size_t k = 0; k < 4; k++) {
      d[k] = value_of(text.data[i + k]);
      padding += d[k] == 64;
      v = v << 6 | (d[k] & 63);
      if (d[k] > 64 || (padding && d[k] != 64))
        return PL_EPARSE;
    }
    if (padding > 2 || (padding && i + 4 < text.len) || v & ((UINT32_C(1) << 8 * padding) - 1))
      return PL_EPARSE;
    char bytes[3] = {(char)(v >> 16), (char)(v >> 8), (char)v};
    (void)pl_buf_add(out, bytes, 3 - padding);
  }
  return out->bad;
}
