#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>

#include <volley/client_core.hpp>
#include <volley/time.hpp>

#include "core/clear_channel.hpp"
#include "core/slot_list.hpp"
#include "wire/frame.hpp"

namespace volley {

/// The PINGs of a client: protocol.md §4.7. At most 64 wait to be sent or are on their way; each is
/// remembered until its place is needed, so that late echoes and second ones are known for what
/// they are. One thread; never allocates.
class ClientPings {
 public:
  static constexpr std::size_t kPings = 64;
  /// Octets of the least datagram with a PING.
  static constexpr std::size_t kLeastSize =
      ClearChannel::kFront + head_size(FrameType::kPing) + ClearChannel::kBack;

  explicit ClientPings(Duration patience) : patience_{patience} {}

  /// Takes one in, to be sent in a datagram of so many octets: its opaque, or nothing if there is
  /// no room. `drawn` should be random.
  std::optional<std::uint64_t> add(std::size_t size, std::uint64_t drawn, Instant now);

  /// Whether one waits to be sent.
  bool queued() const { return queued_ > 0; }
  /// The octets of the datagram that the next one asks for. Requires queued().
  std::size_t next_size() const;
  /// Sends it: its frame.
  Frame send(Instant now);
  /// Where the one with this opaque waits: kNoSlot once that is over.
  void sent_in(std::uint64_t opaque, Slot datagram);
  Slot datagram_of(std::uint64_t opaque) const;
  void landed(std::uint64_t opaque);
  /// It was refused unread: it goes again, once.
  void refused(std::uint64_t opaque);

  /// Whether a PONG answers one of these, and that one was answered before.
  bool answered(const Frame& pong) const;
  /// What a PONG answers, if anything, and for the first time.
  std::optional<Pong> take(const Frame& pong, Instant now);

 private:
  enum class State : std::uint8_t { kFree, kQueued, kSent, kAnswered };
  struct Ping {
    std::uint64_t opaque = 0;
    std::size_t size = 0;
    Instant made{};
    Instant sent{};
    Slot datagram = kNoSlot;
    State state = State::kFree;
    bool again = false;
  };

  Ping* find(std::uint64_t opaque);
  const Ping* find(std::uint64_t opaque) const;
  Ping* find_place(Instant now);
  const Ping& next() const;

  Duration patience_;
  std::array<Ping, kPings> pings_{};
  std::size_t queued_ = 0;
};

}  // namespace volley
