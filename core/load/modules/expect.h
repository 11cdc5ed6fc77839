/* What an answer of plain bytes is expected to be: so many bytes, up to a delimiter, up to the end of what a pattern matches, up to the
 * end of the connection; or whatever comes. For protocols without framing of their own. */
#ifndef PL_LOAD_MODULES_EXPECT_H
#define PL_LOAD_MODULES_EXPECT_H

#include <regex.h>

#include "base/buf.h"
#include "base/tree.h"

enum { PL_EXPECT_MAX = 64 << 20, PL_EXPRESSION_MAX = 1000 };

enum pl_expect_kind { PL_EXPECT_ANY, PL_EXPECT_BYTES, PL_EXPECT_DELIMITER, PL_EXPECT_PATTERN, PL_EXPECT_CLOSE };

/* Zeroed: anything. */
typedef struct pl_expect {
  enum pl_expect_kind kind;
  size_t bytes;
  char delimiter[256];
  size_t delimiter_len;
  char expression[PL_EXPRESSION_MAX + 1]; /* what compiled was made of */
  regex_t compiled;
  bool has_expression;
} pl_expect;

/* Frees what it holds; also of one that is zeroed. */
void pl_expect_fini(pl_expect *e);

/* From the options bytes, delimiter, pattern (a POSIX extended regular expression) and until_close, of which one may be there. who: the
 * protocol's word, for messages. Errors: PL_EINVAL. */
int pl_expect_set(pl_expect *e, const pl_tree *named, const char *who, pl_error *err);

/* Where what is expected ends in received, with *value_len bytes of value at its begin; 0: it is not there yet. What is read up to the
 * close is never there. */
size_t pl_expect_end(const pl_expect *e, pl_buf *received, size_t *value_len);

#endif
