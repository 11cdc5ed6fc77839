/* See otlp_name.h. A name is cut into words at all that is no letter or digit; a unit adds words that are not there already. */
#include "format/otlp_name.h"

#include <string.h>

enum { WORDS_MAX = 64 };

typedef struct words {
  pl_str list[WORDS_MAX];
  size_t n;
} words;

typedef struct unit {
  const char *name, *words;
} unit;

/* UCUM's names, as Prometheus says them. */
static const unit units[] = {
    {"d", "days"},        {"h", "hours"},          {"min", "minutes"},      {"s", "seconds"},     {"ms", "milliseconds"}, {"us", "microseconds"},
    {"ns", "nanoseconds"}, {"By", "bytes"},         {"KiBy", "kibibytes"},   {"MiBy", "mebibytes"}, {"GiBy", "gibibytes"},  {"TiBy", "tibibytes"},
    {"KBy", "kilobytes"}, {"MBy", "megabytes"},    {"GBy", "gigabytes"},    {"TBy", "terabytes"}, {"m", "meters"},        {"V", "volts"},
    {"A", "amperes"},     {"J", "joules"},         {"W", "watts"},          {"g", "grams"},       {"Cel", "celsius"},     {"Hz", "hertz"},
    {"1", ""},            {"%", "percent"},        {NULL, NULL}};
static const unit per_units[] = {{"s", "second"}, {"m", "minute"}, {"h", "hour"}, {"d", "day"}, {"w", "week"}, {"mo", "month"}, {"y", "year"}, {NULL, NULL}};

static bool is_letter_or_digit(char c)
{
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static void cut(pl_str text, words *w)
{
  size_t at = 0;
  while (at < text.len && w->n < WORDS_MAX) {
    size_t from = at;
    while (at < text.len && (is_letter_or_digit(text.data[at]) || text.data[at] == ':'))
      at++;
    if (at > from)
      w->list[w->n++] = (pl_str){text.data + from, at - from};
    at += at == from;
  }
}

static bool has(const words *w, pl_str word)
{
  size_t i = 0;
  while (i < w->n && !pl_str_eq(w->list[i], word))
    i++;
  return i < w->n;
}

static void add(words *w, pl_str word)
{
  if (word.len && w->n < WORDS_MAX)
    w->list[w->n++] = word;
}

static void drop(words *w, const char *word)
{
  size_t kept = 0;
  for (size_t i = 0; i < w->n; i++) {
    if (!pl_str_eqc(w->list[i], word))
      w->list[kept++] = w->list[i];
  }
  w->n = kept;
}

/* The words of one side of a unit; an annotation in braces has none. */
static void cut_unit(const unit *table, pl_str name, words *w)
{
  name = pl_str_trim(name);
  if (!name.len || memchr(name.data, '{', name.len) || memchr(name.data, '}', name.len))
    return;
  while (table->name && !pl_str_eqc(name, table->name))
    table++;
  cut(table->name ? pl_str_of(table->words) : name, w);
}

static bool has_all(const words *w, const words *part)
{
  size_t i = 0;
  while (i < part->n && has(w, part->list[i]))
    i++;
  return i == part->n;
}

static void add_unit(words *w, pl_str name)
{
  words main = {.n = 0}, per = {.n = 0};
  cut_unit(units, pl_str_cut(&name, '/'), &main);
  if (name.data)
    cut_unit(per_units, name, &per);
  bool is_new = !has_all(w, &main);
  bool per_is_new = !has_all(w, &per);
  for (size_t i = 0; i < main.n && is_new; i++)
    add(w, main.list[i]);
  if (per_is_new)
    add(w, PL_STR("per"));
  for (size_t i = 0; i < per.n && per_is_new; i++)
    add(w, per.list[i]);
}

int pl_otlp_metric_name(const pl_otlp_metric *m, pl_buf *out)
{
  words w = {.n = 0};
  cut(m->name, &w);
  add_unit(&w, m->unit);
  const char *last = m->kind == PL_OTLP_SUM && m->monotonic ? "total" : m->kind == PL_OTLP_GAUGE && pl_str_eqc(m->unit, "1") ? "ratio" : NULL;
  if (last) {
    drop(&w, last);
    add(&w, pl_str_of(last));
  }
  if (w.n && w.list[0].data[0] >= '0' && w.list[0].data[0] <= '9')
    (void)pl_buf_addc(out, '_');
  for (size_t i = 0; i < w.n; i++) {
    if (i)
      (void)pl_buf_addc(out, '_');
    (void)pl_buf_add(out, w.list[i].data, w.list[i].len);
  }
  return out->bad;
}

int pl_otlp_label_name(pl_str attribute, pl_buf *out)
{
  if (attribute.len && attribute.data[0] >= '0' && attribute.data[0] <= '9')
    (void)pl_buf_adds(out, "key_");
  for (size_t i = 0; i < attribute.len; i++)
    (void)pl_buf_addc(out, is_letter_or_digit(attribute.data[i]) ? attribute.data[i] : '_');
  return out->bad;
}
