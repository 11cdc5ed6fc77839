/* See relabel.h. */
#include "ingest/relabel.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/hash.h"
#include "base/regex.h"

enum { RULES_MEMORY = 64 << 20 };

enum action { REPLACE, KEEP, DROP, KEEP_EQUAL, DROP_EQUAL, HASH_MOD, LABEL_MAP, LABEL_DROP, LABEL_KEEP, LOWERCASE, UPPERCASE, ACTIONS };

static const struct action_kind {
  const char *name;
  bool wants_target;
} kinds[ACTIONS] = {
    [REPLACE] = {"replace", true},        [KEEP] = {"keep", false},           [DROP] = {"drop", false},
    [KEEP_EQUAL] = {"keepequal", true},   [DROP_EQUAL] = {"dropequal", true}, [HASH_MOD] = {"hashmod", true},
    [LABEL_MAP] = {"labelmap", false},    [LABEL_DROP] = {"labeldrop", false}, [LABEL_KEEP] = {"labelkeep", false},
    [LOWERCASE] = {"lowercase", true},    [UPPERCASE] = {"uppercase", true},
};

typedef struct rule {
  enum action action;
  pl_str *sources;
  size_t n_sources;
  pl_str separator, target, replacement;
  uint64_t modulus;
  pl_regex *regex;
} rule;

struct pl_relabel {
  const pl_allocator *alloc;
  pl_arena memory; /* rules and what they hold */
  pl_arena texts;  /* of the last call */
  rule *rules;
  size_t n;
};

/* ---- Labels -------------------------------------------------------------------------------------------- */

static size_t place_of(const pl_label_bag *b, pl_str name)
{
  size_t i = 0;
  while (i < b->n && !pl_str_eq(b->list[i].name, name))
    i++;
  return i;
}

pl_str pl_label_bag_get(const pl_label_bag *b, pl_str name)
{
  size_t i = place_of(b, name);
  return i < b->n ? b->list[i].value : PL_STR("");
}

int pl_label_bag_set(pl_label_bag *b, pl_str name, pl_str value)
{
  size_t i = place_of(b, name);
  if (!value.len) {
    if (i < b->n)
      b->list[i] = b->list[--b->n];
    return PL_OK;
  }
  if (i == PL_RELABEL_LABELS)
    return PL_ELIMIT;
  b->list[i] = (pl_label){name, value};
  b->n += i == b->n;
  return PL_OK;
}

/* ---- Rules --------------------------------------------------------------------------------------------- */

static pl_str or_else(pl_str said, pl_str otherwise)
{
  return said.data ? said : otherwise;
}

static int action_of(pl_str name, enum action *out, pl_error *err)
{
  for (int i = 0; i < ACTIONS; i++) {
    if (pl_str_eqc(name, kinds[i].name)) {
      *out = (enum action)i;
      return PL_OK;
    }
  }
  return pl_fail(err, PL_EINVAL, "there is no action %.*s", (int)name.len, name.data);
}

static int check_rule(const rule *r, pl_error *err)
{
  const char *name = kinds[r->action].name;
  if (kinds[r->action].wants_target && !r->target.len)
    return pl_fail(err, PL_EINVAL, "%s needs a target_label", name);
  if (r->action == HASH_MOD && !r->modulus)
    return pl_fail(err, PL_EINVAL, "%s needs a modulus", name);
  if (r->action == LABEL_MAP && !r->replacement.len)
    return pl_fail(err, PL_EINVAL, "%s needs a replacement", name);
  return PL_OK;
}

static int copy_texts(pl_arena *a, const pl_relabel_rule *from, rule *r)
{
  r->separator = pl_arena_copy(a, or_else(from->separator, PL_STR(";")));
  r->target = pl_arena_copy(a, or_else(from->target, PL_STR("")));
  r->replacement = pl_arena_copy(a, or_else(from->replacement, PL_STR("$1")));
  r->sources = pl_arena_alloc(a, from->n_sources + 1, sizeof *r->sources);
  for (size_t i = 0; i < from->n_sources && r->sources; i++)
    r->sources[r->n_sources++] = pl_arena_copy(a, from->sources[i]);
  return a->bad;
}

static int compile(pl_arena *a, const pl_relabel_rule *from, rule *r, pl_error *err)
{
  const char *why = "";
  size_t at = 0;
  int code = action_of(or_else(from->action, PL_STR("replace")), &r->action, err);
  if (code)
    return code;
  if (copy_texts(a, from, r))
    return pl_fail(err, a->bad, "out of memory for a rule");
  r->modulus = from->modulus;
  code = check_rule(r, err);
  if (code)
    return code;
  code = pl_regex_compile(a, pl_arena_copy(a, or_else(from->regex, PL_STR("(.*)"))), &r->regex, &why, &at);
  return code ? pl_fail(err, code, "regex, character %zu: %s", at + 1, why) : PL_OK;
}

int pl_relabel_new(const pl_allocator *a, const pl_relabel_rule *rules, size_t n, pl_relabel **out, pl_error *err)
{
  if (n > PL_RELABEL_RULES)
    return pl_fail(err, PL_ELIMIT, "more than %d rules", PL_RELABEL_RULES);
  pl_relabel *r = pl_alloc_zero(a, 1, sizeof *r);
  if (!r)
    return pl_fail(err, PL_ENOMEM, "out of memory for rules");
  r->alloc = a;
  pl_arena_init(&r->memory, a, RULES_MEMORY);
  pl_arena_init(&r->texts, a, PL_RELABEL_TEXTS);
  r->rules = pl_arena_alloc(&r->memory, n + 1, sizeof *r->rules);
  int code = r->rules ? PL_OK : pl_fail(err, PL_ENOMEM, "out of memory for rules");
  for (; r->n < n && !code; r->n++) {
    pl_error why = {0};
    code = compile(&r->memory, &rules[r->n], &r->rules[r->n], &why);
    if (code)
      (void)pl_fail(err, code, "rule %zu: %s", r->n + 1, why.message);
  }
  if (code) {
    pl_relabel_free(r);
    return code;
  }
  *out = r;
  return PL_OK;
}

void pl_relabel_free(pl_relabel *r)
{
  if (!r)
    return;
  pl_arena_fini(&r->memory);
  pl_arena_fini(&r->texts);
  pl_free(r->alloc, r, sizeof *r);
}

/* ---- Applying -------------------------------------------------------------------------------------------- */

/* What a template becomes after a match; data NULL: no memory. */
static pl_str expand(pl_relabel *r, const rule *of, pl_str text, const pl_str *groups)
{
  size_t n = pl_regex_expand(of->regex, text, groups, NULL);
  char *out = pl_arena_take(&r->texts, n + 1);
  if (!out)
    return (pl_str){NULL, 0};
  (void)pl_regex_expand(of->regex, text, groups, out);
  return (pl_str){out, n};
}

/* The values of the rule's sources with the separator between them; data NULL: no memory. */
static pl_str joined(pl_relabel *r, const rule *of, const pl_label_bag *labels)
{
  if (of->n_sources == 1)
    return pl_label_bag_get(labels, of->sources[0]);
  size_t len = 0, at = 0;
  for (size_t i = 0; i < of->n_sources; i++)
    len += pl_label_bag_get(labels, of->sources[i]).len + of->separator.len;
  char *out = pl_arena_take(&r->texts, len + 1);
  for (size_t i = 0; i < of->n_sources && out; i++) {
    pl_str value = pl_label_bag_get(labels, of->sources[i]);
    memcpy(out + at, of->separator.data, i ? of->separator.len : 0);
    at += i ? of->separator.len : 0;
    memcpy(out + at, value.data, value.len);
    at += value.len;
  }
  return (pl_str){out, at};
}

static int replace(pl_relabel *r, const rule *of, pl_label_bag *labels, pl_str value)
{
  pl_str groups[PL_REGEX_GROUPS];
  if (!pl_regex_matches(of->regex, value, groups))
    return PL_OK;
  pl_str name = expand(r, of, of->target, groups), text = expand(r, of, of->replacement, groups);
  if (!name.data || !text.data)
    return r->texts.bad;
  return name.len ? pl_label_bag_set(labels, name, text) : PL_OK;
}

static int hash_mod(pl_relabel *r, const rule *of, pl_label_bag *labels, pl_str value)
{
  enum { DIGITS = 24 };
  unsigned char sum[PL_MD5_SIZE];
  uint64_t low = 0;
  char *text = pl_arena_take(&r->texts, DIGITS);
  if (!text)
    return r->texts.bad;
  pl_md5(value.data, value.len, sum);
  for (int i = PL_MD5_SIZE / 2; i < PL_MD5_SIZE; i++)
    low = low << 8 | sum[i];
  int n = snprintf(text, DIGITS, "%" PRIu64, low % of->modulus);
  return pl_label_bag_set(labels, of->target, (pl_str){text, (size_t)n});
}

static int change_case(pl_relabel *r, const rule *of, pl_label_bag *labels, pl_str value)
{
  char first = of->action == LOWERCASE ? 'A' : 'a';
  char *text = pl_arena_take(&r->texts, value.len + 1);
  if (!text)
    return r->texts.bad;
  for (size_t i = 0; i < value.len; i++) {
    char c = value.data[i];
    text[i] = c >= first && c < first + 26 ? (char)(c ^ 0x20) : c;
  }
  return pl_label_bag_set(labels, of->target, (pl_str){text, value.len});
}

/* labelmap, labeldrop, labelkeep: by the names of the labels as they were before the rule. */
static int by_name(pl_relabel *r, const rule *of, pl_label_bag *labels)
{
  const pl_label_bag before = *labels;
  int code = PL_OK;
  for (size_t i = 0; i < before.n && !code; i++) {
    pl_str groups[PL_REGEX_GROUPS], name = before.list[i].name;
    bool matched = pl_regex_matches(of->regex, name, groups);
    if (of->action == LABEL_MAP && matched) {
      pl_str to = expand(r, of, of->replacement, groups);
      code = !to.data ? r->texts.bad : to.len ? pl_label_bag_set(labels, to, before.list[i].value) : PL_OK;
    } else if (of->action != LABEL_MAP && matched == (of->action == LABEL_DROP)) {
      code = pl_label_bag_set(labels, name, PL_STR(""));
    }
  }
  return code;
}

static int apply(pl_relabel *r, const rule *of, pl_label_bag *labels, bool *kept)
{
  pl_str value = joined(r, of, labels);
  if (!value.data)
    return r->texts.bad;
  switch (of->action) {
  case KEEP:
  case DROP:
    *kept = pl_regex_matches(of->regex, value, NULL) == (of->action == KEEP);
    return PL_OK;
  case KEEP_EQUAL:
  case DROP_EQUAL:
    *kept = pl_str_eq(pl_label_bag_get(labels, of->target), value) == (of->action == KEEP_EQUAL);
    return PL_OK;
  case REPLACE:
    return replace(r, of, labels, value);
  case HASH_MOD:
    return hash_mod(r, of, labels, value);
  case LOWERCASE:
  case UPPERCASE:
    return change_case(r, of, labels, value);
  default:
    return by_name(r, of, labels);
  }
}

int pl_relabel_apply(pl_relabel *r, pl_label_bag *labels, bool *kept)
{
  int code = PL_OK;
  pl_arena_reset(&r->texts);
  r->texts.bad = 0;
  *kept = true;
  for (size_t i = 0; i < r->n && *kept && !code; i++)
    code = apply(r, &r->rules[i], labels, kept);
  return code;
}
