#pragma once

#include <optional>
#include <utility>

#include <volley/answer.hpp>

#include "core/client_state.hpp"
#include "wire/frame_reader.hpp"

namespace volley {

// How replies are read: inline, with whatever is done with each, since all requests pass here.

/// Takes a datagram in, and calls `tell(Slot, const Answer&)` for each reply in it, which may make
/// requests. If it says no, the slot of the request that has ended is the caller's to release. Of
/// other ends poll_event() tells.
template <class Tell>
void ClientState::read(const Datagram& datagram, Instant now, Tell tell) {
  ++counters_.received;
  const auto opened = open(datagram);
  if (!opened) return count(opened.error());
  ++heard_;
  resting_ = kNoSlot;
  take_header(opened->header, opened->bare, now);
  const std::uint8_t which = opened->header.client_id == numbers_[0].id() ? 0 : 1;
  const Heard heard{.numbers = numbers_[which],
                    .former = which != present_,
                    .epoch_held = opened->header.epoch == server_.epoch()};
  // One for all replies: what they differ in is written to it for each of them.
  Answer answer{.outcome = Outcome::kReply, .reason = Reason::kNone};
  MessageRun replies = opened->frames.first;
  FrameReader rest = opened->frames.rest;
  while (true) {
    if (!replies.empty()) end_answered(replies, heard, now, answer, tell);
    if (rest.next_run(FrameType::kReply, replies)) continue;
    const auto frame = rest.next();
    if (!frame) break;
    take_frame(*frame, heard, now);
  }
  const Slot unheard = sent_.oldest_unheard();
  if (unheard != kNoSlot && sent_[unheard].order < answered_) find_losses(now);
}

/// Ends the requests that replies, which are alike, answer.
template <class Tell>
[[gnu::always_inline]] inline void ClientState::end_answered(const MessageRun& replies,
                                                             const Heard& heard, Instant now,
                                                             Answer& answer, Tell& tell) {
  note_sizes(replies);
  const Message& first = replies.first();
  answer.status = first.status();
  for (std::size_t i = 0; i < replies.size();) {
    const Slot slot = heard.numbers.find(replies.sequence(i));
    if (slot == kNoSlot) {
      count(Drop::kLate);
      ++i;
    } else if (page_of_[slot] != kNoSlot && first.attempt() == 1 && heard.epoch_held) {
      i = end_in_page(slot, replies, i, heard, now, answer, tell);
    } else {
      Frame reply = frame_of(first);
      reply.sequence = replies.sequence(i);
      answer.body = reply.body = replies.body(i);
      if (end_apart(slot, reply, heard, now, answer) && tell(slot, answer)) requests_.release(slot);
      ++i;
    }
  }
}

/// Ends the request in that slot, which the reply at that place answers, and those of the replies
/// behind it, as long as they are in the same page: they were sent once. Returns the place behind.
template <class Tell>
[[gnu::always_inline]] inline std::size_t ClientState::end_in_page(Slot slot,
                                                                   const MessageRun& replies,
                                                                   std::size_t place,
                                                                   const Heard& heard, Instant now,
                                                                   Answer& answer, Tell& tell) {
  const Slot datagram = page_of_[slot];
  const RequestPage& page = sent_[datagram].page;
  const bool alike = page.alike;
  const std::size_t begin = place;
  const std::size_t behind = page.end - std::to_underlying(replies.sequence(begin));
  const std::size_t end = begin + std::min(replies.size() - begin, behind);
  answer.attempts = 1;
  answer.round_trip = hear_of_page(datagram, replies.first().deferred(), now);
  answer.elapsed = now - page.made;
  requests_.begin_ending();
  do {
    ++counters_.replies;
    answer.body = replies.body(place);
    if (!alike) answer.elapsed = now - requests_[slot].schedule.start();
    heard.numbers.finish(replies.sequence(place));
    requests_.end_in_turn(slot);
    if (tell(slot, answer)) {
      requests_.release_in_turn(slot);
    } else {
      requests_.keep_ended();
    }
    if (++place == end) break;
    slot = heard.numbers.find(replies.sequence(place));
  } while (slot != kNoSlot);
  requests_.done_ending();
  std::uint32_t& waiting = sent_[datagram].page.waiting;
  waiting -= static_cast<std::uint32_t>(place - begin);
  if (waiting == 0) close(datagram, now);
  if (heard.former && heard.numbers.all_finished()) tell_former_ = true;
  if (requests_.size() == 0) fall_idle(now);
  return place;
}

}  // namespace volley
