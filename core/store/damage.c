/* Each piece is read whole: its checksum first, then whether it holds what its row says. */
#include "store/damage.h"

#include "format/hdr.h"
#include "store/dist_chunk.h"

static pl_str blob_of(sqlite3_value *v)
{
  const void *data = sqlite3_value_blob(v);
  return (pl_str){data ? data : "", (size_t)sqlite3_value_bytes(v)};
}

static void say(sqlite3_context *context, const char *text)
{
  if (text)
    sqlite3_result_text(context, text, -1, SQLITE_STATIC);
}

static const char *text_of(int code)
{
  return code == PL_ENOMEM ? PL_DAMAGE_UNSEEN : code == PL_EVERSION ? PL_DAMAGE_NEWER : "the checksum or the bytes are wrong";
}

static const char *chunk_damage(pl_archive *a, sqlite3_value **v)
{
  pl_samples s;
  int code = pl_archive_ready(a, NULL);
  if (!code)
    code = pl_chunk_read(a->codec, blob_of(v[0]), &s);
  if (code)
    return text_of(code);
  for (size_t i = 1; i < s.n; i++) {
    if (s.times_ns[i] <= s.times_ns[i - 1])
      return "its times do not ascend";
  }
  if (s.times_ns[0] != sqlite3_value_int64(v[1]) || s.times_ns[s.n - 1] != sqlite3_value_int64(v[2]))
    return PL_DAMAGE_TIMES;
  return (sqlite3_int64)s.n == sqlite3_value_int64(v[3]) ? NULL : PL_DAMAGE_SAMPLES;
}

static const char *batch_damage(pl_archive *a, sqlite3_value **v)
{
  pl_store_points p = {.alloc = a->alloc};
  int code = pl_archive_ready(a, NULL);
  if (!code)
    code = pl_batch_read(a->codec, a->columns, blob_of(v[0]), &p);
  bool complete = (sqlite3_int64)p.n == sqlite3_value_int64(v[1]);
  pl_points_fini(&p);
  return code ? text_of(code) : complete ? NULL : PL_DAMAGE_SAMPLES;
}

static const char *hist_damage(pl_archive *a, sqlite3_value **v)
{
  pl_hist h;
  pl_hist_init(&h, a->alloc);
  int code = pl_hdr_decode(blob_of(v[0]), &h, NULL);
  bool complete = (sqlite3_int64)h.count == sqlite3_value_int64(v[1]);
  pl_hist_fini(&h);
  return code ? "the bytes are wrong" : complete ? NULL : "it has not as many values as its row says";
}

static const char *hist_chunk_damage(pl_archive *a, sqlite3_value **v)
{
  pl_dist_reader r = {0};
  int code = pl_archive_ready(a, NULL);
  if (!code)
    code = pl_dist_reader_check(&r, a->alloc, a->codec, blob_of(v[0]));
  size_t n = r.figures.n;
  bool placed = n && r.figures.ts_ms[0] == sqlite3_value_int64(v[1]) && r.figures.ts_ms[n - 1] == sqlite3_value_int64(v[2]);
  pl_dist_reader_close(&r);
  if (code)
    return text_of(code);
  return !placed ? PL_DAMAGE_TIMES : (sqlite3_int64)n == sqlite3_value_int64(v[3]) ? NULL : PL_DAMAGE_SAMPLES;
}

static void sql_chunk(sqlite3_context *context, int argc, sqlite3_value **v)
{
  (void)argc;
  say(context, chunk_damage(sqlite3_user_data(context), v));
}

static void sql_batch(sqlite3_context *context, int argc, sqlite3_value **v)
{
  (void)argc;
  say(context, batch_damage(sqlite3_user_data(context), v));
}

static void sql_hist(sqlite3_context *context, int argc, sqlite3_value **v)
{
  (void)argc;
  say(context, hist_damage(sqlite3_user_data(context), v));
}

static void sql_hist_chunk(sqlite3_context *context, int argc, sqlite3_value **v)
{
  (void)argc;
  say(context, hist_chunk_damage(sqlite3_user_data(context), v));
}

static void give_part(sqlite3_context *context, int64_t from, int64_t to, size_t n, sqlite3_value *which)
{
  const int64_t parts[] = {from, to, (int64_t)n};
  int64_t i = sqlite3_value_int64(which);
  if (i >= 0 && i < (int64_t)(sizeof parts / sizeof *parts))
    sqlite3_result_int64(context, parts[i]);
}

static void sql_hist_chunk_part(sqlite3_context *context, int argc, sqlite3_value **v)
{
  pl_archive *a = sqlite3_user_data(context);
  pl_dist_reader r = {0};
  (void)argc;
  if (!pl_archive_ready(a, NULL) && !pl_dist_reader_open(&r, a->alloc, a->codec, blob_of(v[0])))
    give_part(context, r.figures.ts_ms[0], r.figures.ts_ms[r.figures.n - 1], r.figures.n, v[1]);
  pl_dist_reader_close(&r);
}

static void sql_chunk_part(sqlite3_context *context, int argc, sqlite3_value **v)
{
  pl_archive *a = sqlite3_user_data(context);
  pl_samples s;
  (void)argc;
  if (pl_archive_ready(a, NULL) || pl_chunk_read(a->codec, blob_of(v[0]), &s))
    return;
  give_part(context, s.times_ns[0], s.times_ns[s.n - 1], s.n, v[1]);
}

static void sql_batch_n(sqlite3_context *context, int argc, sqlite3_value **v)
{
  pl_archive *a = sqlite3_user_data(context);
  pl_store_points p = {.alloc = a->alloc};
  (void)argc;
  if (!pl_archive_ready(a, NULL) && !pl_batch_read(a->codec, a->columns, blob_of(v[0]), &p))
    sqlite3_result_int64(context, (sqlite3_int64)p.n);
  pl_points_fini(&p);
}

int pl_damage_register(pl_archive *a)
{
  static const struct {
    const char *name;
    int n_args;
    void (*call)(sqlite3_context *context, int argc, sqlite3_value **v);
  } functions[] = {{"chunk_damage", 4, sql_chunk}, {"batch_damage", 2, sql_batch}, {"hist_damage", 2, sql_hist},
                   {"hist_chunk_damage", 4, sql_hist_chunk}, {"hist_chunk_part", 2, sql_hist_chunk_part},
                   {"chunk_part", 2, sql_chunk_part}, {"batch_n", 1, sql_batch_n}};
  int code = SQLITE_OK;
  for (size_t i = 0; i < sizeof functions / sizeof *functions && !code; i++)
    code = sqlite3_create_function_v2(a->db, functions[i].name, functions[i].n_args, SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS, a,
                                      functions[i].call, NULL, NULL, NULL);
  return code;
}
