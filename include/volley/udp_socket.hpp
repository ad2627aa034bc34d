#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <volley/batch.hpp>
#include <volley/bytes.hpp>
#include <volley/endpoint.hpp>
#include <volley/error.hpp>

namespace volley {

namespace os {
struct UdpState;
}

/// Where a socket's name begins. Port 0 lets the kernel choose.
struct BindOptions {
  std::string device{};    ///< Only this interface (SO_BINDTODEVICE). Empty: all.
  bool dual_stack = true;  ///< `::` takes IPv4 too, as IPv4 endpoints.
  bool reuse_address =
      false;  ///< Several listeners of one broadcast or group share the port (SO_REUSEADDR).
  bool reuse_port = false;  ///< Several workers of one server share the port's load (SO_REUSEPORT).
  bool free_bind = false;   ///< An address that no interface has yet (IP_FREEBIND).
};

/// What IP does with a datagram larger than the path MTU (IP_MTU_DISCOVER).
enum class Fragmentation : std::uint8_t {
  kAllow,   ///< Fragment it; never set DF.
  kWant,    ///< Set DF where the path is known to take it, else fragment. The kernel's default.
  kForbid,  ///< Set DF, believe ICMP, fail with kTooLarge above the known path MTU.
  kProbe,   ///< Set DF, ignore what ICMP taught: for a path MTU search of one's own.
};

/// One member of a multicast group: any sender, or one (source-specific, RFC 4607).
struct Membership {
  IpAddress group;
  std::uint32_t interface = 0;  ///< Its index; 0: the one the routing table names.
  std::optional<IpAddress> source{};
  friend bool operator==(const Membership&, const Membership&) = default;
};

/// What to learn of each arriving datagram. Every one costs; all are off at first.
struct ArrivalDetail {
  bool time = false;
  bool interface = false;
  bool ttl = false;
  bool dropped = false;
  bool ecn = false;
};

/// How receive() looks for datagrams.
struct ReceiveLook {
  std::size_t most = SIZE_MAX;  ///< Kernel messages: a call that looks for fewer costs less.
  /// Wait for the first, up to two clock_tick()s: one kernel call where wait() and receive() are
  /// two.
  bool linger = false;
};

/// One entry of the socket's error queue (IP_RECVERR): an ICMP error, or the local stack's own; or
/// no error, kOther, but what an option such as SO_TIMESTAMPING puts there.
struct SocketError {
  enum class Origin : std::uint8_t { kLocal, kIcmp, kIcmp6, kOther };
  Origin origin = Origin::kLocal;
  ErrorCode code = ErrorCode::kSystem;
  int system_error = 0;
  std::uint8_t icmp_type = 0;
  std::uint8_t icmp_code = 0;
  std::uint32_t mtu = 0;              ///< With kTooLarge: what the hop told, in bytes of IP packet.
  std::optional<IpAddress> reporter;  ///< Who sent the ICMP message.
  Endpoint destination;               ///< Where the datagram was going.
  std::vector<std::byte> payload;     ///< The beginning of the datagram, as much as came back.
};

/// Counts since the socket was made. Datagrams, unless a name says otherwise. What goes out singly,
/// by send(Bytes) and send_to(), is not in them: it may go from any thread.
struct SocketCounters {
  std::uint64_t sent = 0;
  std::uint64_t received = 0;  ///< Whole or not.
  std::uint64_t send_calls = 0;
  std::uint64_t receive_calls = 0;
  std::uint64_t runs = 0;    ///< Segmentation runs sent (GSO).
  std::uint64_t trains = 0;  ///< Trains received (GRO).
  std::uint64_t runs_refused =
      0;  ///< Runs the kernel would not segment (EIO, EINVAL), sent one by one.
  std::uint64_t runs_split = 0;  ///< Runs that did not fit the path (EMSGSIZE), sent one by one.
  std::uint64_t too_large = 0;   ///< Not sent: over the path MTU, fragmentation forbidden.
  std::uint64_t no_buffers = 0;  ///< Not sent: the interface's queue (ENOBUFS) was full, or the
                                 ///< socket's buffer stayed so.
  std::uint64_t failed = 0;      ///< Not sent: the peer is unreachable or refused, or local policy.
  std::uint64_t truncated = 0;   ///< Not received whole: the slot was too small for it, or for
                                 ///< those before it in its train.
  std::uint64_t other_members = 0;      ///< To an IPv6 group that only others here joined: dropped.
  std::uint64_t control_truncated = 0;  ///< Arrived with more control data than there was room for.
  std::uint64_t unsegmented_peers = 0;  ///< Addresses that no run is tried for any more.
  bool segmentation = true;  ///< GSO is on for this socket. VOLLEY_NO_GSO=1 turns it off.
  bool coalescing = false;   ///< GRO is on for this socket. VOLLEY_NO_GRO=1 forbids it.
};

/// The value of a socket option, read back by its system name.
struct OptionValue {
  std::string name;   ///< `SO_RCVBUF`, or `LEVEL:NUMBER`.
  std::string value;  ///< As the kernel gives it: SO_RCVBUF reads back doubled.
};

/// A UDP socket, IPv4 or IPv6. It blocks in wait(), in a receive() that is told to linger, and in a
/// send of a batch while its buffer is full; nowhere else.
///
/// Move-only; one thread at a time, but send_to() may be called from any. Closed when destroyed and
/// not inherited by child processes (CLOEXEC). Sending and receiving allocate nothing once a batch
/// as large has gone the same way; next_error(), options and memberships do.
class UdpSocket {
 public:
  /// Binds to one address, to one interface, or with an unspecified address to everything. Fails
  /// with kAddressInUse, kAddressNotLocal, kPermission, kNotFound (device).
  [[nodiscard]] static Result<UdpSocket> bind(const Endpoint& local,
                                              const BindOptions& options = {});

  /// Binds to any free port and connects: only `peer` can be heard, and its refusals are. The
  /// kernel drops everyone else uncounted. Not security: whoever forges the address is heard. Fails
  /// with kUnreachable.
  [[nodiscard]] static Result<UdpSocket> open_connected(const Endpoint& peer);

  UdpSocket(UdpSocket&&) noexcept;
  UdpSocket& operator=(UdpSocket&&) noexcept;
  ~UdpSocket();

  /// Connects, as open_connected() does, whatever the socket was connected to before. Fails also
  /// with kInvalid for an IPv6 peer of an IPv4 socket.
  [[nodiscard]] Result<void> connect(const Endpoint& peer);

  /// The address and port the socket is bound to; after connect(), those its datagrams leave from.
  [[nodiscard]] Result<Endpoint> local() const;
  Family family() const;
  int native_handle() const;
  const SocketCounters& counters() const;

  // -- single datagrams

  /// Sends to the connected peer. Fails with kRefused or kUnreachable for an earlier datagram's
  /// ICMP error, kTooLarge, kFull (no buffers).
  [[nodiscard]] Result<void> send(Bytes payload);
  /// Sends to `peer`, from `source` if it is specified (pktinfo). Fails also with kPermission
  /// (broadcast without set_broadcast), and with kInvalid for an IPv6 address on an IPv4 socket.
  [[nodiscard]] Result<void> send_to(Bytes payload, const Endpoint& peer,
                                     const IpAddress& source = {}) const;

  // -- batches

  /// Told of a datagram: the transmit that it was of, and its bytes, borrowed for the call.
  using TooLarge = std::function<void(const Transmit&, Bytes)>;

  /// Sends everything, waiting (at most BatchLimits::kSendWait in all) while the socket's buffer is
  /// full, and empties the batch. What one peer's trouble stops is counted and does not stop the
  /// rest. Fails with kFull if the buffer stays full, which loses what is left; when the socket
  /// itself is broken; and on a connected socket, once all was tried, with the first trouble its
  /// peer made: of a datagram of this batch, or by ICMP of an earlier one.
  /// `too_large` is told of each datagram that was not sent for its size.
  [[nodiscard]] Result<void> send(SendBatch& batch, const TooLarge& too_large = {});
  /// The first trouble that a peer made for the last batch: what send() on an unconnected socket
  /// only counts, as the other peers have none of it.
  std::optional<ErrorCode> send_trouble() const;
  /// Takes what has arrived, up to the batch's room: an empty batch means that nothing had. Fails
  /// with kRefused or kUnreachable on a connected socket.
  [[nodiscard]] Result<void> receive(ReceiveBatch& batch, const ReceiveLook& look = {});
  /// Waits until something can be received, or until `until`. False when the time came first.
  [[nodiscard]] Result<bool> wait(Instant until) const;

  // -- options

  [[nodiscard]] Result<void> set_broadcast(bool on);
  [[nodiscard]] Result<void> set_fragmentation(Fragmentation mode);
  /// The kernel's path MTU to the connected peer, in bytes of IP packet. Fails with kInvalid
  /// unconnected.
  [[nodiscard]] Result<std::uint32_t> path_mtu() const;
  [[nodiscard]] Result<void> set_ttl(int hops);
  /// Asks for room for BatchLimits::kReceiveRoom bytes of datagrams that wait to be received.
  [[nodiscard]] Result<void> set_receive_room();
  [[nodiscard]] Result<void> set_detail(const ArrivalDetail& detail);
  /// Whether datagrams tell where they were sent to. On for wildcard sockets from the start.
  [[nodiscard]] Result<void> set_packet_info(bool on);
  /// Whether trains may arrive whole (UDP_GRO). Needs slots of 65,535 bytes.
  [[nodiscard]] Result<void> set_coalescing(bool on);
  /// Whether ICMP errors queue up for next_error(). Not on a socket with several peers: there the
  /// next send to a healthy one fails instead.
  [[nodiscard]] Result<void> set_error_queue(bool on);
  /// Takes the oldest entry of the error queue, or nothing when it is empty.
  [[nodiscard]] Result<std::optional<SocketError>> next_error();

  /// Sets an option by its system name: `SO_RCVBUF=1048576`, `IP_TOS=0x10`, `SO_BINDTODEVICE=eth0`,
  /// `17:103=1200`. Fails with kNotFound (and the nearest name), kInvalid, kPermission,
  /// kUnsupported.
  [[nodiscard]] Result<void> set_option(std::string_view name_and_value);
  /// Reads one. Same names and errors.
  [[nodiscard]] Result<OptionValue> option(std::string_view name) const;

  // -- multicast. A member is a socket bound to the group's port; it is never connected.

  [[nodiscard]] Result<void> join(const Membership& membership);
  [[nodiscard]] Result<void> leave(const Membership& membership);
  [[nodiscard]] Result<void> set_multicast_interface(std::uint32_t interface);
  [[nodiscard]] Result<void> set_multicast_ttl(int hops);
  /// Whether this machine's own members hear what this socket sends to a group.
  [[nodiscard]] Result<void> set_multicast_loop(bool on);

  /// For tests: asked before each kernel send; a non-zero errno is taken as the kernel's answer.
  using SendFault = std::function<int(const Transmit&)>;
  void set_send_fault(SendFault fault);

 private:
  explicit UdpSocket(std::unique_ptr<os::UdpState> state);
  std::unique_ptr<os::UdpState> state_;
};

}  // namespace volley
