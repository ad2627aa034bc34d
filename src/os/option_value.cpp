#include "os/option_value.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <net/if.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <vector>

#include <volley/network.hpp>

#include "base/nearest.hpp"

namespace volley::os {
namespace {

std::unexpected<Error> invalid(std::string message) {
  return std::unexpected(Error{ErrorCode::kInvalid, 0, std::move(message)});
}

/// What an option's number may be: how far below zero, and how far above.
struct Range {
  std::uint64_t below;
  std::uint64_t above;

  std::string lowest() const { return below == 0 ? "0" : fmt::format("-{}", below); }
};

Range range_of(OptionKind kind) {
  constexpr std::uint64_t kIntMax = std::numeric_limits<int>::max();
  if (kind == OptionKind::kUnsigned) return {0, std::numeric_limits<std::uint32_t>::max()};
  if (kind == OptionKind::kUnsigned64) return {0, std::numeric_limits<std::uint64_t>::max()};
  return {kIntMax + 1, kIntMax};
}

enum class NumberFault : std::uint8_t { kNotANumber, kOutOfRange };

/// The bits of a number: two's complement for a negative one.
std::expected<std::uint64_t, NumberFault> parse_number(std::string_view text, const Range& range) {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  const bool hex = text.starts_with("0x") || text.starts_with("0X");
  if (hex) text.remove_prefix(2);
  std::uint64_t magnitude = 0;
  const char* const first = text.data();
  const auto [end, error] = std::from_chars(first, first + text.size(), magnitude, hex ? 16 : 10);
  if (error == std::errc::invalid_argument || end != first + text.size())
    return std::unexpected(NumberFault::kNotANumber);
  if (error != std::errc{} || magnitude > (negative ? range.below : range.above)) {
    return std::unexpected(NumberFault::kOutOfRange);
  }
  return negative ? ~magnitude + 1 : magnitude;
}

std::optional<std::uint64_t> find_constant(const SocketOption& option, std::string_view name) {
  if (option.constants.empty() || !name.starts_with(option.constants)) return std::nullopt;
  for (const OptionConstant& each : option_constants()) {
    if (each.name == name) return each.value;
  }
  return std::nullopt;
}

Error unknown_value(const SocketOption& option, std::string_view word) {
  std::string wanted = "an integer";
  std::vector<std::string_view> names;
  for (const OptionConstant& each : option_constants()) {
    if (!option.constants.empty() && each.name.starts_with(option.constants))
      names.push_back(each.name);
  }
  if (const auto meant = nearest(word, names)) {
    wanted += fmt::format("; did you mean {}?", *meant);
  } else if (!names.empty()) {
    wanted += fmt::format(" or a name such as {}", names.front());
  }
  return {ErrorCode::kInvalid, 0,
          fmt::format("'{}' is no value for {}, which takes {}", word, option.name, wanted)};
}

/// Numbers and names, added with `|`.
Result<std::uint64_t> parse_sum(const SocketOption& option, std::string_view text) {
  const Range range = range_of(option.kind);
  std::uint64_t sum = 0;
  for (bool last = false; !last;) {
    const std::size_t bar = text.find('|');
    last = bar == std::string_view::npos;
    const std::string_view word = text.substr(0, bar);
    if (!last) text.remove_prefix(bar + 1);
    if (const auto constant = find_constant(option, word)) {
      sum |= *constant;
      continue;
    }
    const auto number = parse_number(word, range);
    if (!number && number.error() == NumberFault::kOutOfRange) {
      return invalid(fmt::format("{} is out of range for {}: {} to {}", word, option.name,
                                 range.lowest(), range.above));
    }
    if (!number) return std::unexpected(unknown_value(option, word));
    sum |= *number;
  }
  return sum;
}

Result<std::uint64_t> parse_flag(const SocketOption& option, std::string_view text) {
  for (const std::string_view on : {"1", "on", "yes", "true"}) {
    if (text == on) return 1;
  }
  for (const std::string_view off : {"0", "off", "no", "false"}) {
    if (text == off) return 0;
  }
  return invalid(fmt::format("'{}' is no value for {}, which takes on or off", text, option.name));
}

/// 0 stands for no interface; any other index or name must be one of this machine's.
Result<std::uint64_t> parse_interface(std::string_view text) {
  if (text == "0") return 0;
  const auto index = interface_index(text);
  if (!index) return std::unexpected(index.error());
  return *index;
}

Result<std::uint64_t> parse_bits(const SocketOption& option, std::string_view text) {
  switch (option.kind) {
    case OptionKind::kFlag:
      return parse_flag(option, text);
    case OptionKind::kInterface:
    case OptionKind::kInterfaceSwapped:
      return parse_interface(text);
    default:
      return parse_sum(option, text);
  }
}

template <class T>
OptionBytes to_bytes(T value) {
  OptionBytes out;
  std::memcpy(out.room.data(), &value, sizeof value);
  out.size = sizeof value;
  return out;
}

template <class T>
T from_bytes(Bytes bytes) {
  T value{};
  std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

}  // namespace

Result<OptionBytes> parse_option_value(const SocketOption& option, std::string_view text) {
  if (option.kind == OptionKind::kText) {
    if (text.size() >= IF_NAMESIZE) {
      return invalid(fmt::format("'{}' is too long for {}: {} characters at most", text,
                                 option.name, IF_NAMESIZE - 1));
    }
    OptionBytes out;
    std::ranges::copy(as_bytes(text), out.room.begin());
    out.size = text.size() + 1;
    return out;
  }
  const auto bits = parse_bits(option, text);
  if (!bits) return std::unexpected(bits.error());
  if (option.kind == OptionKind::kUnsigned64) return to_bytes(*bits);
  const auto word = static_cast<std::uint32_t>(*bits);
  return to_bytes(option.kind == OptionKind::kInterfaceSwapped ? htonl(word) : word);
}

std::size_t option_room(OptionKind kind) {
  switch (kind) {
    case OptionKind::kText:
      return sizeof(OptionBytes::room);
    case OptionKind::kUnsigned64:
      return sizeof(std::uint64_t);
    case OptionKind::kByNumber:
      // More than any int, to see whether the kernel has more to say.
      return 4 * sizeof(int);
    default:
      return sizeof(int);
  }
}

Result<std::string> format_option_value(const SocketOption& option, Bytes bytes) {
  if (option.kind == OptionKind::kText) {
    const std::string_view text = as_text(bytes);
    return std::string{text.substr(0, text.find('\0'))};
  }
  switch (bytes.size()) {
    case sizeof(std::uint8_t):
      return fmt::format("{}", from_bytes<std::uint8_t>(bytes));
    case sizeof(std::uint32_t):
      if (option.kind == OptionKind::kUnsigned)
        return fmt::format("{}", from_bytes<std::uint32_t>(bytes));
      if (option.kind == OptionKind::kInterfaceSwapped)
        return fmt::format("{}", ntohl(from_bytes<std::uint32_t>(bytes)));
      return fmt::format("{}", from_bytes<std::int32_t>(bytes));
    case sizeof(std::uint64_t):
      if (option.kind == OptionKind::kUnsigned64)
        return fmt::format("{}", from_bytes<std::uint64_t>(bytes));
      break;
    default:
      break;
  }
  return std::unexpected(Error{ErrorCode::kUnsupported, 0,
                               fmt::format("{} is no integer: the kernel gives {} bytes for it",
                                           option.name, bytes.size())});
}

}  // namespace volley::os
