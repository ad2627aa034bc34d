#pragma once

#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>

#include <volley/datagram.hpp>

namespace volley::os {

/// Room for all the control messages of one datagram, either way. Twice what we ask for, so that
/// what a user asks for by option name fits too; what does not is MSG_CTRUNC, and counted.
inline constexpr std::size_t kControlSize = 256;

struct alignas(cmsghdr) ControlBuffer {
  std::array<std::byte, kControlSize> bytes;
};

/// Writes control messages into a buffer and gives their length for msg_controllen.
class ControlWriter {
 public:
  explicit ControlWriter(ControlBuffer& buffer) : buffer_{buffer} {}

  /// Send from this address (IP_PKTINFO or IPV6_PKTINFO, by the socket's family).
  void source(const IpAddress& address, Family socket_family);
  /// Cut the payload into datagrams of this many bytes (UDP_SEGMENT).
  void segment_size(std::size_t bytes);
  std::size_t size() const { return size_; }

 private:
  template <class T>
  void add(int level, int type, const T& value);

  ControlBuffer& buffer_;
  std::size_t size_ = 0;
};

/// What the control messages of one received message said.
struct ControlInfo {
  Arrival arrival;
  std::optional<IpAddress> local;
  std::size_t segment_size = 0;  ///< Of a train; 0: a single datagram.
  Ecn ecn = Ecn::kNotCapable;
};

ControlInfo read_control(const msghdr& message);

/// The value of one control message. The kernel promises no alignment.
template <class T>
T control_value(const cmsghdr& header) {
  T value{};
  std::memcpy(&value, CMSG_DATA(&header), sizeof value);
  return value;
}

}  // namespace volley::os
