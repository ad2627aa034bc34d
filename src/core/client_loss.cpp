// Losses that answers to later datagrams show, before a wait is over: protocol.md §7.1.

#include <algorithm>
#include <chrono>

#include "core/client_end.hpp"
#include "core/client_state.hpp"

namespace volley {
namespace {

/// RFC 9002 §6.1.1.
constexpr std::uint64_t kPacketThreshold = 3;
/// protocol.md §9.
constexpr unsigned kLossesInAWait = 3;
constexpr Duration kLongestDoubt = std::chrono::seconds{1};

}  // namespace

/// Takes datagrams for lost that were overtaken by so many, or for so long. Whichever was sent
/// first is the first to be lost, so no other needs a timer.
void ClientState::find_losses(Instant now) {
  if (!options_.policy.adaptive || now < doubts_until_) return;
  Slot datagram = kNoSlot;
  while ((datagram = sent_.oldest_unheard()) != kNoSlot && sent_[datagram].order < answered_) {
    const SentDatagram& overtaken = sent_[datagram];
    if (overtaken.order + kPacketThreshold > answered_) {
      const Instant lost_at = later(overtaken.sent, rtt_.time_threshold());
      if (now < lost_at) return sent_.wake_by(datagram, lost_at);
    }
    sent_.settle(datagram);
    take_for_lost(datagram, now);
  }
}

/// Has what waits in a datagram sent again at once, but for what seemed lost too often.
void ClientState::take_for_lost(Slot datagram, Instant now) {
  ++counters_.seemed_lost;
  take_apart(datagram);
  Slot next = kNoSlot;
  for (Slot slot = sent_[datagram].requests.front(); slot != kNoSlot; slot = next) {
    ClientRequest& request = requests_[slot];
    next = request.links.after;
    const unsigned most = options_.policy.max_attempts;
    if (most != 0 && request.schedule.attempts() >= most) continue;
    if (request.losses == kLossesInAWait) continue;
    ++request.losses;
    request.seemed_lost = true;
    take_out(slot, false, now);
    line_up(due_, slot);
  }
}

/// Something answers a request whose datagram seemed lost. It was, if this answers the copy. If
/// not, a handler was only slow or the network changed the order, and the client is slower to
/// believe the next.
void ClientState::judge_loss(Slot slot, const Frame& frame, Instant now) {
  ClientRequest& request = requests_[slot];
  if (!request.seemed_lost) return;
  request.seemed_lost = false;
  const bool answers_copy = request.datagram != kNoSlot && !frame.deferred &&
                            frame.type != FrameType::kWorking &&
                            frame.attempt == request.schedule.attempts();
  if (answers_copy) {
    doubt_ = {};
    const bool second = request.schedule.attempts() == 2;
    const Instant sent = second ? request.schedule.start() : sent_[request.datagram].sent;
    if (window_.found_lost(sent, now)) ++counters_.reductions;
  } else if (now >= doubts_until_) {
    doubt_ = std::clamp(2 * doubt_, std::min(rtt_.timeout(), kLongestDoubt), kLongestDoubt);
    doubts_until_ = now + doubt_;
  }
}

}  // namespace volley
