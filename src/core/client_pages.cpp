// Requests in pages: from the datagram they are made in to its end, or until they leave it.

#include <algorithm>
#include <utility>

#include "core/client_packing.hpp"
#include "core/client_state.hpp"
#include "wire/frame_reader.hpp"

namespace volley {
namespace {

/// Pages hold four times what is in flight, and this beside: answers may well leave one request in
/// each, which then waits for a copy.
constexpr std::size_t kSpareOctets = std::size_t{512} * 1024;

}  // namespace

/// Begins another datagram, with a request that is made now. False: new requests are to line up in
/// the queue instead.
bool ClientState::open_page(std::size_t frame_size, Duration timeout, Instant now) {
  close_page();
  ClientNumbers& numbers = numbers_[present_];
  if (!server_.known() || !queue_.empty() || !numbers.can_give()) return false;
  if (frame_size > pages_.page_size()) return false;
  const std::size_t in_flight = requests_.size() * frame_size;
  if (pages_.octets_in_use() > 4 * in_flight + kSpareOctets) return false;
  if (!requests_wait()) first_deadline_ = Instant::max();
  // protocol.md §8.2: as long as the first of a run, if that is nearly as long as can be.
  std::size_t room = std::min(pages_.page_size(), MessageHead::kSize + kMaxBody);
  if (!unsent_.empty()) {
    const std::size_t first = sent_[unsent_.front()].page.octets;
    if (first >= room - room / 8 && first >= frame_size) room = first;
  }
  const Slot memory = pages_.take();
  const Slot datagram = sent_.make({.kind = SentDatagram::Kind::kUnsent});
  unsent_.push_back(sent_, datagram);
  const Instant deadline = later(now, timeout);
  first_deadline_ = std::min(first_deadline_, deadline);
  open_ = RequestPageWriter{datagram,
                            {.memory = memory,
                             .numbers = present_,
                             .ttl_ms = milliseconds_until(deadline, now),
                             .made = now,
                             .deadline = deadline},
                            timeout,
                            numbers,
                            {pages_.at(memory), room},
                            mean_reply_ / 16};
  return true;
}

void ClientState::close_page() {
  if (open_.datagram() == kNoSlot) return;
  taken_ += open_.waiting();
  sent_[open_.datagram()].page = open_.page();
  open_.close();
}

std::size_t ClientState::unsent() const {
  std::size_t requests = open_.waiting();
  for (Slot slot = unsent_.front(); slot != kNoSlot; slot = sent_[slot].links.after) {
    requests += sent_[slot].page.waiting;
  }
  return requests;
}

/// A request will be written to the open page that is made at another time than those there, or
/// has another while to end: from now on their entries tell.
void ClientState::mix_times(Slot slot, Duration timeout, Instant now) {
  const Instant deadline = later(now, timeout);
  first_deadline_ = std::min(first_deadline_, deadline);
  if (open_.alike()) tell_times(open_.page());
  open_.mix(deadline, milliseconds_until(deadline, now));
  requests_[slot].schedule.begin(now, deadline);
}

/// Has the entries of the requests in an unsent page tell their times, which the page told.
void ClientState::tell_times(const RequestPage& page) {
  FrameReader frames{Bytes{pages_.at(page.memory), page.octets}};
  while (const auto frame = frames.next()) {
    const Slot slot = numbers_[page.numbers].unsent(frame->sequence);
    requests_[slot].schedule.begin(page.made, page.deadline);
  }
}

/// Sends the first of the datagrams in pages. If it cannot go as it is, all their requests line up
/// in the queue instead.
std::optional<Transmit> ClientState::send_page(MutableBytes buffer, Instant now) {
  close_page();
  const Slot slot = unsent_.front();
  SentDatagram& datagram = sent_[slot];
  RequestPage& page = datagram.page;
  if (page.charged > window_.room() || page.deadline <= now) {
    take_apart_unsent();
    return std::nullopt;
  }
  unsent_.erase(sent_, slot);
  numbers_[page.numbers].send(page.waiting);
  tell_time_left(page, now);
  FrameWriter frames{
      buffer.first(options_.datagram_size - ClearChannel::kBack).subspan(ClearChannel::kFront)};
  frames.copy({pages_.at(page.memory), page.octets});
  counters_.attempts += page.waiting;

  const Duration first_wait = rtt_.timeout();
  RetrySchedule schedule;
  schedule.sent(options_.policy, first_wait, now);
  page.backoff = schedule.backoff();
  datagram.kind = SentDatagram::Kind::kRequests;
  datagram.sent = now;
  datagram.draw = jitter_.unit();
  datagram.stamp = server_.stamp();
  datagram.weight = window_.weight(page.charged);
  datagram.window_used = window_.sent(datagram.weight, first_wait, now);
  sent_.send(slot);
  const Instant wait_end = later(now, schedule.wait(options_.policy, datagram.draw));
  sent_.wake_by(slot, std::min(wait_end, page.deadline));

  return seal_in_run(buffer, frames, page.numbers);
}

/// Writes the time that its requests have into the frames of a page that is sent, if they do not
/// tell it already: nearly all are made and sent within one millisecond.
void ClientState::tell_time_left(const RequestPage& page, Instant now) {
  std::uint16_t ttl_ms = milliseconds_until(page.deadline, now);
  if (page.alike && ttl_ms == page.ttl_ms) return;
  std::byte* frame = pages_.at(page.memory);
  const std::byte* const end = frame + page.octets;
  while (frame != end) {
    const auto head = MessageHead::read(frame);
    if (!page.alike) ttl_ms = milliseconds_until(earliest_deadline(page, head), now);
    head.with_word(ttl_ms).write(frame);
    frame += head.frame_size();
  }
}

/// Of the requests in a frame, where entries tell their times.
Instant ClientState::earliest_deadline(const RequestPage& page, const MessageHead& frame) const {
  const std::uint32_t first = std::to_underlying(frame.sequence());
  Instant deadline = Instant::max();
  for (std::uint32_t number = first; number <= first + frame.more(); ++number) {
    const Slot slot = numbers_[page.numbers].find(Sequence{number});
    deadline = std::min(deadline, requests_[slot].schedule.deadline());
  }
  return deadline;
}

/// Has what a page tells of a request told by its entry, as of one that is in no page.
ClientRequest& ClientState::move_out(Slot slot, const RequestPage& page, const Frame& frame) {
  ClientRequest& request = requests_[slot];
  const RetrySchedule& own = request.schedule;
  request = ClientRequest::made_at(page.alike ? page.made : own.start(),
                                   page.alike ? page.deadline : own.deadline(), frame.idempotent);
  page_of_[slot] = kNoSlot;
  requests_.put_body(slot, frame.body);
  return request;
}

/// If a request is in a page, it and the others there leave it.
void ClientState::leave_page(Slot slot) {
  const Slot datagram = page_of_[slot];
  if (datagram == kNoSlot) return;
  if (sent_[datagram].kind == SentDatagram::Kind::kUnsent) {
    take_apart_unsent();
  } else {
    take_apart(datagram);
  }
}

/// What waits in the page of a sent datagram, if it has one, waits in its list from now on.
void ClientState::take_apart(Slot datagram) {
  SentDatagram& sent = sent_[datagram];
  const RequestPage page = std::exchange(sent.page, {});
  if (page.memory == kNoSlot) return;
  FrameReader frames{Bytes{pages_.at(page.memory), page.octets}};
  while (const auto frame = frames.next()) {
    const Slot slot = numbers_[page.numbers].find(frame->sequence);
    if (slot == kNoSlot) continue;
    ClientRequest& request = move_out(slot, page, *frame);
    request.schedule.sent_first(page.backoff, sent.sent);
    request.sequence = frame->sequence;
    request.numbers = page.numbers;
    request.datagram = datagram;
    request.state = State::kSent;
    request.stamped = true;
    sent.requests.push_back(requests_, slot);
  }
  pages_.give_back(page.memory);
}

/// What is in pages that were not sent lines up in the queue, before what is there. It gives its
/// numbers back.
void ClientState::take_apart_unsent() {
  close_page();
  SlotList queue;
  while (!unsent_.empty()) {
    const Slot datagram = unsent_.front();
    const RequestPage& page = sent_[datagram].page;
    FrameReader frames{Bytes{pages_.at(page.memory), page.octets}};
    while (const auto frame = frames.next()) {
      const Slot slot = numbers_[page.numbers].unsent(frame->sequence);
      move_out(slot, page, *frame);
      queue.push_back(requests_, slot);
    }
    pages_.give_back(page.memory);
    unsent_.erase(sent_, datagram);
    sent_.discard(datagram);
  }
  for (ClientNumbers& numbers : numbers_) numbers.take_back();
  queue.take_all(requests_, queue_);
  queue_ = queue;
}

}  // namespace volley
