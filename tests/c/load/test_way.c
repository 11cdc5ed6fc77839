/* Routes in a client: numbers, how long an answer is kept, and which address is the next. */
#include "load/wire.h"

static void routes_are_known_by_their_address(void **state)
{
  wire *w = *state;
  static pl_route many[PL_SETTINGS_MAX + 1];
  pl_error err = {0};
  assert_int_equal(pl_way_id(w->client, NULL), 0);
  for (uint32_t i = 0; i < PL_SETTINGS_MAX; i++)
    assert_int_equal(pl_way_id(w->client, &many[i]), i + 1);
  assert_int_equal(pl_way_id(w->client, &many[1]), 2);
  assert_int_equal(pl_way_id(w->client, &many[PL_SETTINGS_MAX]), PL_NO_SETTINGS);
  assert_int_equal(pl_client_resolver(w->client, &many[PL_SETTINGS_MAX], &err), PL_ELIMIT);
}

static void how_long_an_answer_is_kept(void **state)
{
  wire *w = *state;
  pl_fake_clock clock;
  static pl_route pinned = {.dns = {.keep = PL_DNS_PINNED}}, by_record = {.dns = {.keep = PL_DNS_TTL}},
                  for_a_while = {.dns = {.keep = PL_DNS_FOR, .keep_ns = 5 * PL_S_NS}}, for_ever = {.dns = {.keep = PL_DNS_FOR, .keep_ns = UINT64_MAX}};
  const pl_lookup answer = {.ttl_s = 30};
  pl_fake_clock_init(&clock, 100 * PL_S_NS, 0);
  const pl_clock *system = w->client->o.clock;
  w->client->o.clock = &clock.clock;
  assert_true(pl_way_keep(w->client, pl_way_id(w->client, &pinned), &answer) == UINT64_MAX);
  assert_true(pl_way_keep(w->client, pl_way_id(w->client, &by_record), &answer) == 130 * PL_S_NS);
  assert_true(pl_way_keep(w->client, pl_way_id(w->client, &for_a_while), &answer) == 105 * PL_S_NS);
  assert_true(pl_way_keep(w->client, pl_way_id(w->client, &for_ever), &answer) == UINT64_MAX);
  w->client->o.clock = system;
}

/* Ports tell the addresses apart here. */
static void addresses_in_turn_or_always_the_first(void **state)
{
  wire *w = *state;
  static pl_route in_turn = {.dns = {.in_turn = true}}, first = {.dns = {.in_turn = false}};
  pl_lookup answer = {.addresses = {.n = 3}};
  pl_addresses out;
  for (uint16_t i = 0; i < 3; i++)
    answer.addresses.list[i].v4 = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)(i + 1))};
  uint32_t turning = pl_way_id(w->client, &in_turn), fixed = pl_way_id(w->client, &first);
  for (unsigned round = 0; round < 6; round++) {
    pl_way_take(w->client, turning, &answer, &out);
    assert_int_equal(out.n, 3);
    for (unsigned i = 0; i < 3; i++)
      assert_int_equal(ntohs(out.list[i].v4.sin_port), (w->client->o.turn + round + i) % 3 + 1);
    pl_way_take(w->client, fixed, &answer, &out);
    assert_int_equal(ntohs(out.list[0].v4.sin_port), 1);
  }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, wire_set_up, wire_tear_down)
  const struct CMUnitTest tests[] = {TEST(routes_are_known_by_their_address), TEST(how_long_an_answer_is_kept), TEST(addresses_in_turn_or_always_the_first)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
