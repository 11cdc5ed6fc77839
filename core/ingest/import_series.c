/* See import_series.h. A key that is made of a name and tags has their lengths, so that no two are alike. */
#include "ingest/import_series.h"

#include <string.h>

#include "base/error.h"
#include "net/url.h"
#include "store/labels.h"

enum { KEY_MAX = 2 * PL_LINE_MAX };

int pl_import_series_init(pl_import_series *s, const pl_allocator *a)
{
  s->alloc = a;
  pl_buf_init(&s->key, a, KEY_MAX);
  pl_buf_init(&s->words, a, KEY_MAX);
  s->keys = pl_intern_new(a, PL_IMPORT_SERIES);
  return s->keys ? PL_OK : PL_ENOMEM;
}

void pl_import_series_fini(pl_import_series *s)
{
  pl_buf_fini(&s->key);
  pl_buf_fini(&s->words);
  pl_intern_free(s->keys);
  pl_free(s->alloc, s->known, s->cap_known * sizeof *s->known);
}

size_t pl_import_series_count(const pl_import_series *s)
{
  return pl_intern_count(s->keys);
}

bool pl_import_series_again(pl_import_series *s, int64_t ns)
{
  pl_import_known *known = &s->known[s->found];
  bool again = known->last_ns == ns;
  known->last_ns = ns;
  return again;
}

static bool is_label_name(pl_str s)
{
  return pl_store_is_metric(s) && !memchr(s.data, ':', s.len);
}

/* The part of a source that a label names; NULL: it is a label of the series. */
static pl_str *part_of(pl_str name, pl_str parts[4])
{
  static const char *const names[] = {"source", "instance", "role", "origin"};
  for (size_t n = 0; n < 4; n++) {
    if (pl_str_eqc(name, names[n]))
      return &parts[n];
  }
  return NULL;
}

/* Makes the series. */
static int make_series(pl_import_series *s, const pl_import_facts *f, const pl_tag *tags, size_t n_tags, int64_t *id)
{
  pl_label labels[PL_LABELS_MAX];
  pl_str parts[4] = {PL_STR("import"), pl_str_of(s->instance), pl_str_of(s->role), pl_str_of(s->origin)};
  pl_series_spec spec = {.name = f->name, .labels = labels, .kind = f->kind, .unit = f->unit, .help = f->help};
  if (!pl_store_is_metric(f->name))
    return PL_REFUSED_NAME;
  for (size_t n = 0; n < n_tags; n++) {
    pl_str *part = part_of(tags[n].name, parts);
    if (part) {
      *part = tags[n].value;
      continue;
    }
    if (!is_label_name(tags[n].name))
      return PL_REFUSED_TAG;
    if (spec.n_labels == PL_LABELS_MAX)
      return PL_REFUSED_TAGS;
    if (tags[n].value.len)
      labels[spec.n_labels++] = (pl_label){tags[n].name, tags[n].value};
  }
  int code = pl_store_source(s->store, parts[0], parts[1], parts[2], parts[3], &spec.source, s->err);
  return code ? code : pl_store_series(s->store, &spec, id, s->err);
}

static int remember(pl_import_series *s, pl_str key, int64_t id)
{
  size_t n = pl_intern_count(s->keys);
  if (n == PL_IMPORT_SERIES)
    return pl_fail(s->err, PL_ELIMIT, "more than %d series", PL_IMPORT_SERIES);
  if (!pl_reach(s->alloc, (void **)&s->known, &s->cap_known, n, sizeof *s->known))
    return pl_fail(s->err, PL_ENOMEM, "out of memory for series");
  s->known[n] = (pl_import_known){id, INT64_MIN};
  s->found = n;
  int64_t at = pl_intern_id(s->keys, key);
  return at < 0 ? pl_fail(s->err, (int)at, "out of memory for series") : PL_OK;
}

int pl_import_series_find(pl_import_series *s, pl_str key, const pl_import_facts *f, const pl_tag *tags, size_t n, int64_t *id)
{
  int64_t at = pl_intern_find(s->keys, key);
  if (at >= 0) {
    s->found = (size_t)at;
    *id = s->known[at].id;
    return PL_OK;
  }
  int code = make_series(s, f, tags, n, id);
  return code ? code : remember(s, key, *id);
}

static void add_text(pl_buf *key, pl_str text)
{
  (void)pl_buf_add(key, &text.len, sizeof text.len);
  (void)pl_buf_add(key, text.data, text.len);
}

int pl_import_series_named(pl_import_series *s, const pl_import_facts *f, const pl_tag *tags, size_t n, int64_t *id)
{
  pl_buf_clear(&s->key);
  add_text(&s->key, f->name);
  for (size_t i = 0; i < n; i++) {
    add_text(&s->key, tags[i].name);
    add_text(&s->key, tags[i].value);
  }
  if (s->key.bad)
    return s->key.bad == PL_ELIMIT ? PL_REFUSED_LENGTH : pl_fail(s->err, PL_ENOMEM, "out of memory");
  return pl_import_series_find(s, (pl_str){s->key.data, s->key.len}, f, tags, n, id);
}

/* ---- Series of other systems ---------------------------------------------------------------------------- */

/* Appends a name of another system's as one of ours: every byte that none has as "_". words has room for it. */
static void put_name(pl_buf *words, pl_str name)
{
  for (size_t n = 0; n < name.len; n++) {
    char c = name.data[n];
    bool digit = c >= '0' && c <= '9', letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (digit && words->len == 0)
      (void)pl_buf_addc(words, '_');
    (void)pl_buf_addc(words, digit || letter ? c : '_');
  }
}

int pl_import_series_foreign(pl_import_series *s, pl_str name, pl_str field, const pl_tag *tags, size_t n, int64_t *id)
{
  pl_tag clean[PL_LINE_TAGS];
  pl_buf_clear(&s->words);
  if (!pl_buf_room(&s->words, KEY_MAX / 2 + PL_LINE_TAGS + 2))
    return pl_fail(s->err, PL_ENOMEM, "out of memory");
  put_name(&s->words, name);
  if (field.len) {
    (void)pl_buf_addc(&s->words, '_');
    put_name(&s->words, field);
  }
  const pl_import_facts f = {.name = {s->words.data, s->words.len}, .kind = PL_SERIES_GAUGE};
  for (size_t k = 0; k < n; k++) {
    size_t at = s->words.len;
    put_name(&s->words, tags[k].name);
    clean[k] = (pl_tag){{s->words.data + at, s->words.len - at}, tags[k].value};
    if (pl_tags_have(clean, k, clean[k].name))
      return PL_REFUSED_TWICE;
  }
  return pl_import_series_named(s, &f, clean, n, id);
}

/* ---- Series of logs of HdrHistogram ----------------------------------------------------------------------- */

/* Appends a word of a tag, %XX as what it stands for; the piece of words, which has room for it. */
static pl_str take_word(pl_buf *words, pl_str word)
{
  size_t at = words->len;
  (void)pl_url_decode(words, word);
  return (pl_str){words->data + at, words->len - at};
}

/* A tag of ours, "name;label=value;...", is the series that was exported; any other one is a label. */
static int read_tag(pl_import_series *s, pl_str tag, pl_str *name, pl_tag *tags, size_t *n)
{
  bool ours = tag.len && tag.data[tag.len - 1] == ';';
  *n = 0;
  pl_buf_clear(&s->words);
  if (!pl_buf_room(&s->words, tag.len + 1))
    return pl_fail(s->err, PL_ENOMEM, "out of memory");
  if (tag.len && !ours)
    tags[(*n)++] = (pl_tag){PL_STR("tag"), tag};
  if (!ours)
    return PL_OK;
  *name = take_word(&s->words, pl_str_cut(&tag, ';'));
  while (tag.len) {
    pl_str value = pl_str_cut(&tag, ';'), label = pl_str_cut(&value, '=');
    if (*n == PL_LINE_TAGS)
      return PL_REFUSED_TAGS;
    label = take_word(&s->words, label);
    if (pl_tags_have(tags, *n, label))
      return PL_REFUSED_TWICE;
    tags[(*n)++] = (pl_tag){label, take_word(&s->words, value)};
  }
  return PL_OK;
}

int pl_import_series_tagged(pl_import_series *s, const pl_import_facts *f, pl_str tag, int64_t *id)
{
  pl_tag tags[PL_LINE_TAGS];
  size_t n;
  pl_import_facts found = *f;
  int code = read_tag(s, tag, &found.name, tags, &n);
  return code ? code : pl_import_series_named(s, &found, tags, n, id);
}
