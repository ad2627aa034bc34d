#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include <volley/bytes.hpp>
#include <volley/error.hpp>
#include <volley/time.hpp>

#include "os/poller.hpp"
#include "os/terminal.hpp"

namespace volley::os {

/// How long to wait for bytes that may never come: from a pipe, a terminal, a slow disk.
struct Patience {
  std::optional<Instant> deadline{};  ///< Then the reading fails with kTimedOut.
  const StopFlag* stop = nullptr;     ///< When it is raised, with kStopped.
};

/// All of a file, or of standard input if `path` is "-". Fails with kTooLarge if there is more than
/// `limit`, kTimedOut, kStopped, kNotFound, kPermission or kSystem.
[[nodiscard]] Result<std::vector<std::byte>> read_file(const std::string& path, std::size_t limit,
                                                       const Patience& patience = {});

/// Writes everything, waiting where the stream has no room.
[[nodiscard]] Result<void> write_all(Stream stream, Bytes bytes);

/// Reads standard input line by line, as lines come.
class LineReader {
 public:
  /// Lines longer than `limit` bytes are an error.
  explicit LineReader(std::size_t limit) : limit_{limit} {}

  /// The next line without its newline; nothing at the end. Fails with kTooLarge, naming the line,
  /// kTimedOut, kStopped or kSystem.
  [[nodiscard]] Result<std::optional<std::string>> next(const Patience& patience = {});

 private:
  std::size_t limit_;
  std::size_t number_ = 0;
  std::string buffer_;
  std::size_t used_ = 0;  // Bytes of buffer_ that earlier lines were.
  bool ended_ = false;
};

}  // namespace volley::os
