/* Content codings of HTTP (RFC 9110 section 8.4.1): gzip and deflate here, br and zstd in the module "coding". */
#ifndef PL_LOAD_CODING_H
#define PL_LOAD_CODING_H

#include "base/buf.h"
#include "base/str.h"
#include "io/module.h"

enum pl_coding { PL_CODING_IDENTITY, PL_CODING_GZIP, PL_CODING_DEFLATE, PL_CODING_BR, PL_CODING_ZSTD, PL_CODING_UNKNOWN };

/* The coding of a token of Content-Encoding, in any case; x-gzip is gzip. */
enum pl_coding pl_coding_of(pl_str token);

/* Appends what `in` stands for to out, whose max is the limit: a small body may stand for a huge one. module_dir: see
 * pl_module_find. Errors: PL_EPROTO (broken, cut off, or bytes behind its end), PL_ELIMIT, PL_ENOMEM, PL_ENOSYS (no such
 * coding), and those of pl_module_find. */
int pl_coding_decode(enum pl_coding coding, pl_str in, const char *module_dir, pl_buf *out, pl_error *err) PL_MUSTCHECK;

/* Appends `in` in a coding, at the effort that its makers call the usual one (br: half of the highest), to out. module_dir: see
 * pl_module_find. Errors: PL_ELIMIT, PL_ENOMEM, PL_ENOSYS (unknown, or no coding), and those of pl_module_find. */
int pl_coding_encode(enum pl_coding coding, pl_str in, const char *module_dir, pl_buf *out, pl_error *err) PL_MUSTCHECK;
/* Its name as a Content-Encoding. */
const char *pl_coding_name(enum pl_coding coding);

/* ---- The module. Its functions append to out and give 0, PL_EPROTO (decoders), PL_ELIMIT or PL_ENOMEM. */
#define PL_CODING_MODULE "coding"
#define PL_CODING_ABI 2
typedef struct pl_coding_module {
  pl_module_head head;
  int (*decode_br)(pl_str in, pl_buf *out), (*encode_br)(pl_str in, pl_buf *out);
  int (*decode_zstd)(pl_str in, pl_buf *out), (*encode_zstd)(pl_str in, pl_buf *out);
} pl_coding_module;

#endif
