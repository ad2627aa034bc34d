#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <volley/endpoint.hpp>
#include <volley/error.hpp>

#include "cli/command_pool.hpp"
#include "cli/output.hpp"
#include "cli/reply_mode.hpp"

namespace volley {
class UdpSocket;
}

namespace volley::cli {

/// All that `serve` was asked to do, read and checked.
struct ServicePlan {
  ReplyMode mode;
  CommandPool* pool = nullptr;  ///< Of ReplyMode::Kind::kCommand.
  unsigned workers = 1;
  double drop = 0;
  std::uint64_t seed = 1;
  std::optional<double> max_amplification;  ///< Raw mode only.
  std::string device;
  bool dual_stack = true;
  std::function<Result<void>(UdpSocket&)> prepare;
};

/// Something that was counted, as a field of JSON and in words.
struct Count {
  std::string_view key;
  std::string_view words;
  std::uint64_t value;
};

/// A server of either mode, as the command uses it.
class Service {
 public:
  virtual ~Service() = default;
  virtual const Endpoint& local() const = 0;
  /// Serves until told to finish.
  [[nodiscard]] virtual Result<void> run() = 0;
  /// Any thread.
  virtual void finish() noexcept = 0;
  /// The first three are what a server is for; of the others only what happened is worth a word.
  /// Any thread.
  virtual std::vector<Count> counts() const = 0;
};

/// Answers any UDP client. The plan and the output must outlive it.
[[nodiscard]] Result<std::unique_ptr<Service>> open_raw_service(const ServicePlan& plan,
                                                                const Endpoint& local,
                                                                Output& output);
/// Answers Volley clients, in clear mode. When told to finish it refuses new requests and answers
/// those that run. The plan and the output must outlive it.
[[nodiscard]] Result<std::unique_ptr<Service>> open_clear_service(const ServicePlan& plan,
                                                                  const Endpoint& local,
                                                                  Output& output);

}  // namespace volley::cli
