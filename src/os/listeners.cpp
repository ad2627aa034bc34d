#include "os/listeners.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <filesystem>
#include <map>
#include <span>
#include <tuple>
#include <utility>

#include <volley/bytes.hpp>

#include "os/files.hpp"

namespace volley::os {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostTable =
    std::size_t{64} * 1024 * 1024;  // Of /proc/net/udp: some 400,000 sockets.

template <class Number>
std::optional<Number> read_number(std::string_view text, int base) {
  Number number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (read.ec != std::errc{} || read.ptr != text.data() + text.size()) return std::nullopt;
  return number;
}

/// The next word of a line, taken off it.
std::string_view take_word(std::string_view& line) {
  line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
  const std::size_t end = std::min(line.find(' '), line.size());
  const std::string_view word = line.substr(0, end);
  line.remove_prefix(end);
  return word;
}

/// `0100007F:0424` or the like with 32 digits: words of 32 bits in the machine's order, then the
/// port.
std::optional<Endpoint> read_endpoint(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon != 8 && colon != 32) return std::nullopt;
  const auto port = read_number<std::uint16_t>(text.substr(colon + 1), 16);
  if (!port) return std::nullopt;
  std::array<std::uint8_t, 16> bytes{};
  for (std::size_t at = 0; at < colon; at += 8) {
    const auto word = read_number<std::uint32_t>(text.substr(at, 8), 16);
    if (!word) return std::nullopt;
    const auto part = std::bit_cast<std::array<std::uint8_t, 4>>(*word);
    std::ranges::copy(part, bytes.begin() + static_cast<std::ptrdiff_t>(at / 2));
  }
  if (colon == 8) return Endpoint{IpAddress::v4(bytes[0], bytes[1], bytes[2], bytes[3]), *port};
  return Endpoint{IpAddress::v6(bytes), *port};
}

// sl: local_address rem_address st tx_queue:rx_queue tr:tm->when retrnsmt uid timeout inode …
std::optional<BoundSocket> read_line(std::string_view line) {
  take_word(line);
  const auto local = read_endpoint(take_word(line));
  const auto peer = read_endpoint(take_word(line));
  for (int i = 0; i < 6; ++i) take_word(line);
  const auto inode = read_number<std::uint64_t>(take_word(line), 10);
  if (!local || !peer || !inode) return std::nullopt;
  BoundSocket socket{.local = *local, .peer = {}, .inode = *inode};
  if (peer->port() != 0) socket.peer = *peer;
  return socket;
}

/// The inode behind a link in /proc/PID/fd, if it is a socket's.
std::optional<std::uint64_t> socket_inode(const fs::path& link) {
  std::error_code error;
  const std::string target = fs::read_symlink(link, error).string();
  if (error || !target.starts_with("socket:[") || !target.ends_with(']')) return std::nullopt;
  return read_number<std::uint64_t>(std::string_view{target}.substr(8, target.size() - 9), 10);
}

std::string process_name(const fs::path& process) {
  const auto content = read_file((process / "comm").string(), 4096);
  if (!content) return "?";
  const std::string_view name = as_text(*content);
  return std::string{name.substr(0, name.find('\n'))};
}

/// Which process holds each of these sockets, as far as we may look.
std::map<std::uint64_t, Holder> find_holders(std::span<const Listener> listeners) {
  std::map<std::uint64_t, Holder> holders;
  std::error_code error;
  for (const fs::directory_entry& process : fs::directory_iterator{"/proc", error}) {
    const auto pid = read_number<std::uint64_t>(process.path().filename().string(), 10);
    if (!pid) continue;
    std::error_code unreadable;
    for (fs::directory_iterator link{process.path() / "fd", unreadable}, end;
         !unreadable && link != end; link.increment(unreadable)) {
      const auto inode = socket_inode(link->path());
      if (!inode || std::ranges::none_of(listeners, [&](const Listener& each) {
            return each.socket.inode == *inode;
          })) {
        continue;
      }
      holders.try_emplace(*inode, Holder{*pid, process_name(process.path())});
    }
  }
  return holders;
}

}  // namespace

std::vector<BoundSocket> parse_proc_udp(std::string_view text) {
  std::vector<BoundSocket> sockets;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    if (const auto socket = read_line(text.substr(0, end))) sockets.push_back(*socket);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return sockets;
}

Result<std::vector<Listener>> find_listeners(std::optional<std::uint16_t> port) {
  std::vector<Listener> listeners;
  for (const char* path : {"/proc/net/udp", "/proc/net/udp6"}) {
    const auto table = read_file(path, kMostTable);
    // A machine without IPv6 has no udp6.
    if (!table && !listeners.empty()) break;
    if (!table) return std::unexpected(table.error());
    for (const BoundSocket& socket : parse_proc_udp(as_text(*table))) {
      if (!port || socket.local.port() == *port) listeners.push_back({socket, {}});
    }
  }
  const auto holders = find_holders(listeners);
  for (Listener& listener : listeners) {
    const auto holder = holders.find(listener.socket.inode);
    if (holder != holders.end()) listener.holder = holder->second;
  }
  std::ranges::sort(listeners, {}, [](const Listener& each) {
    return std::tuple{each.socket.local.port(), each.socket.local, each.socket.inode};
  });
  return listeners;
}

}  // namespace volley::os
