/* See parts.h. What opened the connection stands in the times of the first part. */
#include "load/parts.h"

#include <stdio.h>
#include <string.h>

void pl_parts_begin(pl_channel_operation *op)
{
  for (size_t i = 0; i < op->n_parts; i++)
    op->parts[i] = (pl_channel_part){.times.begin = op->times->begin};
}

static void inherit(pl_channel_operation *op)
{
  pl_channel_part *first = &op->parts[0];
  first->times.resolved = op->times->resolved;
  first->times.connected = op->times->connected;
  first->times.secured = op->times->secured;
  first->answer.new_connection = op->answer->new_connection;
}

static void stamp(uint64_t *to, bool reached, uint64_t ns)
{
  if (reached && !*to)
    *to = ns;
}

static enum pl_phase phase_of(const pl_channel_part *part)
{
  const pl_times *t = &part->times;
  return t->first_byte ? PL_PHASE_RECEIVE : t->sent ? PL_PHASE_WAIT : t->send ? PL_PHASE_SEND : PL_PHASES;
}

static void note_late(pl_channel_part *part)
{
  part->answer.failure = PL_FAIL_TIMEOUT;
  (void)snprintf(part->answer.why, sizeof part->answer.why, "no complete answer in time");
  if (part->times.send)
    pl_phases_cut(&part->times, phase_of(part));
}

void pl_parts_look(const pl_protocol *p, const void *conversation, pl_channel_operation *op, uint64_t turn_ns, uint64_t now_ns)
{
  for (size_t i = 0; i < op->n_parts; i++) {
    pl_channel_part *part = &op->parts[i];
    if (part->done)
      continue;
    unsigned reached = p->part(conversation, i);
    stamp(&part->times.send, reached & PL_PART_BEGUN, turn_ns);
    stamp(&part->times.sent, reached & PL_PART_SENT, now_ns);
    stamp(&part->times.first_byte, reached & PL_PART_ANSWERED, now_ns);
    stamp(&part->times.end, reached & PL_PART_DONE, now_ns);
    part->done = reached & PL_PART_DONE;
    if (reached & PL_PART_LATE)
      note_late(part);
  }
  if (!op->parts[0].told)
    inherit(op);
}

void pl_parts_fail(pl_channel_operation *op, enum pl_phase during)
{
  for (size_t i = 0; i < op->n_parts; i++) {
    pl_channel_part *part = &op->parts[i];
    if (part->done)
      continue;
    part->done = true;
    part->answer.failure = op->answer->failure;
    (void)snprintf(part->answer.why, sizeof part->answer.why, "%s", op->answer->why);
    part->times.end = op->times->end;
    if (op->answer->failure == PL_FAIL_TIMEOUT && part->times.send)
      pl_phases_cut(&part->times, phase_of(part));
  }
  if (op->parts[0].told || op->parts[0].times.send)
    return;
  inherit(op);
  if (op->answer->failure == PL_FAIL_TIMEOUT)
    pl_phases_cut(&op->parts[0].times, during);
}

static void take_value(const pl_protocol *p, void *conversation, pl_channel_part *part, size_t i, pl_arena *arena)
{
  pl_answer *a = &part->answer;
  const char *why = "";
  if (p->part_result(conversation, i, arena, &part->value, &a->status, &why)) {
    a->failure = PL_FAIL_PROTOCOL;
    why = "out of memory for an answer";
  }
  if (a->failure != PL_FAIL_NONE || a->status)
    (void)snprintf(a->why, sizeof a->why, "%s", why);
}

void pl_parts_tell(const pl_protocol *p, void *conversation, pl_channel_operation *op, pl_arena *arena, bool last)
{
  bool counted = !last;
  for (size_t i = 0; i < op->n_parts; i++) {
    pl_channel_part *part = &op->parts[i];
    if (!part->done || part->told)
      continue;
    part->told = true;
    if (part->answer.failure == PL_FAIL_NONE)
      take_value(p, conversation, part, i, arena);
    if (!counted && (part->times.send || part->answer.failure != PL_FAIL_NONE)) {
      part->answer.bytes_sent = op->answer->bytes_sent;
      part->answer.bytes_received = op->answer->bytes_received;
      counted = true;
    }
    op->part_done(op->user, i);
  }
}
