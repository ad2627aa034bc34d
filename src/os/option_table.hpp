#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace volley::os {

/// What the kernel takes and gives as an option's value.
enum class OptionKind : std::uint8_t {
  kFlag,              ///< An int, 0 or 1.
  kInteger,           ///< An int.
  kUnsigned,          ///< 32 bits without a sign.
  kUnsigned64,        ///< 64 bits without a sign.
  kInterface,         ///< An int, an interface's index.
  kInterfaceSwapped,  ///< The same in network order.
  kText,              ///< Characters.
  kStructure,         ///< Anything else. Refused by name.
  kByNumber,          ///< LEVEL:NUMBER, taken for an int.
};

enum class OptionAccess : std::uint8_t { kReadWrite, kReadOnly, kWriteOnly };

/// A socket option by its system name.
struct SocketOption {
  std::string_view name;
  int level = 0;
  int number = 0;
  OptionKind kind = OptionKind::kInteger;
  OptionAccess access = OptionAccess::kReadWrite;
  std::string_view hint = {};       ///< What to do where it cannot be had. A clause.
  std::string_view constants = {};  ///< How its values' names begin: "IP_PMTUDISC_". Often none.
};

/// Every option of SO_, IP_, IPV6_ and UDP_ in Linux's headers, and of MCAST_ to refuse them well.
std::span<const SocketOption> socket_options();

/// The option of exactly this name, or null.
const SocketOption* find_option(std::string_view name);

/// A name for a value: IP_PMTUDISC_DO.
struct OptionConstant {
  std::string_view name;
  std::uint32_t value = 0;
};

std::span<const OptionConstant> option_constants();

}  // namespace volley::os
