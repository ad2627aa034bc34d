#include "os/host_port.hpp"

#include <fmt/format.h>

#include <algorithm>

#include <volley/network.hpp>

namespace volley::os {
namespace {

std::unexpected<Error> invalid(std::string message) {
  return std::unexpected(Error{ErrorCode::kInvalid, 0, std::move(message)});
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_hex_digit(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

std::string_view without_final_dot(std::string_view host) {
  return host.ends_with('.') ? host.substr(0, host.size() - 1) : host;
}

Result<HostPort> split_bracketed(std::string_view text) {
  const std::size_t end = text.find(']');
  if (end == std::string_view::npos)
    return invalid(fmt::format("'{}' has no closing bracket", text));
  const HostPort parts{text.substr(1, end - 1), {}};
  const std::string_view rest = text.substr(end + 1);
  if (!parts.host.contains(':')) {
    return invalid(fmt::format("'{}': brackets are for IPv6 addresses only, as in [::1]:53", text));
  }
  if (rest.empty()) return parts;
  if (rest.front() != ':')
    return invalid(fmt::format("'{}': after ']' only ':PORT' may follow", text));
  if (rest.size() == 1) return invalid(fmt::format("'{}' ends where a port should follow", text));
  return HostPort{parts.host, rest.substr(1)};
}

}  // namespace

Result<HostPort> split_host_port(std::string_view text) {
  if (text.empty()) return invalid("the address is missing; give HOST or HOST:PORT");
  if (text.front() == '[') return split_bracketed(text);
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return HostPort{text, {}};
  if (text.find(':', colon + 1) != std::string_view::npos) return HostPort{text, {}};
  if (colon == 0) return invalid(fmt::format("'{}' has no host; everyone is '*{}'", text, text));
  if (colon + 1 == text.size())
    return invalid(fmt::format("'{}' ends where a port should follow", text));
  return HostPort{text.substr(0, colon), text.substr(colon + 1)};
}

bool looks_numeric(std::string_view host) {
  if (host.contains(':')) return true;
  host = without_final_dot(host.substr(0, host.find('%')));
  std::string_view label = host.substr(host.rfind('.') + 1);  // All of it, if there is no dot.
  const bool hex = label.starts_with("0x") || label.starts_with("0X");
  if (hex) label.remove_prefix(2);
  return (hex || !label.empty()) && std::ranges::all_of(label, hex ? is_hex_digit : is_digit);
}

Result<IpAddress> parse_numeric_host(std::string_view host) {
  const std::size_t percent = host.find('%');
  const std::string_view text = host.substr(0, percent);
  const auto address = IpAddress::parse(text);
  if (text.contains(':') && (!address || host.find(':', text.size()) != std::string_view::npos)) {
    return invalid(fmt::format(
        "'{}' is neither an IPv6 address nor HOST:PORT; an IPv6 address with a port stands in "
        "brackets, as in [::1]:53",
        host));
  }
  if (!address) {
    return invalid(fmt::format(
        "'{}' is neither an IPv4 address (four numbers from 0 to 255, as in 192.0.2.1) nor a "
        "host's name; a port follows its host, as in 127.0.0.1:53",
        host));
  }
  if (percent == std::string_view::npos) return *address;
  if (address->family() == Family::kIpv4)
    return invalid(fmt::format("'{}': only an IPv6 address has a scope", host));
  const auto scope = interface_index(host.substr(percent + 1));
  if (!scope) return std::unexpected(scope.error());
  return address->with_scope(*scope);
}

Result<void> check_host_name(std::string_view host) {
  const auto bad = [&](std::string_view why) {
    return invalid(fmt::format("'{}' is no host's name: {}", host, why));
  };
  const std::string_view name = without_final_dot(host);
  if (name.empty()) return bad("it is empty");
  if (name.size() > 253) return bad("it is longer than 253 characters");
  std::size_t label = 0;
  for (const char c : name) {
    if (static_cast<unsigned char>(c) > 0x7f) {
      return bad("write letters outside ASCII as DNS does, as in xn--bcher-kva.example");
    }
    if (c == '.' && label == 0) return bad("a part between two dots is empty");
    if (c != '.' && c != '-' && c != '_' && !is_digit(c) && !is_letter(c)) {
      return bad("letters, digits, dots and hyphens make one");
    }
    label = c == '.' ? 0 : label + 1;
    if (label > 63) return bad("a part between two dots is longer than 63 characters");
  }
  return {};
}

}  // namespace volley::os
