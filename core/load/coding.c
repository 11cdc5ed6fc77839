/* Which coding is done by whom. */
#include "load/coding.h"

#include "base/error.h"
#include "format/deflate.h"

static const char *const names[] = {"identity", "gzip", "deflate", "br", "zstd", "of an unknown coding"};

enum pl_coding pl_coding_of(pl_str token)
{
  token = pl_str_trim(token);
  if (!token.len || pl_str_ieq(token, PL_STR("x-gzip")))
    return token.len ? PL_CODING_GZIP : PL_CODING_IDENTITY;
  for (int c = PL_CODING_IDENTITY; c < PL_CODING_UNKNOWN; c++) {
    if (pl_str_ieq(token, pl_str_of(names[c])))
      return (enum pl_coding)c;
  }
  return PL_CODING_UNKNOWN;
}

const char *pl_coding_name(enum pl_coding coding)
{
  return names[coding];
}

static enum pl_deflate_form form_of(enum pl_coding coding)
{
  return coding == PL_CODING_GZIP ? PL_DEFLATE_GZIP : PL_DEFLATE_ZLIB;
}

static int fail(enum pl_coding coding, int code, const pl_buf *out, pl_error *err)
{
  if (code == PL_ELIMIT)
    return pl_fail(err, code, "the body is %s and stands for more than %zu MiB", names[coding], out->max >> 20);
  return pl_fail(err, code, code == PL_ENOMEM ? "out of memory for a body" : "the body is no whole %s", names[coding]);
}

static int find_module(const char *module_dir, const pl_coding_module **out, pl_error *err)
{
  const pl_module_head *head;
  int code = pl_module_find(module_dir, PL_CODING_MODULE, PL_CODING_ABI, &head, err);
  if (!code)
    *out = (const pl_coding_module *)(const void *)head;
  return code;
}

int pl_coding_decode(enum pl_coding coding, pl_str in, const char *module_dir, pl_buf *out, pl_error *err)
{
  const pl_coding_module *m;
  int code;
  switch (coding) {
  case PL_CODING_IDENTITY:
    return pl_buf_add(out, in.data, in.len) ? fail(coding, out->bad, out, err) : PL_OK;
  case PL_CODING_GZIP:
  case PL_CODING_DEFLATE:
    code = pl_inflate(form_of(coding), in, out);
    return code ? fail(coding, code, out, err) : PL_OK;
  case PL_CODING_BR:
  case PL_CODING_ZSTD:
    if ((code = find_module(module_dir, &m, err)) != PL_OK)
      return code;
    code = (coding == PL_CODING_BR ? m->decode_br : m->decode_zstd)(in, out);
    return code ? fail(coding, code, out, err) : PL_OK;
  case PL_CODING_UNKNOWN:
    break;
  }
  return pl_fail(err, PL_ENOSYS, "the body has a coding that is unknown here");
}

int pl_coding_encode(enum pl_coding coding, pl_str in, const char *module_dir, pl_buf *out, pl_error *err)
{
  const pl_coding_module *m;
  int code;
  if (coding == PL_CODING_IDENTITY || coding == PL_CODING_UNKNOWN)
    return pl_fail(err, PL_ENOSYS, "bodies are sent as gzip, deflate, br or zstd");
  if (coding == PL_CODING_GZIP || coding == PL_CODING_DEFLATE)
    code = pl_deflate(form_of(coding), in, out);
  else if ((code = find_module(module_dir, &m, err)) != PL_OK)
    return code;
  else
    code = (coding == PL_CODING_BR ? m->encode_br : m->encode_zstd)(in, out);
  return code ? fail(coding, code, out, err) : PL_OK;
}
