/* A codec as the state of a group of tests. */
#ifndef TEST_STORE_WITH_CODEC_H
#define TEST_STORE_WITH_CODEC_H

#include "store/chunk.h"

static inline int codec_set_up(void **state)
{
  pl_codec *c = NULL;
  int code = pl_codec_new(&pl_alloc_default, &c);
  *state = c;
  return code;
}

static inline int codec_tear_down(void **state)
{
  pl_codec_free(*state);
  return 0;
}

#endif
