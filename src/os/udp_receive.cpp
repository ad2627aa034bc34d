#include <algorithm>
#include <cerrno>
#include <span>

#include "os/sockaddr.hpp"
#include "os/system_error.hpp"
#include "os/udp_state.hpp"

// The way of a batch in: the kernel fills slots, and each slot becomes one datagram or a train of
// them.

namespace volley {
namespace {

void prepare(os::MessageScratch& scratch, std::size_t at, MutableBytes slot) {
  os::MessageParts& parts = scratch.parts[at];
  parts.bytes = {slot.data(), slot.size()};
  scratch.messages[at].msg_hdr = {.msg_name = &parts.name,
                                  .msg_namelen = sizeof parts.name,
                                  .msg_iov = &parts.bytes,
                                  .msg_iovlen = 1,
                                  .msg_control = &parts.control,
                                  .msg_controllen = sizeof parts.control,
                                  .msg_flags = 0};
}

/// How many of a message's first `bytes` bytes are whole datagrams, if all of it has `length`.
std::size_t whole(std::size_t bytes, std::size_t length, std::size_t segment_size) {
  if (segment_size == 0) return bytes == length ? 1 : 0;
  return bytes / segment_size + (bytes == length && bytes % segment_size != 0 ? 1 : 0);
}

void count(SocketCounters& counters, std::size_t held, std::size_t length,
           std::size_t segment_size) {
  const std::size_t arrived = whole(length, length, segment_size);
  counters.received += arrived;
  counters.trains += arrived > 1 ? 1 : 0;
  counters.truncated += arrived - whole(held, length, segment_size);
}

/// One kernel call: how many messages it filled, or -1.
int take(int fd, std::span<mmsghdr> messages, bool linger) {
  // MSG_TRUNC: a message's length is what arrived, even where the slot is shorter.
  if (messages.size() > 1) {
    return ::recvmmsg(fd, messages.data(), static_cast<unsigned>(messages.size()),
                      MSG_TRUNC | (linger ? MSG_WAITFORONE : MSG_DONTWAIT), nullptr);
  }
  const ssize_t size = ::recvmsg(fd, &messages[0].msg_hdr, MSG_TRUNC | (linger ? 0 : MSG_DONTWAIT));
  if (size < 0) return -1;
  messages[0].msg_len = static_cast<unsigned>(size);
  return 1;
}

/// Linux asks of an IPv6 socket whether it joined the group, not on which interface: what another
/// program's membership brings in by another interface, the socket hears too. (Who joins through
/// the native handle has no memberships here, and hears all.)
bool is_of_others(const os::UdpState& state, const Arrival& arrival, const Endpoint& peer) {
  return arrival.group && arrival.group->family() == Family::kIpv6 && !state.memberships.empty() &&
         !state.is_member(arrival, peer);
}

/// How long a lingering receive waits: as short as the kernel can.
Result<void> limit_lingering(os::UdpState& state) {
  const timeval shortest{.tv_sec = 0, .tv_usec = 1};
  if (::setsockopt(state.fd.number(), SOL_SOCKET, SO_RCVTIMEO, &shortest, sizeof shortest) != 0) {
    return std::unexpected(os::system_error(errno, "cannot set SO_RCVTIMEO"));
  }
  state.may_linger = true;
  return {};
}

}  // namespace

Result<void> UdpSocket::receive(ReceiveBatch& batch, const ReceiveLook& look) {
  batch.clear();
  if (look.linger && !state_->may_linger) {
    if (auto done = limit_lingering(*state_); !done) return done;
  }
  os::MessageScratch& scratch = state_->scratch;
  const std::size_t slots = std::min(batch.slots(), look.most);
  if (slots == 0) return {};
  scratch.fit(slots);
  for (std::size_t i = 0; i < slots; ++i) prepare(scratch, i, batch.slot(i));
  int got = 0;
  do {
    ++state_->counters.receive_calls;
    got = take(state_->fd.number(), std::span{scratch.messages}.first(slots), look.linger);
  } while (got < 0 && errno == EINTR);
  if (got < 0 && errno == EAGAIN) return {};
  if (got < 0) return std::unexpected(os::system_error(errno, "cannot receive"));

  for (std::size_t i = 0; i < static_cast<std::size_t>(got); ++i) {
    const mmsghdr& message = scratch.messages[i];
    const os::MessageParts& parts = scratch.parts[i];
    os::ControlInfo control = os::read_control(message.msg_hdr);
    const std::size_t length = message.msg_len;
    const std::size_t held = std::min(length, batch.slot_size());
    // A slot that ends between two datagrams of a train loses datagrams, and cuts none.
    control.arrival.truncated =
        held < length && (control.segment_size == 0 || held % control.segment_size != 0);
    const Datagram train{
        .peer = os::from_sockaddr(reinterpret_cast<const sockaddr*>(&parts.name)),
        .local = control.local ? Endpoint{*control.local, state_->bound.port()} : state_->bound,
        .payload = {static_cast<const std::byte*>(parts.bytes.iov_base), held},
        .ecn = control.ecn};
    if (is_of_others(*state_, control.arrival, train.peer)) {
      ++state_->counters.other_members;
      continue;
    }
    count(state_->counters, held, length, control.segment_size);
    if ((message.msg_hdr.msg_flags & MSG_CTRUNC) != 0) ++state_->counters.control_truncated;
    batch.add_train(train, control.segment_size, control.arrival);
  }
  return {};
}

}  // namespace volley
