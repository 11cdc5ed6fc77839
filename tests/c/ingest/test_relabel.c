/* Rules of relabelling: what each action makes of labels, which rules are refused. */
#include "ingest/relabel.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/failing.h"

#define A PL_STR("a")
#define B PL_STR("b")
static const pl_str a[] = {{"a", 1}}, ab[] = {{"a", 1}, {"b", 1}};
#define SOURCE_A .sources = a, .n_sources = 1
#define SOURCE_AB .sources = ab, .n_sources = 2

static int by_name(const void *x, const void *y)
{
  const pl_label *l = x, *m = y;
  size_t n = l->name.len < m->name.len ? l->name.len : m->name.len;
  int order = memcmp(l->name.data, m->name.data, n);
  return order ? order : (int)l->name.len - (int)m->name.len;
}

/* The labels a=foo b=bar c=Baz after rules, "a=foo b=bar c=Baz", or "dropped". */
static const char *after(const pl_relabel_rule *rules, size_t n)
{
  static char out[512];
  pl_label_bag b = {.list = {{A, PL_STR("foo")}, {B, PL_STR("bar")}, {PL_STR("c"), PL_STR("Baz")}}, .n = 3};
  pl_relabel *r;
  bool kept;
  pl_error err = {0};
  if (pl_relabel_new(&pl_alloc_default, rules, n, &r, &err))
    fail_msg("%s", err.message);
  assert_int_equal(pl_relabel_apply(r, &b, &kept), PL_OK);
  qsort(b.list, b.n, sizeof *b.list, by_name);
  out[0] = '\0';
  for (size_t i = 0, at = 0; i < b.n; i++)
    at += (size_t)snprintf(out + at, sizeof out - at, "%s%.*s=%.*s", i ? " " : "", (int)b.list[i].name.len, b.list[i].name.data,
                           (int)b.list[i].value.len, b.list[i].value.data);
  pl_relabel_free(r);
  return kept ? out : "dropped";
}

static void actions_do_what_prometheus_does(void **state)
{
  const struct {
    pl_relabel_rule rule;
    const char *made;
  } cases[] = {
      {{SOURCE_A, .regex = PL_STR("f(.*)"), .target = PL_STR("d"), .replacement = PL_STR("ch${1}-ch${1}")}, "a=foo b=bar c=Baz d=choo-choo"},
      {{SOURCE_AB, .regex = PL_STR("f(.*);(.*)r"), .target = PL_STR("a"), .replacement = PL_STR("b${1}${2}m")}, "a=boobam b=bar c=Baz"},
      {{SOURCE_AB, .separator = PL_STR(""), .target = PL_STR("d")}, "a=foo b=bar c=Baz d=foobar"},
      {{SOURCE_A, .regex = PL_STR("oo"), .target = PL_STR("d"), .replacement = PL_STR("x")}, "a=foo b=bar c=Baz"}, /* matched whole */
      {{SOURCE_A, .regex = PL_STR("f.*"), .target = PL_STR("a"), .replacement = PL_STR("")}, "b=bar c=Baz"},
      {{SOURCE_A, .regex = PL_STR("(f).*"), .target = PL_STR("${1}x"), .replacement = PL_STR("1")}, "a=foo b=bar c=Baz fx=1"},
      {{SOURCE_A, .regex = PL_STR(".*"), .target = PL_STR("$1"), .replacement = PL_STR("1")}, "a=foo b=bar c=Baz"}, /* no name is left */
      {{.target = PL_STR("d"), .replacement = PL_STR("static")}, "a=foo b=bar c=Baz d=static"},
      {{.action = PL_STR("keep"), SOURCE_A, .regex = PL_STR("fo*")}, "a=foo b=bar c=Baz"},
      {{.action = PL_STR("keep"), SOURCE_A, .regex = PL_STR("o*")}, "dropped"},
      {{.action = PL_STR("drop"), SOURCE_A, .regex = PL_STR("fo*")}, "dropped"},
      {{.action = PL_STR("drop"), SOURCE_A, .regex = PL_STR("o*")}, "a=foo b=bar c=Baz"},
      {{.action = PL_STR("keepequal"), SOURCE_A, .target = PL_STR("b")}, "dropped"},
      {{.action = PL_STR("keepequal"), SOURCE_A, .target = PL_STR("a")}, "a=foo b=bar c=Baz"},
      {{.action = PL_STR("dropequal"), SOURCE_A, .target = PL_STR("a")}, "dropped"},
      {{.action = PL_STR("hashmod"), .sources = (const pl_str[]){{"z", 1}}, .n_sources = 1, .target = PL_STR("d"), .modulus = 1000}, "a=foo b=bar c=Baz d=958"},
      {{.action = PL_STR("labelmap"), .regex = PL_STR("(b|c)"), .replacement = PL_STR("x_$1")}, "a=foo b=bar c=Baz x_b=bar x_c=Baz"},
      {{.action = PL_STR("labeldrop"), .regex = PL_STR("[bc]")}, "a=foo"},
      {{.action = PL_STR("labelkeep"), .regex = PL_STR("[bc]")}, "b=bar c=Baz"},
      {{.action = PL_STR("lowercase"), .sources = (const pl_str[]){{"c", 1}}, .n_sources = 1, .target = PL_STR("c")}, "a=foo b=bar c=baz"},
      {{.action = PL_STR("uppercase"), SOURCE_AB, .target = PL_STR("d")}, "a=foo b=bar c=Baz d=FOO;BAR"},
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    assert_string_equal(after(&cases[i].rule, 1), cases[i].made);
}

/* The figures of Prometheus' own documentation of the hash: MD5's last eight bytes. */
static void a_hash_is_that_of_prometheus(void **state)
{
  const pl_relabel_rule rules[] = {
      {.action = PL_STR("replace"), .target = A, .replacement = PL_STR("baz")},
      {.action = PL_STR("hashmod"), SOURCE_A, .target = PL_STR("d"), .modulus = 1000},
      {.target = A, .replacement = PL_STR("foo\nbar")},
      {.action = PL_STR("hashmod"), SOURCE_A, .target = PL_STR("e"), .modulus = 1000},
      {.action = PL_STR("labelkeep"), .regex = PL_STR("[de]")},
  };
  (void)state;
  assert_string_equal(after(rules, 5), "d=976 e=734");
}

static void rules_follow_each_other(void **state)
{
  const pl_relabel_rule rules[] = {
      {SOURCE_A, .target = B},
      {.action = PL_STR("labeldrop"), .regex = A},
      {.action = PL_STR("drop"), .sources = (const pl_str[]){{"b", 1}}, .n_sources = 1, .regex = PL_STR("foo")},
      {.target = PL_STR("never"), .replacement = PL_STR("x")},
  };
  (void)state;
  assert_string_equal(after(rules, 2), "b=foo c=Baz");
  assert_string_equal(after(rules, 4), "dropped");
}

static void rules_that_mean_nothing_are_refused(void **state)
{
  const struct {
    pl_relabel_rule rule;
    int code;
    const char *why;
  } cases[] = {
      {{.action = PL_STR("replce")}, PL_EINVAL, "rule 2: there is no action replce"},
      {{SOURCE_A}, PL_EINVAL, "rule 2: replace needs a target_label"},
      {{.action = PL_STR("hashmod"), .target = PL_STR("d")}, PL_EINVAL, "rule 2: hashmod needs a modulus"},
      {{.action = PL_STR("lowercase")}, PL_EINVAL, "rule 2: lowercase needs a target_label"},
      {{.action = PL_STR("labelmap"), .replacement = PL_STR("")}, PL_EINVAL, "rule 2: labelmap needs a replacement"},
      {{.action = PL_STR("drop"), .regex = PL_STR("a(")}, PL_EPARSE, "rule 2: regex, character "},
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    const pl_relabel_rule rules[] = {{.action = PL_STR("keep")}, cases[i].rule};
    pl_relabel *r;
    pl_error err = {0};
    assert_int_equal(pl_relabel_new(&pl_alloc_default, rules, 2, &r, &err), cases[i].code);
    assert_memory_equal(err.message, cases[i].why, strlen(cases[i].why));
  }
  pl_relabel *r;
  pl_relabel_rule *many = calloc(PL_RELABEL_RULES + 1, sizeof *many);
  assert_int_equal(pl_relabel_new(&pl_alloc_default, many, PL_RELABEL_RULES + 1, &r, NULL), PL_ELIMIT);
  free(many);
}

static void a_bag_holds_so_many(void **state)
{
  static char names[PL_RELABEL_LABELS + 1][8];
  pl_label_bag b = {.n = 0};
  (void)state;
  for (int i = 0; i <= PL_RELABEL_LABELS; i++) {
    (void)snprintf(names[i], sizeof names[i], "l%d", i);
    assert_int_equal(pl_label_bag_set(&b, pl_str_of(names[i]), A), i < PL_RELABEL_LABELS ? PL_OK : PL_ELIMIT);
  }
  assert_int_equal(pl_label_bag_set(&b, PL_STR("l7"), B), PL_OK);
  assert_true(pl_str_eqc(pl_label_bag_get(&b, PL_STR("l7")), "b"));
  assert_int_equal(pl_label_bag_set(&b, PL_STR("l7"), PL_STR("")), PL_OK);
  assert_int_equal(pl_label_bag_set(&b, PL_STR("none"), PL_STR("")), PL_OK);
  assert_int_equal(b.n, PL_RELABEL_LABELS - 1);
}

static int try_rules(const pl_allocator *alloc, void *user)
{
  const pl_relabel_rule rules[] = {{SOURCE_AB, .target = PL_STR("d")}, {.action = PL_STR("labelmap"), .regex = PL_STR("(.*)"), .replacement = PL_STR("x$1")}};
  pl_label_bag b = {.list = {{A, PL_STR("foo")}}, .n = 1};
  pl_relabel *r;
  bool kept;
  (void)user;
  int code = pl_relabel_new(alloc, rules, 2, &r, NULL);
  if (code)
    return code;
  code = pl_relabel_apply(r, &b, &kept);
  pl_relabel_free(r);
  return code;
}

static void without_memory(void **state)
{
  (void)state;
  failing_every(try_rules, NULL, 40);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(actions_do_what_prometheus_does), cmocka_unit_test(a_hash_is_that_of_prometheus),
      cmocka_unit_test(rules_follow_each_other),         cmocka_unit_test(rules_that_mean_nothing_are_refused),
      cmocka_unit_test(a_bag_holds_so_many),             cmocka_unit_test(without_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
