#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <queue>
#include <unordered_map>
#include <vector>

#include <volley/client_core.hpp>

#include "client_watch.hpp"
#include "core/client_state.hpp"
#include "machine.hpp"
#include "memory_meter.hpp"
#include "scene.hpp"
#include "workload.hpp"

namespace volley::sim {

/// A machine with one client on it, and the program that uses the client: a core, driven as a
/// runtime drives it over a socket.
class ClientHost final : public Actor, public Port {
 public:
  ClientHost(Scene& scene, unsigned index);

  void arrive(Packet packet) override;
  void wake(std::uint64_t token) override;

  /// Every request has ended, and those that were made once all was well again too.
  bool finished() const { return last_requests_ == 0 && open_.empty(); }

 private:
  enum class Event : std::uint8_t {
    kTurn,
    kRequests,
    kDeadline,
    kSuspend,
    kStall,
    kCrash,
    kRestart,
    kRebind,
    kHint,
    kLastRequests,
  };
  struct Waiting {
    Instant deadline;
    Uid uid;
    bool operator>(const Waiting& other) const { return deadline > other.deadline; }
  };
  /// A datagram that was read at a time which is over, because the thread slept since.
  struct Stalled {
    Instant local;
    std::optional<Packet> packet;
  };

  void schedule(Instant when, Event event);
  void schedule_faults();
  void schedule_turn(Instant when);

  void start();
  void crash();
  /// Counts the steps to the crash that is due, if one is: true if this was the last.
  bool dies();

  // What a runtime does.
  void turn();
  /// False if the process died.
  bool take_datagrams();
  bool take_stalled();
  bool handle(Packet packet, Instant local);
  bool poll_events(Instant local);
  bool poll_transmits(Instant local);
  void set_timer(Instant local);

  // What a program does.
  void make_requests(unsigned count);
  void make_request(const Wish& wish);
  void cancel_one();
  void ping();
  void take_answer(RequestId request, const Answer& answer, Instant local);
  void take_pong(const Pong& pong);
  void begin_last_requests();

  void rebind();
  void check_deadlines();
  Instant local() const { return machine_.clock().read(scene_.world.now()); }
  void violate(std::string oracle, std::string what);

  Scene& scene_;
  unsigned index_;
  std::uint16_t moves_ = 0;
  Random random_;
  Machine machine_;
  Workload workload_;
  Endpoint endpoint_;
  Endpoint server_;
  std::vector<std::unique_ptr<ClientWatch>> watches_;

  // Of the process that lives now.
  MemoryAccount memory_;
  std::optional<ClientState> core_;  // What ClientCore is, but its first number is ours to say.
  std::unordered_map<std::uint64_t, Uid> open_;           // By RequestId.
  std::unordered_map<std::uint64_t, std::size_t> pings_;  // Sizes by opaque.
  std::priority_queue<Waiting, std::vector<Waiting>, std::greater<>> deadlines_;
  std::deque<Packet> socket_;
  std::optional<Stalled> stalled_;
  std::optional<RequestId> latest_;

  bool stalls_ = false;  // In the next turn.
  int steps_to_crash_ = -1;
  Instant next_turn_ = Instant::max();
  unsigned idle_turns_ = 0;  // In a row.
  bool did_something_ = false;
  unsigned last_requests_;
  bool last_ = false;  // The network is well, and all must be too.
  std::vector<std::byte> body_;
};

}  // namespace volley::sim
