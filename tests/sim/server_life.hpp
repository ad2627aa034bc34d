#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include <volley/server_core.hpp>

#include "machine.hpp"
#include "memory_meter.hpp"
#include "scene.hpp"
#include "server_watch.hpp"

namespace volley::sim {

/// One incarnation of the server: its machine, its workers, each a core driven as a runtime drives
/// it, and its handlers. It may live on when the address is another's.
class ServerLife final : public Actor {
 public:
  ServerLife(Scene& scene, unsigned number);

  /// A datagram comes into the socket of the worker that the kernel chose.
  void arrive(Packet packet, unsigned worker);
  void wake(std::uint64_t token) override;

  /// Dies within a few steps of what it is doing.
  void crash_soon() { steps_to_crash_ = static_cast<int>(random_.below(8)); }
  void crash();
  /// Refuses what is new, and dies when nothing runs any more.
  void drain();
  bool dead() const { return dead_; }
  bool drains() const { return drains_; }
  void suspend();
  void stall() { stalls_ = true; }

 private:
  enum class Event : std::uint8_t { kTurn, kHandlerEnds };
  /// A handler that has not ended when its worker polled the next request.
  struct Handler {
    ExecutionId id{};
    unsigned worker = 0;
    Uid uid{};
    std::uint64_t execution = 0;
  };
  struct Stalled {
    Instant local;
    std::optional<Packet> packet;
  };
  struct Worker {
    MemoryAccount memory;  // Outlives the core.
    std::optional<ServerCore> core;
    std::deque<Packet> socket;
    std::deque<std::size_t> ended;  // Handlers, by their place in handlers_.
    std::optional<Stalled> stalled;
    Instant next_turn = Instant::max();
    unsigned idle_turns = 0;
    bool did_something = false;
  };

  ServerCore::Options options(unsigned worker, const Incarnation& incarnation);
  void schedule_turn(unsigned worker, Instant when);
  bool dies();

  void turn(unsigned worker);
  // Each is false if the process died.
  bool handle(unsigned worker, Packet packet, Instant local);
  bool run_handlers(unsigned worker, Instant local);
  bool end_handlers(unsigned worker, Instant local);
  bool poll_transmits(unsigned worker, Instant local);
  bool take_time(unsigned worker, Instant local);
  bool take_stalled(unsigned worker);
  bool idle() const;

  bool run_stranger(unsigned worker, const Execution& execution, Instant local);
  /// Polls transmits if the core wants that before it is told anything more.
  bool make_room(unsigned worker, Instant local);
  bool end_handler(const Handler& handler, Instant local);

  const Execution* poll_request(unsigned worker, Instant local);
  void send(Worker& worker, const Transmit& transmit, Instant local);
  /// When the handler ends: at once, later, or when the trouble is over.
  Duration handler_time();
  void set_timer(unsigned worker, Instant local);
  void check_memory(const Worker& worker);
  Instant local() const { return machine_.clock().read(scene_.world.now()); }
  void violate(std::string oracle, const std::string& what);

  Scene& scene_;
  Random random_;
  Machine machine_;
  ServerLimits limits_;
  std::optional<ServerWatch> watch_;
  std::deque<Worker> workers_;
  std::vector<Handler> handlers_;
  std::vector<std::byte> result_;
  std::uint64_t epoch_;
  bool eager_;                    // Sends after each datagram, not only at the end of a turn.
  std::size_t largest_ = 65'507;  // Datagram that this system sends.
  int steps_to_crash_ = -1;
  bool stalls_ = false;  // In the next turn.
  bool drains_ = false;
  bool dead_ = false;
};

}  // namespace volley::sim
