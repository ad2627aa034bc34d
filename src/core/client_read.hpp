#pragma once

#include <optional>
#include <utility>

#include <volley/answer.hpp>

#include "core/client_state.hpp"
#include "wire/frame_reader.hpp"

namespace volley {

// How replies are read: inline, with whatever is done with each, since all requests pass here.

/// Takes a datagram in, and calls `tell(Slot, const Answer&)` for each reply in it: the slot of the
/// request that it ends is then the caller's to release. Of other ends poll_event() tells. `tell`
/// may make requests.
template <class Tell>
void ClientState::read(const Datagram& datagram, Instant now, Tell tell) {
  ++counters_.received;
  const auto opened = open(datagram);
  if (!opened) return count(opened.error());
  ++heard_;
  resting_ = kNoSlot;
  take_header(opened->header, opened->frames.empty(), now);
  const std::uint8_t which = opened->header.client_id == numbers_[0].id() ? 0 : 1;
  const Heard heard{.numbers = numbers_[which],
                    .former = which != present_,
                    .epoch_held = opened->header.epoch == server_.epoch()};
  FrameReader frames{opened->frames};
  // One for all replies: what they differ in is written to it for each of them.
  Answer answer{.outcome = Outcome::kReply, .reason = Reason::kNone};
  Slot answered = kNoSlot;  // The datagram whose round trip it has.
  while (true) {
    for (Message reply; frames.next_message(FrameType::kReply, reply);) {
      const Slot slot = heard.numbers.find(reply.sequence());
      if (slot == kNoSlot) {
        count(Drop::kLate);
        continue;
      }
      answer.status = reply.status();
      answer.body = reply.body;
      if (requests_[slot].in_page && reply.attempt() == 1 && heard.epoch_held) [[likely]] {
        if (requests_[slot].datagram != answered || reply.deferred()) {
          answered = reply.deferred() ? kNoSlot : requests_[slot].datagram;
          answer.round_trip = hear_of_page(requests_[slot].datagram, reply.deferred(), now);
        }
        end_in_page(slot, reply, heard, now, answer);
      } else {
        answered = kNoSlot;
        if (!end_apart(slot, frame_of(reply), heard, now, answer)) continue;
      }
      tell(slot, answer);
    }
    const auto frame = frames.next();
    if (!frame) break;
    answered = kNoSlot;
    take_frame(*frame, heard, now);
  }
  const Slot unheard = sent_.oldest_unheard();
  if (unheard != kNoSlot && sent_[unheard].order < answered_) find_losses(now);
}

/// Ends a request that is in a page, and so was sent once: a reply to that came.
[[gnu::always_inline]] inline void ClientState::end_in_page(Slot slot, const Message& reply,
                                                            const Heard& heard, Instant now,
                                                            Answer& answer) {
  note_reply(MessageHead::kSize + reply.body.size());
  const ClientRequest& request = requests_[slot];
  answer.attempts = 1;
  answer.elapsed = now - request.schedule.start();
  heard.numbers.finish(reply.sequence());
  requests_.end_without_body(slot);
  if (--sent_[request.datagram].page.waiting == 0) close(request.datagram, now);
  if (heard.former && heard.numbers.all_finished()) tell_former_ = true;
  if (requests_.size() == 0) fall_idle(now);
}

}  // namespace volley
