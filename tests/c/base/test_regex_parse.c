/* The parser of regular expressions: the steps that it makes of each form, what it refuses and where. */
#include "base/regex_program.h"

#include <string.h>

#include "base/buf.h"
#include "support/failing.h"

/* A step as text: a character is itself, a folded one has an i behind it; split, jump and save have their numbers. */
static void show_step(const pl_regex_step *s, pl_buf *out)
{
  static const char places[] = {[PL_STEP_BEGIN] = '^', [PL_STEP_END] = '$', [PL_STEP_WORD] = 'w', [PL_STEP_NO_WORD] = 'W', [PL_STEP_MATCH] = '!'};
  if (s->kind == PL_STEP_RUNE)
    (void)pl_buf_addf(out, "%c%s", (int)s->rune, s->folds ? "i" : "");
  else if (s->kind == PL_STEP_SPLIT)
    (void)pl_buf_addf(out, "%d/%d", s->first, s->other);
  else if (s->kind == PL_STEP_JUMP)
    (void)pl_buf_addf(out, "%+d", s->first);
  else if (s->kind == PL_STEP_SAVE)
    (void)pl_buf_addf(out, "(%u", (unsigned)s->rune);
  else if (s->kind == PL_STEP_SET)
    (void)pl_buf_adds(out, s->set->negated ? "[^" : "[");
  else
    (void)pl_buf_addc(out, places[s->kind]);
  for (const pl_regex_range *r = s->set ? s->set->ranges : NULL; r; r = r->next)
    (void)pl_buf_addf(out, r->hi < 0x7f && r->lo > ' ' ? "%c-%c" : "%u-%u", (int)r->lo, (int)r->hi);
  (void)pl_buf_addc(out, ' ');
}

static void each_form_has_its_steps(void **state)
{
  static const struct {
    const char *pattern, *steps;
  } cases[] = {
      {"", "! "}, {"ab", "a b ! "}, {"a*", "1/3 a -2 ! "}, {"a*?", "3/1 a -2 ! "}, {"a+", "a -1/1 ! "}, {"a+?", "a 1/-1 ! "}, {"a?", "1/2 a ! "},
      {"a|b", "1/3 a +2 b ! "}, {"a|b|c", "1/6 1/3 a +2 b +2 c ! "}, {"a{3}", "a a a ! "}, {"a{2,}", "a a -1/1 ! "}, {"a{2,4}", "a a 1/4 a 1/2 a ! "},
      {"a{0,2}", "1/4 a 1/2 a ! "}, {"a{0}b", "b ! "}, {"a{,2}", "a { , 2 } ! "}, {"(a)b", "(2 a (3 b ! "}, {"(?:ab)+", "a b -2/1 ! "},
      {"(?i)a", "ai ! "}, {"(?i:a)b", "ai b ! "}, {"((?i)a)b", "(2 ai (3 b ! "}, {"^a$", "^ a $ ! "}, {"\\A\\b\\B\\z", "^ w W $ ! "}, {"\\.\\x41", ". A ! "},
      {"[a-cx]", "[x-xa-c ! "}, {"[^a]", "[^a-a ! "}, {"\\d", "[0-9 ! "}, {".", "[^ ! "}, {"(?-s).", "[^10-10 ! "},
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    pl_regex_program program;
    pl_arena a;
    pl_buf text;
    const char *why = "";
    size_t at;
    pl_arena_init(&a, &pl_alloc_default, 1 << 20);
    pl_buf_init(&text, &pl_alloc_default, 1 << 10);
    if (pl_regex_parse(&a, pl_str_of(cases[i].pattern), &program, &why, &at))
      fail_msg("%s: %s at %zu", cases[i].pattern, why, at);
    for (int k = 0; k < program.n_steps; k++)
      show_step(&program.steps[k], &text);
    assert_string_equal(pl_buf_cstr(&text), cases[i].steps);
    pl_buf_fini(&text);
    pl_arena_fini(&a);
  }
}

static void groups_are_counted_and_named(void **state)
{
  pl_regex_program program;
  pl_arena a;
  const char *why;
  size_t at;
  (void)state;
  pl_arena_init(&a, &pl_alloc_default, 1 << 20);
  assert_int_equal(pl_regex_parse(&a, PL_STR("(a)(?:b)(?P<c_1>c(?<d>d))"), &program, &why, &at), PL_OK);
  assert_int_equal(program.n_groups, 4);
  assert_true(program.names[1].len == 0 && pl_str_eqc(program.names[2], "c_1") && pl_str_eqc(program.names[3], "d"));
  pl_arena_fini(&a);
}

static void mistakes_are_told_with_their_place(void **state)
{
  static const struct {
    const char *pattern;
    size_t at;
    const char *why;
  } cases[] = {
      {"(", 1, "a ( without )"}, {")", 0, "a ) without ("}, {"a)", 1, "a ) without ("}, {"[a", 2, "a [ without ]"}, {"*", 0, "nothing to repeat"},
      {"a**", 3, "repeated twice"}, {"a{3,2}", 6, "more repetitions at least"}, {"\\", 1, "a backslash at the end"},
      {"\\pL", 1, "not known"}, {"\\q", 1, "not known"}, {"a\\Q", 2, "not known"}, {"(?m)a", 2, "only the flags"}, {"(?P<>a)", 4, "(?P<name>...)"},
      {"(?P<a", 5, "(?P<name>...)"}, {"[b-a]", 4, "goes backwards"}, {"\\x4", 3, "\\x41"}, {"\\x{110000}", 10, "\\x41"}, {"(?i", 3, "a ( without )"},
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    pl_regex_program program;
    pl_arena a;
    const char *why = NULL;
    size_t at = 99;
    pl_arena_init(&a, &pl_alloc_default, 1 << 20);
    assert_int_equal(pl_regex_parse(&a, pl_str_of(cases[i].pattern), &program, &why, &at), PL_EPARSE);
    if (at != cases[i].at || !strstr(why, cases[i].why))
      fail_msg("%s: %s at %zu", cases[i].pattern, why, at);
    pl_arena_fini(&a);
  }
}

static void what_grows_too_large_is_refused(void **state)
{
  char nested[500], groups[3 * PL_REGEX_GROUPS];
  const pl_str cases[] = {PL_STR("((a{100}){100}){100}"), PL_STR("a{1001}"), {nested, sizeof nested}, {groups, sizeof groups}};
  (void)state;
  memset(nested, '(', sizeof nested);
  for (size_t i = 0; i < sizeof groups; i++)
    groups[i] = "(a)"[i % 3];
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    pl_regex_program program;
    pl_arena a;
    const char *why;
    size_t at;
    pl_arena_init(&a, &pl_alloc_default, 64 << 20);
    assert_int_equal(pl_regex_parse(&a, cases[i], &program, &why, &at), PL_ELIMIT);
    pl_arena_fini(&a);
  }
}

static void characters_are_read_one_by_one(void **state)
{
  static const char text[] = "a\xc3\xa4\xe2\x98\xba\xf0\x9f\x9a\x80\xff\xc3z\xed\xa0\x80\xe2\x98";
  static const uint32_t runes[] = {'a', 0xe4, 0x263a, 0x1f680, 0xfffd, 0xfffd, 'z', 0xfffd, 0xfffd, 0xfffd, 0xfffd, 0xfffd};
  const char *p = text, *end = text + sizeof text - 1;
  (void)state;
  for (size_t i = 0; i < sizeof runes / sizeof *runes; i++)
    assert_int_equal(pl_regex_rune(&p, end), runes[i]);
  assert_ptr_equal(p, end);
  assert_true(pl_regex_fold('Q') == 'q' && pl_regex_fold('[') == '[' && pl_regex_fold(0xc4) == 0xc4);
  assert_true(pl_regex_is_word('_') && pl_regex_is_word('Z') && pl_regex_is_word('0') && !pl_regex_is_word('-') && !pl_regex_is_word(0xe4));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_form_has_its_steps),            cmocka_unit_test(groups_are_counted_and_named),
      cmocka_unit_test(mistakes_are_told_with_their_place), cmocka_unit_test(what_grows_too_large_is_refused),
      cmocka_unit_test(characters_are_read_one_by_one),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
