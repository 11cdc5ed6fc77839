/* Label sets, their numbers, and vectors whose elements come to have the same labels. */
#include "query/vector.h"

#include <stdio.h>

#include "support/failing.h"

typedef struct fixture {
  pl_arena arena;
  pl_error err;
  pl_evaluation e;
} fixture;

static int open_fixture(void **state)
{
  static fixture f;
  f = (fixture){.err = {0}};
  pl_arena_init(&f.arena, &pl_alloc_default, 1 << 20);
  pl_evaluation_init(&f.e, &f.arena, NULL, NULL, &f.err);
  f.e.steps = 3;
  f.e.text = PL_STR("a + b");
  *state = &f;
  return 0;
}

static int close_fixture(void **state)
{
  pl_arena_fini(&((fixture *)*state)->arena);
  return 0;
}

static const pl_label abc[] = {{{"__name__", 8}, {"up", 2}}, {{"a", 1}, {"1", 1}}, {{"c", 1}, {"3", 1}}};
static const pl_label_set set = {abc, 3};

static void is(const pl_label_set *s, const char *text)
{
  char found[128];
  pl_label_set_text(s, found, sizeof found);
  assert_string_equal(found, text);
}

static void labels_are_put_in_order_and_taken_out(void **state)
{
  fixture *f = *state;
  pl_label_set s;
  assert_int_equal(pl_label_set_put(&f->e, &set, PL_STR("b"), PL_STR("2"), &s), PL_OK);
  is(&s, "{__name__=\"up\", a=\"1\", b=\"2\", c=\"3\"}");
  assert_int_equal(pl_label_set_put(&f->e, &s, PL_STR("a"), PL_STR("x"), &s), PL_OK);
  assert_int_equal(pl_label_set_put(&f->e, &s, PL_STR("c"), PL_STR(""), &s), PL_OK);
  assert_int_equal(pl_label_set_put(&f->e, &s, PL_STR("none"), PL_STR(""), &s), PL_OK);
  assert_int_equal(pl_label_set_put(&f->e, &s, PL_STR("z"), PL_STR("9"), &s), PL_OK);
  is(&s, "{__name__=\"up\", a=\"x\", b=\"2\", z=\"9\"}");
  assert_int_equal(pl_label_set_unnamed(&f->e, &s, &s), PL_OK);
  is(&s, "{a=\"x\", b=\"2\", z=\"9\"}");
  assert_true(pl_str_eqc(pl_label_set_find(&s, PL_STR("b")), "2"));
  assert_null(pl_label_set_find(&s, PL_STR("c")).data);
}

static void labels_are_kept_or_left_out_by_a_list(void **state)
{
  fixture *f = *state;
  const pl_str names[] = {PL_STR("a"), PL_STR("none")};
  pl_label_set s;
  assert_int_equal(pl_label_set_select(&f->e, &set, &(pl_label_list){names, 2}, true, &s), PL_OK);
  is(&s, "{a=\"1\"}");
  assert_int_equal(pl_label_set_select(&f->e, &set, &(pl_label_list){names, 2}, false, &s), PL_OK);
  is(&s, "{c=\"3\"}");
  assert_int_equal(pl_label_set_select(&f->e, &set, &(pl_label_list){NULL, 0}, true, &s), PL_OK);
  is(&s, "{}");
}

static void sets_have_numbers(void **state)
{
  enum { MANY = 500 };
  fixture *f = *state;
  pl_label labels[MANY];
  char texts[MANY][8];
  pl_label_map m;
  assert_int_equal(pl_label_map_init(&f->e, &m, MANY), PL_OK);
  for (size_t round = 0; round < 2; round++) {
    for (size_t i = 0; i < MANY; i++) {
      (void)snprintf(texts[i], sizeof texts[i], "%zu", i);
      labels[i] = (pl_label){PL_STR("i"), pl_str_of(texts[i])};
      assert_int_equal(pl_label_map_number(&m, &(pl_label_set){&labels[i], 1}), i);
    }
  }
  assert_int_equal(m.n, MANY);
}

static void elements_of_the_same_labels_are_one(void **state)
{
  fixture *f = *state;
  pl_vector v;
  assert_int_equal(pl_vector_init(&f->e, &v, 3), PL_OK);
  for (size_t i = 0; i < 3; i++) {
    v.elements[i].labels = (pl_label_set){abc + (i == 1), 2};
    v.elements[i].values = pl_values_new(&f->e);
    v.elements[i].values[i] = (double)i;
  }
  assert_int_equal(pl_vector_join(&f->e, &v, 0), PL_OK);
  assert_int_equal(v.n, 2);
  assert_true(v.elements[0].values[0] == 0 && v.elements[0].values[2] == 2 && pl_is_absent(v.elements[0].values[1]));
  v.n = 2;
  v.elements[1] = v.elements[0];
  assert_int_equal(pl_vector_join(&f->e, &v, 2), PL_EINVAL);
  assert_string_equal(f->err.message, "column 3: two values with the same labels {__name__=\"up\", a=\"1\"}\n  a + b\n    ^");
}

static void a_scalar_has_no_labels_and_room_for_each_step(void **state)
{
  fixture *f = *state;
  pl_vector v;
  assert_int_equal(pl_vector_init_scalar(&f->e, &v), PL_OK);
  assert_int_equal(v.n, 1);
  assert_int_equal(v.elements[0].labels.n, 0);
  assert_null(v.elements[0].dists);
  for (size_t i = 0; i < f->e.steps; i++)
    assert_true(pl_is_absent(v.elements[0].values[i]));
}

static void things_are_sorted_by_group(void **state)
{
  fixture *f = *state;
  const size_t numbers[] = {2, 0, PL_NO_GROUP, 2, 0};
  pl_members m;
  assert_int_equal(pl_members_find(&f->e, numbers, 5, 3, &m), PL_OK);
  assert_true(m.starts[0] == 0 && m.starts[1] == 2 && m.starts[2] == 2 && m.starts[3] == 4);
  assert_true(m.order[0] == 1 && m.order[1] == 4 && m.order[2] == 0 && m.order[3] == 3);
}

static void histograms_live_in_the_arena(void **state)
{
  fixture *f = *state;
  pl_hist h;
  size_t held = f->arena.held;
  pl_hist_init(&h, &f->e.in_arena);
  for (uint64_t i = 0; i < 1000; i++)
    pl_hist_record(&h, i * 1000000);
  assert_int_equal(h.count, 1000);
  assert_true(pl_hist_quantile(&h, 0.5) / 1000000 == 499);
  assert_true(f->arena.held > held);
  pl_hist_fini(&h); /* nothing is given back before the arena is */
}

static void the_want_of_room_and_of_memory_are_two(void **state)
{
  fixture *f = *state;
  failing no;
  f->e.steps = 1 << 20;
  assert_null(pl_values_new(&f->e));
  assert_int_equal(f->err.code, PL_ELIMIT);
  assert_string_equal(f->err.message, "the query needs more than 1 MiB: ask for fewer series, fewer steps or a shorter range");
  failing_init(&no, 1);
  pl_arena empty;
  pl_error err = {0};
  pl_evaluation e;
  pl_arena_init(&empty, &no.allocator, 1 << 20);
  pl_evaluation_init(&e, &empty, NULL, NULL, &err);
  assert_null(pl_values_new(&e));
  assert_int_equal(err.code, PL_ENOMEM);
  assert_string_equal(err.message, "no memory for this query");
  pl_arena_fini(&empty);
}

static void steps_are_counted_from_the_first(void **state)
{
  fixture *f = *state;
  assert_int_equal(pl_step_ms(&f->e, 2), 2);
  f->e.from_ms = 1000;
  f->e.step_ms = 500;
  assert_int_equal(pl_step_ms(&f->e, 2), 2000);
}

static void texts_are_in_order_of_their_bytes(void **state)
{
  static const char *const sorted[] = {"", "A", "__name", "__name__", "__name__s", "a", "aa", "b", "\xc3\xa4"};
  (void)state;
  for (size_t i = 0; i < 9; i++) {
    for (size_t j = 0; j < 9; j++) {
      int order = pl_text_compare(pl_str_of(sorted[i]), pl_str_of(sorted[j]));
      assert_int_equal((order > 0) - (order < 0), (i > j) - (i < j));
    }
  }
}

static void a_text_of_labels_is_cut_to_fit(void **state)
{
  char text[12];
  (void)state;
  pl_label_set_text(&set, text, sizeof text);
  assert_string_equal(text, "{__name__=\"");
  pl_label_set_text(&(pl_label_set){NULL, 0}, text, sizeof text);
  assert_string_equal(text, "{}");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_fixture, close_fixture)
  const struct CMUnitTest tests[] = {TEST(labels_are_put_in_order_and_taken_out), TEST(labels_are_kept_or_left_out_by_a_list), TEST(sets_have_numbers),
                                     TEST(elements_of_the_same_labels_are_one), TEST(a_scalar_has_no_labels_and_room_for_each_step), TEST(things_are_sorted_by_group), TEST(histograms_live_in_the_arena),
                                     TEST(the_want_of_room_and_of_memory_are_two), TEST(steps_are_counted_from_the_first), TEST(texts_are_in_order_of_their_bytes),
                                     TEST(a_text_of_labels_is_cut_to_fit)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
