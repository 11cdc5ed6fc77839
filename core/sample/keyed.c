/* See keyed.h. */
#include "sample/keyed.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"

enum { PLACES_FIRST = 64, PLACES_MOST = 4096 };

typedef struct pl_keyed_place {
  char key[PL_KEYED_KEY]; /* the group, then the key */
  size_t group_len, key_len;
  pl_meaning meaning;
  int64_t number; /* of the metric; -1: not given yet */
} place;

typedef struct keyed_file {
  pl_procfile file;
  pl_keyed keyed;
} keyed_file;

bool pl_meaning_of_memory(const char *prefix, pl_str key, pl_str rest, pl_meaning *out)
{
  size_t n = (size_t)snprintf(out->metric, sizeof out->metric, "%s", prefix);
  for (size_t i = 0; i < key.len && n < sizeof out->metric - 1; i++) {
    if (key.data[i] != ')')
      out->metric[n++] = key.data[i] == '(' ? '_' : key.data[i];
  }
  out->metric[n] = '\0';
  (void)pl_field_next(&rest);
  bool kilobytes = pl_str_eqc(pl_field_next(&rest), "kB");
  out->scale = kilobytes ? 1024 : 1;
  return kilobytes;
}

void pl_keyed_init(pl_keyed *k, const pl_allocator *a, pl_meaning_of meaning_of)
{
  *k = (pl_keyed){.alloc = a, .meaning_of = meaning_of};
}

void pl_keyed_fini(pl_keyed *k)
{
  pl_free(k->alloc, k->places, k->cap * sizeof *k->places);
  k->places = NULL;
  k->n = k->cap = 0;
}

/* Room for a place; false when there is none. */
static bool reach(pl_keyed *k, uint32_t number)
{
  if (number >= PLACES_MOST)
    return false;
  if (number >= k->cap) {
    uint32_t cap = k->cap ? k->cap * 2 : PLACES_FIRST;
    while (cap <= number)
      cap *= 2;
    place *places = pl_realloc(k->alloc, k->places, k->cap * sizeof *places, cap * sizeof *places);
    if (!places)
      return false;
    k->places = places;
    k->cap = cap;
  }
  for (; k->n <= number; k->n++)
    k->places[k->n].key_len = SIZE_MAX;
  return true;
}

/* The key of a place is new, or another one than before. */
static void learn(pl_keyed *k, place *p, pl_str group, pl_str key, pl_str rest)
{
  p->meaning = (pl_meaning){.scale = 1};
  p->number = -1;
  p->group_len = group.len;
  p->key_len = key.len;
  if (group.len + key.len > sizeof p->key)
    return;
  memcpy(p->key, group.data, group.len);
  memcpy(p->key + group.len, key.data, key.len);
  k->meaning_of(group, key, rest, &p->meaning);
}

static bool is_known(const place *p, pl_str group, pl_str key)
{
  return p->key_len == key.len && p->group_len == group.len && key.len + group.len <= sizeof p->key &&
         memcmp(p->key + group.len, key.data, key.len) == 0 && memcmp(p->key, group.data, group.len) == 0;
}

/* The number at the front of rest, which is of this place's metric when that is wanted. */
static void emit_place(pl_sampler *s, const pl_keyed *k, place *p, pl_str rest)
{
  const pl_meaning *m = &p->meaning;
  if (!m->metric[0])
    return;
  double value = pl_field_number(&rest) * m->scale;
  if (p->number >= 0)
    pl_sampler_emit_more(s, (uint32_t)p->number, value);
  else
    p->number = pl_sampler_emit(s, &(pl_emit){m->metric, m->counter, &k->label, k->label.name != NULL}, value);
}

void pl_keyed_emit(pl_sampler *s, pl_keyed *k, uint32_t number, pl_str group, pl_str key, pl_str rest)
{
  if (number >= k->n && !reach(k, number))
    return;
  place *p = &k->places[number];
  if (!is_known(p, group, key))
    learn(k, p, group, key, rest);
  emit_place(s, k, p, rest);
}

/* Whether a line begins with the key that this place had before, "key 1" or "key: 1". */
static bool begins_with(const place *p, pl_str line)
{
  size_t n = p->key_len;
  if (p->group_len != 0 || n == 0 || n >= sizeof p->key || n >= line.len || memcmp(line.data, p->key, n) != 0)
    return false;
  return line.data[n] == ' ' || line.data[n] == '\t' || (line.data[n] == ':' && n + 1 < line.len && line.data[n + 1] == ' ');
}

void pl_keyed_lines(pl_sampler *s, pl_keyed *k, pl_str text)
{
  pl_str line;
  for (uint32_t i = 0; (line = pl_line_next(&text)).data; i++) {
    if (i < k->n && begins_with(&k->places[i], line)) {
      size_t n = k->places[i].key_len + 1;
      emit_place(s, k, &k->places[i], (pl_str){line.data + n, line.len - n});
      continue;
    }
    pl_str key = pl_field_next(&line);
    if (key.len && key.data[key.len - 1] == ':')
      key.len--;
    pl_keyed_emit(s, k, i, (pl_str){"", 0}, key, line);
  }
}

int pl_keyed_open(pl_sampler *s, const char *path, int piece, pl_meaning_of meaning_of, void **state, pl_error *err)
{
  const pl_sampler_options *o = pl_sampler_options_of(s);
  keyed_file *k = pl_alloc_zero(o->alloc, 1, sizeof *k);
  if (!k)
    return pl_fail(err, PL_ENOMEM, "out of memory for a sampler");
  int code = pl_procfile_open(&k->file, o->alloc, o->proc_root, path);
  if (code) {
    pl_free(o->alloc, k, sizeof *k);
    return pl_procfile_fail(err, code, o->proc_root, path);
  }
  k->file.piece = piece;
  pl_keyed_init(&k->keyed, o->alloc, meaning_of);
  *state = k;
  return PL_OK;
}

void pl_keyed_read(pl_sampler *s, void *state)
{
  keyed_file *k = state;
  pl_keyed_lines(s, &k->keyed, pl_procfile_read(&k->file));
}

void pl_keyed_close(pl_sampler *s, void *state)
{
  keyed_file *k = state;
  pl_procfile_close(&k->file);
  pl_keyed_fini(&k->keyed);
  pl_free(pl_sampler_options_of(s)->alloc, k, sizeof *k);
}
