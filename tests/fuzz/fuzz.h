/* What the fuzz targets share. A target is one file fuzz_NAME.c with a LLVMFuzzerTestOneInput: hostile bytes in, nothing out but a
 * crash, a sanitizer's report, or a FUZZ_EXPECT that does not hold. */
#ifndef TEST_FUZZ_H
#define TEST_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

/* Called by libFuzzer, and by replay.c, for each input. Returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* What must hold for any input: ends the process, for NDEBUG too. */
#define FUZZ_EXPECT(condition) \
  do { \
    if (!(condition)) { \
      (void)fprintf(stderr, "%s:%d: expected %s\n", __FILE__, __LINE__, #condition); \
      abort(); \
    } \
  } while (0)

/* An input that is taken from the front. */
typedef struct fuzz_input {
  const uint8_t *data;
  size_t len;
} fuzz_input;

/* The next byte; 0 when there is none left. */
static inline uint8_t fuzz_byte(fuzz_input *in)
{
  if (!in->len)
    return 0;
  in->len--;
  return *in->data++;
}

/* Up to the next NUL, which is dropped; else all that is left. */
static inline pl_str fuzz_word(fuzz_input *in)
{
  const uint8_t *end = in->len ? memchr(in->data, 0, in->len) : NULL;
  pl_str word = {(const char *)in->data, end ? (size_t)(end - in->data) : in->len};
  in->data += word.len + (end != NULL);
  in->len -= word.len + (end != NULL);
  return word;
}

/* All that is left. */
static inline pl_str fuzz_rest(const fuzz_input *in)
{
  return (pl_str){(const char *)in->data, in->len};
}

#endif
