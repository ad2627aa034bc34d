#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include <volley/bytes.hpp>
#include <volley/error.hpp>

#include "os/option_table.hpp"

namespace volley::os {

/// An option's value as the kernel takes it and gives it.
struct OptionBytes {
  std::array<std::byte, 256> room{};
  std::size_t size = 0;

  Bytes bytes() const { return Bytes{room}.first(size); }
};

/// Reads what a person wrote: a decimal or 0x number, or names of its values, added with `|`; on,
/// off, yes, no, true, false, 1 or 0 for a flag; an interface's name or index. Fails with kInvalid,
/// or kNotFound for an interface.
[[nodiscard]] Result<OptionBytes> parse_option_value(const SocketOption& option,
                                                     std::string_view text);

/// How many bytes to offer the kernel to write its value into.
std::size_t option_room(OptionKind kind);

/// The text for what the kernel gave. Fails with kUnsupported if that is no number and should be.
[[nodiscard]] Result<std::string> format_option_value(const SocketOption& option, Bytes bytes);

}  // namespace volley::os
