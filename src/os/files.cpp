#include "os/files.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <span>
#include <string_view>
#include <utility>

#include <volley/clock.hpp>

#include "os/fd.hpp"
#include "os/system_error.hpp"

namespace volley::os {

namespace {

constexpr std::size_t kChunk = 16'384;  // Of one read.

/// Reads what is there, at least one byte; 0 at the end.
Result<std::size_t> read_some(int descriptor, std::string_view name, std::span<std::byte> room,
                              const Patience& patience) {
  const int stop = patience.stop != nullptr ? patience.stop->descriptor() : -1;
  for (;;) {
    const auto ready = wait_readable({descriptor, stop}, patience.deadline);
    if (!ready) return std::unexpected(ready.error());
    if (patience.stop != nullptr && patience.stop->raised()) {
      return std::unexpected(Error{.code = ErrorCode::kStopped,
                                   .message = fmt::format("interrupted while reading {}", name)});
    }
    // A writer that always has one byte more must not hold us either.
    if (patience.deadline && now() >= *patience.deadline) {
      return std::unexpected(Error{
          .code = ErrorCode::kTimedOut,
          .message =
              fmt::format("the time was over before {} ended; give a longer --timeout", name)});
    }
    const ssize_t got = ::read(descriptor, room.data(), room.size());
    if (got >= 0) return static_cast<std::size_t>(got);
    if (errno != EAGAIN && errno != EINTR)
      return std::unexpected(system_error(errno, fmt::format("cannot read {}", name)));
  }
}

}  // namespace

Result<std::vector<std::byte>> read_file(const std::string& path, std::size_t limit,
                                         const Patience& patience) {
  const bool standard = path == "-";
  const std::string name = standard ? "standard input" : path;
  // Non-blocking, as opening a pipe that nobody writes to would wait for ever.
  const Fd file{standard ? ::dup(STDIN_FILENO)
                         : ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  if (!file) {
    const int number = errno;
    return std::unexpected(system_error(number, fmt::format("cannot open {}", name),
                                        number == ENOENT ? "check the path" : ""));
  }

  std::vector<std::byte> content;
  std::array<std::byte, kChunk> chunk;
  for (;;) {
    const auto size = read_some(file.number(), name, chunk, patience);
    if (!size) return std::unexpected(size.error());
    if (*size == 0) return content;
    if (*size > limit - content.size()) {
      return std::unexpected(Error{
          .code = ErrorCode::kTooLarge,
          .message = fmt::format("{} holds more than {} bytes, the most that fits", name, limit)});
    }
    content.insert(content.end(), chunk.begin(),
                   chunk.begin() + static_cast<std::ptrdiff_t>(*size));
  }
}

Result<void> write_all(Stream stream, Bytes bytes) {
  const int descriptor = std::to_underlying(stream);
  while (!bytes.empty()) {
    const ssize_t put = ::write(descriptor, bytes.data(), bytes.size());
    if (put >= 0) {
      bytes = bytes.subspan(static_cast<std::size_t>(put));
    } else if (errno == EAGAIN) {
      // Somebody made it non-blocking: a terminal's descriptor is shared.
      pollfd entry{.fd = descriptor, .events = POLLOUT, .revents = 0};
      ::poll(&entry, 1, -1);
    } else if (errno != EINTR) {
      return std::unexpected(
          system_error(errno, fmt::format("cannot write to standard {}",
                                          stream == Stream::kError ? "error" : "output")));
    }
  }
  return {};
}

Result<std::optional<std::string>> LineReader::next(const Patience& patience) {
  std::size_t searched = used_;
  for (;;) {
    const std::size_t newline = buffer_.find('\n', searched);
    const bool found = newline != std::string::npos;
    const std::size_t length = (found ? newline : buffer_.size()) - used_;
    if (length > limit_) {
      return std::unexpected(Error{
          .code = ErrorCode::kTooLarge,
          .message =
              fmt::format("line {} of standard input is longer than {} bytes, the most that fits",
                          number_ + 1, limit_)});
    }
    if (found || (ended_ && length > 0)) {
      ++number_;
      std::string line = buffer_.substr(used_, length);
      used_ += length + (found ? 1 : 0);
      return line;
    }
    if (ended_) return std::nullopt;

    buffer_.erase(0, used_);
    used_ = 0;
    searched = buffer_.size();
    std::array<std::byte, kChunk> chunk;
    const auto size = read_some(STDIN_FILENO, "standard input", chunk, patience);
    if (!size) return std::unexpected(size.error());
    if (*size == 0) ended_ = true;
    buffer_ += as_text(std::span{chunk}.first(*size));
  }
}

}  // namespace volley::os
