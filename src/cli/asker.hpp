#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include <volley/bytes.hpp>
#include <volley/endpoint.hpp>
#include <volley/error.hpp>
#include <volley/time.hpp>

namespace volley::cli {

struct RequestPlan;

/// How a request can end, in one mode or the other.
enum class Ended : std::uint8_t {
  kReply,
  kNotExecuted,        ///< Clear mode.
  kExecutedReplyLost,  ///< Clear mode.
  kUnknown,            ///< Clear mode.
  kNoAnswer,           ///< Raw mode.
  kRefused,            ///< Raw mode.
};
inline constexpr std::size_t kEndings = 6;

/// As `outcome` in JSON.
std::string_view to_string(Ended ended);

/// The end of one request.
struct Ending {
  Ended ended{};
  std::optional<std::uint16_t> status{};  ///< Of a reply; raw mode has none.
  Bytes body{};                           ///< Of a reply: borrowed for the call.
  std::optional<Duration> round_trip{};
  unsigned attempts = 0;
  std::optional<Error> error{};  ///< Why, when there is no reply.
};

/// What a client counted. Nothing where it cannot know.
struct AskerCounts {
  std::uint64_t requests = 0;
  std::uint64_t attempts = 0;
  std::optional<std::uint64_t> strangers{};
  std::optional<std::uint64_t> duplicates{};
  std::optional<std::uint64_t> wrong_id{};
  std::optional<std::uint64_t> late{};
  std::optional<std::uint64_t> truncated{};
};

/// A client of either mode, as the command uses it. One thread at a time, but stop() from any.
class Asker {
 public:
  /// Gets the end of each request from within run_once(), with the number that submit() gave it.
  using Handler = std::function<void(std::uint64_t number, const Ending&)>;

  virtual ~Asker() = default;
  /// Starts a request, which has `timeout` or what the policy gives it. Fails with kFull when the
  /// window is, and for what is wrong on this side.
  [[nodiscard]] virtual Result<void> submit(Bytes body, std::uint64_t number,
                                            std::optional<Duration> timeout) = 0;
  [[nodiscard]] virtual Result<void> run_once() = 0;
  virtual std::size_t in_flight() const = 0;
  virtual bool has_room() const = 0;
  virtual void stop() noexcept = 0;
  virtual AskerCounts counts() const = 0;
};

/// A raw client of the plan's. `on_wait` is told of each wait as it begins.
[[nodiscard]] Result<std::unique_ptr<Asker>> open_raw_asker(
    const RequestPlan& plan, const Endpoint& target, Asker::Handler handler,
    std::function<void(unsigned attempt, Duration wait)> on_wait = {});

/// A client of the Volley protocol, in clear mode.
[[nodiscard]] Result<std::unique_ptr<Asker>> open_clear_asker(const RequestPlan& plan,
                                                              const Endpoint& target,
                                                              Asker::Handler handler);

}  // namespace volley::cli
