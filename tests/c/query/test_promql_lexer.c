/* Words of PromQL: their kinds, values and places, and what is no word. */
#include "query/promql_lexer.h"

#include <string.h>

#include "support/failing.h"

typedef struct wanted {
  enum pl_word_kind kind;
  const char *text;
  double value; /* of numbers and durations */
  size_t at;
} wanted;

static void words_have_kind_value_and_place(void **state)
{
  static const wanted all[] = {
      {PL_WORD_NAME, "job:rate", 0, 0}, {PL_WORD_SIGN, "{", 0, 8},      {PL_WORD_NAME, "a", 0, 9},          {PL_WORD_SIGN, "=~", 0, 10},
      {PL_WORD_STRING, "x\ty", 0, 12},  {PL_WORD_SIGN, "}", 0, 18},     {PL_WORD_SIGN, "[", 0, 19},         {PL_WORD_DURATION, "1h30m", 5400, 20},
      {PL_WORD_SIGN, "]", 0, 25},       {PL_WORD_SIGN, ">=", 0, 27},    {PL_WORD_NUMBER, "0x1f", 31, 30},   {PL_WORD_SIGN, "+", 0, 35},
      {PL_WORD_NUMBER, "1e3", 1000, 37}, {PL_WORD_SIGN, "-", 0, 41},    {PL_WORD_DURATION, "500ms", .5, 43}, {PL_WORD_END, NULL, 0, 48},
  };
  pl_arena arena;
  (void)state;
  pl_arena_init(&arena, &pl_alloc_default, 1 << 20);
  pl_words w = {.text = PL_STR("job:rate{a=~\"x\\ty\"}[1h30m] >= 0x1f + 1e3 - 500ms"), .arena = &arena};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
    assert_int_equal(pl_words_next(&w), PL_OK);
    assert_int_equal(w.word.kind, all[i].kind);
    assert_int_equal(w.word.at, all[i].at);
    if (all[i].text)
      assert_true(pl_str_eqc(w.word.text, all[i].text));
    if (all[i].kind == PL_WORD_NUMBER || all[i].kind == PL_WORD_DURATION)
      assert_true(w.word.value == all[i].value);
  }
  pl_arena_fini(&arena);
}

static void what_is_no_word_is_refused(void **state)
{
  static const char *const all[] = {"\"open", "5q", "\xff", "'a\\z'"};
  (void)state;
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
    pl_arena arena;
    pl_error err = {0};
    pl_arena_init(&arena, &pl_alloc_default, 1 << 20);
    pl_words w = {.text = pl_str_of(all[i]), .arena = &arena, .err = &err};
    assert_int_equal(pl_words_next(&w), PL_EPARSE);
    assert_non_null(strstr(err.message, "column "));
    pl_arena_fini(&arena);
  }
}

/* A sign is no string of the same text. */
static void a_string_is_never_a_sign(void **state)
{
  pl_arena arena;
  (void)state;
  pl_arena_init(&arena, &pl_alloc_default, 1 << 20);
  pl_words w = {.text = PL_STR("by \"by\""), .arena = &arena};
  assert_int_equal(pl_words_next(&w), PL_OK);
  assert_true(pl_words_is(&w, "by"));
  assert_int_equal(pl_words_next(&w), PL_OK);
  assert_false(pl_words_is(&w, "by"));
  pl_arena_fini(&arena);
}

static void what_must_stand_here_is_said(void **state)
{
  static const char *const texts[] = {"(", "[", "'('", "", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};
  static const char *const messages[] = {NULL, "expected '(', found [\n", "expected '(', found a string\n", "expected '(', found the end\n",
                                         "expected '(', found aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n"};
  (void)state;
  for (size_t i = 0; i < 5; i++) {
    pl_arena arena;
    pl_error err = {0};
    pl_arena_init(&arena, &pl_alloc_default, 1 << 20);
    pl_words w = {.text = pl_str_of(texts[i]), .arena = &arena, .err = &err};
    assert_int_equal(pl_words_next(&w), PL_OK);
    assert_int_equal(pl_words_expect(&w, "("), messages[i] ? PL_EPARSE : PL_OK);
    if (messages[i])
      assert_non_null(strstr(err.message, messages[i]));
    else
      assert_int_equal(w.word.kind, PL_WORD_END);
    pl_arena_fini(&arena);
  }
}

static void want_of_room_is_no_mistake_of_the_text(void **state)
{
  pl_arena arena;
  pl_error err = {0};
  char text[4096] = "\"";
  (void)state;
  memset(text + 1, 'x', sizeof text - 3);
  text[sizeof text - 2] = '"';
  pl_arena_init(&arena, &pl_alloc_default, 1024);
  pl_words w = {.text = pl_str_of(text), .arena = &arena, .err = &err};
  assert_int_equal(pl_words_next(&w), PL_ELIMIT);
  assert_non_null(strstr(err.message, "no memory for this expression"));
  pl_arena_fini(&arena);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(words_have_kind_value_and_place), cmocka_unit_test(what_is_no_word_is_refused),
                                     cmocka_unit_test(a_string_is_never_a_sign), cmocka_unit_test(what_must_stand_here_is_said),
                                     cmocka_unit_test(want_of_room_is_no_mistake_of_the_text)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
