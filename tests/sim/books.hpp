#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include <volley/answer.hpp>
#include <volley/bytes.hpp>
#include <volley/time.hpp>

#include "bodies.hpp"
#include "trace.hpp"
#include "verdict.hpp"

namespace volley::sim {

/// One request as the harness saw it from outside.
struct RequestRecord {
  enum class State : std::uint8_t {
    kOpen,   ///< No outcome yet.
    kEnded,  ///< It had its one outcome.
    kLost,   ///< Whoever asked is dead, or never cared.
  };

  Instant made{};      ///< True time.
  Instant deadline{};  ///< On the client's clock; Instant::max(): none.
  Instant written{};   ///< True time of the first copy, once there is one.
  std::uint32_t client = 0;
  std::uint32_t body = 0;  ///< Sizes.
  std::uint32_t result = 0;
  std::uint16_t status = 0;  ///< What its handler answers.
  bool idempotent = false;
  bool cancelled = false;
  bool sent = false;
  State state = State::kOpen;
  Outcome outcome{};
  std::uint32_t executions = 0;
  std::uint64_t answered = 0;    ///< Which of the first 64 executions gave their result.
  std::uint64_t ran_in = 0;      ///< Epoch of the last execution.
  std::uint64_t refused_in = 0;  ///< Epoch of a server that said it will never run.
};

/// What of the run a report counts.
struct Tally {
  std::uint64_t requests = 0;
  std::uint64_t executions = 0;
  std::array<std::uint64_t, 4> outcomes{};  ///< By Outcome.
};

/// The promise, kept in the harness's own books: what was asked, what ran, what was claimed. Every
/// call checks what it can; none asks a core.
class Books {
 public:
  /// `all_wait`: nobody gives up before the deadline, however often he tried.
  Books(Verdict& verdict, Trace& trace, bool all_wait)
      : verdict_{verdict}, trace_{trace}, all_wait_{all_wait} {}

  /// A request was made.
  Uid open(const RequestRecord& request);
  /// An attacker's number: it may run once, and nobody waits for its outcome.
  Uid open_foreign(Instant now, std::uint32_t body, std::uint32_t result);
  RequestRecord* find(Uid uid);

  /// Its first copy was written into a datagram.
  void write(Uid uid, Instant now);
  /// A handler begins. `acted` is the true time at which the server's clock showed what the server
  /// went by. Gives which execution of the request this is.
  std::uint64_t execute(Uid uid, Bytes body, bool idempotent, std::uint64_t epoch, Instant acted,
                        Instant now);
  /// That handler has answered.
  void answer(Uid uid, std::uint64_t execution);
  /// A server said that the number has not run in its epoch and never will.
  void refuse(Uid uid, std::uint64_t epoch, Instant acted, Instant now);
  /// A server said that the number ran in its epoch.
  void claim_ran(Uid uid, std::uint64_t epoch, Instant now);
  /// The caller was told.
  void end(Uid uid, const Answer& answer, Instant local, Instant now);
  /// The caller is dead.
  void lose(Uid uid);

  const Tally& tally() const { return tally_; }
  std::string name(Uid uid) const;

 private:
  void violate(Instant now, std::string oracle, Uid uid, const std::string& what);
  void check_reply(Uid uid, const RequestRecord& request, const Answer& answer, Instant now);
  void check_outcome(Uid uid, const RequestRecord& request, const Answer& answer, Instant local,
                     Instant now);

  Verdict& verdict_;
  Trace& trace_;
  bool all_wait_;
  std::vector<RequestRecord> requests_;
  std::vector<std::byte> expected_;
  Tally tally_;
};

}  // namespace volley::sim
