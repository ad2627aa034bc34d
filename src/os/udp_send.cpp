#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include <volley/clock.hpp>

#include "os/sockaddr.hpp"
#include "os/system_error.hpp"
#include "os/udp_state.hpp"

// The way of a batch out: what is left of it becomes messages, the kernel takes some of them, and
// what it refuses is sent again in smaller pieces, waited for, or counted as lost.

namespace volley {
namespace os {

bool UnsegmentedPeers::contains(const IpAddress& peer) const {
  return std::ranges::find(peers_, peer) != peers_.end();
}

void UnsegmentedPeers::add(const IpAddress& peer) {
  if (contains(peer)) return;
  if (peers_.size() < BatchLimits::kUnsegmented) return peers_.push_back(peer);
  peers_[oldest_] = peer;
  oldest_ = (oldest_ + 1) % peers_.size();
}

}  // namespace os

namespace {

/// One batch on its way to the kernel: where it stands, and what was learned on the way.
class BatchSender {
 public:
  BatchSender(os::UdpState& state, const SendBatch& batch, const UdpSocket::TooLarge& too_large)
      : state_{state}, batch_{batch}, transmits_{batch.transmits()}, tell_too_large_{too_large} {}

  Result<void> run() {
    const bool plain = is_plain();
    if (!plain) state_.scratch.fit(std::min(batch_.datagrams(), BatchLimits::kMessages));
    while (index_ < transmits_.size()) {
      const int number = plain ? hand_over_plain() : hand_over(fill());
      if (number == 0) continue;
      if (os::is_broken(number)) return std::unexpected(os::system_error(number, "cannot send"));
      if (auto done = recover(number); !done) return done;
    }
    if (state_.connected && state_.trouble != 0)
      return std::unexpected(os::system_error(state_.trouble, "cannot send"));
    return {};
  }

 private:
  /// Whether all is one datagram, with nothing to tell but where it goes. Then one call that takes
  /// no more costs less; so does less code around it, which each system call leaves cold.
  bool is_plain() const {
    const Transmit& first = transmits_.front();
    return transmits_.size() == 1 && first.datagrams() == 1 && !names_source(first) &&
           !state_.fault && os::carries(state_.family, first.peer.address());
  }
  int hand_over_plain() {
    const Bytes bytes = batch_.bytes(0);
    const Endpoint& peer = transmits_.front().peer;
    sockaddr_storage name;
    const bool connected = peer == Endpoint{};
    const socklen_t size = connected ? 0 : os::write_sockaddr(peer, state_.family, name);
    ++state_.counters.send_calls;
    if (::sendto(state_.fd.number(), bytes.data(), bytes.size(), MSG_DONTWAIT,
                 connected ? nullptr : reinterpret_cast<const sockaddr*>(&name), size) < 0) {
      return errno;
    }
    step(bytes.size(), true);
    return 0;
  }

  /// Whether the kernel must be told which address to send from: not where that is bound to.
  bool names_source(const Transmit& transmit) const {
    return !transmit.local.is_unspecified() && transmit.local != state_.bound.address();
  }

  /// Bytes of the next message, from `offset` of a transmit: a whole run, or one datagram of it.
  std::size_t piece(const Transmit& transmit, std::size_t offset, bool singly) const {
    const std::size_t left = transmit.size - offset;
    return singly ? std::min(left, transmit.segment_size) : left;
  }

  /// Whether this run must go datagram by datagram.
  bool singly(const Transmit& transmit, std::size_t index) const {
    if (transmit.datagrams() == 1) return false;
    return !state_.counters.segmentation || (index == index_ && split_) ||
           state_.unsegmented.contains(transmit.peer.address());
  }

  /// An errno for a message that the kernel is not asked about.
  int fault_of(const Transmit& transmit, std::size_t size, bool is_run) const {
    if (!os::carries(state_.family, transmit.peer.address()) ||
        !os::carries(state_.family, transmit.local)) {
      return EAFNOSUPPORT;
    }
    if (!state_.fault) return 0;
    return state_.fault({transmit.peer, transmit.local, size, is_run ? transmit.segment_size : 0});
  }

  /// Writes messages from where the batch stands, up to one call's worth or one that must fail.
  std::size_t fill() {
    std::size_t count = 0;
    std::size_t offset = offset_;
    fault_ = 0;
    for (std::size_t index = index_; index < transmits_.size() && count < BatchLimits::kMessages;
         ++index, offset = 0) {
      const Transmit& transmit = transmits_[index];
      const bool one_by_one = singly(transmit, index);
      do {
        const std::size_t size = piece(transmit, offset, one_by_one);
        const bool is_run = !one_by_one && transmit.datagrams() > 1;
        fault_ = fault_of(transmit, size, is_run);
        if (fault_ != 0) return count;
        write(count++, transmit, batch_.bytes(index).subspan(offset, size), is_run);
        offset += size;
      } while (offset < transmit.size && count < BatchLimits::kMessages);
    }
    return count;
  }

  void write(std::size_t at, const Transmit& transmit, Bytes bytes, bool is_run) {
    os::MessageParts& parts = state_.scratch.parts[at];
    parts.bytes = {const_cast<std::byte*>(bytes.data()), bytes.size()};
    os::ControlWriter control{parts.control};
    if (names_source(transmit)) control.source(transmit.local, state_.family);
    if (is_run) control.segment_size(transmit.segment_size);
    msghdr& message = state_.scratch.messages[at].msg_hdr;
    message = {};
    message.msg_iov = &parts.bytes;
    message.msg_iovlen = 1;
    message.msg_control = control.size() == 0 ? nullptr : &parts.control;
    message.msg_controllen = control.size();
    if (transmit.peer == Endpoint{}) return;
    message.msg_name = &parts.name;
    message.msg_namelen = os::write_sockaddr(transmit.peer, state_.family, parts.name);
  }

  /// One kernel call for so many. Steps past what was taken; an errno only if nothing was.
  int hand_over(std::size_t count) {
    if (count == 0) return fault_;
    mmsghdr* messages = state_.scratch.messages.data();
    ++state_.counters.send_calls;
    const int taken = put(messages, count);
    if (taken < 0) return errno;
    for (int i = 0; i < taken; ++i) step(messages[i].msg_hdr.msg_iov->iov_len, true);
    return 0;
  }

  /// How many messages the kernel took, or -1.
  int put(mmsghdr* messages, std::size_t count) const {
    const int fd = state_.fd.number();
    if (count > 1) return ::sendmmsg(fd, messages, static_cast<unsigned>(count), MSG_DONTWAIT);
    return ::sendmsg(fd, &messages[0].msg_hdr, MSG_DONTWAIT) < 0 ? -1 : 1;
  }

  /// Steps past the next `size` bytes, sent or lost.
  void step(std::size_t size, bool sent) {
    const Transmit& transmit = transmits_[index_];
    if (sent) {
      const std::size_t datagrams = transmit.datagrams_of(size);
      state_.counters.sent += datagrams;
      state_.counters.runs += datagrams > 1 ? 1 : 0;
    }
    retried_ = false;
    offset_ += size;
    if (offset_ < transmit.size) return;
    if (refused_) {
      state_.unsegmented.add(transmit.peer.address());
      state_.counters.unsegmented_peers = state_.unsegmented.size();
    }
    offset_ = 0;
    ++index_;
    split_ = refused_ = false;
  }

  std::size_t lose() {
    const Transmit& transmit = transmits_[index_];
    const std::size_t size = piece(transmit, offset_, singly(transmit, index_));
    const std::size_t lost = transmit.datagrams_of(size);
    refused_ = false;
    step(size, false);
    return lost;
  }

  /// What to do about the message that the kernel refused: the one the batch stands at.
  Result<void> recover(int number) {
    if (number == EINTR) return {};
    if (number == EAGAIN) return wait_for_room();
    if (number == ENOBUFS || number == ENOMEM) {
      state_.counters.no_buffers += lose();
      return {};
    }
    const Transmit& transmit = transmits_[index_];
    const bool is_run = transmit.datagrams() > 1 && !singly(transmit, index_);
    if (is_run && (number == EIO || number == EINVAL)) {
      // The way to this peer may be one that cannot segment (an interface without checksum
      // offload, a tunnel): it is if the same datagrams then go singly.
      ++state_.counters.runs_refused;
      split_ = refused_ = true;
      return {};
    }
    // On a connected socket it may be an earlier datagram's ICMP error, which the kernel keeps for
    // the next call, whatever that one's message: the same message is tried once more.
    const bool again = state_.connected && !std::exchange(retried_, true);
    if (number == EMSGSIZE) {
      if (!again) too_large(is_run);
      return {};
    }
    note(number);
    if (!again) state_.counters.failed += lose();
    return {};
  }

  /// A run may fit the path datagram by datagram.
  void too_large(bool is_run) {
    if (is_run) {
      ++state_.counters.runs_split;
      split_ = true;
      return;
    }
    note(EMSGSIZE);
    if (tell_too_large_) {
      const Transmit& transmit = transmits_[index_];
      const std::size_t size = piece(transmit, offset_, singly(transmit, index_));
      tell_too_large_(transmit, batch_.bytes(index_).subspan(offset_, size));
    }
    state_.counters.too_large += lose();
  }

  void note(int number) {
    if (state_.trouble == 0) state_.trouble = number;
  }

  Result<void> wait_for_room() {
    const Instant start = now();
    if (give_up_ == Instant{}) give_up_ = start + BatchLimits::kSendWait;
    const Duration left = std::max(Duration::zero(), give_up_ - start);
    const timespec time{0, std::min<long>(left.count(), 999'999'999)};
    pollfd entry{state_.fd.number(), POLLOUT, 0};
    if (left > Duration::zero() && (::ppoll(&entry, 1, &time, nullptr) > 0 || errno == EINTR))
      return {};
    while (index_ < transmits_.size()) state_.counters.no_buffers += lose();
    return std::unexpected(os::system_error(EAGAIN, "cannot send: the socket's buffer stays full",
                                            "raise SO_SNDBUF, or send more slowly"));
  }

  os::UdpState& state_;
  const SendBatch& batch_;
  std::span<const Transmit> transmits_;
  const UdpSocket::TooLarge& tell_too_large_;
  std::size_t index_ = 0;   // The transmit the batch stands at,
  std::size_t offset_ = 0;  // and the byte of it.
  bool split_ = false;      // This transmit goes datagram by datagram.
  bool refused_ = false;    // As a run; so far all its datagrams went singly.
  bool retried_ = false;    // This message was tried again.
  int fault_ = 0;           // What the fault hook says of the next message.
  Instant give_up_{};
};

}  // namespace

Result<void> UdpSocket::send(SendBatch& batch, const TooLarge& too_large) {
  state_->trouble = 0;
  if (batch.empty()) return {};
  auto done = BatchSender{*state_, batch, too_large}.run();
  batch.clear();
  return done;
}

std::optional<ErrorCode> UdpSocket::send_trouble() const {
  if (state_->trouble == 0) return std::nullopt;
  return os::error_code(state_->trouble);
}

}  // namespace volley
