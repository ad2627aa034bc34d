#include <fmt/format.h>

#include <charconv>
#include <optional>
#include <span>

#include <volley/endpoint.hpp>

namespace volley {
namespace {

using V4Bytes = std::array<std::uint8_t, 4>;
using V6Bytes = std::array<std::uint8_t, 16>;

/// A whole text as one number, or nothing: no sign, no space, nothing left over.
template <class T>
std::optional<T> whole_number(std::string_view text, int base = 10) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// Four decimal parts. A leading zero is refused: some programs read such a part as octal.
std::optional<V4Bytes> parse_v4(std::string_view text) {
  V4Bytes bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const std::size_t dot = i < 3 ? text.find('.') : text.size();
    if (dot == std::string_view::npos) return std::nullopt;
    const std::string_view part = text.substr(0, dot);
    const auto value = whole_number<std::uint8_t>(part);
    if (!value || (part.size() > 1 && part.front() == '0')) return std::nullopt;
    bytes[i] = *value;
    text.remove_prefix(i < 3 ? dot + 1 : dot);
  }
  return bytes;
}

/// Reads colon-separated groups into `out` and says how many bytes they made. The last group may be
/// IPv4.
std::optional<std::size_t> parse_groups(std::string_view text, std::span<std::uint8_t> out) {
  std::size_t used = 0;
  while (!text.empty()) {
    const std::size_t colon = text.find(':');
    const std::string_view group = text.substr(0, colon);
    if (colon == std::string_view::npos && group.contains('.')) {
      const auto v4 = parse_v4(group);
      if (!v4 || used + 4 > out.size()) return std::nullopt;
      for (const std::uint8_t byte : *v4) out[used++] = byte;
      return used;
    }
    const auto value = whole_number<std::uint16_t>(group, 16);
    if (!value || group.size() > 4 || used + 2 > out.size()) return std::nullopt;
    out[used++] = static_cast<std::uint8_t>(*value >> 8);
    out[used++] = static_cast<std::uint8_t>(*value & 0xff);
    if (colon == std::string_view::npos) return used;
    text.remove_prefix(colon + 1);
    if (text.empty()) return std::nullopt;  // A single colon at the end.
  }
  return used;
}

/// RFC 4291 §2.2: eight groups of four hexadecimal digits, `::` once for a run of zeros, IPv4 at
/// the end.
std::optional<V6Bytes> parse_v6(std::string_view text) {
  V6Bytes bytes{};
  const std::size_t gap = text.find("::");
  if (gap == std::string_view::npos) {
    const auto used = parse_groups(text, bytes);
    return used && *used == bytes.size() ? std::optional{bytes} : std::nullopt;
  }
  const std::string_view head = text.substr(0, gap);
  const std::string_view tail = text.substr(gap + 2);
  V6Bytes end{};
  if (head.contains('.')) return std::nullopt;
  const auto head_size = parse_groups(head, bytes);
  const auto tail_size = parse_groups(tail, end);
  // The gap stands for at least one group.
  if (!head_size || !tail_size || *head_size + *tail_size > bytes.size() - 2) return std::nullopt;
  for (std::size_t i = 0; i < *tail_size; ++i) bytes[bytes.size() - *tail_size + i] = end[i];
  return bytes;
}

std::uint16_t group_at(const V6Bytes& bytes, std::size_t group) {
  return static_cast<std::uint16_t>(bytes[2 * group] << 8 | bytes[2 * group + 1]);
}

/// RFC 5952 §4.2: the longest run of two or more zero groups, the first of equals, is written `::`.
std::string format_v6(const V6Bytes& bytes) {
  std::size_t best = 8;
  std::size_t best_length = 1;
  for (std::size_t i = 0; i < 8; ++i) {
    std::size_t length = 0;
    while (i + length < 8 && group_at(bytes, i + length) == 0) ++length;
    if (length > best_length) {
      best = i;
      best_length = length;
    }
  }
  std::string text;
  for (std::size_t i = 0; i < 8; ++i) {
    if (i == best) {
      text += "::";
      i += best_length - 1;
      continue;
    }
    if (!text.empty() && text.back() != ':') text += ':';
    text += fmt::format("{:x}", group_at(bytes, i));
  }
  return text;
}

Error invalid(std::string message) {
  return {ErrorCode::kInvalid, 0, std::move(message)};
}

AddressKind kind_v4(std::uint8_t a, std::uint8_t b) {
  if (a == 127) return AddressKind::kLoopback;
  if (a == 169 && b == 254) return AddressKind::kLinkLocal;
  if (a == 10 || (a == 172 && (b & 0xf0) == 16) || (a == 192 && b == 168) ||
      (a == 100 && (b & 0xc0) == 64)) {
    return AddressKind::kPrivate;
  }
  return AddressKind::kGlobal;
}

}  // namespace

Result<IpAddress> IpAddress::parse(std::string_view text) {
  const std::size_t percent = text.find('%');
  const std::string_view numeric = text.substr(0, percent);
  std::uint32_t scope = 0;
  if (percent != std::string_view::npos) {
    const auto number = whole_number<std::uint32_t>(text.substr(percent + 1));
    if (!number || !numeric.contains(':')) {
      return std::unexpected(
          invalid(fmt::format("'{}' is not a numeric address with a numeric IPv6 scope", text)));
    }
    scope = *number;
  }
  if (const auto v4 = parse_v4(numeric))
    return IpAddress::v4((*v4)[0], (*v4)[1], (*v4)[2], (*v4)[3]);
  if (const auto v6 = parse_v6(numeric); v6 && numeric.contains(':'))
    return IpAddress::v6(*v6).with_scope(scope);
  return std::unexpected(invalid(
      fmt::format("'{}' is not a numeric address; write it as 192.0.2.1 or 2001:db8::1", text)));
}

AddressKind IpAddress::kind() const {
  if (is_unspecified()) return AddressKind::kUnspecified;
  if (is_multicast()) return AddressKind::kMulticast;
  if (family() == Family::kIpv4) {
    if (*this == v4(255, 255, 255, 255)) return AddressKind::kBroadcast;
    return kind_v4(bytes_[12], bytes_[13]);
  }
  if (with_scope(0) == loopback(Family::kIpv6)) return AddressKind::kLoopback;
  if (bytes_[0] == 0xfe && (bytes_[1] & 0xc0) == 0x80) return AddressKind::kLinkLocal;
  if ((bytes_[0] & 0xfe) == 0xfc) return AddressKind::kPrivate;
  return AddressKind::kGlobal;
}

std::string IpAddress::to_string() const {
  if (family() == Family::kIpv4)
    return fmt::format("{}.{}.{}.{}", bytes_[12], bytes_[13], bytes_[14], bytes_[15]);
  return scope_ == 0 ? format_v6(bytes_) : fmt::format("{}%{}", format_v6(bytes_), scope_);
}

Result<Endpoint> Endpoint::parse(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  const auto port = colon == std::string_view::npos
                        ? std::nullopt
                        : whole_number<std::uint16_t>(text.substr(colon + 1));
  if (!port) {
    return std::unexpected(invalid(fmt::format(
        "'{}' has no port from 0 to 65535; write it as 192.0.2.1:53 or [2001:db8::1]:53", text)));
  }
  std::string_view host = text.substr(0, colon);
  const bool bracketed = host.starts_with('[') && host.ends_with(']');
  if (bracketed) host = host.substr(1, host.size() - 2);
  const auto address = IpAddress::parse(host);
  if (!address) return std::unexpected(address.error());
  if (bracketed != host.contains(':')) {
    return std::unexpected(
        invalid(fmt::format("'{}': an IPv6 address with a port stands in brackets, and only that: "
                            "[2001:db8::1]:53",
                            text)));
  }
  return Endpoint{*address, *port};
}

std::string Endpoint::to_string() const {
  if (family() == Family::kIpv4) return fmt::format("{}:{}", address_.to_string(), port_);
  return fmt::format("[{}]:{}", address_.to_string(), port_);
}

}  // namespace volley

std::size_t std::hash<volley::Endpoint>::operator()(
    const volley::Endpoint& endpoint) const noexcept {
  // FNV-1a over the address, then the port and the scope stirred in.
  std::uint64_t digest = 0xcbf29ce484222325;
  const auto stir = [&digest](std::uint64_t value) { digest = (digest ^ value) * 0x100000001b3; };
  for (const std::uint8_t byte : endpoint.address().bytes()) stir(byte);
  stir(endpoint.port());
  stir(endpoint.address().scope());
  return static_cast<std::size_t>(digest ^ (digest >> 32));
}
