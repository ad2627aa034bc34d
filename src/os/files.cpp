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

#include "os/fd.hpp"
#include "os/system_error.hpp"

namespace volley::os {

namespace {

constexpr std::size_t kChunk = 16'384;  // Of one read.

/// Waits for `events` on a descriptor that somebody made non-blocking: a terminal's is shared.
void wait_for(int descriptor, short events) {
  pollfd entry{.fd = descriptor, .events = events, .revents = 0};
  ::poll(&entry, 1, -1);
}

/// Reads what is there, at least one byte; 0 at the end, -1 with errno on failure.
ssize_t read_some(int descriptor, std::span<std::byte> room) {
  for (;;) {
    const ssize_t got = ::read(descriptor, room.data(), room.size());
    if (got >= 0) return got;
    if (errno == EAGAIN) {
      wait_for(descriptor, POLLIN);
    } else if (errno != EINTR) {
      return got;
    }
  }
}

}  // namespace

Result<std::vector<std::byte>> read_file(const std::string& path, std::size_t limit) {
  const bool standard = path == "-";
  const std::string name = standard ? "standard input" : path;
  const Fd file{standard ? ::dup(STDIN_FILENO) : ::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!file) {
    const int number = errno;
    return std::unexpected(system_error(number, fmt::format("cannot open {}", name),
                                        number == ENOENT ? "check the path" : ""));
  }

  std::vector<std::byte> content;
  std::array<std::byte, kChunk> chunk;
  for (;;) {
    const ssize_t got = read_some(file.number(), chunk);
    if (got < 0) return std::unexpected(system_error(errno, fmt::format("cannot read {}", name)));
    if (got == 0) return content;
    const auto size = static_cast<std::size_t>(got);
    if (size > limit - content.size()) {
      return std::unexpected(Error{
          .code = ErrorCode::kTooLarge,
          .message = fmt::format("{} holds more than {} bytes, the most that fits", name, limit)});
    }
    content.insert(content.end(), chunk.begin(), chunk.begin() + got);
  }
}

Result<void> write_all(Stream stream, Bytes bytes) {
  const int descriptor = std::to_underlying(stream);
  while (!bytes.empty()) {
    const ssize_t put = ::write(descriptor, bytes.data(), bytes.size());
    if (put >= 0) {
      bytes = bytes.subspan(static_cast<std::size_t>(put));
    } else if (errno == EAGAIN) {
      wait_for(descriptor, POLLOUT);
    } else if (errno != EINTR) {
      return std::unexpected(
          system_error(errno, fmt::format("cannot write to standard {}",
                                          stream == Stream::kError ? "error" : "output")));
    }
  }
  return {};
}

Result<std::optional<std::string>> LineReader::next() {
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
    const ssize_t got = read_some(STDIN_FILENO, chunk);
    if (got < 0) return std::unexpected(system_error(errno, "cannot read standard input"));
    if (got == 0) ended_ = true;
    buffer_ += as_text(std::span{chunk}.first(static_cast<std::size_t>(got)));
  }
}

}  // namespace volley::os
