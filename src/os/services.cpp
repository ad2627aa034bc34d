#include <arpa/inet.h>
#include <fmt/format.h>
#include <netdb.h>

#include <algorithm>
#include <cerrno>
#include <charconv>

#include <volley/network.hpp>

namespace volley {
namespace {

/// One entry of the database and the text that it points into.
struct ServiceEntry {
  servent entry{};
  std::vector<char> text;
};

/// Asks the database by `ask`, one of libc's two reentrant functions. A machine may have no
/// database at all: then nothing is found.
template <class Ask>
std::optional<ServiceEntry> find_service(Ask ask) {
  constexpr std::size_t kMostText = 65'536;
  ServiceEntry found;
  for (std::size_t size = 1024; size <= kMostText; size *= 2) {
    found.text.resize(size);
    servent* result = nullptr;
    const int error = ask(&found.entry, found.text.data(), found.text.size(), &result);
    if (error != ERANGE) return result == nullptr ? std::nullopt : std::optional{std::move(found)};
  }
  return std::nullopt;
}

std::optional<std::uint16_t> named_port(const std::string& name, const char* protocol) {
  const auto found =
      find_service([&](servent* entry, char* text, std::size_t size, servent** result) {
        return ::getservbyname_r(name.c_str(), protocol, entry, text, size, result);
      });
  if (!found) return std::nullopt;
  return ntohs(static_cast<std::uint16_t>(found->entry.s_port));
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::optional<std::uint16_t> decimal_port(std::string_view digits) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return port;
}

}  // namespace

PortRange port_range(std::uint16_t port) {
  if (port < 1024) return PortRange::kWellKnown;
  return port < 49152 ? PortRange::kRegistered : PortRange::kDynamic;
}

Result<std::uint16_t> service_port(std::string_view name) {
  if (name.empty()) {
    return std::unexpected(
        Error{ErrorCode::kInvalid, 0,
              "the port is missing; give a number from 0 to 65535 or a service's name"});
  }
  const std::string_view digits = name.substr(name.front() == '-' ? 1 : 0);
  if (!digits.empty() && std::ranges::all_of(digits, is_digit)) {
    if (const auto port = decimal_port(name)) return *port;
    return std::unexpected(
        Error{ErrorCode::kInvalid, 0, fmt::format("port {} is out of range: 0 to 65535", name)});
  }
  // RFC 6335 §5.1: capitals do not count, and the database writes names without them.
  std::string text{name};
  std::ranges::transform(text, text.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  if (const auto port = named_port(text, "udp")) return *port;
  if (const auto port = named_port(text, "tcp")) {
    return std::unexpected(
        Error{ErrorCode::kNotFound, 0,
              fmt::format("'{}' is a service of TCP only; to use its port with UDP say {}", name,
                          *port)});
  }
  return std::unexpected(Error{ErrorCode::kNotFound, 0,
                               fmt::format("no UDP service is called '{}' in this machine's list "
                                           "(/etc/services); give the port as a number",
                                           name)});
}

std::optional<std::string> service_name(std::uint16_t port) {
  const auto found =
      find_service([&](servent* entry, char* text, std::size_t size, servent** result) {
        return ::getservbyport_r(htons(port), "udp", entry, text, size, result);
      });
  if (!found) return std::nullopt;
  return found->entry.s_name;
}

}  // namespace volley
