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

void prepare(mmsghdr& message, os::MessageParts& parts) {
  message.msg_hdr.msg_name = &parts.name;
  message.msg_hdr.msg_namelen = sizeof parts.name;
  message.msg_hdr.msg_control = &parts.control;
  message.msg_hdr.msg_controllen = sizeof parts.control;
  message.msg_hdr.msg_flags = 0;
}

/// Makes the scratch as large as the batch.
void fit(os::ReceiveScratch& scratch, std::size_t slots) {
  if (scratch.messages.size() >= slots) return;
  scratch.messages.assign(slots, {});
  scratch.parts.assign(slots, {});
  for (std::size_t i = 0; i < slots; ++i) {
    scratch.messages[i].msg_hdr.msg_iov = &scratch.parts[i].bytes;
    scratch.messages[i].msg_hdr.msg_iovlen = 1;
    prepare(scratch.messages[i], scratch.parts[i]);
  }
}

void count(SocketCounters& counters, const msghdr& message, std::size_t size,
           std::size_t segment_size) {
  const bool train = segment_size != 0 && segment_size < size;
  counters.received += train ? (size + segment_size - 1) / segment_size : 1;
  counters.trains += train ? 1 : 0;
  counters.truncated += (message.msg_flags & MSG_TRUNC) != 0 ? 1 : 0;
  counters.control_truncated += (message.msg_flags & MSG_CTRUNC) != 0 ? 1 : 0;
}

/// One kernel call: how many messages it filled, or -1.
int take(int fd, std::span<mmsghdr> messages, bool linger) {
  if (messages.size() > 1) {
    return ::recvmmsg(fd, messages.data(), static_cast<unsigned>(messages.size()),
                      linger ? MSG_WAITFORONE : MSG_DONTWAIT, nullptr);
  }
  const ssize_t size = ::recvmsg(fd, &messages[0].msg_hdr, linger ? 0 : MSG_DONTWAIT);
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
  os::ReceiveScratch& scratch = state_->in;
  const std::size_t slots = std::min(batch.slots(), look.most);
  fit(scratch, batch.slots());
  for (std::size_t i = 0; i < slots; ++i) {
    const MutableBytes slot = batch.slot(i);
    scratch.parts[i].bytes = {slot.data(), slot.size()};
  }
  int got = 0;
  do {
    ++state_->counters.receive_calls;
    got = take(state_->fd.number(), std::span{scratch.messages}.first(slots), look.linger);
  } while (got < 0 && errno == EINTR);
  if (got < 0 && errno == EAGAIN) return {};
  if (got < 0) return std::unexpected(os::system_error(errno, "cannot receive"));

  for (std::size_t i = 0; i < static_cast<std::size_t>(got); ++i) {
    mmsghdr& message = scratch.messages[i];
    os::ControlInfo control = os::read_control(message.msg_hdr);
    control.arrival.truncated = (message.msg_hdr.msg_flags & MSG_TRUNC) != 0;
    const Datagram train{
        .peer = os::from_sockaddr(reinterpret_cast<const sockaddr*>(&scratch.parts[i].name)),
        .local = control.local ? Endpoint{*control.local, state_->bound.port()} : state_->bound,
        .payload = Bytes{batch.slot(i)}.first(message.msg_len),
        .ecn = control.ecn};
    if (is_of_others(*state_, control.arrival, train.peer)) {
      ++state_->counters.other_members;
    } else {
      count(state_->counters, message.msg_hdr, message.msg_len, control.segment_size);
      batch.add_train(train, control.segment_size, control.arrival);
    }
    prepare(message, scratch.parts[i]);
  }
  return {};
}

}  // namespace volley
